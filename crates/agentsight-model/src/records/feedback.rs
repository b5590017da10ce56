//! Feedback on a conversation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::number;
use crate::setters::setters;
use crate::{ConversationRef, Sentiment};

/// Submits feedback on a conversation (wire: POST /api/conversation-feedbacks/).
///
/// The conversation is named by its id or by its number, never by both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FeedbackRecord {
    /// The verdict.
    pub sentiment: Sentiment,
    /// The caller's id of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The number of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "number::deserialize")]
    pub conversation: Option<u64>,
    /// The person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The caller's own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

impl FeedbackRecord {
    /// A verdict on a conversation.
    #[must_use]
    pub fn new(sentiment: Sentiment, conversation: impl Into<ConversationRef>) -> Self {
        let (conversation_id, conversation) = match conversation.into() {
            ConversationRef::Text(id) => (Some(id), None),
            ConversationRef::Number(number) => (None, Some(number)),
        };
        Self { sentiment, conversation_id, conversation, comment: None, metadata: None }
    }

    setters! {
        /// Sets the person's own words.
        comment: impl Into<String>,
        /// Sets the caller's own data.
        metadata: Map<String, Value>,
    }
}
