//! What holds for both clients beyond the conformance suite, which leaves name resolution, TLS, proxies and the pool to
//! the transport. Each crate's `main.rs` says what its `clients()` are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use agentsight_core::transport::FailureKind;

use crate::attempts::{config, elsewhere, get, post};
use crate::own_process::is_own_process;
use crate::raw_server::{RawServer, Visitors};
use crate::{client_for, clients};

/// How often a test sends at most. When a connection is free again is up to the library, so one repetition may not do.
const ATTEMPTS: usize = 20;

/// Answers whatever comes on every connection; counts connections and requests.
fn count(visitors: Visitors) -> (usize, usize) {
    let requests = AtomicUsize::new(0);
    let mut connections = 0;
    thread::scope(|scope| {
        while let Some(mut visitor) = visitors.next() {
            connections += 1;
            let requests = &requests;
            scope.spawn(move || {
                while visitor.request().is_some() {
                    requests.fetch_add(1, Ordering::Relaxed);
                    visitor.send("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
                }
            });
        }
    });
    (connections, requests.into_inner())
}

#[test]
fn r10_attempts_share_connections() {
    for client in clients() {
        let server = RawServer::start(count);
        for _ in 0..ATTEMPTS {
            client.send(post(&server.url("/"))).expect("an answer");
        }
        drop(client);
        let (connections, requests) = server.finish();
        assert_eq!(requests, ATTEMPTS);
        assert!(connections < ATTEMPTS, "every attempt had a connection of its own");
    }
}

#[test]
fn r24_gzip_and_nothing_else_is_asked_for() {
    for client in clients() {
        let server = RawServer::start(|visitors| {
            let mut visitor = visitors.next()?;
            let request = visitor.request();
            visitor.send("HTTP/1.1 204 No Content\r\n\r\n");
            request
        });
        client.send(get(&server.url("/"))).expect("an answer");
        let request = server.finish().expect("a request arrived");
        let asked: Vec<&str> = request
            .headers
            .iter()
            .filter(|(name, _)| name == "accept-encoding")
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(asked, ["gzip"]);
    }
}

#[test]
fn r17_a_service_whose_name_cannot_be_resolved_has_seen_nothing() {
    for client in clients() {
        for attempt in [post("http://no-such-host.invalid/?secret"), get("http://no-such-host.invalid/?secret")] {
            let failure = client.send(attempt).expect_err("nobody is there");
            assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Connect, false));
            assert!(!format!("{failure} {failure:?}").contains("secret"), "{failure:?}");
        }
    }
}

#[test]
fn r17_an_answer_without_a_final_status_does_not_say_that_nothing_was_done() {
    for client in clients() {
        for status in [100, 101, 103, 199, 600, 999] {
            let server = RawServer::start(move |visitors| {
                let mut visitor = visitors.next()?;
                let request = visitor.request()?;
                visitor.send(format!("HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n"));
                Some(request.line)
            });
            match client.send(post(&server.url("/"))) {
                Ok(answer) => assert_eq!(answer.status(), status),
                Err(failure) => assert!(failure.maybe_seen(), "{status}: {failure:?}"),
            }
            assert!(server.finish().is_some(), "{status}: the request arrived");
        }
    }
}

#[test]
fn c3_a_proxy_counts_except_for_loopback() {
    // Nobody listens on port 1.
    let proxies = ["ALL_PROXY", "HTTP_PROXY", "http_proxy"].map(|name| (name, "http://127.0.0.1:1"));
    let environment = [&proxies[..], &[("NO_PROXY", ""), ("no_proxy", "")]].concat();
    if !is_own_process("both_clients::c3_a_proxy_counts_except_for_loopback", &environment) {
        return;
    }
    let mut server = mockito::Server::new();
    server.mock("GET", "/").with_body("{}").create();
    let send = |config| client_for(config).send(get(&server.url()));
    let failure = send(elsewhere()).expect_err("no proxy is there");
    assert_eq!(failure.kind(), FailureKind::Connect);
    assert!(failure.to_string().ends_with("through the proxy http://127.0.0.1:1 (HTTP_PROXY)"), "{failure}");
    assert!(send(elsewhere().no_proxy()).is_ok());
    assert!(send(config()).is_ok());
    // For loopback an explicit one does not count either.
    assert!(send(config().proxy("http://127.0.0.1:1")).is_ok());
}

#[cfg(not(feature = "rustls"))]
#[test]
fn h6_without_the_feature_https_is_refused() {
    use crate::raw_server::Visitor;
    use crate::verdicts::{unchanged, verdicts};

    let silent: fn(Visitor) = |visitor| {
        visitor.drain();
    };
    for script in [silent, Visitor::reset] {
        assert_eq!(verdicts("https", script, unchanged), [(FailureKind::Connect, false); 2]);
    }
}
