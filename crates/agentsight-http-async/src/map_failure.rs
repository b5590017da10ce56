//! What reqwest's errors mean in words that no HTTP library owns.

use std::error::Error as StdError;
use std::iter::successors;

use agentsight_core::transport::TransportFailure;

use crate::send::FileFault;

/// How far a request had got when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// A body was promised and none of it had left: nobody can have acted on the request.
    BeforeBody,
    /// There is no body to go by (GET, DELETE, an empty POST): the request may have left.
    Unknown,
    /// The body had begun to leave.
    InBody,
    /// The head of the answer had come.
    Answer,
}

/// Says what a failure means, and whether the service may have seen the request: in doubt, that it may (R16, R17).
///
/// An answer that is not HTTP counts as a broken connection, because it leaves one behind. reqwest's error, without its
/// URL, becomes the source unless it may quote it (E3).
pub(crate) fn map_failure(error: reqwest::Error, reached: Reached) -> TransportFailure {
    let error = error.without_url();
    if let Some(fault) = file_fault(&error) {
        return fault.into_failure();
    }
    let failure = match reached {
        Reached::Answer if error.is_timeout() => TransportFailure::timeout(),
        Reached::Answer => TransportFailure::body(),
        _ if error.is_builder() => return TransportFailure::request("the request cannot be sent as it is"),
        Reached::BeforeBody if error.is_timeout() => TransportFailure::connect_timeout(),
        Reached::BeforeBody => TransportFailure::connect(),
        Reached::InBody | Reached::Unknown if is_unprocessed(&error) => {
            TransportFailure::reset().with_maybe_seen(false)
        }
        Reached::InBody if error.is_timeout() => TransportFailure::timeout(),
        Reached::InBody => TransportFailure::reset(),
        Reached::Unknown => without_body(&error),
    };
    failure.with_source(error)
}

/// Says what it means that the time ran out.
pub(crate) fn map_timeout(reached: Reached) -> TransportFailure {
    match reached {
        Reached::BeforeBody => TransportFailure::connect_timeout(),
        Reached::Unknown | Reached::InBody | Reached::Answer => TransportFailure::timeout(),
    }
}

/// A request without a body: only the error itself can tell whether there was a connection.
fn without_body(error: &reqwest::Error) -> TransportFailure {
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => TransportFailure::connect_timeout(),
        (true, false) => TransportFailure::connect(),
        (false, true) => TransportFailure::timeout(),
        (false, false) => TransportFailure::reset(),
    }
}

/// Whether HTTP/2 guarantees that the request was not processed (RFC 9113, 8.7): its stream was refused, or is above the
/// last one of a GOAWAY, which is the only kind of stream that h2 ends with that error.
///
/// The text alone tells, because the type belongs to a library that is no dependency of ours; with another text the
/// request may have been seen, which is always safe.
fn is_unprocessed(error: &reqwest::Error) -> bool {
    const REFUSED: &str = "stream error received: refused stream before processing any application logic";
    const GONE: &str = "connection error received: ";
    causes(error).last().map(ToString::to_string).is_some_and(|text| text == REFUSED || text.starts_with(GONE))
}

fn file_fault(error: &reqwest::Error) -> Option<FileFault> {
    causes(error).find_map(|cause| cause.downcast_ref::<FileFault>().copied())
}

/// The error and what caused it, one after another.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    successors(Some(error as &(dyn StdError + 'static)), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use agentsight_core::transport::FailureKind;

    use super::*;

    /// An error that reqwest makes before it does anything.
    fn builder_error() -> reqwest::Error {
        let request = http::Request::get("/?secret").body("").expect("a valid request");
        reqwest::Request::try_from(request).expect_err("an address without a host")
    }

    fn verdict(failure: &TransportFailure) -> (FailureKind, bool) {
        (failure.kind(), failure.maybe_seen())
    }

    #[test]
    fn r16_a_request_that_cannot_be_built_was_not_seen() {
        for reached in [Reached::BeforeBody, Reached::Unknown] {
            let failure = map_failure(builder_error(), reached);
            assert_eq!(verdict(&failure), (FailureKind::Request, false));
            assert!(failure.source().is_none() && !format!("{failure} {failure:?}").contains("secret"));
        }
    }

    #[test]
    fn r17_after_the_head_of_the_answer_the_request_was_seen() {
        assert_eq!(verdict(&map_failure(builder_error(), Reached::Answer)), (FailureKind::Body, true));
    }

    #[test]
    fn r16_only_a_timeout_before_the_body_is_certain() {
        for (reached, maybe_seen) in
            [(Reached::BeforeBody, false), (Reached::Unknown, true), (Reached::InBody, true), (Reached::Answer, true)]
        {
            assert_eq!(verdict(&map_timeout(reached)), (FailureKind::Timeout, maybe_seen));
        }
    }
}
