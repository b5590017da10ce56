//! One tracked event on its way to the service.

use std::ops::Range;
use std::sync::Arc;

use agentsight_model::ConversationId;

use crate::event::Event;

/// A tracked event and how far its delivery has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// What happened. Shared with jobs, so that a request is built outside of the outbox.
    pub(crate) event: Arc<Event>,
    /// Whether its time was given with `.at`: then two events may have meant the same time (R17).
    pub(crate) is_explicit: bool,
    /// What the service has acknowledged of it; `None` before the first acknowledgement.
    pub(crate) progress: Option<Box<Progress>>,
    /// The messages that were there before its first attempt (R17); `None` before that.
    pub(crate) floor: Option<Watermark>,
    /// In how many rounds the service failed on it or refused it (R15, poison).
    pub(crate) failed_rounds: u32,
}

/// Which requests of an item the service has acknowledged (R13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Whether the message, action or button itself is acknowledged.
    pub(crate) is_created: bool,
    /// The id of the message that holds, or will hold, the item's files.
    pub(crate) message: Option<u64>,
    /// How many files are acknowledged.
    pub(crate) uploaded: usize,
}

/// The highest id of a message or of a new conversation that the service has told, and in which life of the service.
///
/// Ids that fall say that the service was reset: then a new life begins, and the marks of the earlier one mean nothing
/// (R17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watermark {
    /// How many times ids have fallen.
    pub(crate) life: u32,
    /// The highest id; zero if none is known.
    pub(crate) highest: u64,
}

/// One request's worth of an item or of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The conversation's own record.
    Record {
        /// Whether the record was registered and waits to be sent, rather than created for an event's sake.
        is_queued: bool,
    },
    /// The message, action or button itself.
    Create,
    /// These of its files.
    Upload(Range<usize>),
}

/// Names a lane while it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LaneKey(pub(crate) u32);

/// One part of a plan, with what its request is made of, taken out of the outbox.
#[derive(Clone, Debug)]
pub(crate) struct Shipment {
    /// The conversation's lane.
    pub(crate) lane: LaneKey,
    /// The conversation's own id.
    pub(crate) conversation_id: ConversationId,
    /// The id that the service gave the conversation, where it is known (R12).
    pub(crate) number: Option<u64>,
    /// What is sent.
    pub(crate) cargo: Cargo,
}

/// What a [`Shipment`] carries.
#[derive(Clone, Debug)]
pub(crate) enum Cargo {
    /// The conversation's record.
    Record(RecordCargo),
    /// A request of an event.
    Event(EventCargo),
}

/// A conversation's record, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct RecordCargo {
    /// What was registered; `None` if nobody did.
    pub(crate) conversation: Option<Arc<agentsight_model::NewConversation>>,
    /// Its time, in microseconds since the epoch.
    pub(crate) stamp: super::Micros,
    /// Whether the record is an item of its own.
    pub(crate) is_queued: bool,
    /// The conversations that had been created before this attempt: a new one has a higher id, unless the service was
    /// reset (R17).
    pub(crate) floor: Watermark,
}

/// One request of an event, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct EventCargo {
    /// What happened.
    pub(crate) event: Arc<Event>,
    /// The event's place in the order of tracking, by which the outbox knows it again.
    pub(crate) sequence: u64,
    /// Its time, in microseconds since the epoch.
    pub(crate) stamp: super::Micros,
    /// Whether that time was given with `.at`.
    pub(crate) is_explicit: bool,
    /// The messages with ids up to this one were there before its first attempt (R17).
    pub(crate) floor: Option<u64>,
    /// The message that its files belong to, once it is known (R13).
    pub(crate) message: Option<u64>,
    /// Which of its requests.
    pub(crate) part: Part,
}

impl Progress {
    /// Whether the service has acknowledged this request.
    pub(crate) fn covers(&self, part: &Part) -> bool {
        match part {
            Part::Upload(range) => self.uploaded >= range.end,
            Part::Create | Part::Record { .. } => self.is_created,
        }
    }
}

impl Item {
    /// An event of which nothing has been sent.
    pub(crate) fn new(event: Arc<Event>, is_explicit: bool) -> Self {
        Self { event, is_explicit, progress: None, floor: None, failed_rounds: 0 }
    }

    /// What the service has acknowledged of it.
    pub(crate) fn progress(&self) -> Progress {
        self.progress.as_deref().copied().unwrap_or_default()
    }

    /// Whether any request of this item has been acknowledged.
    pub(crate) fn has_progress(&self) -> bool {
        self.progress.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_what_was_acknowledged_covers_the_requests_up_to_there() {
        let progress = Progress { is_created: true, message: None, uploaded: 3 };
        for (part, is_covered) in
            [(Part::Upload(0..3), true), (Part::Upload(0..2), true), (Part::Upload(3..4), false), (Part::Create, true)]
        {
            assert_eq!(progress.covers(&part), is_covered, "{part:?}");
        }
        assert!(!Progress::default().covers(&Part::Create));
    }
}
