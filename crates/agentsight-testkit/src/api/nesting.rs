use serde_json::{Map, Value};

/// How many levels of objects and lists metadata may have, itself included.
///
/// What is stored is written into answers and snapshots, some levels further down, and has to be read back from there:
/// JSON readers give up on deep documents, this one's at 128 levels.
pub(crate) const DEEPEST: usize = 64;

pub(crate) fn is_too_deep(object: &Map<String, Value>) -> bool {
    let left = DEEPEST - 1;
    object.values().any(|value| is_deeper(value, left))
}

/// It looks no further down than it may go.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let left = levels.checked_sub(1);
    match value {
        Value::Array(items) => left.is_none_or(|left| items.iter().any(|value| is_deeper(value, left))),
        Value::Object(fields) => left.is_none_or(|left| fields.values().any(|value| is_deeper(value, left))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
