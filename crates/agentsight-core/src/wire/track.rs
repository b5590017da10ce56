//! One request for every event, on the routes of the tracking plane (wire: 1.11-1.13).

use std::ops::Range;

use agentsight_model::{
    ActionRecord, AttachmentMode, AttachmentsRecord, ButtonClick, ButtonRecord, ConversationId, MessageRecord,
    NewAction, Sender, Timestamp,
};
use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Map, Value};

use super::json_files::json_files;
use crate::attachment::{AttachmentContent, Multipart, PreparedAttachment, PreparedAttachments};
use crate::context::Context;
use crate::error::Error;
use crate::lane::{Event, Part, Snapshot, time_of};
use crate::ops::{CreateAction, CreateButton, CreateEvent, CreateMessage, UploadAttachments};
use crate::transport::Body;

/// What an event's request says of its conversation: both ids, always (R12).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub conversation_id: &'a ConversationId,
    pub number: u64,
}

/// The request of one part of an item. The context's entropy becomes the boundary of form data.
pub(crate) fn request(item: &Snapshot, part: &Part, place: Place<'_>, context: &Context) -> Result<CreateEvent, Error> {
    let timestamp = Timestamp::from(time_of(item.stamp));
    Ok(match (&*item.event, part) {
        (Event::Message { sender, content, metadata, files }, Part::Create) => {
            let record =
                MessageRecord::new(timestamp, content.as_str(), sender.clone(), place.conversation_id.as_str())
                    .metadata(metadata.clone())
                    .conversation(place.number);
            CreateEvent::Message(CreateMessage { record, needs_number: files.is_some() })
        }
        (Event::Action { action, metadata }, _) => {
            CreateEvent::Action(CreateAction { record: action_record(action, metadata, timestamp, place) })
        }
        (Event::Button { click, metadata }, _) => {
            CreateEvent::Button(CreateButton { record: button_record(click, metadata, timestamp, place) })
        }
        (Event::Message { sender, metadata, files: Some(files), .. }, Part::Upload(range)) => {
            // The vendor's clients give files the metadata of their message; they keep it unless they have their own.
            let metadata = if files.has_own_metadata { &files.metadata } else { metadata };
            let upload = Upload { timestamp, sender, metadata, place, message: item.message };
            upload.request(files, range, context)?
        }
        (Event::Attachments(files), Part::Upload(range)) => {
            let (sender, metadata) = (&files.sender, &files.metadata);
            let upload = Upload { timestamp, sender, metadata, place, message: item.message };
            upload.request(files, range, context)?
        }
        (Event::Message { files: None, .. }, Part::Upload(_)) | (Event::Attachments(_), Part::Create) => {
            return Err(Error::invalid("the event has no such part"));
        }
    })
}

fn action_record(
    action: &NewAction,
    metadata: &Map<String, Value>,
    timestamp: Timestamp,
    place: Place<'_>,
) -> ActionRecord {
    let mut record = ActionRecord::new(timestamp, action.name.as_str(), place.conversation_id.as_str())
        .metadata(metadata.clone())
        .conversation(place.number);
    record.started_at = action.started_at.map(Timestamp::from);
    record.ended_at = action.ended_at.map(Timestamp::from);
    record.duration_ms.clone_from(&action.duration_ms);
    record.tools_used.clone_from(&action.tools_used);
    record.response.clone_from(&action.response);
    match &action.error_message {
        Some(message) => record.error(message.as_str()),
        None => record,
    }
}

fn button_record(
    click: &ButtonClick,
    metadata: &Map<String, Value>,
    timestamp: Timestamp,
    place: Place<'_>,
) -> ButtonRecord {
    let (event, label, value) = (click.event.as_str(), click.label.as_str(), click.value.as_str());
    ButtonRecord::new(timestamp, event, label, value, place.conversation_id.as_str())
        .metadata(metadata.clone())
        .conversation(place.number)
}

/// Files on their way, as JSON with base64 or as form data.
struct Upload<'a> {
    timestamp: Timestamp,
    sender: &'a Sender,
    metadata: &'a Map<String, Value>,
    place: Place<'a>,
    message: Option<u64>,
}

impl Upload<'_> {
    fn request(
        &self,
        all: &PreparedAttachments,
        range: &Range<usize>,
        context: &Context,
    ) -> Result<CreateEvent, Error> {
        let files = &all.files[range.clone()];
        let in_memory: Option<Vec<&Bytes>> = match all.mode {
            AttachmentMode::FormData => None,
            _ => files.iter().map(bytes_of).collect(),
        };
        let (content_type, body) = match in_memory {
            Some(contents) => (HeaderValue::from_static("application/json"), self.json(files, &contents)?),
            None => self.form_data(files, context)?,
        };
        let needs_message = self.message.is_none() && range.end < all.files.len();
        Ok(CreateEvent::Attachments(UploadAttachments { content_type, body, needs_message }))
    }

    fn json(&self, files: &[PreparedAttachment], contents: &[&Bytes]) -> Result<Body, Error> {
        let mut record =
            AttachmentsRecord::new(self.timestamp, [], self.sender.clone(), self.place.conversation_id.as_str())
                .metadata(self.metadata.clone())
                .conversation(self.place.number);
        record.message = self.message;
        if self.message.is_some() {
            record.mode = None;
        }
        json_files(&record, files.iter().zip(contents.iter().copied()))
    }

    /// The parts in the order of the vendor's client (wire: 1.12).
    fn form_data(&self, files: &[PreparedAttachment], context: &Context) -> Result<(HeaderValue, Body), Error> {
        let metadata = serde_json::to_string(self.metadata)
            .map_err(|error| Error::invalid("the metadata cannot be written as JSON").with_source(error))?;
        let mut form = Multipart::new(context)
            .text("timestamp", &self.timestamp.to_string())
            .text("conversation", &self.place.number.to_string())
            .text("sender", self.sender.as_str())
            .text("mode", AttachmentMode::FormData.as_str())
            .text("metadata", &metadata);
        for (index, file) in files.iter().enumerate() {
            form = form.file(&format!("attachment_{index}"), file);
        }
        if let Some(message) = self.message {
            form = form.text("message", &message.to_string());
        }
        Ok(form.finish())
    }
}

fn bytes_of(file: &PreparedAttachment) -> Option<&Bytes> {
    match &file.content {
        AttachmentContent::Bytes(bytes) => Some(bytes),
        AttachmentContent::File { .. } => None,
    }
}
