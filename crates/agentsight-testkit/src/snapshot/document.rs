//! The shapes of a snapshot and of a conversation to seed: what the service answers in detail, with the content of files.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::values::{base64, number, object, sender, sentiment, time};
use crate::api::Sender;

/// A conversation, as the detail route answers it (wire: 1.8). What it answers besides, such as counts, is left aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a conversation, which is an object")]
pub(crate) struct ConversationDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    #[serde(default)]
    pub(crate) agent: Option<u64>,
    pub(crate) conversation_id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) customer_id: Option<String>,
    #[serde(default)]
    pub(crate) customer_ip_address: Option<String>,
    #[serde(default)]
    pub(crate) device: Option<String>,
    #[serde(default)]
    pub(crate) language: Option<String>,
    #[serde(default)]
    pub(crate) environment: Option<String>,
    #[serde(default, deserialize_with = "object::read")]
    pub(crate) metadata: Option<Map<String, Value>>,
    #[serde(default, with = "time::optional")]
    pub(crate) started_at: Option<DateTime<Utc>>,
    #[serde(default, with = "time::optional")]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) is_marked: Option<bool>,
    #[serde(default)]
    pub(crate) is_used: Option<bool>,
    #[serde(default)]
    pub(crate) is_deleted: Option<bool>,
    #[serde(default, with = "time::optional")]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) messages: Vec<MessageDocument>,
    #[serde(default)]
    pub(crate) feedbacks: Vec<FeedbackDocument>,
}

/// One message of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a message, which is an object")]
pub(crate) struct MessageDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    #[serde(with = "time")]
    pub(crate) timestamp: DateTime<Utc>,
    #[serde(with = "sender")]
    pub(crate) sender: Sender,
    pub(crate) content: String,
    /// Whether it is there only to hold its files; unless given, its text says so (wire: 1.12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) holds_files: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action_name: Option<String>,
    #[serde(default, deserialize_with = "object::read")]
    pub(crate) metadata: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) attachments: Vec<FileDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) action_logs: Vec<ActionLogDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) button: Option<ButtonDocument>,
    /// The one vote on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) feedback: Option<FeedbackDocument>,
}

/// A file under a message. An export of the service has an address in the place of `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an attachment, which is an object")]
pub(crate) struct FileDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    #[serde(default, with = "base64")]
    pub(crate) data: Option<Bytes>,
}

/// A run of the action that its message names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a run of an action, which is an object")]
pub(crate) struct ActionLogDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) action: Option<u64>,
    #[serde(default, with = "time::optional")]
    pub(crate) started_at: Option<DateTime<Utc>>,
    #[serde(default, with = "time::optional")]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) duration_ms: Option<Number>,
    #[serde(default, deserialize_with = "object::read")]
    pub(crate) tools_used: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) response: Option<String>,
    #[serde(default)]
    pub(crate) error_message: Option<String>,
    #[serde(default, deserialize_with = "object::read")]
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// The click that a message shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a click on a button, which is an object")]
pub(crate) struct ButtonDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    pub(crate) button_event: String,
    pub(crate) label: String,
    pub(crate) value: String,
    #[serde(default, deserialize_with = "object::read")]
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// What somebody thought of the conversation, the message or, outside of both, the agent that it stands at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a feedback, which is an object")]
pub(crate) struct FeedbackDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    #[serde(default)]
    pub(crate) agent: Option<u64>,
    #[serde(with = "sentiment")]
    pub(crate) sentiment: String,
    #[serde(default)]
    pub(crate) comment: Option<String>,
    #[serde(default, deserialize_with = "object::read")]
    pub(crate) metadata: Option<Map<String, Value>>,
    #[serde(default, with = "time::optional")]
    pub(crate) created_at: Option<DateTime<Utc>>,
    /// Of the agent only: a conversation has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<String>,
    /// Of a message only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<String>,
    /// Of a message only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// An action that an agent has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an action, which is an object")]
pub(crate) struct ActionDocument {
    #[serde(default, deserialize_with = "number::read")]
    pub(crate) id: Option<u64>,
    #[serde(default)]
    pub(crate) agent: Option<u64>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
}
