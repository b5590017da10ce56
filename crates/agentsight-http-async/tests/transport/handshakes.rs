//! TLS handshakes that fail (R16, R17).

use std::time::Duration;

use agentsight_core::transport::{Attempt, FailureKind};

use crate::attempts::{config, get, post};
use crate::raw_server::Visitor;
use crate::verdicts::{serve, unchanged, verdicts};
use crate::{client_for, clients};

#[test]
fn r17_a_tls_handshake_that_fails_is_a_connection_that_fails() {
    let plain: fn(Visitor) = |mut visitor| {
        visitor.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        visitor.drain();
    };
    for script in [plain, Visitor::reset] {
        assert_eq!(verdicts("https", script, unchanged), [(FailureKind::Connect, false); 2]);
    }
}

#[test]
fn r16_time_that_runs_out_before_there_is_a_connection_is_not_in_doubt() {
    let silent: fn(Visitor) = |visitor| {
        visitor.drain();
    };
    // A request with a body has a time to connect of its own, whatever the client's is ...
    let impatient = |attempt: Attempt| attempt.connect_timeout(Duration::from_millis(200));
    let server = serve(silent);
    for client in clients() {
        let failure =
            client.send(impatient(post(&server.url("/").replace("http", "https")))).expect_err("no handshake");
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, false));
    }
    let hurried = |attempt: Attempt| attempt.timeout(Duration::from_millis(300));
    // ... and where the whole attempt is shorter than that, it still is not in doubt.
    for client in clients() {
        let failure = client.send(hurried(post(&server.url("/").replace("http", "https")))).expect_err("no handshake");
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, false));
    }
    // Without a body the client's holds.
    let client = client_for(config().connect_timeout(Duration::from_millis(200)));
    let failure = client.send(get(&server.url("/").replace("http", "https"))).expect_err("no handshake");
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, false));
}
