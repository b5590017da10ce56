//! What the service refused, as an application sees it (R15).

use std::fmt;

use agentsight_model::ConversationId;
use chrono::{DateTime, Utc};

use super::letters::LetterId;
use crate::report::ItemKind;

/// An item that was not delivered and is not tried again by itself (R15).
///
/// A message whose files were refused is delivered itself: its letter holds the files from the refused request on.
///
/// Look at it, then put it back with `requeue` or give it up with `discard`. A letter of kind
/// [`Conversation`](ItemKind::Conversation) is a conversation's own record: while it is here, nothing of that
/// conversation is sent. A new `get_or_create_conversation` corrects it; discarding it discards everything that is
/// pending in the conversation.
///
/// A client keeps 10,000 letters and 64 MiB of their content, unless configured otherwise. Beyond that the oldest make
/// room, which is counted in [`Stats::dead_letters_dropped`](crate::Stats::dead_letters_dropped) and logged. The letter
/// of a record stays.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    pub(crate) id: LetterId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What it is.
    pub kind: ItemKind,
    /// Its time.
    pub timestamp: DateTime<Utc>,
    /// Why it is here.
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
    /// The service failed on it again and again while it took other requests.
    Poison,
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
