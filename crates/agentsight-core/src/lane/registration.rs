//! Where a conversation's own record stands (R3, R4, R15).

use agentsight_model::{ConversationId, NewConversation};

use super::timeline::Micros;
use crate::get_or_create::{coalesce, correct};

/// How far the conversation's record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has registered it: the first event that is sent creates it with nothing but its id.
    Unregistered,
    /// Registered, not yet sent: the first item of the conversation.
    Queued,
    /// Created at once and not yet used (R4): the next send marks it used.
    Initialized,
    /// The service knows it and counts it as used.
    Used,
    /// The service refused the record: nothing of the conversation is sent until it is corrected or discarded.
    Parked,
}

/// The record of a conversation, kept for as long as its lane: an upsert that has to be repeated must not create it
/// with other values (R12, R15).
#[derive(Debug)]
pub(crate) struct Registration {
    pub stage: Stage,
    pub conversation: NewConversation,
    /// When it was registered.
    pub stamp: Option<Micros>,
}

impl Registration {
    pub(crate) fn unregistered(id: &ConversationId) -> Self {
        Self { stage: Stage::Unregistered, conversation: NewConversation::new(id.as_str()), stamp: None }
    }

    /// The state before the first registration, for the same conversation.
    pub(crate) fn unregistered_like(other: &Self) -> Self {
        let conversation = NewConversation::new(other.conversation.conversation_id.as_str());
        Self { stage: Stage::Unregistered, conversation, stamp: None }
    }

    /// Takes a registration; answers whether there is something new to send.
    pub(crate) fn register(&mut self, conversation: NewConversation, stamp: impl FnOnce() -> Micros) -> bool {
        match self.stage {
            Stage::Unregistered | Stage::Initialized => {
                coalesce(&mut self.conversation, conversation);
                self.stamp = Some(stamp());
                self.stage = Stage::Queued;
                true
            }
            Stage::Queued => {
                coalesce(&mut self.conversation, conversation);
                false
            }
            Stage::Parked => {
                correct(&mut self.conversation, conversation);
                self.stage = Stage::Queued;
                true
            }
            Stage::Used => false,
        }
    }

    /// The service has created the conversation without counting it as used (R4).
    pub(crate) fn initialized(&mut self, conversation: NewConversation) {
        if self.stage == Stage::Unregistered {
            self.conversation = conversation;
            self.stage = Stage::Initialized;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of R3: what a registration does at each stage.
    #[test]
    fn r3_a_registration_is_sent_once() {
        for (stage, to_send, after) in [
            (Stage::Unregistered, true, Stage::Queued),
            (Stage::Queued, false, Stage::Queued),
            (Stage::Initialized, true, Stage::Queued),
            (Stage::Used, false, Stage::Used),
            (Stage::Parked, true, Stage::Queued),
        ] {
            let id = ConversationId::new("c").expect("a valid id");
            let mut registration = Registration { stage, ..Registration::unregistered(&id) };
            assert_eq!(registration.register(NewConversation::new("c").name("n"), || 5), to_send, "{stage:?}");
            assert_eq!(registration.stage, after, "{stage:?}");
        }
    }

    #[test]
    fn r4_initializing_does_not_undo_a_registration() {
        let id = ConversationId::new("c").expect("a valid id");
        for (stage, after) in
            [(Stage::Unregistered, Stage::Initialized), (Stage::Queued, Stage::Queued), (Stage::Used, Stage::Used)]
        {
            let mut registration = Registration { stage, ..Registration::unregistered(&id) };
            registration.initialized(NewConversation::new("c"));
            assert_eq!(registration.stage, after);
        }
    }
}
