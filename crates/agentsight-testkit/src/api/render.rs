use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::rows::{ConversationRow, MessageRow};
use super::state::State;
use super::timestamp;
use crate::FakeOptions;

/// Writes rows as the service does: every key of the old and of the new documentation, nulls written out (wire: 1.8).
#[derive(Debug)]
pub(crate) struct Renderer<'a> {
    pub(crate) state: &'a State,
    pub(crate) options: &'a FakeOptions,
    pub(crate) now: DateTime<Utc>,
    pub(crate) origin: String,
}

impl Renderer<'_> {
    /// The row as a list with `full=false` has it.
    pub(crate) fn lean(&self, row: &ConversationRow) -> Value {
        json!({
            "id": row.number,
            "agent": row.agent,
            "conversation_id": row.conversation_id,
            "name": row.name,
            "customer_id": row.customer_id,
            "customer_ip_address": row.customer_ip_address,
            "device": row.device,
            "language": row.language,
            "environment": row.environment,
            "environment_id": self.options.environment_number(row.agent, &row.environment),
            "metadata": row.metadata,
            "started_at": timestamp::write(row.started_at),
            "ended_at": timestamp::write(row.ended_at),
            "message_count": row.messages.len(),
            "feedback_count": row.feedbacks.len(),
            "is_marked": row.is_marked,
            "is_used": row.is_used,
            "is_deleted": row.deleted_at.is_some(),
            "deleted_at": row.deleted_at.map(timestamp::write),
            "geo_location": null,
        })
    }

    /// The row with its transcript and feedbacks.
    pub(crate) fn full(&self, row: &ConversationRow) -> Value {
        let mut value = self.lean(row);
        value["messages"] = self.state.transcript(row).map(|message| self.message(message)).collect();
        value["feedbacks"] = Value::Array(Vec::new());
        value
    }

    /// The row as the detail route has it.
    pub(crate) fn detail(&self, row: &ConversationRow) -> Value {
        let mut value = self.full(row);
        value["tickets"] = Value::Array(Vec::new());
        value["token_usage"] = Value::Null;
        value
    }

    pub(crate) fn message(&self, message: &MessageRow) -> Value {
        json!({
            "id": message.number,
            "conversation": message.conversation,
            "timestamp": timestamp::write(message.timestamp),
            "sender": message.sender.as_str(),
            "content": message.content,
            "action_name": message.action_name,
            "metadata": message.metadata,
            "attachments": [],
            "action_logs": [],
            "button": null,
            "feedback": null,
        })
    }
}
