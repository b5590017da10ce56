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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::span;
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    /// Keeps the level of each event.
    #[derive(Default)]
    struct Levels(Mutex<Vec<tracing::Level>>);

    impl Subscriber for &'static Levels {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "agentsight"
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &Event<'_>) {
            self.0.lock().expect("no test panics here").push(*event.metadata().level());
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn c4_every_notice_is_one_warning() {
        let levels: &'static Levels = Box::leak(Box::default());
        let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").build().expect("a key");
        let notices = [
            Notice::EventRefused { status: Some(StatusCode::BAD_REQUEST), reason: DeadLetterReason::Rejected },
            Notice::RecordRefused { status: None },
            Notice::InDoubt,
            Notice::LetterDropped,
        ];
        tracing::subscriber::with_default(levels, || notices.into_iter().for_each(|notice| notice.log(&config)));
        assert_eq!(*levels.0.lock().expect("no test panics here"), [tracing::Level::WARN; 4]);
    }
}
