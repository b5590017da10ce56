//! What a user can do about an error: the end of its message (E3).

use super::{Error, ErrorKind, RequestFate};

/// What a failed call was for. The same failure asks for different things of different callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Nobody has said so yet.
    #[default]
    Unknown,
    /// Something is read or changed that the caller named by an id; repeating it changes nothing more.
    ById,
    /// Something is created for what the caller named by an id; repeating it may create a second one.
    CreateById,
    /// A list is read: a 404 says nothing of an id.
    List,
    /// A route that every service has, without an id.
    Service,
    /// What was tracked is sent.
    Delivery,
    /// The call had ended before it was asked again.
    Ended,
}

impl Error {
    /// What a user can do about it.
    pub(super) fn advice(&self) -> &'static str {
        let purpose = self.0.purpose;
        match self.0.kind {
            ErrorKind::Config => "correct the configuration",
            ErrorKind::InvalidInput => "correct the argument; nothing was stored or sent",
            ErrorKind::File => "check that the file exists, is readable and does not change before it is sent",
            ErrorKind::Unauthorized => "check the API key and the account's subscription",
            ErrorKind::Forbidden => "use a key whose role allows this",
            ErrorKind::NotFound => not_found(purpose),
            ErrorKind::Rejected if self.detail().is_some() => "see detail() for the service's own words",
            ErrorKind::Rejected if purpose == Purpose::Delivery => {
                "put it back with requeue() or give it up with discard()"
            }
            ErrorKind::Rejected => "correct what was sent",
            ErrorKind::RateLimited if self.0.retry_after.is_some() => "wait for retry_after() before the next call",
            ErrorKind::RateLimited => "wait before the next call",
            ErrorKind::UnexpectedResponse => "check that the endpoint is an AgentSight service",
            ErrorKind::Decode => "the service speaks a dialect that this version cannot read; please report it",
            ErrorKind::QueueFull => "send what is pending, or raise the limit",
            ErrorKind::Closed if purpose == Purpose::Ended => "begin a new call",
            ErrorKind::Closed => "enable the client with a key",
            _ if purpose == Purpose::CreateById && self.0.fate != RequestFate::NotSent => {
                "it may have been done: look before you repeat the call"
            }
            ErrorKind::TooLarge if purpose == Purpose::List => "ask for less, or raise the response limit",
            ErrorKind::TooLarge => "raise the response limit",
            ErrorKind::Connect if purpose == Purpose::Delivery => {
                "check the network and the endpoint; nothing pending is lost"
            }
            ErrorKind::Connect => "check the network and the endpoint",
            _ if purpose == Purpose::Delivery => "try again later; nothing pending is lost",
            _ => "try again later",
        }
    }
}

fn not_found(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::List => "check the page that was asked for, and that the endpoint is an AgentSight service",
        Purpose::Service => "check the endpoint: what answers there does not have this call",
        Purpose::Delivery => "check the endpoint, and that the key is one of the conversation's agent",
        _ => "check the id; rows of other agents are not visible",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NETWORK: [ErrorKind; 5] =
        [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Transport, ErrorKind::DeadlineExceeded, ErrorKind::Server];

    fn advice(kind: ErrorKind, purpose: Purpose) -> &'static str {
        Error::new(kind, "what").with_purpose(purpose).advice()
    }

    #[test]
    fn e3_only_a_404_of_something_with_an_id_advises_to_check_the_id() {
        for (purpose, is_about_an_id) in [
            (Purpose::Unknown, true),
            (Purpose::ById, true),
            (Purpose::CreateById, true),
            (Purpose::List, false),
            (Purpose::Service, false),
            (Purpose::Delivery, false),
        ] {
            let advice = advice(ErrorKind::NotFound, purpose);
            assert_eq!(advice.contains("the id"), is_about_an_id, "{purpose:?}: {advice}");
        }
    }

    #[test]
    fn e3_only_sending_speaks_of_what_is_pending() {
        for kind in NETWORK {
            for purpose in [Purpose::ById, Purpose::CreateById, Purpose::List, Purpose::Service] {
                let advice = advice(kind, purpose);
                assert!(!advice.contains("pending") && !advice.contains("send again"), "{kind:?}: {advice}");
            }
            assert!(advice(kind, Purpose::Delivery).ends_with("nothing pending is lost"), "{kind:?}");
        }
    }

    #[test]
    fn e3_nobody_is_told_to_repeat_what_could_be_done_twice() {
        for kind in NETWORK {
            let error = Error::new(kind, "what").with_purpose(Purpose::CreateById);
            assert!(!error.advice().contains("may have been done"), "{kind:?}");
            let error = error.with_fate(RequestFate::MaybeSent);
            assert!(error.advice().contains("look before you repeat"), "{kind:?}: {error}");
        }
    }

    #[test]
    fn e3_advice_names_no_accessor_that_returns_nothing() {
        let limited = Error::new(ErrorKind::RateLimited, "what");
        assert!(!limited.advice().contains("retry_after()"));
        assert!(limited.with_retry_after(Duration::from_secs(1)).advice().contains("retry_after()"));
        for purpose in [Purpose::Unknown, Purpose::Delivery, Purpose::ById] {
            assert!(!advice(ErrorKind::Rejected, purpose).contains("detail()"), "{purpose:?}");
        }
    }

    #[test]
    fn e3_a_call_that_has_ended_does_not_ask_for_a_key() {
        assert_eq!(advice(ErrorKind::Closed, Purpose::Ended), "begin a new call");
        assert_eq!(advice(ErrorKind::Closed, Purpose::ById), "enable the client with a key");
    }
}
