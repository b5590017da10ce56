//! What is tracked and not yet acknowledged: `get_tracked_data_summary` (R9).

use std::fmt;

use agentsight_model::ConversationId;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::event::first_characters;
use crate::outbox::{PendingItem, time_of};
use crate::report::ItemKind;

/// What one conversation holds in memory, in the order in which it would be sent (R9).
///
/// Token counters are not an item before they become an action (R8); see `get_token_usage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TrackedDataSummary {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Every pending item.
    pub items: Vec<TrackedItem>,
    /// The items counted by type.
    pub summary: TrackedSummary,
}

/// One pending item.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TrackedItem {
    /// Position, from 0.
    pub index: usize,
    /// What it is; `type` when serialised.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// When it was tracked, or the explicit time that it was given.
    pub timestamp: DateTime<Utc>,
    /// The first 100 characters of a message, an action's name, a button's label, file names, or a conversation's name.
    pub preview: String,
}

/// Pending items counted by type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TrackedSummary {
    /// The conversation's record: 0 or 1.
    pub conversation: usize,
    /// Messages of people.
    pub questions: usize,
    /// Messages of the agent.
    pub answers: usize,
    /// Attachment events that belong to no message.
    pub attachments: usize,
    /// Actions.
    pub actions: usize,
    /// Button clicks.
    pub buttons: usize,
    /// All of them.
    pub total: usize,
}

/// Leaves out the preview, which is message content.
impl fmt::Debug for TrackedItem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TrackedItem")
            .field("index", &self.index)
            .field("kind", &self.kind)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl TrackedDataSummary {
    /// Written outside of the outbox, from what was copied out of it.
    pub(crate) fn of(conversation_id: ConversationId, pending: Vec<PendingItem>) -> Self {
        let items = Vec::with_capacity(pending.len());
        let mut summary = Self { conversation_id, items, summary: TrackedSummary::default() };
        for item in pending {
            match item {
                PendingItem::Record { conversation, stamp } => {
                    let name = conversation.as_ref().and_then(|conversation| conversation.name.as_deref());
                    let preview = first_characters(name.unwrap_or_default()).to_owned();
                    summary.push(ItemKind::Conversation, time_of(stamp), preview);
                }
                PendingItem::Event { event, stamp } => summary.push(event.kind(), time_of(stamp), event.preview()),
            }
        }
        summary
    }

    fn push(&mut self, kind: ItemKind, timestamp: DateTime<Utc>, preview: String) {
        let counts = &mut self.summary;
        *match kind {
            ItemKind::Conversation => &mut counts.conversation,
            ItemKind::Question => &mut counts.questions,
            ItemKind::Answer => &mut counts.answers,
            ItemKind::Attachments => &mut counts.attachments,
            ItemKind::Action => &mut counts.actions,
            ItemKind::Button => &mut counts.buttons,
        } += 1;
        counts.total += 1;
        self.items.push(TrackedItem { index: self.items.len(), kind, timestamp, preview });
    }
}
