//! TLS handshakes that fail (R16, R17).

use std::time::Duration;

use agentsight_core::transport::{Attempt, FailureKind};

use crate::raw_server::Visitor;
use crate::verdicts::{unchanged, verdicts};

#[test]
fn r17_a_tls_handshake_that_fails_is_a_connection_that_fails() {
    let plain: fn(Visitor) = |mut visitor| {
        visitor.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        visitor.drain();
    };
    // Without a body ureq cannot tell a handshake from what follows it; such a request is safe to repeat anyway.
    assert_eq!(verdicts("https", plain, unchanged), [(FailureKind::Connect, false), (FailureKind::Connect, true)]);
    let [with_body, _] = verdicts("https", Visitor::reset, unchanged);
    assert_eq!(with_body, (FailureKind::Connect, false));
}

#[test]
fn r16_time_that_runs_out_before_there_is_a_connection_is_not_in_doubt() {
    let silent: fn(Visitor) = |visitor| {
        visitor.drain();
    };
    let impatient = |attempt: Attempt| attempt.connect_timeout(Duration::from_millis(200));
    assert_eq!(verdicts("https", silent, impatient), [(FailureKind::Timeout, false); 2]);
}
