//! One tracked event on its way to the service.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::timeline::Micros;
use crate::event::{Event, batches};

/// A tracked event with its place in the conversation and how far its delivery has come.
#[derive(Debug)]
pub(crate) struct Item {
    /// Order of tracking within the lane.
    pub sequence: u64,
    /// Time; unique within the lane, except for token usage, which may share its predecessor's.
    pub stamp: Micros,
    /// Shared with whoever writes or looks for it, so that the lane is not locked meanwhile.
    pub event: Arc<Event>,
    pub progress: Progress,
    /// In how many sends the service answered 5xx to this item while it answered others (R15, poison).
    pub server_errors: u32,
}

/// Which requests of an item the service has acknowledged (R13).
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The answer to the first request.
    pub response: Option<Value>,
    /// The number of the message that holds, or will hold, the item's files.
    pub message: Option<u64>,
    /// How many files have been acknowledged.
    pub uploaded: usize,
}

/// What an item's requests are made of, taken out from under the lane's lock.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub event: Arc<Event>,
    pub stamp: Micros,
    /// The number of the message that the item's files belong to.
    pub message: Option<u64>,
}

/// One request of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The message, action or button itself.
    Create,
    /// These of its files.
    Upload(Range<usize>),
}

impl Item {
    pub(crate) fn new(sequence: u64, stamp: Micros, event: Event) -> Self {
        Self { sequence, stamp, event: Arc::new(event), progress: Progress::default(), server_errors: 0 }
    }

    /// The next request of this item, or `None` when all are acknowledged.
    pub(crate) fn next_part(&self) -> Option<Part> {
        let creates_itself = !matches!(*self.event, Event::Attachments(_));
        if creates_itself && self.progress.response.is_none() {
            return Some(Part::Create);
        }
        let files = self.event.files()?;
        batches(&files.files, files.mode)
            .into_iter()
            .find(|batch| batch.start >= self.progress.uploaded)
            .map(Part::Upload)
    }

    /// What its requests are made of.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { event: Arc::clone(&self.event), stamp: self.stamp, message: self.progress.message }
    }

    /// Whether any request of this item has been acknowledged.
    pub(crate) fn has_progress(&self) -> bool {
        self.progress.response.is_some() || self.progress.uploaded > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::message;

    #[test]
    fn a_message_is_done_after_one_request() {
        let mut item = Item::new(0, 0, message("hi"));
        assert_eq!(item.next_part(), Some(Part::Create));
        item.progress.response = Some(Value::Null);
        assert_eq!(item.next_part(), None);
    }
}
