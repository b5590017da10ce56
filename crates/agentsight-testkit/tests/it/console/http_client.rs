//! A client that sends exactly what a test says, over a connection of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use agentsight_testkit::{FakeClock, FakeOptions, FakeServer};
use serde_json::Value;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned()
    }

    /// A header of the answer, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A server with its console, whose clock stands still.
pub(crate) fn server() -> FakeServer {
    let options = FakeOptions::new().clock(FakeClock::new());
    FakeServer::builder().options(options).console(true).start().unwrap()
}

pub(crate) fn connect(server: &FakeServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends these bytes and reads to the end of the connection; `None` where that is without an answer.
pub(crate) fn send_bytes(server: &FakeServer, bytes: &[u8]) -> Option<Answer> {
    let mut stream = connect(server);
    // A server that has answered early may have closed the connection by then.
    let _ = stream.write_all(bytes);
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received);
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: received[end + 4..].to_vec() })
}

/// Sends one request with these headers, each a whole line.
pub(crate) fn send_with(server: &FakeServer, method: &str, target: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    send_bytes(server, &[request.as_bytes(), body].concat()).unwrap_or_else(|| panic!("no answer to {method} {target}"))
}

/// As a well-behaved client does.
pub(crate) fn send(server: &FakeServer, method: &str, target: &str, body: &str) -> Answer {
    let key = format!("Authorization: Api-Key {}", server.api_key());
    let headers = ["Host: localhost", "Content-Type: application/json", &key];
    send_with(server, method, target, &headers, body.as_bytes())
}

/// Asks the control API for something that it does.
pub(crate) fn control(server: &FakeServer, method: &str, path: &str, body: &str) -> Value {
    let answer = send(server, method, &format!("/__testkit{path}"), body);
    assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
    answer.json()
}

/// Asks the control API for something that it refuses with this status.
pub(crate) fn refused(server: &FakeServer, status: u16, method: &str, path: &str, body: &str) -> String {
    let answer = send(server, method, &format!("/__testkit{path}"), body);
    assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    answer.error()
}

/// Tracks a message as a client does, and gives the status of the answer.
pub(crate) fn track(server: &FakeServer, body: &Value) -> u16 {
    send(server, "POST", "/api/track/", &body.to_string()).status
}
