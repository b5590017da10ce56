//! Connections that a server gives up (R17).

use agentsight_core::transport::FailureKind;

use super::attempts::post;
use super::case::Case;
use super::judgement::answered_or_failed;

const CREATED: &str = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";

/// When a connection is free again is up to the library, so one repetition may not do.
const ATTEMPTS: usize = 10;

pub(super) fn cases() -> Vec<Case> {
    vec![dies_under_a_request(), is_closed_after_an_answer()]
}

fn dies_under_a_request() -> Case {
    Case::new(
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
            let answered = answered_or_failed(outcomes, FailureKind::Reset, true)?;
            match (received.len(), answered) {
                (ATTEMPTS, 1..) => Ok(()),
                (requests, _) => Err(format!("{ATTEMPTS} attempts became {requests} requests")),
            }
        },
    )
}

fn is_closed_after_an_answer() -> Case {
    Case::new(
        "r17: a create that meets a closed connection arrives at most once",
        |mut visitor| {
            // Without `Connection: close`: the client learns of it when it looks.
            if visitor.request().is_some() {
                visitor.send(CREATED);
            }
            visitor.hang_up();
        },
        |url| (0..ATTEMPTS).map(|_| post(url)).collect(),
        |outcomes, received| {
            let answered = answered_or_failed(outcomes, FailureKind::Reset, true)?;
            let arrived = received.len();
            if answered == 0 || arrived < answered || arrived > outcomes.len() {
                return Err(format!("{} attempts, {answered} answered, became {arrived} requests", outcomes.len()));
            }
            Ok(())
        },
    )
}
