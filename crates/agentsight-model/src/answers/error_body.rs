//! What the service says when it refuses.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What the service says when it refuses (wire: 1.5).
///
/// Reads every shape that has been seen: `{"detail": ..}`, `{"error": ..}`, a map of fields, a list, plain text and HTML.
/// Reading never fails; a body that says nothing has neither a detail nor fields.
///
/// ```
/// use agentsight_model::ErrorBody;
///
/// let body = ErrorBody::parse(br#"{"name": ["Too long.", "Not allowed."], "device": "Unknown."}"#);
/// assert_eq!(body.detail().as_deref(), Some("device: Unknown.; name: Too long., Not allowed."));
/// assert_eq!(body.field_errors()["device"], ["Unknown."]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorBody {
    text: Option<String>,
    field_errors: BTreeMap<String, Vec<String>>,
}

/// How much of a body that is not JSON is kept.
const MAX_TEXT_CHARACTERS: usize = 500;

impl ErrorBody {
    /// Reads the body of a response, whatever it is.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from(&value),
            Err(_) => Self::from_text(&String::from_utf8_lossy(body)),
        }
    }

    /// The service's own words.
    ///
    /// `detail`, else `error`, else the fields as `field: first, second; field: third`, else a list joined by `; `, else
    /// the first 500 characters of a text. `None` when there is nothing to say.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        if self.text.is_some() || self.field_errors.is_empty() {
            return self.text.clone();
        }
        let fields: Vec<String> =
            self.field_errors.iter().map(|(field, messages)| format!("{field}: {}", messages.join(", "))).collect();
        Some(fields.join("; "))
    }

    /// What is wrong with each field; empty unless the body is a map of fields. A nested field has a dotted name.
    #[must_use]
    pub const fn field_errors(&self) -> &BTreeMap<String, Vec<String>> {
        &self.field_errors
    }

    fn from_text(text: &str) -> Self {
        let text: String = text.trim().chars().take(MAX_TEXT_CHARACTERS).collect();
        Self { text: Some(text).filter(|text| !text.is_empty()), field_errors: BTreeMap::new() }
    }

    fn from_fields(fields: &Map<String, Value>) -> Self {
        let text = ["detail", "error"].into_iter().find_map(|name| joined(fields.get(name)?));
        let mut field_errors = BTreeMap::new();
        if text.is_none() {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "details") {
                collect(name, value, &mut field_errors);
            }
        }
        Self { text, field_errors }
    }
}

impl From<&Value> for ErrorBody {
    fn from(body: &Value) -> Self {
        match body {
            Value::Object(fields) => Self::from_fields(fields),
            Value::String(text) => Self::from_text(text),
            other => Self { text: joined(other), field_errors: BTreeMap::new() },
        }
    }
}

/// A text, or the messages of a list joined by `; `.
fn joined(value: &Value) -> Option<String> {
    let text = messages(value).join("; ");
    Some(text).filter(|text| !text.is_empty())
}

/// The messages in a value: a text is one, a list has several.
fn messages(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(messages).collect(),
        other => vec![other.to_string()],
    }
}

fn collect(name: &str, value: &Value, field_errors: &mut BTreeMap<String, Vec<String>>) {
    if let Value::Object(nested) = value {
        for (key, value) in nested {
            collect(&format!("{name}.{key}"), value, field_errors);
        }
        return;
    }
    let found = messages(value);
    if !found.is_empty() {
        field_errors.entry(name.to_owned()).or_default().extend(found);
    }
}
