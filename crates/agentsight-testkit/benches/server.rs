//! How many requests a second `FakeServer` answers over the socket: at least 8,000, with the client on the same two
//! cores.
//!
//! Eight connections are kept open; on each, a thread sends a message, reads the answer and sends the next. The client
//! does as little as can be done, so that the server is what is measured.
//!
//! `cargo bench -p agentsight-testkit --features server --bench server` prints the requests a second as criterion's
//! throughput.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has to stop")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use agentsight_testkit::FakeServer;
use criterion::{Criterion, Throughput};
use serde_json::json;

const CONNECTIONS: u64 = 8;

fn main() {
    let server = FakeServer::start().expect("a free port");
    let mut connections: Vec<Connection> = (0..CONNECTIONS).map(|place| Connection::open(&server, place)).collect();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("server");
    group.throughput(Throughput::Elements(1));
    group.bench_function("messages over 8 connections", |bencher| {
        bencher.iter_custom(|requests| run(&mut connections, requests));
    });
    group.finish();
    criterion.final_summary();
}

/// The time that so many requests take, spread over the connections.
fn run(connections: &mut [Connection], requests: u64) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for (connection, place) in connections.iter_mut().zip(0..) {
            let share = requests / CONNECTIONS + u64::from(place < requests % CONNECTIONS);
            scope.spawn(move || (0..share).for_each(|_| connection.exchange()));
        }
    });
    start.elapsed()
}

/// A kept connection that sends the same message over and over.
struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    fn open(server: &FakeServer, place: u64) -> Self {
        let address = server.url().strip_prefix("http://").expect("an address");
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("an open socket");
        let body = json!({
            "conversation_id": format!("support-{place}"),
            "sender": "end_user",
            "content": "How do I reset my password? The link in your mail does not work any more.",
            "timestamp": "2026-02-01T10:00:00.123456Z",
        });
        let body = body.to_string();
        let request = format!(
            "POST /api/track/ HTTP/1.1\r\nHost: {address}\r\nAuthorization: Api-Key {}\r\nAccept: application/json\r\n\
             User-Agent: agentsight-rust/0.1.0 (benchmark)\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.api_key(),
            body.len(),
        );
        Self { stream, request: request.into_bytes(), answer: vec![0; 64 * 1024] }
    }

    fn exchange(&mut self) {
        self.stream.write_all(&self.request).expect("an open connection");
        let mut read = 0;
        while !is_whole(&self.answer[..read]) {
            let more = self.stream.read(&mut self.answer[read..]).expect("an open connection");
            assert_ne!(more, 0, "the server closed the connection");
            read += more;
        }
        assert!(self.answer.starts_with(b"HTTP/1.1 201 "), "the server refused a message");
    }
}

/// Whether an answer has come to its end: it names its length.
fn is_whole(answer: &[u8]) -> bool {
    const LENGTH: &str = "content-length: ";
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix(LENGTH)?.parse().ok());
    body.len() >= length.expect("a content length")
}
