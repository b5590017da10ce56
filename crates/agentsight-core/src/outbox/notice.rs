//! What is worth a line in the log (C4).

use http::StatusCode;

use super::dead_letters::DeadLetterReason;
use crate::config::Config;
use crate::log::log_event;

/// Something that is logged after unlocking: a subscriber is somebody else's code (H8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// An event became a dead letter.
    EventRefused { status: Option<StatusCode>, reason: DeadLetterReason },
    /// A conversation's record became a dead letter.
    RecordRefused { status: Option<StatusCode> },
    /// A conversation stopped with an event that the service may or may not have.
    InDoubt,
    /// The oldest dead letter made room for a newer one.
    LetterDropped,
}

impl Notice {
    /// Logs it.
    pub(crate) fn log(self, config: &Config) {
        match self {
            Self::EventRefused { status, reason } => {
                log_event!(config, WARN, ?status, ?reason, "an event was refused; see dead_letters()");
            }
            Self::RecordRefused { status } => {
                log_event!(config, WARN, ?status, "a conversation's record was refused; nothing of it is sent");
            }
            Self::InDoubt => {
                log_event!(config, WARN, "an event is in doubt: the service may or may not have it");
            }
            Self::LetterDropped => {
                log_event!(config, WARN, "the oldest dead letter made room for a newer one; see max_dead_letters");
            }
        }
    }
}
