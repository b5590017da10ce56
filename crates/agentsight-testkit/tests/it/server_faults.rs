//! Every fault as a client without any library sees it on a socket.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv6Addr, TcpStream};
use std::time::{Duration, Instant};

use agentsight_testkit::{FakeServer, Fault, FaultRule};
use http::{HeaderValue, StatusCode};

const PATIENCE: Duration = Duration::from_secs(30);
const BODY: &str = r#"{"conversation_id": "a"}"#;

fn server(fault: Fault) -> FakeServer {
    FakeServer::builder().fault(FaultRule::new(fault)).start().unwrap()
}

fn connect(server: &FakeServer) -> TcpStream {
    let stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn head(server: &FakeServer, length: usize) -> String {
    format!(
        "POST /api/conversations/ HTTP/1.1\r\nHost: a\r\nAuthorization: Api-Key {}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n",
        server.api_key()
    )
}

/// What comes until the end of the connection, and whether that is a reset.
fn read_to_end(stream: &mut TcpStream) -> (String, bool) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let is_reset = loop {
        match stream.read(&mut piece) {
            Ok(0) => break false,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break true,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("neither an end nor a reset: {error}"),
        }
    };
    (String::from_utf8(bytes).unwrap(), is_reset)
}

fn upsert(server: &FakeServer) -> (String, bool) {
    let mut stream = connect(server);
    let request = head(server, BODY.len()).replacen("\r\n", "\r\nConnection: close\r\n", 1) + BODY;
    match stream.write_all(request.as_bytes()) {
        // A connection that was reset on accept may be gone before anything is written, and says so only once.
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            (String::new(), true)
        }
        Err(error) => panic!("not written: {error}"),
        Ok(()) => read_to_end(&mut stream),
    }
}

fn is_stored(server: &FakeServer) -> bool {
    server.api().conversation("a").is_some()
}

fn promised(answer: &str) -> usize {
    let lower = answer.to_lowercase();
    let rest = lower.split_once("content-length: ").unwrap().1;
    rest.split_once("\r\n").unwrap().0.parse().unwrap()
}

#[test]
fn a_connection_can_be_reset_or_closed_before_any_answer() {
    for (fault, is_reset, stored) in [
        (Fault::refused(), true, false),
        (Fault::reset_on_accept(), true, false),
        (Fault::reset_after_request(), true, false),
        (Fault::reset_after_request().applied(), true, true),
        (Fault::close_before_applied(), false, false),
        (Fault::store_then_drop(), false, true),
    ] {
        let shown = format!("{fault:?}");
        let server = server(fault);
        assert_eq!(upsert(&server), (String::new(), is_reset), "{shown}");
        assert_eq!(is_stored(&server), stored, "{shown}");
        assert!(upsert(&server).0.starts_with("HTTP/1.1 20"), "{shown}");
    }
}

#[test]
fn an_answer_can_break_off_in_its_head() {
    let server = server(Fault::reset_in_head());
    let (answer, is_reset) = upsert(&server);
    assert!(answer.starts_with("HTTP/1.1 201") && !answer.contains("\r\n\r\n"), "{answer}");
    assert!(is_reset && is_stored(&server));
}

#[test]
fn an_answer_can_break_off_in_its_body() {
    for (fault, bytes, is_reset) in [
        (Fault::reset_in_body(3), Some(3), true),
        (Fault::close_in_body(0), Some(0), false),
        (Fault::close_in_body(usize::MAX), None, false),
    ] {
        let server = server(fault);
        let (answer, ended_by_reset) = upsert(&server);
        let length = promised(&answer);
        assert_eq!(answer.split_once("\r\n\r\n").unwrap().1.len(), bytes.unwrap_or(length - 1));
        assert_eq!(ended_by_reset, is_reset);
        assert!(is_stored(&server));
    }
}

