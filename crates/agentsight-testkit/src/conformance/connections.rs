//! Connections that a server gives up (R17).

use agentsight_core::transport::FailureKind;

use super::case::{Case, post};

const CREATED: &str = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";

/// When a connection is free again is up to the library, so one repetition may not do.
const ATTEMPTS: usize = 10;

pub(super) fn cases() -> Vec<Case> {
    vec![Case::new(
        "r17: a create that dies on a kept connection is in doubt, and not sent again",
        |mut visitor| {
            // The first request of a connection is answered, the second is read and dropped.
            if visitor.request().is_some() && visitor.send(CREATED) {
                visitor.request();
            }
            visitor.hang_up();
        },
        |url| (0..ATTEMPTS).map(|_| post(url)).collect(),
        |outcomes, received| {
            for failure in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
                if (failure.kind(), failure.maybe_seen()) != (FailureKind::Reset, true) {
                    return Err(format!("a broken connection must be a reset in doubt, and is {:?}", failure.kind()));
                }
            }
            match (received.len(), outcomes.iter().any(Result::is_ok)) {
                (ATTEMPTS, true) => Ok(()),
                (requests, _) => Err(format!("{ATTEMPTS} attempts became {requests} requests")),
            }
        },
    )]
}
