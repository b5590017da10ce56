//! How a call names a conversation.

use crate::{Conversation, ConversationId};

/// A conversation, named by the service's number or by the caller's id (R1).
///
/// Nothing is checked here: the call that is given the reference checks it. `u64` is the only integer that converts, so
/// that a literal needs no suffix.
///
/// ```
/// use agentsight_model::ConversationRef;
///
/// assert_eq!(ConversationRef::from(42), ConversationRef::Number(42));
/// assert_eq!(ConversationRef::from("support-123"), ConversationRef::Text("support-123".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConversationRef {
    /// The service's own number, the `id` of a [`Conversation`].
    Number(u64),
    /// The caller's id, the `conversation_id` of a [`Conversation`].
    Text(String),
}

impl From<u64> for ConversationRef {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for ConversationRef {
    fn from(id: &str) -> Self {
        Self::Text(id.to_owned())
    }
}

impl From<String> for ConversationRef {
    fn from(id: String) -> Self {
        Self::Text(id)
    }
}

impl From<&String> for ConversationRef {
    fn from(id: &String) -> Self {
        Self::Text(id.clone())
    }
}

impl From<ConversationId> for ConversationRef {
    fn from(id: ConversationId) -> Self {
        Self::Text(id.into())
    }
}

impl From<&ConversationId> for ConversationRef {
    fn from(id: &ConversationId) -> Self {
        Self::Text(id.as_str().to_owned())
    }
}

impl From<&Conversation> for ConversationRef {
    fn from(conversation: &Conversation) -> Self {
        Self::Number(conversation.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InvalidConversationId;

    fn named(conversation: impl Into<ConversationRef>) -> ConversationRef {
        conversation.into()
    }

    #[test]
    fn r1_text_ids_numbers_and_rows_name_a_conversation() -> Result<(), InvalidConversationId> {
        let text = ConversationRef::Text("c-1".to_owned());
        let owned = "c-1".to_owned();
        let id = ConversationId::new("c-1")?;
        assert_eq!(named("c-1"), text);
        assert_eq!(named(&owned), text);
        assert_eq!(named(owned), text);
        assert_eq!(named(&id), text);
        assert_eq!(named(id), text);
        assert_eq!(named(42), ConversationRef::Number(42));
        assert_eq!(named(&Conversation::new(42, "c-1")), ConversationRef::Number(42));
        Ok(())
    }

    #[test]
    fn r1_digits_in_a_text_are_still_a_text() {
        assert_eq!(named("42"), ConversationRef::Text("42".to_owned()));
    }
}
