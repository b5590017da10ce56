use agentsight_model::{Conversation, Metadata};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::route::Number;
use super::rows::{replace, verbatim};
use super::timestamp;
use super::validation::{Fields, SHORT_TEXT};

/// `GET /api/conversations/lookup/` (wire: 1.9).
pub(crate) fn lookup(call: &mut Call<'_>) -> Handled {
    let conversation_id = call.query.get("conversation_id").unwrap_or_default();
    if conversation_id.is_empty() {
        return Err(Refusal::detail(StatusCode::BAD_REQUEST, "Missing query parameter 'conversation_id'."));
    }
    let row = call.state.find_conversation(call.caller.agent, conversation_id);
    let row = row.filter(|row| !row.is_deleted() || call.options.lookup_sees_deleted);
    let row = row.filter(|row| call.view().has_conversation(row));
    let row = row.ok_or_else(|| Refusal::not_found("Conversation"))?;
    Ok(Answer::ok(&json!({ "id": row.number(), "conversation_id": row.record.conversation_id })))
}

/// `PATCH /api/conversations/{pk}/rename/` (wire: 1.10).
pub(crate) fn rename(call: &mut Call<'_>, number: Number) -> Handled {
    let number = call.conversation(number)?.number();
    let body = call.json_body()?;
    if body.get("name").and_then(Value::as_str).is_none_or(|name| name.trim().is_empty()) {
        return Err(Refusal::detail(StatusCode::BAD_REQUEST, "Field 'name' cannot be empty."));
    }
    let mut fields = Fields::new(&body, call.options);
    let name = fields.required_text("name", Some(SHORT_TEXT));
    let name = fields.finish(|| name)?.trim().to_owned();
    call.state.change_conversation(number, |row| row.name = Some(name));
    call.answer_fields(number, &["name"])
}

/// `POST /api/conversations/{pk}/mark/` (wire: 1.10).
pub(crate) fn mark(call: &mut Call<'_>, number: Number) -> Handled {
    let number = call.conversation(number)?.number();
    let body = call.json_body()?;
    if !body.contains_key("is_marked") {
        return Err(Refusal::detail(StatusCode::BAD_REQUEST, "Missing field 'is_marked'."));
    }
    let mut fields = Fields::new(&body, call.options);
    let is_marked = fields.required_bool("is_marked");
    let is_marked = fields.finish(|| is_marked)?;
    call.state.change_conversation(number, |row| row.is_marked = Some(is_marked));
    call.answer_fields(number, &["is_marked"])
}

/// `PATCH /api/conversations/{pk}/update/`: any subset of the fields; metadata is replaced as a whole (wire: 1.10).
pub(crate) fn update(call: &mut Call<'_>, number: Number) -> Handled {
    const FIELDS: [&str; 6] = ["name", "is_marked", "customer_id", "device", "language", "metadata"];
    let number = call.conversation(number)?.number();
    let body = call.json_body()?;
    let given: Vec<&str> = FIELDS.into_iter().filter(|field| body.contains_key(*field)).collect();
    if given.is_empty() {
        return Err(Refusal::detail(StatusCode::BAD_REQUEST, "No valid fields to update."));
    }
    let has = |field| given.contains(&field);
    let mut fields = Fields::new(&body, call.options);
    let name = has("name").then(|| fields.required_text("name", Some(SHORT_TEXT)));
    let is_marked = has("is_marked").then(|| fields.required_bool("is_marked"));
    let customer_id = has("customer_id").then(|| fields.optional_text("customer_id", Some(SHORT_TEXT)));
    let device = has("device").then(|| fields.optional_text("device", Some(SHORT_TEXT)));
    let language = has("language").then(|| fields.optional_text("language", Some(SHORT_TEXT)));
    let metadata = has("metadata").then(|| fields.metadata());
    fields.finish(|| Some(()))?;

    call.state.change_conversation(number, |row| {
        replace(&mut row.name, name);
        replace(&mut row.customer_id, customer_id);
        replace(&mut row.language, language);
        replace(&mut row.is_marked, is_marked);
        replace(&mut row.device, device.map(|device| device.map(verbatim)));
        replace(&mut row.metadata, metadata.map(|metadata| metadata.map(Metadata::from)));
    });
    let mut answer = call.fields(number, &given);
    answer.insert("updated_fields".to_owned(), json!(given));
    Ok(Answer::ok(&Value::Object(answer)))
}

/// `DELETE /api/conversations/{pk}/delete/`: soft, and once only (wire: 1.10).
pub(crate) fn delete(call: &mut Call<'_>, number: Number) -> Handled {
    let number = call.delete(number)?;
    call.answer_fields(number, &["is_deleted", "deleted_at"])
}

/// `DELETE /api/conversations/{pk}/`: the same, answered with the row (wire: 1.10).
pub(crate) fn delete_row(call: &mut Call<'_>, number: Number) -> Handled {
    let number = call.delete(number)?;
    Ok(Answer::ok(&call.renderer().lean(call.conversation(Number(Some(number)))?)))
}

impl Call<'_> {
    fn delete(&mut self, number: Number) -> Result<u64, Refusal> {
        let row = self.conversation(number).ok().filter(|row| !row.is_deleted());
        let gone = || Refusal::detail(StatusCode::NOT_FOUND, "Conversation not found or already deleted");
        let number = row.ok_or_else(gone)?.number();
        let deleted_at = self.stamp();
        self.state.change_conversation(number, |row| row.deleted_at = Some(deleted_at));
        Ok(number)
    }

    /// The short answer of a change: who it is, and the fields that were changed.
    fn answer_fields(&self, number: u64, fields: &[&str]) -> Handled {
        Ok(Answer::ok(&Value::Object(self.fields(number, fields))))
    }

    fn fields(&self, number: u64, fields: &[&str]) -> Map<String, Value> {
        let Some(row) = self.state.conversation(self.caller.agent, number) else { return Map::new() };
        let row = &row.record;
        let who = [("id", json!(row.id)), ("conversation_id", json!(row.conversation_id))];
        let changed = fields.iter().map(|field| (*field, value(row, field)));
        who.into_iter().chain(changed).map(|(field, value)| (field.to_owned(), value)).collect()
    }
}

fn value(row: &Conversation, field: &str) -> Value {
    match field {
        "name" => json!(row.name),
        "is_marked" => json!(row.is_marked),
        "customer_id" => json!(row.customer_id),
        "device" => json!(row.device),
        "language" => json!(row.language),
        "metadata" => json!(row.metadata),
        "is_deleted" => json!(row.deleted_at.is_some()),
        "deleted_at" => json!(row.deleted_at.map(timestamp::write)),
        _ => Value::Null,
    }
}
