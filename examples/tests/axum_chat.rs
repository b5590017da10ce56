//! The chat server as a process: it replies whatever becomes of the analytics, and ends when it is told to.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by the value that it does not get")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use agentsight_testkit::{FakeServer, Fault, FaultRule};

/// A server that runs until it is dropped.
struct ChatServer {
    process: Child,
    address: String,
}

impl ChatServer {
    fn start(service: &FakeServer) -> Self {
        let mut process = Command::new(program())
            .args(["--live", "--serve", "127.0.0.1:0"])
            .env("AGENTSIGHT_API_KEY", service.api_key())
            .env("AGENTSIGHT_API_ENDPOINT", service.url())
            .env("AGENTSIGHT_ENVIRONMENT", "production")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let told = |line: String| line.strip_prefix("Listening on http://").map(str::to_owned);
        let address = lines.filter_map(told).next().unwrap();
        Self { process, address }
    }

    /// What it replies.
    fn ask(&self, conversation: &str, question: &str) -> String {
        let body = format!(r#"{{"message": "{question}"}}"#);
        let request = format!(
            "POST /chat/{conversation} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends SIGTERM, and returns how long it took to end.
    fn terminate(mut self) -> Duration {
        let start = Instant::now();
        let killed = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(killed.success());
        self.process.wait().unwrap();
        start.elapsed()
    }
}

impl Drop for ChatServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The example, built beside this test.
fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let program = deps.parent().unwrap().parent().unwrap().join("examples").join("axum_chat");
    if !program.exists() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "axum_chat", "-p", "agentsight-examples"])
            .status()
            .unwrap();
        assert!(built.success());
    }
    program
}

#[test]
fn r27_it_stops_within_ten_seconds_while_the_service_is_silent() {
    let service = FakeServer::start().unwrap();
    service.add_fault(FaultRule::new(Fault::silence()).always());
    let server = ChatServer::start(&service);
    for conversation in 0..40 {
        assert!(server.ask(&format!("c{conversation}"), "Hello!").contains("You said: Hello!"));
    }
    let took = server.terminate();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn r25_what_is_said_is_delivered_without_a_send() {
    let service = FakeServer::start().unwrap();
    let server = ChatServer::start(&service);
    for question in ["Hello!", "Thanks, bye."] {
        server.ask("a", question);
    }
    server.terminate();
    let texts: Vec<_> = service.api().transcript("a").into_iter().map(|message| message.content).collect();
    assert_eq!(texts, ["Hello!", "You said: Hello!", "Thanks, bye.", "You said: Thanks, bye."]);
}

#[test]
fn r7_the_user_gets_a_reply_even_if_it_cannot_be_recorded() {
    let service = FakeServer::start().unwrap();
    let server = ChatServer::start(&service);
    // Blank: the SDK refuses to track it. Too long an id: it refuses the conversation.
    assert!(server.ask("a", "   ").contains(" 200 OK"));
    assert!(server.ask(&"x".repeat(300), "Hello!").contains("You said: Hello!"));
}
