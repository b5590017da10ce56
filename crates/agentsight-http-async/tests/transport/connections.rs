//! Connections that are kept, and what becomes of a request that meets one which the server has given up.

use agentsight_core::transport::FailureKind;

use crate::raw_server::RawServer;
use crate::{clients, post};

const CREATED: &str = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";

#[test]
fn r17_a_create_that_dies_on_a_kept_connection_is_not_sent_again() {
    for client in clients() {
        let server = RawServer::start(|visitors| {
            let mut visitor = visitors.next()?;
            visitor.request()?;
            visitor.send(CREATED);
            visitor.request()?;
            drop(visitor); // after the whole request, before any answer
            let mut requests = 2;
            while let Some(mut visitor) = visitors.next() {
                requests += usize::from(visitor.request().is_some());
            }
            Some(requests)
        });
        client.send(post(&server.url("/"))).expect("an answer");
        let failure = client.send(post(&server.url("/"))).expect_err("the connection broke");
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Reset, true));
        assert_eq!(server.finish(), Some(2));
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
