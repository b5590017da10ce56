//! Whatever is asked of the console, it answers, never 5xx, and goes on.

use agentsight_testkit::FakeServer;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::http_client::{control, send, send_bytes, send_with, server};

fn methods() -> impl Strategy<Value = String> {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"];
    prop_oneof![9 => select(known.map(str::to_owned).to_vec()), 1 => "[A-Za-z!#$%&'*+.^_`|~-]{1,24}"]
}

fn targets() -> impl Strategy<Value = String> {
    let paths = vec![
        "",
        "/",
        "reset",
        "faults",
        "clock",
        "audit",
        "verification",
        "requests",
        "requests/1",
        "requests/0",
        "requests/18446744073709551615",
        "requests/18446744073709551616",
        "snapshot",
        "assets/app.js",
        "assets/../Cargo.toml",
        "inspector/about",
        "inspector/conversations",
        "inspector/conversations/1",
        "inspector/overview",
        "inspector/files/1",
        "inspector/preview/1",
        "inspector/%00",
        "//",
    ];
    let names = vec![
        "after",
        "before",
        "limit",
        "newest",
        "bodies",
        "events",
        "conversation_id",
        "page",
        "page_size",
        "agent",
        "days",
        "ordering",
        "metadata",
        "%ff",
    ];
    let value = prop_oneof![
        Just("true".to_owned()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "[!-\"$-~]{0,12}",
    ];
    let pair = (select(names), value).prop_map(|(name, value)| format!("{name}={value}"));
    let any_path = "[!-\"$-~]{0,20}".prop_map(|path| path.replace(['?', '#'], "/"));
    let path = prop_oneof![9 => select(paths).prop_map(str::to_owned), 1 => any_path];
    (path, vec(pair, 0..4)).prop_map(|(path, pairs)| match pairs.is_empty() {
        true => format!("/__testkit/{path}"),
        false => format!("/__testkit/{path}?{}", pairs.join("&")),
    })
}

fn headers() -> impl Strategy<Value = Vec<String>> {
    let usual = vec![
        "Content-Type: application/json",
        "Content-Type: text/plain",
        "Origin: null",
        "Origin: http://localhost",
        "Sec-Fetch-Site: cross-site",
        "Host: localhost",
        "Accept: text/event-stream",
        "If-None-Match: *",
        "Expect: x",
    ];
    let any_header = "[A-Za-z-]{1,12}: [ -~]{0,20}".prop_filter("framing belongs to the client", |line| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        !["content-length", "transfer-encoding", "connection", "upgrade", "expect"].contains(&name.as_str())
    });
    let mostly = vec(prop_oneof![3 => select(usual).prop_map(str::to_owned), 1 => any_header], 0..3);
    mostly.prop_map(|mut headers| {
        headers.push("Host: localhost".to_owned());
        headers.push("Content-Type: application/json".to_owned());
        headers.dedup();
        headers
    })
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let words = vec![
        "keep",
        "faults",
        "rules",
        "mix",
        "fault",
        "status",
        "silence",
        "now",
        "runs",
        "advance_ms",
        "expected",
        "events",
        "conversation_id",
        "kind",
        "question",
        "format",
        "agentsight-fake/1",
        "conversations",
        "messages",
        "numbers",
        "2026-08-17T10:00:00Z",
        "+262142-12-31T23:59:59Z",
        "seed",
        "times",
        "always",
        "id",
        "allow_others",
    ];
    let word = || prop_oneof![4 => select(words.clone()).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    let keys = word();
    let json = leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((keys.clone(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    prop_oneof![
        6 => json.prop_map(|json| json.to_string().into_bytes()),
        1 => Just(Vec::new()),
        1 => vec(any::<u8>(), 0..64),
        1 => (1_usize..300).prop_map(|depth| b"[".repeat(depth)),
        1 => (1_usize..300).prop_map(|depth| br#"{"rules":"#.repeat(depth)),
    ]
}

fn cases() -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(400) })
}

/// The service itself is well too, whatever the console was told.
fn is_well(server: &FakeServer) -> Result<(), TestCaseError> {
    let answer = send(server, "GET", "/__testkit/", "");
    control(server, "DELETE", "/faults", "");
    let track = json!({"conversation_id": "well", "sender": "agent", "content": "b"});
    let tracked = send(server, "POST", "/api/track/", &track.to_string());
    let listed = send(server, "GET", "/api/conversations/", "");
    let statuses = [answer.status, tracked.status, listed.status];
    if statuses.iter().all(|status| *status < 300) {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{statuses:?}")))
}

#[test]
fn any_request_at_the_console_is_answered_and_never_5xx() {
    let server = server();
    let requests = (methods(), targets(), headers(), bodies());
    let ran = cases().run(&requests, |(method, target, headers, body)| {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        // What is streamed does not end by itself.
        if target.starts_with("/__testkit/inspector/stream") {
            return Ok(());
        }
        let answer = send_with(&server, &method, &target, &headers, &body);
        if answer.status >= 500 {
            return Err(TestCaseError::fail(format!("{answer:?}")));
        }
        // The inspector's lists are refused in the service's own words, and what is no HTTP without any.
        let is_control = !target.starts_with("/__testkit/inspector/") && answer.header("content-type").is_some();
        if is_control && answer.status >= 400 && method != "HEAD" {
            assert!(!answer.error().is_empty(), "{answer:?}");
        }
        is_well(&server)
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_bytes_leave_the_console_well() {
    let server = server();
    let beginnings =
        vec!["", "GET / HTTP/1.1\r\n", "PUT /__testkit/faults HTTP/1.1\r\nHost: localhost\r\n", "\r\n\r\n"];
    let bytes = (select(beginnings), vec(any::<u8>(), 0..200)).prop_map(|(beginning, rest)| {
        // A head that is never ended would be waited for.
        [beginning.as_bytes(), &rest, b"\r\nConnection: close\r\n\r\n\r\n\r\n"].concat()
    });
    let ran = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(100) }).run(&bytes, |bytes| {
        let mut stream = super::http_client::connect(&server);
        let _ = std::io::Write::write_all(&mut stream, &bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        drop(stream);
        is_well(&server)
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let whole = send_bytes(&server, b"GET /__testkit/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(whole.unwrap().status, 200);
}
