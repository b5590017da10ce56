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
    fn texts_are_trimmed_on_their_way_in() {
        let request = Request::new(Bytes::from(r#"{"content": " Hello \n", "metadata": {"kept": " as is "}}"#));
        let trimmed = Alteration::TrimmedText.of_request(&request).unwrap();
        let body: Value = serde_json::from_slice(trimmed.body()).unwrap();
        assert_eq!(body, json!({"content": "Hello", "metadata": {"kept": " as is "}}));
    }
}
