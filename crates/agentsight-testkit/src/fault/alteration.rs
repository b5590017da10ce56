use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Request, Response};
use serde_json::Value;

/// What is changed about a request on its way in or about its answer on its way out.
#[derive(Clone, Debug)]
pub(super) enum Alteration {
    HalfOfBody,
    WithoutId,
    ContentType(HeaderValue),
    TrimmedText,
    OtherConversation,
}

impl Alteration {
    /// The request as the service gets it; `None` where it is not changed.
    pub(super) fn of_request(&self, request: &Request<Bytes>) -> Option<Request<Bytes>> {
        let Self::TrimmedText = self else { return None };
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(request.body()) else { return None };
        for value in fields.values_mut() {
            if let Value::String(text) = value {
                *text = text.trim().to_owned();
            }
        }
        Some(request.clone().map(|_| Bytes::from(Value::Object(fields).to_string())))
    }

    /// The answer as the client gets it.
    pub(super) fn of_answer(&self, mut answer: Response<Bytes>) -> Response<Bytes> {
        match self {
            Self::HalfOfBody => answer.map(|body| body.slice(..body.len() / 2)),
            Self::WithoutId => answer.map(|body| match serde_json::from_slice(&body) {
                Ok(value) => Bytes::from(without_id(value).to_string()),
                Err(_) => body,
            }),
            Self::ContentType(content_type) => {
                answer.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
                answer
            }
            Self::OtherConversation => answer.map(|body| match serde_json::from_slice(&body) {
                Ok(value) => of_other_conversation(value).map_or(body, |value| Bytes::from(value.to_string())),
                Err(_) => body,
            }),
            Self::TrimmedText => answer,
        }
    }
}

/// The value without any `id`. `serde_json` bounds the depth of what it reads, and with it this recursion.
fn without_id(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.into_iter().filter(|(name, _)| name != "id").map(|(k, v)| (k, without_id(v))).collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(without_id).collect()),
        other => other,
    }
}

/// How much greater the number of the other conversation is: no service of a test gives so many.
const OTHER_NUMBER: u64 = 1 << 40;

/// The row of a conversation with the ids of another one; `None` where it is no such row.
fn of_other_conversation(value: Value) -> Option<Value> {
    let Value::Object(mut fields) = value else { return None };
    let number = fields.get("id").and_then(Value::as_u64)?;
    let text = fields.get("conversation_id").and_then(Value::as_str)?;
    let text = format!("other-{text}");
    // No other number is left beyond the greatest one.
    let number = number.checked_add(OTHER_NUMBER).unwrap_or(OTHER_NUMBER);
    fields.insert("id".to_owned(), number.into());
    fields.insert("conversation_id".to_owned(), text.into());
    Some(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_id_is_left_at_any_depth() {
        let value = json!({"id": 1, "rows": [{"id": 2, "name": "a"}], "agent": {"id": 3}});
        assert_eq!(without_id(value), json!({"rows": [{"name": "a"}], "agent": {}}));
    }

    #[test]
    fn r12_a_row_of_a_conversation_gets_the_ids_of_another_one_and_keeps_the_rest() {
        let row = json!({"id": 7, "conversation_id": "a", "agent": 1, "messages": [{"id": 1_000_001}]});
        let other = of_other_conversation(row.clone()).unwrap();
        assert_eq!((&other["id"], &other["conversation_id"]), (&json!(7 + OTHER_NUMBER), &json!("other-a")));
        assert_eq!((&other["agent"], &other["messages"]), (&row["agent"], &row["messages"]));
        assert_ne!(of_other_conversation(json!({"id": u64::MAX, "conversation_id": ""})).unwrap()["id"], u64::MAX);
        for no_conversation in [json!({"id": 7}), json!({"conversation_id": "a"}), json!([]), json!(null)] {
            assert_eq!(of_other_conversation(no_conversation), None);
        }
    }

    #[test]
    fn texts_are_trimmed_on_their_way_in() {
        let request = Request::new(Bytes::from(r#"{"content": " Hello \n", "metadata": {"kept": " as is "}}"#));
        let trimmed = Alteration::TrimmedText.of_request(&request).unwrap();
        let body: Value = serde_json::from_slice(trimmed.body()).unwrap();
        assert_eq!(body, json!({"content": "Hello", "metadata": {"kept": " as is "}}));
    }
}
