use agentsight_core::get_or_create::apply_to_existing;
use agentsight_model::{ConversationRecord, Environment, Timestamp};
use serde_json::{Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::conversation_order::ConversationOrder;
use super::filter::Filter;
use super::route::Number;
use super::rows::{ConversationRow, verbatim};
use super::validation::{Fields, SHORT_TEXT, read_bool};
use crate::CreateAnswer;

/// `GET /api/conversations/` (wire: 1.9).
pub(crate) fn list(call: &mut Call<'_>) -> Handled {
    let filter = Filter::read(call)?;
    let full = call.query.get("full").and_then(read_bool).unwrap_or(true);
    let with_tickets = call.query.get("include_tickets").and_then(read_bool).unwrap_or(false);
    let order = ConversationOrder::read(&call.query);
    let mut rows = filter.find(call.state, call.caller.agent);
    let renderer = call.renderer();
    rows.retain(|row| renderer.view.has_conversation(row));
    let (count, in_order) = (rows.len(), |places| order.rows_at(rows, places));
    let write = |row| {
        let mut value = if full { renderer.full(row) } else { renderer.lean(row) };
        if with_tickets {
            value["tickets"] = Value::Array(Vec::new());
        }
        value
    };
    call.page_of(count, in_order, write, &[])
}

/// `GET /api/conversations/{pk}/`: soft-deleted conversations are readable here (wire: 1.9).
pub(crate) fn detail(call: &mut Call<'_>, number: Number) -> Handled {
    let renderer = call.renderer();
    Ok(Answer::ok(&renderer.detail(call.conversation(number)?)))
}

/// `POST /api/conversations/`: get-or-create on the agent and the text id (wire: 1.9, part 3, 2 to 6).
pub(crate) fn upsert(call: &mut Call<'_>) -> Handled {
    let body = call.json_body()?;
    let agent = call.caller.agent;
    let mut fields = Fields::new(&body, call.options);
    let conversation_id = fields.required_text("conversation_id", Some(SHORT_TEXT));
    let timestamp = fields.optional_time("timestamp");
    let customer_id = fields.optional_text("customer_id", Some(SHORT_TEXT));
    let customer_ip_address = fields.optional_address("customer_ip_address");
    let device = fields.optional_text("device", Some(SHORT_TEXT));
    let source = fields.optional_text("source", Some(SHORT_TEXT));
    let language = fields.optional_text("language", Some(SHORT_TEXT));
    let name = fields.optional_text("name", Some(SHORT_TEXT));
    let is_used = fields.optional_bool("is_used");
    let environment = fields.environment();
    let metadata = fields.metadata();
    let mut record = ConversationRecord::new(fields.finish(|| conversation_id)?);
    record.timestamp = timestamp.map(Timestamp::from);
    record.customer_id = customer_id;
    record.customer_ip_address = customer_ip_address;
    record.device = device.map(verbatim);
    record.source = source;
    record.language = language;
    record.name = name;
    record.is_used = is_used;
    record.environment = environment.map(Environment::from);
    record.metadata = metadata;

    if let Some(number) = call.state.find_conversation(agent, &record.conversation_id).map(ConversationRow::number) {
        call.state.change_conversation(number, |existing| apply_to_existing(existing, &record));
        return Ok(Answer::ok(&call.written_conversation(number)));
    }
    let number = call.state.add_conversation(ConversationRow::new(agent, record, call.stamp()));
    Ok(Answer::created(&call.written_conversation(number)))
}

impl Call<'_> {
    /// The conversation of that number, or 404.
    pub(crate) fn conversation(&self, number: Number) -> Result<&ConversationRow, Refusal> {
        let row = number.0.and_then(|number| self.state.conversation(self.caller.agent, number));
        row.filter(|row| self.view().has_conversation(row)).ok_or_else(|| Refusal::not_found("Conversation"))
    }

    /// What a create of a conversation answers.
    fn written_conversation(&self, number: u64) -> Value {
        match (self.state.conversation(self.caller.agent, number), self.options.create_answer) {
            (None, _) => Value::Null,
            (Some(row), CreateAnswer::Resource) => self.renderer().lean(row),
            (Some(row), CreateAnswer::Minimal) => {
                json!({ "id": row.number(), "conversation_id": row.record.conversation_id })
            }
        }
    }
}
