//! Numbers of rows in requests, which some clients send as text.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// Reads a number, a decimal text or `null`. A text that is no number, such as the `"None"` of Python clients, is unset.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    // Through `Value`, which also reads the numbers of serde_json's `arbitrary_precision`.
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(text.trim().parse().ok()),
        Value::Number(number) if number.is_u64() => Ok(number.as_u64()),
        _ => Err(D::Error::custom("expected the number of a row, a decimal text or null")),
    }
}
