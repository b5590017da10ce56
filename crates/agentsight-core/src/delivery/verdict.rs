//! What a failed request means for its item and its lane (R15).

use crate::error::{Error, ErrorKind};

/// What happens to an item whose request failed for good and is not in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes to the dead letters, and the lane goes on.
    Reject,
    /// The service no longer knows the conversation's number: upsert once, try once more, else reject (R12).
    ForgetNumber,
    /// The lane stops and keeps everything.
    Stop,
    /// All lanes stop and keep everything: the key or the endpoint is wrong.
    StopAll,
}

/// The verdict on the request of an event.
pub(crate) fn on_event(error: &Error) -> Verdict {
    match error.kind() {
        ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::UnexpectedResponse => Verdict::StopAll,
        ErrorKind::NotFound => Verdict::ForgetNumber,
        ErrorKind::Rejected if error.field_errors().contains_key("conversation") => Verdict::ForgetNumber,
        ErrorKind::Rejected | ErrorKind::InvalidInput | ErrorKind::File => Verdict::Reject,
        _ => Verdict::Stop,
    }
}

/// The verdict on the request of a conversation's record, where a 404 says that this is no AgentSight.
pub(crate) fn on_record(error: &Error) -> Verdict {
    match error.kind() {
        ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::UnexpectedResponse | ErrorKind::NotFound => {
            Verdict::StopAll
        }
        ErrorKind::Rejected | ErrorKind::InvalidInput => Verdict::Reject,
        _ => Verdict::Stop,
    }
}

/// Whether the service answered the item itself with 5xx: one sign that it is poison.
pub(crate) fn is_server_error(error: &Error) -> bool {
    error.status().is_some_and(|status| status.is_server_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Error {
        Error::from_answer(http::StatusCode::from_u16(status).expect("a status"), body.as_bytes(), None)
    }

    #[test]
    fn r15_the_verdict_follows_the_status() {
        for (status, body, event, record) in [
            (302, "", Verdict::StopAll, Verdict::StopAll),
            (400, r#"{"content": ["bad"]}"#, Verdict::Reject, Verdict::Reject),
            (400, r#"{"conversation": ["unknown"]}"#, Verdict::ForgetNumber, Verdict::Reject),
            (401, "", Verdict::StopAll, Verdict::StopAll),
            (402, "", Verdict::Reject, Verdict::Reject),
            (403, "", Verdict::StopAll, Verdict::StopAll),
            (404, "", Verdict::ForgetNumber, Verdict::StopAll),
            (405, "", Verdict::StopAll, Verdict::StopAll),
            (408, "", Verdict::Stop, Verdict::Stop),
            (409, "", Verdict::Reject, Verdict::Reject),
            (413, "", Verdict::Reject, Verdict::Reject),
            (422, "", Verdict::Reject, Verdict::Reject),
            (425, "", Verdict::Stop, Verdict::Stop),
            (429, "", Verdict::Stop, Verdict::Stop),
            (500, "", Verdict::Stop, Verdict::Stop),
            (503, "", Verdict::Stop, Verdict::Stop),
        ] {
            let error = answer(status, body);
            assert_eq!((on_event(&error), on_record(&error)), (event, record), "{status} {body}");
        }
    }
}
