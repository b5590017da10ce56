use serde_json::json;

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::reference::{Reference, invalid_number};
use super::route::Number;
use super::rows::{MessageRow, Sender};
use super::validation::Fields;
use crate::CreateAnswer;

/// `POST /api/track/` (wire: 1.11).
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let content = fields.required_text("content", None);
    let sender = fields.choice("sender", true, Sender::CHOICES).map(|word| Sender::read(&word));
    let metadata = fields.metadata();
    let timestamp = fields.optional_time("timestamp");
    let reference = Reference::read(&mut fields);
    let (content, sender, reference) = fields.finish(|| Some((content?, sender?, reference?)))?;

    let timestamp = timestamp.unwrap_or_else(|| call.stamp());
    let conversation = call.resolve(reference, timestamp, invalid_number)?;
    let mut message = MessageRow::new(conversation, timestamp, sender, content);
    message.metadata = metadata;
    let number = call.state.add_message(message);
    Ok(match call.options.create_answer {
        CreateAnswer::Resource => Answer::created(&call.renderer().message(call.message(Number(Some(number)))?)),
        CreateAnswer::Minimal => Answer::created(&json!({ "id": number })),
    })
}

/// `GET /api/track/{pk}/` (wire: 1.11).
pub(crate) fn detail(call: &mut Call<'_>, number: Number) -> Handled {
    Ok(Answer::ok(&call.renderer().message(call.message(number)?)))
}

/// `PATCH /api/track/{pk}/`: replaces the metadata (wire: 1.11).
pub(crate) fn update(call: &mut Call<'_>, number: Number) -> Handled {
    let message = call.message(number)?.number;
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let metadata = fields.metadata();
    fields.finish(|| Some(()))?;
    if body.contains_key("metadata") {
        call.state.change_message(message, |message| message.metadata = metadata);
    }
    detail(call, number)
}

/// `DELETE /api/track/{pk}/`: exists, and no client uses it (wire: 1.21).
pub(crate) fn delete(call: &mut Call<'_>, number: Number) -> Handled {
    let message = call.message(number)?.number;
    call.state.remove_message(message);
    Ok(Answer::no_content())
}

impl Call<'_> {
    /// The message of that number, or 404.
    pub(crate) fn message(&self, number: Number) -> Result<&MessageRow, Refusal> {
        let message = number.0.and_then(|number| self.state.message(self.caller.agent, number));
        message.filter(|message| self.view().has_message(message)).ok_or_else(|| Refusal::not_found("Message"))
    }
}
