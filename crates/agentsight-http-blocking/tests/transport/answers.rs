//! Answers as they are handed to the core.

use agentsight_core::transport::{FailureKind, Transport as _};
use agentsight_http_blocking::UreqTransport;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use mockito::Server;

use crate::gzip::gzip;
use crate::raw_server::RawServer;
use crate::{get, post, transport};

/// Answers the first request of every visitor with these bytes, then closes the connection.
fn answering(bytes: impl Into<Vec<u8>>) -> RawServer<()> {
    let bytes = bytes.into();
    RawServer::start(move |visitors| {
        while let Some(mut visitor) = visitors.next() {
            if visitor.request().is_some() {
                visitor.send(&bytes);
            }
        }
    })
}

#[test]
fn every_status_is_an_answer_and_keeps_its_body() {
    let mut server = Server::new();
    let transport = transport();
    for status in [200, 201, 202, 302, 307, 400, 401, 403, 404, 405, 408, 409, 413, 422, 425, 429, 500, 502, 503] {
        let path = format!("/{status}/");
        server
            .mock("POST", &*path)
            .with_status(status)
            .with_header("Retry-After", "3")
            .with_body("{\"b\": 2}")
            .create();
        let answer = transport.send(post(&(server.url() + &path))).expect("an answer");
        assert_eq!(usize::from(answer.status().as_u16()), status);
        assert_eq!(answer.headers()[RETRY_AFTER], "3");
        assert_eq!(&answer.body()[..], b"{\"b\": 2}", "{status}");
    }
}

#[test]
fn c3_no_redirect_is_followed() {
    let mut server = Server::new();
    let elsewhere = server.mock("GET", "/elsewhere/").expect(0).create();
    let transport = transport();
    for status in [301, 302, 303, 307, 308] {
        server.mock("GET", "/here/").with_status(status).with_header("Location", "/elsewhere/").create();
        let answer = transport.send(get(&(server.url() + "/here/"))).expect("an answer");
        assert_eq!(usize::from(answer.status().as_u16()), status);
    }
    elsewhere.assert();
}

#[test]
fn an_answer_without_a_body_is_empty() {
    for head in ["204 No Content", "304 Not Modified", "200 OK\r\nContent-Length: 0"] {
        let server = answering(format!("HTTP/1.1 {head}\r\n\r\n"));
        let answer = transport().send(post(&server.url("/"))).expect("an answer");
        assert!(answer.body().is_empty(), "{head}");
    }
}

#[test]
fn r24_gzip_is_understood() {
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n".to_vec();
    let body = gzip(b"{\"c\": 3}");
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    let server = answering(bytes);
    let answer = transport().send(get(&server.url("/"))).expect("an answer");
    assert_eq!(&answer.body()[..], b"{\"c\": 3}");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
}

#[test]
fn c3_the_limit_counts_bytes_after_decompression_and_may_be_reached() {
    let content = [b'x'; 1000];
    let compressed = gzip(&content);
    let plain = [b"Content-Length: 1000\r\n\r\n".as_slice(), &content].concat();
    let chunked = [b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n".as_slice(), &content, b"\r\n0\r\n\r\n"].concat();
    let until_close = [b"\r\n".as_slice(), &content].concat();
    let compressed =
        [format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", compressed.len()).as_bytes(), &compressed]
            .concat();
    for rest in [plain, chunked, until_close, compressed] {
        let server = answering([b"HTTP/1.1 200 OK\r\nConnection: close\r\n".as_slice(), &rest].concat());
        let answer = transport().send(get(&server.url("/")).response_limit(1000)).expect("an answer");
        assert_eq!(&answer.body()[..], content);
        let failure = transport().send(get(&server.url("/")).response_limit(999)).expect_err("one byte too many");
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::TooLarge, true));
    }
}

#[test]
fn h4_a_ready_made_agent_keeps_its_settings_and_still_hands_out_every_status() {
    let mut server = Server::new();
    server.mock("GET", "/here/").with_status(302).with_header("Location", "/elsewhere/").create();
    server.mock("GET", "/gone/").match_header("accept-encoding", "identity").with_status(404).create();
    let config = ureq::Agent::config_builder().proxy(None).accept_encoding("identity").build();
    let transport = UreqTransport::from_agent(ureq::Agent::new_with_config(config));
    for (path, status) in [("/here/", 302), ("/gone/", 404)] {
        let answer = transport.send(get(&(server.url() + path))).expect("an answer");
        assert_eq!(answer.status(), status);
    }
}
