//! Files that are to be sent (R13).

use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::setters::{metadata_setters, setters};
use crate::{MetadataDraft, Sender};

/// Files that are to be sent together, on their own or with a message (R13).
///
/// ```
/// use agentsight_model::{AttachmentMode, Attachments, NewAttachment};
///
/// let attachments = Attachments::new([
///     NewAttachment::path("invoice.pdf"),
///     NewAttachment::bytes(b"hello").filename("note.txt").mime_type("text/plain"),
/// ])
/// .mode(AttachmentMode::FormData);
/// assert_eq!(attachments.attachments.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attachments {
    /// The files, in order. An empty list is refused when it is tracked.
    pub attachments: Vec<NewAttachment>,
    /// Who sent them; unset: `end_user`. With a message it is the message's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// How they travel; unset: base64, or form data as soon as one of them is a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<AttachmentMode>,
    /// The caller's own data. With a message it is the message's.
    #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
    pub metadata: MetadataDraft,
    /// When they were sent; unset: when they are tracked (R6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl Attachments {
    /// Files in the given order.
    #[must_use]
    pub fn new(attachments: impl IntoIterator<Item = NewAttachment>) -> Self {
        Self {
            attachments: attachments.into_iter().collect(),
            sender: None,
            mode: None,
            metadata: MetadataDraft::default(),
            at: None,
        }
    }

    setters! {
        /// Sets who sent them.
        sender: Sender,
        /// Sets how they travel.
        mode: AttachmentMode,
        /// Sets when they were sent, for back-filling (R6).
        at: DateTime<Utc>,
    }

    metadata_setters!();
}

impl From<NewAttachment> for Attachments {
    fn from(attachment: NewAttachment) -> Self {
        Self::new([attachment])
    }
}

impl From<Vec<NewAttachment>> for Attachments {
    fn from(attachments: Vec<NewAttachment>) -> Self {
        Self::new(attachments)
    }
}

impl<const N: usize> From<[NewAttachment; N]> for Attachments {
    fn from(attachments: [NewAttachment; N]) -> Self {
        Self::new(attachments)
    }
}

/// One file that is to be sent: at most 25 MB, in memory or on disk.
///
/// Name and MIME type are derived when they are not given (R13). Formatting it with `{:?}` never shows the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewAttachment {
    /// Where the content comes from.
    pub source: AttachmentSource,
    /// The file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

impl NewAttachment {
    /// A file in memory.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::from_source(AttachmentSource::Bytes(bytes.into()))
    }

    /// A file in memory, in standard base64 with padding; checked when it is tracked (R7).
    #[must_use]
    pub fn base64(text: impl Into<String>) -> Self {
        Self::from_source(AttachmentSource::Base64(text.into()))
    }

    /// A file on disk, read when it is sent.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::from_source(AttachmentSource::Path(path.into()))
    }

    setters! {
        /// Sets the file's name.
        filename: impl Into<String>,
        /// Sets the MIME type.
        mime_type: impl Into<String>,
    }

    const fn from_source(source: AttachmentSource) -> Self {
        Self { source, filename: None, mime_type: None }
    }
}

/// Where the content of a [`NewAttachment`] comes from.
///
/// Serialised, bytes are base64, and a path that is not Unicode is an error.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttachmentSource {
    /// Bytes in memory.
    Bytes(#[serde(with = "super::base64_text")] Vec<u8>),
    /// Standard base64 with padding.
    Base64(String),
    /// A file on disk, read when it is sent.
    Path(PathBuf),
}

impl fmt::Debug for AttachmentSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(formatter, "Bytes({} bytes)", bytes.len()),
            Self::Base64(text) => write!(formatter, "Base64({} characters)", text.len()),
            Self::Path(path) => formatter.debug_tuple("Path").field(path).finish(),
        }
    }
}

/// How files travel (wire: POST /api/attachments/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttachmentMode {
    /// In a JSON body, as base64.
    Base64,
    /// As parts of a multipart form.
    FormData,
}

impl AttachmentMode {
    /// The word on the wire: `base64` or `form_data`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::FormData => "form_data",
        }
    }
}

impl fmt::Display for AttachmentMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e3_formatting_never_shows_content() {
        let attachments =
            Attachments::new([NewAttachment::bytes(b"secret").filename("a.txt"), NewAttachment::base64("c2VjcmV0")]);
        let text = format!("{attachments:?}");
        assert!(text.contains("a.txt") && text.contains("6 bytes") && text.contains("8 characters"), "{text}");
        assert!(!text.contains("secret") && !text.contains("c2VjcmV0") && !text.contains("115"), "{text}");
    }

    #[test]
    fn r13_one_file_a_list_and_an_array_are_attachments() {
        let file = || NewAttachment::path("a.txt").mime_type("text/plain");
        assert_eq!(Attachments::from(file()), Attachments::new([file()]));
        assert_eq!(Attachments::from(vec![file(), file()]), Attachments::from([file(), file()]));
    }

    #[test]
    fn wire_1_12_modes_have_their_words() -> Result<(), serde_json::Error> {
        for mode in [AttachmentMode::Base64, AttachmentMode::FormData] {
            assert_eq!(serde_json::to_value(mode)?, mode.as_str());
        }
        assert_eq!(AttachmentMode::FormData.to_string(), "form_data");
        Ok(())
    }
}
