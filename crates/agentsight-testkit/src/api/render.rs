use std::borrow::Cow;
use std::fmt;

use agentsight_model::{Device, Environment};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::rows::{
    ActionLogRow, ActionRow, ButtonRow, ConversationRow, FeedbackRow, FeedbackSubject, FileRow, MessageRow,
};
use super::signature;
use super::state::State;
use super::timestamp;
use super::view::View;
use crate::FakeOptions;

/// Writes rows as the service does: every key of the old and of the new documentation, nulls written out (wire: 1.8).
#[derive(Debug)]
pub(crate) struct Renderer<'a> {
    pub(crate) state: &'a State,
    pub(crate) options: &'a FakeOptions,
    pub(crate) now: DateTime<Utc>,
    pub(crate) origin: Origin<'a>,
    pub(crate) view: View<'a>,
}

/// Where the client believes to be: absolute addresses in answers begin with it (wire: 1.7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
}

/// A message as the service writes it (wire: 1.8).
#[derive(Debug, Serialize)]
pub(crate) struct WrittenMessage<'a> {
    action_logs: Value,
    action_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Value>,
    button: Option<Value>,
    content: &'a str,
    conversation: u64,
    feedback: Option<Value>,
    id: u64,
    metadata: Option<Cow<'a, Map<String, Value>>>,
    sender: &'static str,
    timestamp: String,
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

