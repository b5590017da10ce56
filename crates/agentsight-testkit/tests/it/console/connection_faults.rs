//! Faults that meet connections leave those of the console alone.

use std::io::{ErrorKind, Read, Write};

use agentsight_testkit::{FakeServer, Fault, FaultRule};
use serde_json::json;

use super::http_client::{connect, control, send, send_bytes, server};

/// Whether a connection that says this is reset.
fn is_reset(server: &FakeServer, pieces: &[&[u8]]) -> bool {
    let mut stream = connect(server);
    // A write that comes after the reset is told of it, and then nothing is left to read.
    let written = pieces.iter().try_for_each(|piece| stream.write_all(piece));
    match written.and_then(|()| stream.take(16).read_to_end(&mut Vec::new())) {
        Ok(_) => false,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
            true
        }
    }
}

#[test]
fn the_console_answers_while_every_connection_of_the_service_is_reset() {
    for fault in ["refused", "reset_on_accept"] {
        let server = server();
        control(&server, "POST", "/faults", &json!({"fault": fault, "times": "always"}).to_string());
        for _ in 0..2 {
            assert!(is_reset(&server, &[b"GET /api/me/ HTTP/1.1\r\nHost: a\r\n\r\n"]));
            assert_eq!(send(&server, "GET", "/", "").status, 200);
            control(&server, "GET", "/requests", "");
        }
        let faults = control(&server, "GET", "/faults", "");
        assert_eq!((&faults["rules"][0]["seen"], &faults["rules"][0]["met"]), (&json!(2), &json!(2)), "{fault}");
        control(&server, "DELETE", "/faults", "");
        assert_eq!(send(&server, "GET", "/api/me/", "").status, 200);
    }
}

#[test]
fn a_request_line_may_come_in_pieces() {
    let server = server();
    server.add_fault(FaultRule::new(Fault::reset_on_accept()).always());
    let rest = b"/clock HTTP/1.1\r\nHost: localhost\r\n\r\n".as_slice();
    assert!(!is_reset(&server, &[b"G", b"ET /", b"__test", b"kit", rest]));
    assert!(is_reset(&server, &[b"G", b"ET /", b"__test", b"kitchen", rest]));
    assert!(is_reset(&server, &[b"GET /api", rest]));
    assert!(is_reset(&server, &[b"\x16\x03\x01 not HTTP"]));
}

#[test]
fn a_client_that_says_nothing_is_one_of_the_service() {
    let server = server();
    server.add_fault(FaultRule::new(Fault::reset_on_accept()));
    assert!(is_reset(&server, &[]));
    assert!(!is_reset(&server, &[b"GET /api/me/ HTTP/1.1\r\nHost: a\r\n\r\n"]), "the fault was met");
}

#[test]
fn a_script_that_begins_with_a_connection_goes_on_past_the_console() {
    let server = server();
    let then = json!({"fault": "reset_on_accept", "then": [{"fault": "status", "status": 502}]});
    control(&server, "POST", "/faults", &then.to_string());
    assert!(is_reset(&server, &[b"GET /api/me/ HTTP/1.1\r\nHost: a\r\n\r\n"]));
    control(&server, "GET", "/clock", "");
    assert_eq!(send(&server, "GET", "/api/me/", "").status, 502);
    assert_eq!(send(&server, "GET", "/api/me/", "").status, 200);
}

#[test]
fn a_connection_of_the_control_api_is_not_kept_for_the_service() {
    let server = server();
    let two =
        "GET /__testkit/clock HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/me/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = send_bytes(&server, two.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(server.requests().is_empty());
}
