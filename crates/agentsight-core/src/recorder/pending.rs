//! What waits to be sent.

use agentsight_model::ConversationId;

/// What a client holds that the service has not acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingEvents {
    /// One entry for every conversation that has something pending.
    pub conversations: Vec<PendingConversation>,
}

/// What waits to be sent in one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingConversation {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// How many items, the record included. Token counters count as one.
    pub items: usize,
    /// Whether one of them may already have reached the service (R17).
    pub in_doubt: bool,
    /// Whether the service refused the conversation's record: nothing is sent until that is corrected (R15).
    pub parked: bool,
}

impl PendingEvents {
    pub(crate) fn new(conversations: Vec<PendingConversation>) -> Self {
        Self { conversations }
    }

    /// How many items wait in all conversations.
    pub fn total(&self) -> usize {
        self.conversations.iter().map(|conversation| conversation.items).sum()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.conversations.is_empty()
    }
}