impl Renderer<'_> {
    /// The row as a list with `full=false` has it.
    pub(crate) fn lean(&self, row: &ConversationRow) -> Value {
        let record = &row.record;
        json!({
            "id": record.id,
            "agent": row.agent,
            "conversation_id": record.conversation_id,
            "name": record.name,
            "customer_id": record.customer_id,
            "customer_ip_address": record.customer_ip_address,
            "device": record.device.as_ref().map(Device::as_str),
            "language": record.language,
            "environment": record.environment.as_ref().map(Environment::as_str),
            "environment_id": self.environment_number(row),
            "metadata": row.metadata(),
            "started_at": record.started_at.map(timestamp::write),
            "ended_at": record.ended_at.map(timestamp::write),
            "message_count": self.view.message_count(row),
            "feedback_count": row.feedbacks.len(),
            "is_marked": record.marked(),
            "is_used": record.used(),
            "is_deleted": row.is_deleted(),
            "deleted_at": record.deleted_at.map(timestamp::write),
            "geo_location": null,
        })
    }

    /// The row with its transcript and feedbacks.
    pub(crate) fn full(&self, row: &ConversationRow) -> Value {
        let mut value = self.lean(row);
        let messages = self.state.transcript(row).filter(|message| self.view.has_message(message));
        value["messages"] = messages.map(|message| json!(self.message(message))).collect();
        value["feedbacks"] =
            self.state.feedbacks_of(row).map(|feedback| self.conversation_feedback(feedback)).collect();
        value
    }

    /// The row as the detail route has it. There are no tickets here, and no token usage but in metadata.
    pub(crate) fn detail(&self, row: &ConversationRow) -> Value {
        let mut value = self.full(row);
        value["tickets"] = Value::Array(Vec::new());
        value["token_usage"] = Value::Null;
        value
    }

    pub(crate) fn message<'m>(&self, message: &'m MessageRow) -> WrittenMessage<'m> {
        let is_empty_written = self.view.empty_forms;
        let mut files = self.files_of(message).map(|file| self.file(file)).peekable();
        let hides_files = is_empty_written && files.peek().is_none();
        WrittenMessage {
            action_logs: self.state.action_logs_of(message).map(ActionLogRow::render).collect(),
            action_name: message.action_name.as_deref().or(is_empty_written.then_some("")),
            attachments: (!hides_files).then(|| files.collect()),
            button: self.state.button_of(message).map(ButtonRow::render).or(is_empty_written.then(|| json!({}))),
            content: &message.content,
            conversation: message.conversation,
            feedback: self.state.feedbacks.vote_on(message.number).map(|vote| self.feedback(vote)),
            id: message.number,
            metadata: message.metadata.as_ref().map(Cow::Borrowed).or(is_empty_written.then(Cow::default)),
            sender: message.sender.as_str(),
            timestamp: timestamp::write(message.timestamp),
        }
    }

    /// The files of the message that are shown.
    pub(crate) fn files_of<'m>(&'m self, message: &'m MessageRow) -> impl Iterator<Item = &'m FileRow> {
        self.state.files_of(message).filter(|file| self.view.has_file(file))
    }

    /// The file with an address that is good for a while from now (wire: 1.8).
    pub(crate) fn file(&self, file: &FileRow) -> Value {
        let path = signature::signed_path(file.number, self.now, self.options.file_url_lifetime);
        json!({
            "id": file.number,
            "message": file.message,
            "type": file.kind(),
            "filename": self.view.file_name(file),
            "mime_type": file.mime_type,
            "size_bytes": file.bytes.len(),
            "file_url": format!("{}{path}", self.origin),
        })
    }

    /// The row as `/api/feedbacks/` has it, and a message shows its vote (wire: 1.8, 1.14).
    pub(crate) fn feedback(&self, feedback: &FeedbackRow) -> Value {
        let subject = &feedback.subject;
        let conversation = subject.conversation().and_then(|number| self.state.conversation_of_any_agent(number));
        let environment = self.state.environment_of(feedback);
        let mut value = json!({
            "id": feedback.number,
            "kind": subject.kind(),
            "agent": feedback.agent,
            "conversation": conversation.map(ConversationRow::number),
            "conversation_id": conversation.map(|row| &row.record.conversation_id),
            "user": null,
            "environment": environment,
            "environment_id": environment.and_then(|slug| self.options.environment_number(feedback.agent, slug)),
            "sentiment": feedback.sentiment,
            "category": null,
            "comment": feedback.comment,
            "created_at": timestamp::write(feedback.created_at),
        });
        if let FeedbackSubject::Message { message, topic, reason, .. } = subject {
            value["message"] = json!(message);
            value["topic"] = json!(topic);
            value["reason"] = json!(reason);
        }
        value
    }

    /// The row as the older route and a conversation have it, with the keys of the old documentation too (wire: part
    /// 3, 27).
    pub(crate) fn conversation_feedback(&self, feedback: &FeedbackRow) -> Value {
        let mut value = self.feedback(feedback);
        value["source"] = json!("customer");
        value["metadata"] = json!(feedback.metadata);
        value
    }

    fn environment_number(&self, row: &ConversationRow) -> Option<u64> {
        self.options.environment_number(row.agent, row.record.environment.as_ref()?.as_str())
    }
}

impl ActionRow {
    pub(crate) fn render(&self) -> Value {
        json!({
            "id": self.number,
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "agent": self.agent,
        })
    }
}

impl ActionLogRow {
    pub(crate) fn render(&self) -> Value {
        json!({
            "id": self.number,
            "action": self.action,
            "message": self.message,
            "started_at": self.started_at.map(timestamp::write),
            "ended_at": self.ended_at.map(timestamp::write),
            "duration_ms": self.duration_ms,
            "tools_used": self.tools_used,
            "response": self.response,
            "error_message": self.error_message,
            "metadata": self.metadata,
        })
    }
}

impl ButtonRow {
    pub(crate) fn render(&self) -> Value {
        json!({
            "id": self.number,
            "message": self.message,
            "button_event": self.button_event,
            "label": self.label,
            "value": self.value,
            "metadata": self.metadata,
        })
    }
}

impl FileRow {
    /// By the first half of the MIME type; what is nothing else is a document (wire: part 3, 33).
    fn kind(&self) -> &'static str {
        match self.mime_type.split('/').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "image" => "image",
            "audio" => "audio",
            "video" => "video",
            "text" => "text",
            _ => "document",
        }
    }
}
