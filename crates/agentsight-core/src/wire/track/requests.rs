//! Writes the requests of the tracking routes (wire: 1.9, 1.11-1.13).

use std::ops::Range;

use agentsight_model::{
    ActionRecord, AttachmentMode, AttachmentsRecord, ButtonRecord, ConversationId, MessageRecord, NewConversation,
    Sender, Timestamp,
};
use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::{Map, Value};

use super::json_files::json_files;
use crate::config::Config;
use crate::context::Context;
use crate::endpoint::RequestParts;
use crate::error::Error;
use crate::event::{
    ActionEvent, AttachmentContent, ButtonEvent, Event, MessageEvent, Multipart, PreparedAttachment,
    PreparedAttachments, length_on_wire,
};
use crate::get_or_create;
use crate::outbox::{Cargo, EventCargo, Part, RecordCargo, Shipment, time_of};
use crate::transport::Body;

/// What an event's request says of its conversation: both ids, always (R12).
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    conversation_id: &'a ConversationId,
    number: u64,
}

/// The request of one shipment. The context's entropy becomes the boundary of form data.
///
/// # Errors
/// What cannot be written as JSON, or an event whose conversation has no id at the service.
pub(super) fn request(shipment: &Shipment, config: &Config, context: &Context) -> Result<RequestParts, Error> {
    match &shipment.cargo {
        Cargo::Record(record) => self::record(&shipment.conversation_id, record, config),
        Cargo::Event(event) => {
            let number = shipment.number.ok_or_else(|| Error::invalid("the conversation has no id yet"))?;
            self::event(event, Place { conversation_id: &shipment.conversation_id, number }, context)
        }
    }
}

/// `POST /api/conversations/` (get-or-create; wire: 1.9)
fn record(id: &ConversationId, cargo: &RecordCargo, config: &Config) -> Result<RequestParts, Error> {
    let bare;
    let conversation = match &cargo.conversation {
        Some(conversation) => &**conversation,
        None => {
            bare = NewConversation::new(id.as_str());
            &bare
        }
    };
    let record = get_or_create::record(conversation, time_of(cargo.stamp), true, config.environment())?;
    RequestParts::json(Method::POST, "/api/conversations/", &record)
}

fn event(cargo: &EventCargo, place: Place<'_>, context: &Context) -> Result<RequestParts, Error> {
    let timestamp = Timestamp::from(time_of(cargo.stamp));
    match (&*cargo.event, &cargo.part) {
        // POST /api/track/ (wire: 1.11)
        (Event::Message(MessageEvent { sender, content, metadata, .. }), Part::Create) => {
            let record =
                MessageRecord::new(timestamp, content.as_str(), sender.clone(), place.conversation_id.as_str())
                    .metadata(metadata.clone())
                    .conversation(place.number);
            RequestParts::json(Method::POST, "/api/track/", &record)
        }
        // POST /api/action_logs/ (wire: 1.13)
        (Event::Action(action), Part::Create) => {
            RequestParts::json(Method::POST, "/api/action_logs/", &action_record(action, timestamp, place))
        }
        // POST /api/buttons/ (wire: 1.13)
        (Event::Button(button), Part::Create) => {
            RequestParts::json(Method::POST, "/api/buttons/", &button_record(button, timestamp, place))
        }
        (Event::Message(MessageEvent { sender, metadata, files: Some(files), .. }), Part::Upload(range)) => {
            // The vendor's clients give files the metadata of their message; they keep it unless they have their own.
            let metadata = if files.has_own_metadata { &files.metadata } else { metadata };
            let upload = Upload { timestamp, sender, metadata, place, message: cargo.message };
            upload.request(files, range, context)
        }
        (Event::Attachments(files), Part::Upload(range)) => {
            let (sender, metadata) = (&files.sender, &files.metadata);
            let upload = Upload { timestamp, sender, metadata, place, message: cargo.message };
            upload.request(files, range, context)
        }
        _ => Err(Error::invalid("the event has no such part")),
    }
}

fn action_record(action: &ActionEvent, timestamp: Timestamp, place: Place<'_>) -> ActionRecord {
    let mut record = ActionRecord::new(timestamp, action.name.as_str(), place.conversation_id.as_str())
        .metadata(action.metadata.clone())
        .conversation(place.number);
    record.started_at = action.started_at.map(Timestamp::from);
    record.ended_at = action.ended_at.map(Timestamp::from);
    record.duration_ms.clone_from(&action.duration_ms);
    record.tools_used = action.tools_used.clone().map(Value::Object);
    record.response.clone_from(&action.response);
    match &action.error_message {
        Some(message) => record.error(message.as_str()),
        None => record,
    }
}

fn button_record(button: &ButtonEvent, timestamp: Timestamp, place: Place<'_>) -> ButtonRecord {
    let (event, label, value) = (button.event.as_str(), button.label.as_str(), button.value.as_str());
    ButtonRecord::new(timestamp, event, label, value, place.conversation_id.as_str())
        .metadata(button.metadata.clone())
        .conversation(place.number)
}

/// Files on their way, as JSON with base64 or as form data. `POST /api/attachments/` (wire: 1.12)
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
    ) -> Result<RequestParts, Error> {
        let files = &all.files[range.clone()];
        let in_memory: Option<Vec<&Bytes>> = match all.mode {
            AttachmentMode::FormData => None,
            _ => files.iter().map(bytes_of).collect(),
        };
        let (content_type, body) = match in_memory {
            Some(contents) => (HeaderValue::from_static("application/json"), self.json(files, &contents)?),
            None => self.form_data(files, context)?,
        };
        let content = Some((content_type, body));
        Ok(RequestParts { content, ..RequestParts::json(Method::POST, "/api/attachments/", &())? })
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

/// How long the body of an upload is at most, in bytes, for the time that it may take.
pub(super) fn upload_length(files: &PreparedAttachments, range: &Range<usize>) -> u64 {
    let sent = files.files.get(range.clone()).unwrap_or_default().iter();
    sent.fold(0_u64, |sum, file| sum.saturating_add(length_on_wire(file, files.mode)))
}

fn bytes_of(file: &PreparedAttachment) -> Option<&Bytes> {
    match &file.content {
        AttachmentContent::Bytes(bytes) => Some(bytes),
        AttachmentContent::File { .. } => None,
    }
}
