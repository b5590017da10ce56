//! Events and conversations in a form of our own that outlives the process: `{"v":1,"event":{..}}`.
//!
//! The form is neither that of the wire, which may change with the service, nor that of the types in memory, which may
//! change with any version of this crate. What was written under a version is read under it for ever: a change of the
//! form is a new version.
//!
//! The form is a JSON value, which is exact. Whoever writes it as text has to read fractions back exactly too, which
//! serde_json does with its feature `float_roundtrip` only.

use std::borrow::Cow;
use std::path::PathBuf;

use agentsight_model::{AttachmentMode, Device, Environment, MetadataDraft, NewConversation, Numeric, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    ActionEvent, AttachmentContent, ButtonEvent, Event, MessageEvent, PreparedAttachment, PreparedAttachments,
};
use crate::error::Error;

/// The version that is written, and the only one that is read.
const VERSION: u64 = 1;

/// An event in its stored form. Files in memory become base64, files on disk their path and length.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a file whose path is not Unicode.
pub(crate) fn store_event(event: &Event) -> Result<Value, Error> {
    written(&StoredEvent { v: VERSION, event: Kind::of(event)? })
}

/// An event from its stored form.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an unknown version or a form that was damaged; the message names
/// the place.
pub(crate) fn restore_event(stored: Value) -> Result<Event, Error> {
    read::<StoredEvent<'_>>(stored)?.event.into_event()
}

/// A conversation's record in its stored form.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for metadata that has not been checked and is refused.
pub(crate) fn store_conversation(conversation: &NewConversation) -> Result<Value, Error> {
    written(&StoredConversation { v: VERSION, conversation: Record::of(conversation)? })
}

