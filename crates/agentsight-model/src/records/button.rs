//! One click on a button.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::number;
use crate::Timestamp;
use crate::setters::setters;

/// Writes a click on a button (wire: POST /api/buttons/).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ButtonRecord {
    /// When it was clicked.
    pub timestamp: Timestamp,
    /// What happened.
    pub button_event: String,
    /// The text on the button.
    pub label: String,
    /// What the button stands for.
    pub value: String,
    /// The caller's id of the conversation.
    pub conversation_id: String,
    /// The caller's own data; `{}` without any.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The number of the conversation; `null` when unknown.
    #[serde(default, deserialize_with = "number::deserialize")]
    pub conversation: Option<u64>,
}

impl ButtonRecord {
    /// A click without metadata, in a conversation whose number is unknown.
    #[must_use]
    pub fn new(
        timestamp: impl Into<Timestamp>,
        button_event: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
        conversation_id: impl Into<String>,
    ) -> Self {
        Self {
            timestamp: timestamp.into(),
            button_event: button_event.into(),
            label: label.into(),
            value: value.into(),
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