#[test]
fn an_answer_with_a_fault_is_a_whole_message() {
    let location = HeaderValue::from_static("https://elsewhere.test/");
    for (fault, expected) in [
        (Fault::status(StatusCode::BAD_GATEWAY), "HTTP/1.1 502"),
        (Fault::html_page(), "content-type: text/html"),
        (Fault::redirect(location), "location: https://elsewhere.test/"),
        (Fault::content_type(HeaderValue::from_static("text/plain")), "content-type: text/plain"),
        (Fault::truncated_json(), "HTTP/1.1 201"),
        (Fault::without_id(), "HTTP/1.1 201"),
        (Fault::trimmed_text(), "HTTP/1.1 201"),
        (Fault::gzip_bomb(0), "content-encoding: gzip"),
        (Fault::other_conversation(), "other-a"),
        (Fault::padded(1), "content-encoding: gzip"),
    ] {
        let server = server(fault);
        let mut stream = connect(&server);
        let request = head(&server, BODY.len()).replacen("\r\n", "\r\nConnection: close\r\n", 1) + BODY;
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
}

#[test]
fn a_truncated_answer_keeps_its_promise_of_length() {
    let (answer, is_reset) = upsert(&server(Fault::truncated_json()));
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), promised(&answer));
    assert!(!is_reset && serde_json::from_str::<serde_json::Value>(body).is_err());
}

#[test]
fn an_early_413_comes_before_the_body() {
    let server = server(Fault::early_too_large());
    let mut stream = connect(&server);
    stream.write_all(head(&server, 40_000_000).as_bytes()).unwrap();
    let (answer, _) = read_to_end(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(server.requests()[0].status, Some(StatusCode::PAYLOAD_TOO_LARGE));
}

#[test]
fn a_dribbled_answer_is_whole_in_the_end() {
    let pause = Duration::from_millis(1);
    for fault in [Fault::dribbled_head(pause), Fault::dribbled_body(pause)] {
        let server = server(fault);
        let begun = Instant::now();
        let (answer, is_reset) = upsert(&server);
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(body.len(), promised(&answer));
        assert!(!is_reset && begun.elapsed() >= pause * 60, "{:?}", begun.elapsed());
    }
}

#[test]
fn silence_lasts_until_the_client_goes() {
    let server = server(Fault::silence());
    let mut stream = connect(&server);
    stream.write_all((head(&server, BODY.len()) + BODY).as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let kind = stream.read_exact(&mut [0; 1]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
    assert!(!is_stored(&server));
}

#[test]
fn a_kept_connection_is_closed_under_its_second_request_and_a_new_one_is_not() {
    let server =
        FakeServer::builder().fault(FaultRule::new(Fault::stale_connection()).nth(2).times(2)).start().unwrap();
    let request = head(&server, BODY.len()) + BODY;
    let mut stream = connect(&server);
    stream.write_all(request.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 201");
    stream.write_all(request.as_bytes()).unwrap();
    let (rest, _) = read_to_end(&mut stream);
    assert!(!rest.contains("HTTP/1.1"), "{rest}");
    assert!(upsert(&server).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn a_port_refuses_connections_and_accepts_them_again() {
    refuse_and_accept(&FakeServer::start().unwrap());
}

#[test]
fn a_port_of_the_newer_protocol_does_too() {
    match FakeServer::builder().address((Ipv6Addr::LOCALHOST, 0).into()).start() {
        Ok(server) => refuse_and_accept(&server),
        Err(error) => eprintln!("this machine has no IPv6: {error}"),
    }
}

fn refuse_and_accept(server: &FakeServer) {
    for _ in 0..3 {
        server.refuse_connections().unwrap();
        server.refuse_connections().unwrap();
        let refused = TcpStream::connect(server.url().strip_prefix("http://").unwrap());
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        server.accept_connections().unwrap();
        server.accept_connections().unwrap();
        assert!(upsert(server).0.starts_with("HTTP/1.1 20"));
    }
}

#[test]
fn a_script_goes_from_connection_to_request_faults() {
    let rule = FaultRule::new(Fault::reset_on_accept())
        .then(Fault::status(StatusCode::BAD_GATEWAY))
        .then(Fault::silence())
        .times(0);
    let server = FakeServer::builder().fault(rule).start().unwrap();
    assert_eq!(upsert(&server), (String::new(), true));
    assert!(upsert(&server).0.starts_with("HTTP/1.1 502"));
    assert!(upsert(&server).0.starts_with("HTTP/1.1 201"));
}
