use serde_json::json;

use super::answer::{Answer, Handled};
use super::call::Call;
use super::reference::{Reference, invalid_number};
use super::rows::{ActionLogRow, MessageRow, Sender};
use super::validation::{Fields, SHORT_TEXT};
use crate::CreateAnswer;

/// `POST /api/action_logs/`: the log, and the message of the transcript that it belongs to (wire: 1.8, 1.13).
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let name = fields.required_text("action_name", Some(SHORT_TEXT));
    let metadata = fields.metadata();
    let timestamp = fields.optional_time("timestamp");
    let started_at = fields.optional_time("started_at");
    let ended_at = fields.optional_time("ended_at");
    let duration_ms = fields.optional_number("duration_ms");
    let tools_used = fields.optional_object("tools_used");
    let response = fields.optional_text("response", None);
    let error_message = fields.optional_text("error_message", None);
    let error_msg = fields.optional_text("error_msg", None).filter(|_| call.options.map_error_msg);
    let reference = Reference::read(&mut fields);
    let (name, reference) = fields.finish(|| Some((name?, reference?)))?;

    let timestamp = timestamp.unwrap_or_else(|| call.stamp());
    let conversation = call.resolve(reference, timestamp, invalid_number)?;
    let action = call.state.action(call.caller.agent, &name);
    let content = format!("Action {name} performed");
    let mut message = MessageRow::new(conversation, timestamp, Sender::Agent, content);
    message.action_name = Some(name);
    message.metadata = metadata.clone();
    let message = call.state.add_message(message);
    let log = call.state.add_action_log(ActionLogRow {
        number: 0,
        action,
        message,
        started_at,
        ended_at,
        duration_ms,
        tools_used,
        response,
        error_message: error_message.or(error_msg).unwrap_or_default(),
        metadata,
    });
    Ok(Answer::created(&match call.options.create_answer {
        CreateAnswer::Resource => log.render(),
        CreateAnswer::Minimal => json!({ "id": log.number }),
    }))
}
