use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use agentsight_testkit::{FakeApi, FakeClock, FakeOptions, FakeServer, Fault, FaultRule};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Sends one request over a connection of its own and reads to its end.
fn send(server: &FakeServer, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: fake.test\r\nAuthorization: Api-Key {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        server.api_key(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Whether the server ends the connection and sends nothing more. A read that a signal interrupts is repeated.
fn is_at_its_end(stream: &mut TcpStream) -> bool {
    match stream.take(1).read_to_end(&mut Vec::new()) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

fn json_of(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn the_same_service_answers_over_a_socket() {
    let server = FakeServer::start().unwrap();
    let body = json!({"conversation_id": "a"}).to_string();
    let answer = send(&server, "POST", "/api/conversations/", &body);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let listed = json_of(&send(&server, "GET", "/api/conversations/", ""));
    assert_eq!(listed["results"][0]["conversation_id"], "a");
}

#[test]
fn every_request_is_recorded_with_its_status() {
    let server = FakeServer::start().unwrap();
    send(&server, "POST", "/api/conversations/", &json!({"conversation_id": "a"}).to_string());
    send(&server, "GET", "/api/conversations/?page=9&name=a%20b", "");
    let [first, second] = &server.requests()[..] else { panic!("two requests were sent") };
    assert_eq!((first.method.clone(), first.path.as_str()), (Method::POST, "/api/conversations/"));
    assert_eq!(first.json().unwrap()["conversation_id"], "a");
    assert_eq!(first.status, Some(StatusCode::CREATED));
    assert_eq!(second.query, [("page".to_owned(), "9".to_owned()), ("name".to_owned(), "a b".to_owned())]);
    assert_eq!(second.status, Some(StatusCode::NOT_FOUND));
}

#[test]
fn a_fault_can_lose_the_answer_before_or_after_the_request_took_effect() {
    for (fault, stored) in [(Fault::close_before_applied(), 0), (Fault::close_after_applied(), 1)] {
        let server = FakeServer::builder().fault(FaultRule::new(fault)).start().unwrap();
        let answer = send(&server, "POST", "/api/conversations/", &json!({"conversation_id": "a"}).to_string());
        assert_eq!(answer, "");
        assert_eq!(server.requests()[0].status, None);
        assert_eq!(json_of(&send(&server, "GET", "/api/conversations/", ""))["count"], stored);
    }
}

#[test]
fn a_delayed_request_takes_effect_when_it_arrives() {
    let late = FaultRule::new(Fault::delay(Duration::from_secs(3600)));
    let server = FakeServer::builder().fault(late).start().unwrap();
    let mut connection = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    let body = r#"{"conversation_id": "a"}"#;
    let head = format!(
        "POST /api/conversations/ HTTP/1.1\r\nHost: a\r\nAuthorization: Api-Key {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.api_key(),
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    while server.requests().is_empty() {
        std::thread::yield_now();
    }
    assert!(server.api().conversation("a").is_some());
    drop(server);
    assert!(is_at_its_end(&mut connection));
}

#[test]
fn a_fault_added_later_counts_from_then_and_can_be_taken_away() {
    let server = FakeServer::start().unwrap();
    let status = || send(&server, "GET", "/api/me/", "").split(' ').nth(1).unwrap().to_owned();
    assert_eq!(status(), "200");
    server.add_fault(FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY)).always());
    assert_eq!([status(), status()], ["502", "502"]);
    server.clear_faults();
    assert_eq!(status(), "200");
}

#[test]
fn one_connection_carries_several_requests() {
    let server = FakeServer::start().unwrap();
    let mut connection = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    let request = format!("GET /api/me/ HTTP/1.1\r\nHost: a\r\nAuthorization: Api-Key {}\r\n", server.api_key());
    connection.write_all(format!("{request}\r\n{request}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
}

#[test]
fn the_clock_is_the_machines_unless_one_is_given() {
    let clock = FakeClock::new();
    let options = FakeOptions::new().page_size(3);
    let machines = FakeServer::builder().options(options.clone()).start().unwrap();
    let given = FakeServer::builder().options(options.clock(clock.clone())).start().unwrap();
    assert!(machines.api().clock().now() > clock.now());
    assert_eq!(given.api().clock().now(), clock.now());
}

#[test]
fn a_service_that_exists_can_be_served() {
    let api = FakeApi::new();
    let server = FakeServer::builder().api(api.clone()).start().unwrap();
    send(&server, "POST", "/api/conversations/", &json!({"conversation_id": "a"}).to_string());
    assert!(api.conversation("a").is_some());
}

#[test]
fn a_server_can_be_started_and_dropped_inside_an_asynchronous_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = FakeServer::start().unwrap();
        assert!(send(&server, "GET", "/api/me/", "").starts_with("HTTP/1.1 200 "));
    });
}

#[test]
fn a_body_over_the_limit_is_413() {
    let server = FakeServer::builder().body_limit(10).start().unwrap();
    let answer = send(&server, "POST", "/api/track/", "{\"content\": \"far too long\"}");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(server.requests()[0].status, Some(StatusCode::PAYLOAD_TOO_LARGE));
}

#[test]
fn dropping_the_server_closes_open_connections() {
    let server = FakeServer::builder().fault(FaultRule::new(Fault::delay(Duration::from_secs(3600)))).start().unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut idle = TcpStream::connect(&address).unwrap();
    let mut waiting = TcpStream::connect(&address).unwrap();
    waiting.write_all(b"GET /api/me/ HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    for stream in [&idle, &waiting] {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    }
    drop(server);
    assert!(is_at_its_end(&mut idle));
    assert!(is_at_its_end(&mut waiting));
}

#[test]
fn r10_a_request_counts_as_under_way_until_its_answer_goes_out() {
    let late = FaultRule::new(Fault::delay(Duration::from_secs(3600)));
    let server = FakeServer::builder().fault(late).start().unwrap();
    let mut held = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    held.write_all(b"GET /api/conversations/?conversation_id=a HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    while server.requests().is_empty() {
        std::thread::yield_now();
    }
    send(&server, "POST", "/api/conversations/", &json!({"conversation_id": "a"}).to_string());
    let audit = server.audit();
    assert_eq!(audit.conversation("a").unwrap().traffic.most_parallel, 2);
    send(&server, "GET", "/api/me/", "");
    assert_eq!(server.audit().traffic.most_parallel, 2, "the second had ended");
    server.verify().assert_verified();
}
