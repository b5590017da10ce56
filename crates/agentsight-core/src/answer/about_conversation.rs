//! Which conversation an answer is about (R12).

use agentsight_model::{Conversation, ConversationAttachments, Deleted, Feedback, Lookup, Marked, Renamed, Updated};

use crate::answer::CreatedIds;

/// What is wrong with an answer that names another conversation than the one that was asked for.
pub(crate) const ANOTHER_CONVERSATION: &str = "the answer is about another conversation";

/// An answer that may name the conversation that it is about.
pub(crate) trait AboutConversation {
    /// The service's id of the conversation, if the answer names it.
    fn named_number(&self) -> Option<u64>;

    /// The caller's id of the conversation, if the answer names it.
    fn named_id(&self) -> Option<&str>;

    /// Whether nothing in the answer names another conversation than the one that was asked for by `number`, by `id`,
    /// or by both.
    fn is_about(&self, number: Option<u64>, id: Option<&str>) -> bool {
        agree(self.named_number(), number, |named, asked| named == asked)
            && agree(self.named_id(), id, is_same_conversation)
    }
}

/// Whether two ids are the same, or one of them is unknown.
fn agree<T>(named: Option<T>, asked: Option<T>, is_same: impl FnOnce(T, T) -> bool) -> bool {
    named.zip(asked).is_none_or(|(named, asked)| is_same(named, asked))
}

/// Whether two ids name the same conversation: the service may trim white space.
fn is_same_conversation(named: &str, asked: &str) -> bool {
    named == asked || named.trim() == asked.trim()
}

/// Answers that always name both ids.
macro_rules! about_conversation {
    ($($answer:ty),+ $(,)?) => {
        $(impl AboutConversation for $answer {
            fn named_number(&self) -> Option<u64> {
                Some(self.id)
            }

            fn named_id(&self) -> Option<&str> {
                Some(&self.conversation_id)
            }
        })+
    };
}

about_conversation!(Conversation, Deleted, Lookup, Marked, Renamed, Updated);

impl AboutConversation for ConversationAttachments {
    fn named_number(&self) -> Option<u64> {
        self.number()
    }

    fn named_id(&self) -> Option<&str> {
        Some(&self.conversation_id)
    }
}

impl AboutConversation for Feedback {
    fn named_number(&self) -> Option<u64> {
        self.conversation
    }

    fn named_id(&self) -> Option<&str> {
        self.conversation_id.as_deref()
    }
}

/// The answer to an upsert.
impl AboutConversation for CreatedIds {
    fn named_number(&self) -> Option<u64> {
        self.id
    }

    fn named_id(&self) -> Option<&str> {
        self.conversation_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r12_an_answer_is_about_the_conversation_that_was_asked_for_or_names_none() {
        let both = Lookup::new(1, " a ");
        for (number, id, is_about) in [
            (None, None, true),
            (Some(1), None, true),
            (Some(2), None, false),
            (None, Some(" a "), true),
            (None, Some("a"), true),
            (None, Some("A"), false),
            (None, Some(""), false),
            (Some(1), Some("a"), true),
            (Some(2), Some("a"), false),
            (Some(1), Some("b"), false),
        ] {
            assert_eq!(both.is_about(number, id), is_about, "{number:?} {id:?}");
        }
        assert!(CreatedIds::default().is_about(Some(1), Some("a")), "an answer that names none");
    }
}
