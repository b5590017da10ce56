//! One message.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::number;
use crate::setters::setters;
use crate::{Sender, Timestamp};

/// Writes a message (wire: POST /api/track/).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageRecord {
    /// When it was written.
    pub timestamp: Timestamp,
    /// The text.
    pub content: String,
    /// Who wrote it.
    pub sender: Sender,
    /// The caller's id of the conversation.
    pub conversation_id: String,
    /// The caller's own data; `{}` without any.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The number of the conversation; `null` when unknown.
    #[serde(default, deserialize_with = "number::deserialize")]
    pub conversation: Option<u64>,
}

impl MessageRecord {
    /// A message without metadata, in a conversation whose number is unknown.
    #[must_use]
    pub fn new(
        timestamp: impl Into<Timestamp>,
        content: impl Into<String>,
        sender: Sender,
        conversation_id: impl Into<String>,
    ) -> Self {
        Self {
            timestamp: timestamp.into(),
            content: content.into(),
            sender,
            conversation_id: conversation_id.into(),
            metadata: Map::new(),
            conversation: None,
        }
    }

    setters! {
        /// Sets the number of the conversation.
        conversation: u64,
    }

    /// Sets the caller's own data.
    #[must_use]
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = metadata;
        self
    }
}
