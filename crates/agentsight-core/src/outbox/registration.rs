//! Where a conversation's own record stands (R3, R4, R15).

use std::sync::Arc;

use agentsight_model::NewConversation;

use super::entries::Micros;
use crate::get_or_create::{coalesce, correct};

/// How far the conversation's record has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has registered it: its first event creates it with nothing but its id.
    #[default]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Registration {
    /// How far it has come.
    pub(crate) stage: Stage,
    /// Whether the service created it for an event's sake, with nothing but its id.
    pub(crate) is_bare: bool,
    /// What was registered.
    pub(crate) conversation: Option<Arc<NewConversation>>,
    /// When it was registered.
    pub(crate) stamp: Option<Micros>,
}

/// What a registration does to a record (R3).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Registering {
    /// The record becomes an item that waits to be sent.
    Queues(Arc<NewConversation>),
    /// The record waits already, and unset fields of it are filled.
    Fills(Arc<NewConversation>),
    /// The record was refused, and this corrects it.
    Corrects(Arc<NewConversation>),
    /// The service has it: nothing is sent again. `is_lost` if the service has it with nothing but its id, and does not
    /// take what is registered now.
    Nothing { is_lost: bool },
}

impl Registration {
    /// What registering `conversation` does. Changes nothing.
    pub(crate) fn register(&self, conversation: NewConversation) -> Registering {
        let earlier = self.conversation.as_deref();
        let filled = |conversation: NewConversation| match earlier {
            Some(earlier) => {
                let mut earlier = earlier.clone();
                coalesce(&mut earlier, conversation);
                Arc::new(earlier)
            }
            None => Arc::new(conversation),
        };
        match self.stage {
            Stage::Unregistered | Stage::Initialized => Registering::Queues(filled(conversation)),
            Stage::Queued => Registering::Fills(filled(conversation)),
            Stage::Parked => Registering::Corrects(match earlier {
                Some(earlier) => {
                    let mut refused = earlier.clone();
                    correct(&mut refused, conversation);
                    Arc::new(refused)
                }
                None => Arc::new(conversation),
            }),
            Stage::Used => Registering::Nothing { is_lost: self.is_bare && has_fields(&conversation) },
        }
    }

    /// Whether the record is an item that waits to be sent.
    pub(crate) fn is_queued(&self) -> bool {
        self.stage == Stage::Queued
    }
}

/// Whether a registration says more than the id.
fn has_fields(conversation: &NewConversation) -> bool {
    *conversation != NewConversation::new(conversation.conversation_id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(stage: Stage) -> Registration {
        Registration { stage, ..Registration::default() }
    }

    /// The table of R3: what a registration does at each stage.
    #[test]
    fn r3_a_registration_is_sent_once() {
        let new = || NewConversation::new("c").name("n");
        for (stage, expected) in [
            (Stage::Unregistered, Registering::Queues(Arc::new(new()))),
            (Stage::Queued, Registering::Fills(Arc::new(new()))),
            (Stage::Initialized, Registering::Queues(Arc::new(new()))),
            (Stage::Used, Registering::Nothing { is_lost: false }),
            (Stage::Parked, Registering::Corrects(Arc::new(new()))),
        ] {
            assert_eq!(at(stage).register(new()), expected, "{stage:?}");
        }
    }

    #[test]
    fn r3_earlier_values_win_before_the_record_is_sent_and_later_ones_after_it_was_refused() {
        let earlier = || Some(Arc::new(NewConversation::new("c").name("first").language("en")));
        let later = || NewConversation::new("c").name("second").source("web");
        let queued = Registration { conversation: earlier(), ..at(Stage::Queued) };
        let Registering::Fills(record) = queued.register(later()) else { panic!("it waits") };
        assert_eq!((record.name.as_deref(), record.source.as_deref()), (Some("first"), Some("web")));
        let parked = Registration { conversation: earlier(), ..at(Stage::Parked) };
        let Registering::Corrects(record) = parked.register(later()) else { panic!("it was refused") };
        assert_eq!((record.name.as_deref(), record.language.as_deref()), (Some("second"), Some("en")));
    }

    #[test]
    fn r12_what_is_registered_after_a_bare_creation_is_lost_unless_it_is_the_id_alone() {
        let bare = Registration { is_bare: true, ..at(Stage::Used) };
        assert_eq!(bare.register(NewConversation::new("c")), Registering::Nothing { is_lost: false });
        assert_eq!(bare.register(NewConversation::new("c").name("n")), Registering::Nothing { is_lost: true });
    }
}
