use std::cmp::Reverse;
use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::reference::Reference;
use super::rows::{ButtonRow, MessageRow, Sender};
use super::validation::{Fields, Problems, SHORT_TEXT};
use crate::CreateAnswer;

/// `POST /api/buttons/`: the click, and the message that shows it. Its refusals are `{"error": ..}` (wire: 1.13).
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let button_event = fields.required_text("button_event", Some(SHORT_TEXT));
    let label = fields.required_text("label", Some(SHORT_TEXT));
    let value = fields.required_text("value", Some(SHORT_TEXT));
    let metadata = fields.metadata();
    let timestamp = fields.optional_time("timestamp");
    let reference = Reference::read(&mut fields);
    let read = fields.finish(|| Some((button_event?, label?, value?, reference?)));
    let (button_event, label, value, reference) = read.map_err(Problems::into_error)?;

    let timestamp = timestamp.unwrap_or_else(|| call.stamp());
    let conversation = call.resolve(reference, timestamp, |number| {
        Refusal::error(StatusCode::NOT_FOUND, format!("Conversation {number} not found"))
    })?;
    let content = format!("Button clicked: {label}");
    let mut message = MessageRow::new(conversation, timestamp, Sender::EndUser, content);
    message.metadata = metadata.clone();
    let message = call.state.add_message(message);
    let button = call.state.add_button(ButtonRow { number: 0, message, button_event, label, value, metadata });
    Ok(Answer::created(&match call.options.create_answer {
        CreateAnswer::Resource => button.render(),
        CreateAnswer::Minimal => json!({ "id": button.number }),
    }))
}

/// `GET /api/buttons/` (wire: 1.13).
pub(crate) fn list(call: &mut Call<'_>) -> Handled {
    let buttons: Vec<&ButtonRow> = shown(call).collect();
    call.page(&buttons, |button| button.render())
}

/// `GET /api/buttons/stats/`: a bare array, the most clicked first (wire: 1.13).
pub(crate) fn stats(call: &mut Call<'_>) -> Handled {
    let mut counts: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for button in shown(call) {
        if call.query.get("event").is_none_or(|event| event == button.button_event) {
            *counts.entry((&button.button_event, &button.value, &button.label)).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let rows: Value = counts
        .into_iter()
        .map(|((event, value, label), count)| {
            json!({ "button_event": event, "value": value, "label": label, "count": count })
        })
        .collect();
    Ok(Answer::ok(&rows))
}

/// The buttons of the agent whose messages are shown, the newest first.
fn shown<'a>(call: &'a Call<'_>) -> impl Iterator<Item = &'a ButtonRow> {
    let view = call.view();
    call.state.buttons_of(call.caller.agent).filter(move |button| view.has_message_number(button.message))
}
