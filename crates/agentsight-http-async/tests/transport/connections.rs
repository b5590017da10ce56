//! Connections that are kept, and what becomes of a request that meets one which the server has given up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use agentsight_core::transport::FailureKind;

use crate::raw_server::{RawServer, Visitors};
use crate::{clients, post};

const CREATED: &str = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";

/// How often a test sends at most. When a connection is free again is up to the library, so one repetition may not do.
const ATTEMPTS: usize = 20;

/// Answers this many requests on every connection and drops the next one unanswered; counts connections and requests.
fn serve_each(visitors: Visitors, answered: usize) -> (usize, usize) {
    let requests = AtomicUsize::new(0);
    let mut connections = 0;
    thread::scope(|scope| {
        while let Some(mut visitor) = visitors.next() {
            connections += 1;
            let requests = &requests;
            scope.spawn(move || {
                let mut served = 0;
                while visitor.request().is_some() {
                    requests.fetch_add(1, Ordering::Relaxed);
                    if served == answered {
                        break;
                    }
                    served += 1;
                    visitor.send(CREATED);
                }
            });
        }
    });
    (connections, requests.into_inner())
}

#[test]
fn attempts_share_connections() {
    for client in clients() {
        let server = RawServer::start(|visitors| serve_each(visitors, usize::MAX));
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
fn r17_a_create_that_dies_on_a_kept_connection_is_not_sent_again() {
    for client in clients() {
        let server = RawServer::start(|visitors| serve_each(visitors, 1));
        let mut attempts = 0;
        let failure = loop {
            attempts += 1;
            assert!(attempts <= ATTEMPTS, "no connection was used twice");
            if let Err(failure) = client.send(post(&server.url("/"))) {
                break failure;
            }
        };
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Reset, true));
        drop(client);
        let (_, requests) = server.finish();
        assert_eq!(requests, attempts, "one request for each attempt");
    }
}

#[test]
fn r17_a_create_that_meets_a_closed_connection_arrives_at_most_once() {
    for client in clients() {
        let server = RawServer::start(|visitors| {
            let mut requests = 0;
            while let Some(mut visitor) = visitors.next() {
                if visitor.request().is_some() {
                    requests += 1;
                    visitor.send(CREATED);
                }
                // Without `Connection: close`: the client learns of it when it looks.
            }
            requests
        });
        let mut acknowledged = 0;
        let mut in_doubt = 0;
        for _ in 0..20 {
            match client.send(post(&server.url("/"))) {
                Ok(_) => acknowledged += 1,
                Err(failure) => {
                    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Reset, true));
                    in_doubt += 1;
                }
            }
        }
        let requests = server.finish();
        assert!(acknowledged <= requests && requests <= acknowledged + in_doubt);
        assert!(acknowledged >= 1);
    }
}
