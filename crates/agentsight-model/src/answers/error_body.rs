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

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(body: &str) -> Option<String> {
        ErrorBody::parse(body.as_bytes()).detail()
    }

    #[test]
    fn e1_detail_comes_before_error_and_both_before_fields() {
        let body = ErrorBody::parse(br#"{"error": "second", "detail": "first", "code": "x"}"#);
        assert_eq!(body.detail().as_deref(), Some("first"));
        assert!(body.field_errors().is_empty(), "beside a detail there is no field map");

        assert_eq!(detail(r#"{"error": "only", "detail": ""}"#).as_deref(), Some("only"));
        assert_eq!(detail(r#"{"detail": ["a", "b"]}"#).as_deref(), Some("a; b"));
    }

    #[test]
    fn e1_fields_have_lists_or_texts() {
        let body =
            ErrorBody::parse(br#"{"sentiment": ["No.", "Never."], "device": "Odd.", "name": [], "details": "-"}"#);
        let fields: Vec<_> = body.field_errors().iter().map(|(name, texts)| (name.as_str(), texts.join("|"))).collect();
        assert_eq!(fields, [("device", "Odd.".to_owned()), ("sentiment", "No.|Never.".to_owned())]);
        assert_eq!(body.detail().as_deref(), Some("device: Odd.; sentiment: No., Never."));
    }

    #[test]
    fn e1_nested_fields_have_dotted_names() {
        let body = ErrorBody::parse(br#"{"metadata": {"tier": ["Unknown."], "seats": {"min": 1}}}"#);
        assert_eq!(body.field_errors()["metadata.tier"], ["Unknown."]);
        assert_eq!(body.field_errors()["metadata.seats.min"], ["1"]);
    }

    #[test]
    fn e1_lists_and_texts_are_told() {
        assert_eq!(detail(r#"["One.", "Two."]"#).as_deref(), Some("One.; Two."));
        assert_eq!(detail(r#""Just text""#).as_deref(), Some("Just text"));
        assert_eq!(detail(" Bad gateway \n").as_deref(), Some("Bad gateway"));
        assert_eq!(detail("<h1>Not Found</h1>").as_deref(), Some("<h1>Not Found</h1>"));
    }

    #[test]
    fn e1_a_long_text_is_cut_at_a_character() {
        assert_eq!(detail(&"ü".repeat(9000)), Some("ü".repeat(500)));
    }

    #[test]
    fn e1_a_body_that_says_nothing_has_no_detail() {
        for body in ["", "  ", "null", "{}", "[]", r#""""#, r#"{"detail": null}"#, r#"{"name": []}"#] {
            assert_eq!(ErrorBody::parse(body.as_bytes()), ErrorBody::default(), "{body}");
        }
        assert_eq!(ErrorBody::default().detail(), None);
    }

    #[test]
    fn e1_bytes_that_are_no_text_are_told_as_well_as_can_be() {
        assert_eq!(ErrorBody::parse(b"oops \xff").detail().as_deref(), Some("oops \u{fffd}"));
    }
}