/// A conversation's record from its stored form.
///
/// # Errors
/// As [`restore_event`].
pub(crate) fn restore_conversation(stored: Value) -> Result<NewConversation, Error> {
    Ok(read::<StoredConversation<'_>>(stored)?.conversation.into_conversation())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEvent<'a> {
    v: u64,
    event: Kind<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredConversation<'a> {
    v: u64,
    conversation: Record<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Kind<'a> {
    Message {
        sender: Cow<'a, Sender>,
        content: Cow<'a, str>,
        metadata: Cow<'a, Map<String, Value>>,
        files: Option<Files<'a>>,
    },
    Action {
        name: Cow<'a, str>,
        started_at: Option<DateTime<Utc>>,
        ended_at: Option<DateTime<Utc>>,
        duration_ms: Option<Cow<'a, Numeric>>,
        tools_used: Option<Cow<'a, Map<String, Value>>>,
        response: Option<Cow<'a, str>>,
        error_message: Option<Cow<'a, str>>,
        metadata: Cow<'a, Map<String, Value>>,
    },
    Button {
        event: Cow<'a, str>,
        label: Cow<'a, str>,
        value: Cow<'a, str>,
        metadata: Cow<'a, Map<String, Value>>,
    },
    Attachments(Files<'a>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files<'a> {
    files: Vec<File<'a>>,
    mode: AttachmentMode,
    sender: Cow<'a, Sender>,
    metadata: Cow<'a, Map<String, Value>>,
    has_own_metadata: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    filename: Cow<'a, str>,
    mime_type: Cow<'a, str>,
    content: Content<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Content<'a> {
    Base64(String),
    Path { path: Cow<'a, str>, length: u64 },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record<'a> {
    conversation_id: Cow<'a, str>,
    customer_id: Option<Cow<'a, str>>,
    customer_ip_address: Option<Cow<'a, str>>,
    device: Option<Cow<'a, Device>>,
    source: Option<Cow<'a, str>>,
    language: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    environment: Option<Cow<'a, Environment>>,
    metadata: Option<Cow<'a, Map<String, Value>>>,
    at: Option<DateTime<Utc>>,
}

impl<'a> Kind<'a> {
    fn of(event: &'a Event) -> Result<Self, Error> {
        Ok(match event {
            Event::Message(message) => Self::Message {
                sender: Cow::Borrowed(&message.sender),
                content: Cow::Borrowed(&message.content),
                metadata: Cow::Borrowed(&message.metadata),
                files: message.files.as_deref().map(Files::of).transpose()?,
            },
            Event::Action(action) => Self::Action {
                name: Cow::Borrowed(&action.name),
                started_at: action.started_at,
                ended_at: action.ended_at,
                duration_ms: action.duration_ms.as_ref().map(Cow::Borrowed),
                tools_used: action.tools_used.as_ref().map(Cow::Borrowed),
                response: action.response.as_deref().map(Cow::Borrowed),
                error_message: action.error_message.as_deref().map(Cow::Borrowed),
                metadata: Cow::Borrowed(&action.metadata),
            },
            Event::Button(button) => Self::Button {
                event: Cow::Borrowed(&button.event),
                label: Cow::Borrowed(&button.label),
                value: Cow::Borrowed(&button.value),
                metadata: Cow::Borrowed(&button.metadata),
            },
            Event::Attachments(files) => Self::Attachments(Files::of(files)?),
        })
    }

    fn into_event(self) -> Result<Event, Error> {
        Ok(match self {
            Self::Message { sender, content, metadata, files } => Event::Message(MessageEvent {
                sender: sender.into_owned(),
                content: content.into_owned(),
                metadata: metadata.into_owned(),
                files: files.map(Files::into_prepared).transpose()?.map(Box::new),
            }),
            Self::Action { name, started_at, ended_at, duration_ms, tools_used, response, error_message, metadata } => {
                Event::Action(Box::new(ActionEvent {
                    name: name.into_owned(),
                    started_at,
                    ended_at,
                    duration_ms: duration_ms.map(Cow::into_owned),
                    tools_used: tools_used.map(Cow::into_owned),
                    response: response.map(Cow::into_owned),
                    error_message: error_message.map(Cow::into_owned),
                    metadata: metadata.into_owned(),
                }))
            }
            Self::Button { event, label, value, metadata } => Event::Button(Box::new(ButtonEvent {
                event: event.into_owned(),
                label: label.into_owned(),
                value: value.into_owned(),
                metadata: metadata.into_owned(),
            })),
            Self::Attachments(files) => Event::Attachments(Box::new(files.into_prepared()?)),
        })
    }
}

impl<'a> Files<'a> {
    fn of(prepared: &'a PreparedAttachments) -> Result<Self, Error> {
        Ok(Self {
            files: prepared.files.iter().map(File::of).collect::<Result<_, _>>()?,
            mode: prepared.mode,
            sender: Cow::Borrowed(&prepared.sender),
            metadata: Cow::Borrowed(&prepared.metadata),
            has_own_metadata: prepared.has_own_metadata,
        })
    }

    fn into_prepared(self) -> Result<PreparedAttachments, Error> {
        if self.files.is_empty() {
            return Err(Error::invalid("the stored attachments hold no file"));
        }
        Ok(PreparedAttachments {
            files: self.files.into_iter().map(File::into_prepared).collect::<Result<_, _>>()?,
            mode: self.mode,
            sender: self.sender.into_owned(),
            metadata: self.metadata.into_owned(),
            has_own_metadata: self.has_own_metadata,
        })
    }
}

impl<'a> File<'a> {
    fn of(file: &'a PreparedAttachment) -> Result<Self, Error> {
        let content = match &file.content {
            AttachmentContent::Bytes(bytes) => Content::Base64(STANDARD.encode(bytes)),
            AttachmentContent::File { path, length } => {
                let path =
                    path.to_str().ok_or_else(|| Error::invalid("the path of a file to attach is not Unicode"))?;
                Content::Path { path: Cow::Borrowed(path), length: *length }
            }
        };
        Ok(Self { filename: Cow::Borrowed(&file.filename), mime_type: Cow::Borrowed(&file.mime_type), content })
    }

    fn into_prepared(self) -> Result<PreparedAttachment, Error> {
        let content = match self.content {
            Content::Base64(text) => {
                let bytes = STANDARD.decode(text).map_err(|_| Error::invalid("a stored file is not valid base64"))?;
                AttachmentContent::Bytes(bytes.into())
            }
            Content::Path { path, length } => {
                AttachmentContent::File { path: PathBuf::from(path.into_owned()), length }
            }
        };
        Ok(PreparedAttachment { filename: self.filename.into_owned(), mime_type: self.mime_type.into_owned(), content })
    }
}

impl<'a> Record<'a> {
    fn of(conversation: &'a NewConversation) -> Result<Self, Error> {
        let metadata = conversation.metadata.finish().map_err(|problem| Error::invalid(problem.to_string()))?;
        Ok(Self {
            conversation_id: Cow::Borrowed(&conversation.conversation_id),
            customer_id: conversation.customer_id.as_deref().map(Cow::Borrowed),
            customer_ip_address: conversation.customer_ip_address.as_deref().map(Cow::Borrowed),
            device: conversation.device.as_ref().map(Cow::Borrowed),
            source: conversation.source.as_deref().map(Cow::Borrowed),
            language: conversation.language.as_deref().map(Cow::Borrowed),
            name: conversation.name.as_deref().map(Cow::Borrowed),
            environment: conversation.environment.as_ref().map(Cow::Borrowed),
            metadata: metadata.map(Cow::Borrowed),
            at: conversation.at,
        })
    }

    fn into_conversation(self) -> NewConversation {
        let mut conversation = NewConversation::new(self.conversation_id);
        conversation.customer_id = self.customer_id.map(Cow::into_owned);
        conversation.customer_ip_address = self.customer_ip_address.map(Cow::into_owned);
        conversation.device = self.device.map(Cow::into_owned);
        conversation.source = self.source.map(Cow::into_owned);
        conversation.language = self.language.map(Cow::into_owned);
        conversation.name = self.name.map(Cow::into_owned);
        conversation.environment = self.environment.map(Cow::into_owned);
        conversation.metadata = self.metadata.map(|map| MetadataDraft::from(map.into_owned())).unwrap_or_default();
        conversation.at = self.at;
        conversation
    }
}

fn written(stored: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(stored).map_err(|_| Error::invalid("what was tracked cannot be written as JSON"))
}

/// Reads the version first: another one may hold anything.
fn read<T: DeserializeOwned>(stored: Value) -> Result<T, Error> {
    match stored.get("v").map(Value::as_u64) {
        Some(Some(VERSION)) => {}
        Some(Some(version)) => {
            return Err(Error::invalid(format!("version {version} of the stored form is not known here")));
        }
        Some(None) | None => return Err(Error::invalid("the stored form has no version")),
    }
    // The message of serde would show what it found.
    serde_path_to_error::deserialize(stored)
        .map_err(|error| Error::invalid(format!("the stored form cannot be read at `{}`", error.path())))
}

#[cfg(test)]
mod tests;
