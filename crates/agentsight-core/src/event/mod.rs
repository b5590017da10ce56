//! What can be tracked, once it has been checked (R7).
//!
//! An [`Event`] holds what the caller said and nothing of how it is sent: neither its stamp nor the conversation's number.

mod admit;
mod attachment;
mod preview;
#[cfg_attr(not(test), expect(dead_code, reason = "there is no store outside of the process yet"))]
mod stored;
mod weight;

use agentsight_model::{Numeric, Sender, TokenUsage};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::report::ItemKind;

pub(crate) use self::admit::{
    Admitted, action, agent_message, attachments, button, conversation, conversation_id, human_message,
};
pub(crate) use self::attachment::{
    AttachmentContent, Multipart, PreparedAttachment, PreparedAttachments, batches, length_on_wire,
};
pub(crate) use self::preview::first_characters;

/// The name of the action that carries token counters (R8, wire: 1.13).
pub(crate) const TOKEN_USAGE: &str = "token_usage";

/// What happened. Everything in it has been checked (R7).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// Somebody said something. The most frequent event by far, and therefore the one that needs no second allocation.
    Message(MessageEvent),
    /// The agent did something.
    Action(Box<ActionEvent>),
    /// Somebody clicked on a button.
    Button(Box<ButtonEvent>),
    /// Somebody sent files that belong to no message.
    Attachments(Box<PreparedAttachments>),
}

/// A message, and the files that follow it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MessageEvent {
    /// Who said it.
    pub(crate) sender: Sender,
    /// What was said: not blank, kept verbatim.
    pub(crate) content: String,
    /// The caller's own data; empty when unset.
    pub(crate) metadata: Map<String, Value>,
    /// The files that belong to it.
    pub(crate) files: Option<Box<PreparedAttachments>>,
}

/// A run of an action.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ActionEvent {
    /// The action's name: not blank.
    pub(crate) name: String,
    /// When it began.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds: finite, not negative.
    pub(crate) duration_ms: Option<Numeric>,
    /// What it used.
    pub(crate) tools_used: Option<Map<String, Value>>,
    /// What came out.
    pub(crate) response: Option<String>,
    /// What went wrong.
    pub(crate) error_message: Option<String>,
    /// The caller's own data; empty when unset.
    pub(crate) metadata: Map<String, Value>,
}

/// A click on a button.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ButtonEvent {
    /// What happened: not blank.
    pub(crate) event: String,
    /// The text on the button: not blank.
    pub(crate) label: String,
    /// What the button stands for: not blank.
    pub(crate) value: String,
    /// The caller's own data; empty when unset.
    pub(crate) metadata: Map<String, Value>,
}

impl Event {
    /// The action that carries `usage` (R8).
    pub(crate) fn token_usage(usage: TokenUsage) -> Self {
        let metadata = [
            ("prompt_tokens", usage.prompt_tokens),
            ("completion_tokens", usage.completion_tokens),
            ("total_tokens", usage.total_tokens),
            ("embedding_tokens", usage.embedding_tokens),
        ];
        let metadata = metadata.into_iter().map(|(name, count)| (name.to_owned(), Value::from(count))).collect();
        Self::Action(Box::new(ActionEvent { name: TOKEN_USAGE.to_owned(), metadata, ..ActionEvent::default() }))
    }

    /// What it is called in reports.
    pub(crate) fn kind(&self) -> ItemKind {
        match self {
            Self::Message(MessageEvent { sender: Sender::EndUser, .. }) => ItemKind::Question,
            Self::Message(_) => ItemKind::Answer,
            Self::Action(_) => ItemKind::Action,
            Self::Button(_) => ItemKind::Button,
            Self::Attachments(_) => ItemKind::Attachments,
        }
    }

    /// The files that belong to it.
    pub(crate) fn files(&self) -> Option<&PreparedAttachments> {
        match self {
            Self::Message(message) => message.files.as_deref(),
            Self::Attachments(files) => Some(files),
            Self::Action(_) | Self::Button(_) => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A person's message.
    pub(crate) fn message(content: &str) -> Event {
        Event::Message(MessageEvent {
            sender: Sender::EndUser,
            content: content.to_owned(),
            metadata: Map::new(),
            files: None,
        })
    }

    /// A run of an action, with nothing but its name.
    pub(crate) fn action(name: &str) -> Event {
        Event::Action(Box::new(ActionEvent { name: name.to_owned(), ..ActionEvent::default() }))
    }

    /// A click on a button.
    pub(crate) fn button(event: &str, label: &str, value: &str) -> Event {
        let (event, label, value) = (event.to_owned(), label.to_owned(), value.to_owned());
        Event::Button(Box::new(ButtonEvent { event, label, value, metadata: Map::new() }))
    }

    #[test]
    fn r8_token_counters_become_an_action_with_four_counters() {
        let Event::Action(action) = Event::token_usage(TokenUsage::new(100, 25).embedding_tokens(7)) else {
            unreachable!("token usage is an action")
        };
        assert_eq!(action.name, "token_usage");
        assert_eq!(
            Value::Object(action.metadata),
            json!({"prompt_tokens": 100, "completion_tokens": 25, "total_tokens": 125, "embedding_tokens": 7})
        );
    }

    #[test]
    fn r23_an_event_takes_at_most_112_bytes_beyond_its_content() {
        assert!(size_of::<Event>() <= 112, "{}", size_of::<Event>());
    }
}
