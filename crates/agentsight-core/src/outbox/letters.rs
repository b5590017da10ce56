//! The dead letters of a book: what the service refused, kept until somebody decides (R15).

use std::collections::BTreeMap;
use std::sync::Arc;

use agentsight_model::{ConversationId, NewConversation};

use super::dead_letters::{DeadLetter, DeadLetterReason};
use super::entries::{Entry, Micros};
use super::item::Item;
use super::time::time_of;
use crate::error::Error;
use crate::report::ItemKind;

/// Names a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LetterId(pub(crate) u64);

/// Why something became a dead letter.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// The rule that set it aside.
    pub(crate) reason: DeadLetterReason,
    /// What came back.
    pub(crate) error: Error,
}

/// What was refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refused {
    /// An event, with how far its delivery had come.
    Item(Entry<Item>),
    /// A conversation's record. The record itself stays with its lane.
    Record { stamp: Micros, conversation: Option<Arc<NewConversation>> },
}

/// A dead letter and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeldLetter {
    /// The conversation.
    pub(crate) conversation_id: ConversationId,
    /// What was refused.
    pub(crate) refused: Refused,
    /// Why.
    pub(crate) why: Arc<Letter>,
}

/// All dead letters, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Letters {
    held: BTreeMap<LetterId, HeldLetter>,
    /// The letter of each conversation whose record was refused; there is at most one.
    records: BTreeMap<ConversationId, LetterId>,
    next: u64,
    bytes: usize,
}

impl Letters {
    /// The id that the next letter gets.
    pub(crate) fn next_id(&self) -> LetterId {
        LetterId(self.next)
    }

    /// Adds a letter. The record of a conversation has one letter: an earlier one goes.
    pub(crate) fn insert(&mut self, id: LetterId, letter: HeldLetter) {
        self.next = self.next.max(id.0.saturating_add(1));
        if letter.is_record() {
            if let Some(earlier) = self.records.insert(letter.conversation_id.clone(), id) {
                self.held.remove(&earlier);
            }
        } else {
            self.bytes = self.bytes.saturating_add(letter.weight());
        }
        self.held.insert(id, letter);
    }

    /// Removes a letter.
    pub(crate) fn remove(&mut self, id: LetterId) -> Option<HeldLetter> {
        let letter = self.held.remove(&id)?;
        if letter.is_record() {
            self.records.remove(&letter.conversation_id);
        } else {
            self.bytes = self.bytes.saturating_sub(letter.weight());
        }
        Some(letter)
    }

    /// One letter.
    pub(crate) fn get(&self, id: LetterId) -> Option<&HeldLetter> {
        self.held.get(&id)
    }

    /// The letter of a conversation's record.
    pub(crate) fn of_record(&self, id: &ConversationId) -> Option<LetterId> {
        self.records.get(id).copied()
    }

    /// The oldest letter that holds an event.
    pub(crate) fn oldest_item(&self) -> Option<LetterId> {
        self.held.iter().find(|(_, letter)| !letter.is_record()).map(|(id, _)| *id)
    }

    /// All letters, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LetterId, &HeldLetter)> {
        self.held.iter().map(|(id, letter)| (*id, letter))
    }

    /// How many letters there are.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// The bytes of content that they hold.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl HeldLetter {
    fn is_record(&self) -> bool {
        matches!(self.refused, Refused::Record { .. })
    }

    fn weight(&self) -> usize {
        match &self.refused {
            Refused::Item(entry) => entry.item.event.weight(),
            Refused::Record { .. } => 0,
        }
    }

    /// The letter as an application sees it.
    pub(crate) fn shown(&self, id: LetterId) -> DeadLetter {
        let (kind, stamp, preview) = match &self.refused {
            Refused::Item(entry) => (entry.item.event.kind(), entry.stamp, entry.item.event.preview()),
            Refused::Record { stamp, conversation } => {
                let name = conversation.as_ref().and_then(|conversation| conversation.name.clone());
                (ItemKind::Conversation, *stamp, name.unwrap_or_default())
            }
        };
        DeadLetter {
            id,
            conversation_id: self.conversation_id.clone(),
            kind,
            timestamp: time_of(stamp),
            reason: self.why.reason,
            error: self.why.error.outcome(),
            preview,
        }
    }
}

/// Letters are compared where a replayed book is: by what they say.
impl PartialEq for Letter {
    fn eq(&self, other: &Self) -> bool {
        self.reason == other.reason && self.error.outcome() == other.error.outcome()
    }
}
