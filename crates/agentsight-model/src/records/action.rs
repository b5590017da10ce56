//! One run of an action.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::number;
use crate::setters::setters;
use crate::{Numeric, Timestamp};

/// Writes a run of an action (wire: POST /api/action_logs/).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActionRecord {
    /// When it was tracked.
    pub timestamp: Timestamp,
    /// The action's name.
    pub action_name: String,
    /// The caller's id of the conversation.
    pub conversation_id: String,
    /// The caller's own data; `{}` without any.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Numeric>,
    /// What it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_used: Option<Value>,
    /// What came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// What went wrong, under the name that the vendor's client sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_msg: Option<String>,
    /// What went wrong, under the name that the service reads back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The number of the conversation; `null` when unknown.
    #[serde(default, deserialize_with = "number::deserialize")]
    pub conversation: Option<u64>,
}

impl ActionRecord {
    /// A run with nothing but its name, in a conversation whose number is unknown.
    #[must_use]
    pub fn new(
        timestamp: impl Into<Timestamp>,
        action_name: impl Into<String>,
        conversation_id: impl Into<String>,
    ) -> Self {
        Self {
            timestamp: timestamp.into(),
            action_name: action_name.into(),
            conversation_id: conversation_id.into(),
            metadata: Map::new(),
            started_at: None,
            ended_at: None,
            duration_ms: None,
            tools_used: None,
            response: None,
            error_msg: None,
            error_message: None,
            conversation: None,
        }
    }

    setters! {
        /// Sets when it began.
        started_at: DateTime<Utc>,
        /// Sets when it ended.
        ended_at: DateTime<Utc>,
        /// Sets how long it took, in milliseconds.
        duration_ms: impl Into<Numeric>,
        /// Sets what it used.
        tools_used: impl Into<Value>,
        /// Sets what came out.
        response: impl Into<String>,
        /// Sets the number of the conversation.
        conversation: u64,
    }

    /// Sets what went wrong, under both names.
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> Self {
        let message = message.into();
        self.error_msg = Some(message.clone());
        self.error_message = Some(message);
        self
    }

    /// Sets the caller's own data.
    #[must_use]
    pub fn metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.metadata = metadata;
        self
    }
}
