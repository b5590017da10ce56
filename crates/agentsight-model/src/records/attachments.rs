//! Files in a JSON body.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::number;
use crate::setters::setters;
use crate::{AttachmentMode, Sender, Timestamp};

/// Writes files in a JSON body (wire: POST /api/attachments/).
///
/// With [`message`](Self#structfield.message) set the files belong to that message and the body has the form that the
/// vendor's client gives it then: another order, no `mode`, and the conversation's number as text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct AttachmentsRecord {
    /// When they were sent.
    pub timestamp: Timestamp,
    /// The files.
    pub attachments: Vec<AttachmentRecord>,
    /// The number of the message that they belong to; unset: the service makes one.
    #[serde(default, deserialize_with = "number::deserialize")]
    pub message: Option<u64>,
    /// The caller's own data; `{}` without any.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// How they travel.
    pub mode: Option<AttachmentMode>,
    /// Who sent them.
    pub sender: Sender,
    /// The caller's id of the conversation.
    pub conversation_id: Option<String>,
    /// The number of the conversation; `null` when unknown.
    #[serde(default, deserialize_with = "number::deserialize")]
    pub conversation: Option<u64>,
}

/// One file inside an [`AttachmentsRecord`]. Formatting it with `{:?}` never shows the content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttachmentRecord {
    /// The file's name.
    pub filename: String,
    /// The MIME type.
    pub mime_type: String,
    /// The content in standard base64 with padding.
    pub data: String,
}

impl AttachmentsRecord {
    /// Files on their own, in a conversation whose number is unknown.
    #[must_use]
    pub fn new(
        timestamp: impl Into<Timestamp>,
        attachments: impl Into<Vec<AttachmentRecord>>,
        sender: Sender,
        conversation_id: impl Into<String>,
    ) -> Self {
        Self {
            timestamp: timestamp.into(),
            attachments: attachments.into(),
            message: None,
            metadata: Map::new(),
            mode: Some(AttachmentMode::Base64),
            sender,
            conversation_id: Some(conversation_id.into()),
            conversation: None,
        }
    }

    setters! {
        /// Sets the number of the message that they belong to.
        message: u64,
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

impl AttachmentRecord {
    /// A file with its name, its MIME type and its content in base64.
    #[must_use]
    pub fn new(filename: impl Into<String>, mime_type: impl Into<String>, data: impl Into<String>) -> Self {
        Self { filename: filename.into(), mime_type: mime_type.into(), data: data.into() }
    }
}

impl fmt::Debug for AttachmentRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AttachmentRecord")
            .field("filename", &self.filename)
            .field("mime_type", &self.mime_type)
            .field("data", &format_args!("{} characters", self.data.len()))
            .finish()
    }
}

impl Serialize for AttachmentsRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("AttachmentsRecord", 7)?;
        body.serialize_field("timestamp", &self.timestamp)?;
        body.serialize_field("attachments", &self.attachments)?;
        if let Some(message) = self.message {
            body.serialize_field("message", &message)?;
            body.serialize_field("conversation", &self.conversation.map(|number| number.to_string()))?;
            body.serialize_field("conversation_id", &self.conversation_id)?;
            body.serialize_field("sender", &self.sender)?;
            body.serialize_field("metadata", &self.metadata)?;
        } else {
            body.serialize_field("metadata", &self.metadata)?;
            body.serialize_field("mode", &self.mode)?;
            body.serialize_field("sender", &self.sender)?;
            body.serialize_field("conversation_id", &self.conversation_id)?;
            body.serialize_field("conversation", &self.conversation)?;
        }
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e3_formatting_never_shows_content() {
        let text = format!("{:?}", AttachmentRecord::new("a.txt", "text/plain", "c2VjcmV0"));
        assert!(text.contains("8 characters") && !text.contains("c2VjcmV0"), "{text}");
    }
}
