//! What the service refused, kept until somebody decides (R15).

use std::collections::BTreeMap;
use std::fmt;

use agentsight_model::ConversationId;
use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::lane::{Item, time_of};
use crate::report::ItemKind;

/// An item that was not delivered and will not be tried again by itself (R15).
///
/// A message whose files were refused is delivered itself: its letter holds the files from the refused request on.
///
/// Look at it, then put it back with `requeue` or forget it with `discard`. A letter of kind
/// [`Conversation`](ItemKind::Conversation) is a conversation's own record: while it lies here nothing of that
/// conversation is sent; a new `get_or_create_conversation` corrects it, and discarding it discards everything that is
/// pending in the conversation.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    id: u64,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What it is.
    pub kind: ItemKind,
    /// Its time.
    pub timestamp: DateTime<Utc>,
    /// Why it lies here.
    pub reason: DeadLetterReason,
    /// What came back, without message content.
    pub error: String,
    /// The first 100 characters of what was tracked. Content: not shown by `Debug`.
    pub preview: String,
}

/// Why an item became a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadLetterReason {
    /// The service refused it, or its file is gone.
    Rejected,
    /// The service failed on it again and again while it answered other requests.
    Poison,
}

impl DeadLetter {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeadLetter")
            .field("conversation_id", &self.conversation_id)
            .field("kind", &self.kind)
            .field("timestamp", &self.timestamp)
            .field("reason", &self.reason)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// The dead letters of a client, oldest first.
#[derive(Debug, Default)]
pub(crate) struct DeadLetters {
    letters: BTreeMap<u64, (DeadLetter, Option<Item>)>,
    next_id: u64,
}

impl DeadLetters {
    /// Lays an item down.
    pub(crate) fn lay_down(
        &mut self,
        conversation_id: ConversationId,
        item: Item,
        reason: DeadLetterReason,
        error: &Error,
    ) {
        let (kind, timestamp, preview) = (item.event.kind(), time_of(item.stamp), item.event.preview());
        let letter = DeadLetter { id: 0, conversation_id, kind, timestamp, reason, error: error.outcome(), preview };
        self.push(letter, Some(item));
    }

    /// Lays a conversation's record down; there is at most one for a conversation.
    pub(crate) fn lay_down_record(
        &mut self,
        conversation_id: ConversationId,
        timestamp: DateTime<Utc>,
        name: String,
        error: &Error,
    ) {
        self.remove_record(&conversation_id);
        let letter = DeadLetter {
            id: 0,
            conversation_id,
            kind: ItemKind::Conversation,
            timestamp,
            reason: DeadLetterReason::Rejected,
            error: error.outcome(),
            preview: name,
        };
        self.push(letter, None);
    }

    /// Removes the letter of a conversation's record.
    pub(crate) fn remove_record(&mut self, id: &ConversationId) {
        self.letters.retain(|_, (letter, item)| item.is_some() || letter.conversation_id != *id);
    }

    /// Takes a letter out, with its item unless it is a record.
    pub(crate) fn take(&mut self, id: u64) -> Option<(ConversationId, Option<Item>)> {
        self.letters.remove(&id).map(|(letter, item)| (letter.conversation_id, item))
    }

    /// All letters, oldest first.
    pub(crate) fn list(&self) -> Vec<DeadLetter> {
        self.letters.values().map(|(letter, _)| letter.clone()).collect()
    }

    fn push(&mut self, letter: DeadLetter, item: Option<Item>) {
        let id = self.next_id;
        self.next_id += 1;
        self.letters.insert(id, (DeadLetter { id, ..letter }, item));
    }
}
