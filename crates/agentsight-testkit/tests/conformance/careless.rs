//! Transports that break one thing each. What keeps the suite from being one that cannot fail.

use std::fmt;
use std::panic::catch_unwind;
use std::sync::Mutex;

use agentsight_core::transport::{Attempt, Transport, TransportFailure};
use agentsight_testkit::{VirtualTransport, conformance};
use bytes::Bytes;
use http::Response;
use http::header::AUTHORIZATION;

use crate::attohttpc_transport::AttohttpcTransport;

type Sent = Result<Response<Bytes>, TransportFailure>;

/// Sends in its own way. `Debug` shows what it remembers, in a way that escapes nothing.
struct Careless {
    way: fn(&Self, Attempt) -> Sent,
    remembered: Mutex<String>,
}

impl Careless {
    fn remember(&self, text: &str) {
        text.clone_into(&mut self.remembered.lock().unwrap());
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Careless {}", self.remembered.lock().unwrap())
    }
}

impl Transport for Careless {
    fn send(&self, attempt: Attempt) -> Sent {
        (self.way)(self, attempt)
    }
}

fn key(attempt: &Attempt) -> String {
    attempt.request.headers()[AUTHORIZATION].to_str().unwrap().to_owned()
}

/// The list that the suite panics with.
fn findings(way: fn(&Careless, Attempt) -> Sent) -> String {
    let factory = || Careless { way, remembered: Mutex::default() };
    let panic = catch_unwind(|| conformance::blocking(factory)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn r17_a_transport_that_claims_too_little_doubt_is_told_every_case() {
    let list =
        findings(|_, attempt| AttohttpcTransport.send(attempt).map_err(|failure| failure.with_maybe_seen(false)));
    let in_doubt = [
        "closed without an answer",
        "reset without an answer",
        "reset in the answer's head",
        "reset in the body",
        "no answer comes",
        "gzip is cut short",
        "a gzip bomb",
    ];
    for case in in_doubt {
        assert!(list.contains(case), "{case} is missing:\n{list}");
    }
    assert!(!list.contains("nobody listens"), "{list}");
}

#[test]
fn r24_a_transport_that_sends_nothing_is_told_what_did_not_arrive() {
    let panic = catch_unwind(|| conformance::blocking(VirtualTransport::new)).unwrap_err();
    let list = panic.downcast_ref::<String>().unwrap();
    assert!(list.contains("one request must arrive, and 0 did"), "{list}");
}

#[test]
fn r24_a_transport_that_changes_the_key_is_told() {
    let list = findings(|_, mut attempt| {
        attempt.request.headers_mut().remove(AUTHORIZATION);
        AttohttpcTransport.send(attempt)
    });
    assert!(list.contains("`authorization` arrives once, as it is"), "{list}");
}

#[test]
fn r17_a_transport_that_sends_again_by_itself_is_told() {
    let list = findings(|_, attempt| {
        let mut again = Attempt::new(attempt.request.clone());
        (again.timeout, again.response_limit) = (attempt.timeout, attempt.response_limit);
        AttohttpcTransport.send(attempt).or_else(|_| AttohttpcTransport.send(again))
    });
    let told = "closed without an answer: a request arrives more often than it was sent must be false";
    assert!(list.contains(told), "{list}");
}

#[test]
fn e3_a_failure_that_shows_the_query_is_told() {
    let list = findings(|_, attempt| {
        let shown = format!("{:?}", attempt.request.uri());
        AttohttpcTransport.send(attempt).map_err(|failure| failure.with_source(shown))
    });
    assert!(list.contains("the failure shows the query"), "{list}");
}

#[test]
fn e3_a_failure_that_shows_the_key_is_told() {
    let list = findings(|_, attempt| {
        let shown = key(&attempt);
        AttohttpcTransport.send(attempt).map_err(|failure| failure.with_source(shown))
    });
    assert!(list.contains("the failure shows the key (E3)"), "{list}");
}

#[test]
fn c2_a_transport_that_shows_the_key_while_it_sends_is_told() {
    let list = findings(|transport, attempt| {
        transport.remember(&key(&attempt));
        let sent = AttohttpcTransport.send(attempt);
        transport.remember("nothing");
        sent
    });
    assert!(list.contains("`Debug` of the transport shows the key during a request (C2)"), "{list}");
    assert!(!list.contains("after a request"), "{list}");
}

#[test]
fn c2_a_transport_that_shows_the_last_request_is_told() {
    let list = findings(|transport, attempt| {
        let shown = format!("{:?}", key(&attempt).as_bytes());
        let sent = AttohttpcTransport.send(attempt);
        transport.remember(&shown);
        sent
    });
    assert!(list.contains("`Debug` of the transport shows the key after a request (C2)"), "{list}");
}

#[test]
fn c4_a_transport_that_logs_the_key_is_told_which_target_on_which_level_and_once() {
    let list = findings(|_, attempt| {
        tracing::trace!(target: "deep::below", header = ?key(&attempt), "sending");
        AttohttpcTransport.send(attempt)
    });
    let told = list.matches("the log of `deep::below` on TRACE shows the key (C4)").count();
    assert_eq!(told, 1, "{list}");
}

#[test]
fn c4_a_library_below_that_dumps_the_key_through_log_is_told() {
    let list = findings(|_, attempt| {
        for row in key(&attempt).as_bytes().chunks(16) {
            log::debug!(target: "hexdump", "{row:02x?}");
        }
        AttohttpcTransport.send(attempt)
    });
    assert!(list.contains("the log of `hexdump` on DEBUG shows the key (C4)"), "{list}");
}

#[test]
fn c4_our_own_target_may_not_even_log_the_query() {
    // A library below may: what it logs is its own affair, as long as it is not the key.
    let list = findings(|_, attempt| {
        tracing::info!(target: "other", "{}", attempt.request.uri());
        tracing::info!(target: "agentsight", "{}", attempt.request.uri());
        AttohttpcTransport.send(attempt)
    });
    assert!(list.contains("the log of `agentsight` on INFO shows the query"), "{list}");
    assert!(!list.contains("`other`"), "{list}");
}
