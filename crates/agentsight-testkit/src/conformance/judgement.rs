//! What a case may find about its outcomes.

use std::fmt::Debug;

use agentsight_core::transport::FailureKind;
use bytes::Bytes;
use http::Response;

use super::case::Outcome;
use super::server::Received;

/// Every attempt must have failed like this.
pub(super) fn all_failed(outcomes: &[Outcome], kind: FailureKind, maybe_seen: bool) -> Result<(), String> {
    for (position, outcome) in outcomes.iter().enumerate() {
        let found = match outcome {
            Err(failure) if (failure.kind(), failure.maybe_seen()) == (kind, maybe_seen) => continue,
            Err(failure) => format!("{:?}, {}", failure.kind(), seen(failure.maybe_seen())),
            Ok(answer) => format!("an answer with {}", answer.status()),
        };
        let wanted = format!("{kind:?}, {}", seen(maybe_seen));
        return Err(format!("attempt {} must report {wanted}, and reports {found}", position + 1));
    }
    Ok(())
}

/// Every attempt must have been answered.
pub(super) fn all_answered(outcomes: &[Outcome]) -> Result<Vec<&Response<Bytes>>, String> {
    let answered = outcomes.iter().enumerate().map(|(position, outcome)| {
        outcome.as_ref().map_err(|failure| {
            let found = format!("{:?}, {}", failure.kind(), seen(failure.maybe_seen()));
            format!("attempt {} must be answered, and reports {found}", position + 1)
        })
    });
    answered.collect()
}

/// Those attempts that failed must have failed like this; how many were answered.
pub(super) fn answered_or_failed(outcomes: &[Outcome], kind: FailureKind, maybe_seen: bool) -> Result<usize, String> {
    for failure in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let wanted = format!("{kind:?}, {}", seen(maybe_seen));
        same("a failure", format!("{:?}, {}", failure.kind(), seen(failure.maybe_seen())), wanted)?;
    }
    Ok(outcomes.iter().filter(|outcome| outcome.is_ok()).count())
}

/// The one request that must have arrived.
pub(super) fn only(received: &[Received]) -> Result<&Received, String> {
    match received {
        [request] => Ok(request),
        _ => Err(format!("one request must arrive, and {} did", received.len())),
    }
}

/// `found` must be `wanted`.
pub(super) fn same<T: PartialEq + Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} must be {wanted:?}, and is {found:?}")) }
}

fn seen(maybe_seen: bool) -> &'static str {
    if maybe_seen { "maybe seen" } else { "not sent" }
}
