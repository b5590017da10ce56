use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use agentsight_testkit::FakeServer;
use serde_json::Value;

use super::serve;
use crate::support::Client;

/// Listens to the stream, past the head of the answer.
fn listen(server: &FakeServer) -> BufReader<TcpStream> {
    let mut connection = TcpStream::connect(server.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection.write_all(b"GET /__testkit/inspector/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut connection = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(connection.read_line(&mut head).unwrap(), 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/event-stream"), "{head}");
    connection
}

/// The event that tells of so many requests; one that falls between a change and its record tells of one less.
fn event_of_request(connection: &mut BufReader<TcpStream>, number: u64) -> Value {
    loop {
        let event = next_event(connection);
        if event["requests"] == number {
            return event;
        }
    }
}

fn next_event(connection: &mut BufReader<TcpStream>) -> Value {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(connection.read_line(&mut line).unwrap(), 0, "the stream ended");
        if let Some(data) = line.strip_prefix("data: ") {
            return serde_json::from_str(data).unwrap();
        }
    }
}

#[test]
fn the_stream_says_where_the_service_stands_and_then_what_changes() {
    let client = Client::new();
    client.conversation("a");
    let server = serve(&client.api);
    let mut stream = listen(&server);
    let first = next_event(&mut stream);
    assert_eq!((&first["conversations"], &first["requests"]), (&1.into(), &1.into()));

    client.conversation("b");
    let stored = event_of_request(&mut stream, 2);
    assert_eq!(stored["conversations"], 2);
    assert_ne!(stored["revision"], first["revision"]);
    assert_ne!(stored["stored"], first["stored"]);

    client.get("/api/me/");
    let read = event_of_request(&mut stream, 3);
    assert_eq!(read["stored"], stored["stored"], "reading stores nothing");
    assert_ne!(read["revision"], stored["revision"]);
}

#[test]
fn a_stream_does_not_hold_up_the_end_of_the_server() {
    let server = serve(&Client::new().api);
    let mut stream = listen(&server);
    next_event(&mut stream);
    drop(server);
    let mut rest = Vec::new();
    // A connection that is reset has ended too.
    let _ = std::io::Read::read_to_end(&mut stream, &mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("event"), "{rest:?}");
}
