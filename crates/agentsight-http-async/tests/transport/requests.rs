//! Requests as they cross the socket (R24).

use agentsight_core::transport::{Attempt, Body};
use http::Method;

use crate::raw_server::{RawServer, ReceivedRequest};
use crate::{Client, attempt, clients, get};

/// Sends one attempt and gives back what arrived.
fn received(client: &Client, make: impl FnOnce(&str) -> Attempt) -> ReceivedRequest {
    let server = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let request = visitor.request();
        visitor.send("HTTP/1.1 204 No Content\r\n\r\n");
        request
    });
    let answer = client.send(make(&server.url("/api/things/?page=1&q=%C3%A4"))).expect("an answer");
    assert_eq!(answer.status(), 204);
    server.finish().expect("a request arrived")
}

fn headers(request: &ReceivedRequest) -> Vec<(&str, &str)> {
    let headers = request.headers.iter().filter(|(name, _)| name != "host");
    headers.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn r24_a_get_sends_these_headers_once_each_and_nothing_about_content() {
    for client in clients() {
        let request = received(&client, get);
        assert_eq!(request.line, "GET /api/things/?page=1&q=%C3%A4 HTTP/1.1");
        let expected = [
            ("accept", "application/json"),
            ("accept-encoding", "gzip"),
            ("authorization", "Api-Key ags_key"),
            ("user-agent", "agentsight-rust/0.1.0"),
        ];
        assert_eq!(headers(&request), expected);
        assert_eq!(request.headers.iter().filter(|(name, _)| name == "host").count(), 1);
    }
}

#[test]
fn r24_a_delete_sends_what_a_get_sends() {
    for client in clients() {
        let request = received(&client, |url| attempt(Method::DELETE, url, Body::empty()));
        assert_eq!(request.line, "DELETE /api/things/?page=1&q=%C3%A4 HTTP/1.1");
        let names: Vec<&str> = headers(&request).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["accept", "accept-encoding", "authorization", "user-agent"]);
    }
}

#[test]
fn r24_a_body_goes_with_its_exact_length_and_without_chunks() {
    for client in clients() {
        for method in [Method::POST, Method::PATCH] {
            let request = received(&client, |url| attempt(method.clone(), url, "{\"a\": 1}"));
            let expected = [
                ("accept", "application/json"),
                ("accept-encoding", "gzip"),
                ("authorization", "Api-Key ags_key"),
                ("content-length", "8"),
                ("content-type", "application/json"),
                ("user-agent", "agentsight-rust/0.1.0"),
            ];
            assert_eq!(headers(&request), expected);
            assert_eq!(request.body, b"{\"a\": 1}");
        }
    }
}

#[test]
fn r24_an_empty_post_says_so() {
    for client in clients() {
        for method in [Method::POST, Method::PATCH] {
            let request = received(&client, |url| attempt(method.clone(), url, Body::empty()));
            assert!(headers(&request).contains(&("content-length", "0")));
            assert!(!headers(&request).iter().any(|(name, _)| *name == "transfer-encoding" || *name == "content-type"));
        }
    }
}

#[test]
fn a_body_of_many_segments_arrives_in_one_piece() {
    for client in clients() {
        let large: Vec<u8> = (0..300_000_u32).map(|index| (index % 251) as u8).collect();
        let mut body = Body::from("start ");
        body.push_bytes(large.clone());
        body.push_bytes(" end");
        let request = received(&client, |url| attempt(Method::POST, url, body));
        assert_eq!(request.body, [b"start ".as_slice(), &large, b" end"].concat());
    }
}
