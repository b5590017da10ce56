use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::nesting::{DEEPEST, is_too_deep};
use super::timestamp;
use crate::FakeOptions;

/// The longest short text: ids, names and every other one-line field (wire: part 3, 28).
pub(crate) const SHORT_TEXT: usize = 255;
/// The longest comment (wire: 1.14).
pub(crate) const COMMENT: usize = 5_000;

/// The words of a sentiment.
pub(crate) const SENTIMENTS: &[&str] = &["positive", "neutral", "negative"];

const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
pub(crate) const NO_INTEGER: &str = "A valid integer is required.";
const NO_NUL: &str = "Null characters are not allowed.";

/// The fields of a JSON body, read one after another; every problem is kept, so that one 400 names them all.
///
/// Each reader returns `None` for a field that is absent, null or wrong; [`finish`](Self::finish) tells these apart.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    body: &'a Map<String, Value>,
    options: &'a FakeOptions,
    problems: BTreeMap<String, Vec<String>>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(body: &'a Map<String, Value>, options: &'a FakeOptions) -> Self {
        Self { body, options, problems: BTreeMap::new() }
    }

    pub(crate) fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.problems.entry(field.to_owned()).or_default().push(message.into());
    }

    /// What was read, or every problem that was met. `read` collects the required values: none is missing unless a
    /// problem was noted for it.
    pub(crate) fn finish<T>(self, read: impl FnOnce() -> Option<T>) -> Result<T, Problems> {
        match read() {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(Problems(self.problems)),
        }
    }

    /// A field as it came.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name)
    }

    fn present(&mut self, name: &str, required: bool) -> Option<&'a Value> {
        match self.body.get(name) {
            None if required => self.problem(name, REQUIRED),
            Some(Value::Null) if required => self.problem(name, NULL),
            None | Some(Value::Null) => {}
            Some(value) => return Some(value),
        }
        None
    }

    /// A text that has to be there and has to say something.
    pub(crate) fn required_text(&mut self, name: &str, limit: Option<usize>) -> Option<String> {
        let value = self.present(name, true)?;
        let text = self.text(name, value, limit)?;
        if text.trim().is_empty() {
            self.problem(name, BLANK);
            return None;
        }
        Some(text)
    }

    /// A text that may be absent, null or empty.
    pub(crate) fn optional_text(&mut self, name: &str, limit: Option<usize>) -> Option<String> {
        let value = self.present(name, false)?;
        self.text(name, value, limit)
    }

    fn text(&mut self, name: &str, value: &Value, limit: Option<usize>) -> Option<String> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => {
                self.problem(name, "Not a valid string.");
                return None;
            }
        };
        let text = if self.options.trim_text { text.trim().to_owned() } else { text };
        if let Some(limit) = limit.filter(|limit| text.chars().count() > *limit) {
            self.problem(name, format!("Ensure this field has no more than {limit} characters."));
            return None;
        }
        if text.contains('\0') {
            self.problem(name, NO_NUL);
            return None;
        }
        Some(text)
    }

    pub(crate) fn required_bool(&mut self, name: &str) -> Option<bool> {
        let value = self.present(name, true)?;
        self.bool(name, value)
    }

    pub(crate) fn optional_bool(&mut self, name: &str) -> Option<bool> {
        let value = self.present(name, false)?;
        self.bool(name, value)
    }

    fn bool(&mut self, name: &str, value: &Value) -> Option<bool> {
        let read = match value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => read_bool(text),
            Value::Number(number) => match number.as_u64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => None,
        };
        if read.is_none() {
            self.problem(name, "Must be a valid boolean.");
        }
        read
    }

    /// The number of a row, as a number or as text; empty text counts as absent (wire: 1.12, `message`).
    pub(crate) fn optional_row(&mut self, name: &str) -> Option<u64> {
        let value = self.present(name, false)?;
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return None;
        }
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        if number.is_none() {
            self.problem(name, NO_INTEGER);
        }
        number
    }

    /// The number of a row that has to be there.
    pub(crate) fn required_row(&mut self, name: &str) -> Option<u64> {
        self.present(name, true)?;
        let number = self.optional_row(name);
        if number.is_none() && !self.problems.contains_key(name) {
            self.problem(name, NULL);
        }
        number
    }

    /// A word of letters, digits, hyphens and underscores, which may be absent or null.
    pub(crate) fn optional_slug(&mut self, name: &str, limit: usize) -> Option<String> {
        let slug = self.optional_text(name, Some(limit))?;
        if slug.is_empty() {
            self.problem(name, BLANK);
            return None;
        }
        let is_slug = slug.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
        if !is_slug {
            self.problem(name, "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.");
        }
        is_slug.then_some(slug)
    }

    pub(crate) fn optional_time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let value = self.present(name, false)?;
        self.time(name, value)
    }

    pub(crate) fn required_time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let value = self.present(name, true)?;
        self.time(name, value)
    }

    fn time(&mut self, name: &str, value: &Value) -> Option<DateTime<Utc>> {
        let time = value.as_str().and_then(timestamp::read);
        if time.is_none() {
            self.problem(name, timestamp::WRONG_FORMAT);
        }
        time.map(|time| self.options.timestamp_precision.cut(time))
    }

    /// An address in its usual spelling.
    pub(crate) fn optional_address(&mut self, name: &str) -> Option<String> {
        let value = self.present(name, false)?;
        let address = value.as_str().and_then(|text| text.trim().parse::<IpAddr>().ok());
        if address.is_none() {
            self.problem(name, "Enter a valid IPv4 or IPv6 address.");
        }
        address.map(|address| address.to_string())
    }

    /// An object that may be absent or null, and not too deep; an object that came as text counts as one.
    pub(crate) fn optional_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        let value = self.present(name, false)?;
        let object = match value {
            Value::Object(object) => Some(object.clone()),
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        };
        let Some(object) = object else {
            self.problem(name, format!("Expected a dictionary of items but got type \"{}\".", kind(value)));
            return None;
        };
        if object.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)) {
            self.problem(name, NO_NUL);
            return None;
        }
        if is_too_deep(&object) {
            self.problem(name, format!("Ensure this field has no more than {DEEPEST} levels of nesting."));
            return None;
        }
        Some(object)
    }

    /// Metadata: an object, within the limit where there is one.
    pub(crate) fn metadata(&mut self) -> Option<Map<String, Value>> {
        let object = self.optional_object("metadata")?;
        if let Some(limit) = self.options.metadata_limit.filter(|limit| json!(object).to_string().len() > *limit) {
            self.problem("metadata", format!("Ensure this field has no more than {limit} bytes."));
            return None;
        }
        Some(object)
    }

    /// One of the agent's environments, by its slug or the usual short form (wire: 1.8).
    pub(crate) fn environment(&mut self) -> Option<String> {
        let text = self.optional_text("environment", Some(SHORT_TEXT))?;
        let environment = self.options.find_environment(&text);
        if environment.is_none() {
            self.problem("environment", format!("Unknown environment: '{}'.", text.trim()));
        }
        environment
    }

    /// One of a few words.
    pub(crate) fn choice(&mut self, name: &str, required: bool, choices: &[&str]) -> Option<String> {
        let value = self.present(name, required)?;
        let chosen = value.as_str().filter(|text| choices.contains(text)).map(str::to_owned);
        if chosen.is_none() {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.problem(name, format!("\"{shown}\" is not a valid choice."));
        }
        chosen
    }

    /// A number that JSON can write; text that holds one counts as one.
    pub(crate) fn optional_number(&mut self, name: &str) -> Option<serde_json::Number> {
        let value = self.present(name, false)?;
        let number = match value {
            Value::Number(number) => Some(number.clone()),
            Value::String(text) => serde_json::from_str(text.trim()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.problem(name, "A valid number is required.");
        }
        number
    }
}

/// The fields that were wrong, and what was wrong with them. As a [`Refusal`] it is the usual field map.
#[derive(Debug)]
pub(crate) struct Problems(BTreeMap<String, Vec<String>>);

impl Problems {
    /// The first problem as `{"error": ..}`, the shape of the attachments and buttons views (wire: 1.5).
    pub(crate) fn into_error(self) -> Refusal {
        let first = self.0.into_iter().next().map(|(field, messages)| format!("{field}: {}", messages.join(" ")));
        Refusal::error(StatusCode::BAD_REQUEST, first.unwrap_or_default())
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self::json(StatusCode::BAD_REQUEST, &json!(problems.0))
    }
}

/// The words that stand for a truth value, in any case.
pub(crate) fn read_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// What the service calls the type of a JSON value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// Recursion is bounded: a value that came as JSON text is no deeper than its parser allows.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
