//! The answer to a create, as it is kept for the report.

use std::fmt;

use serde_json::{Map, Value};

/// The longest answer that a report shows, in bytes (R23).
const LONGEST: usize = 16 * 1024;

/// The answer to a create, kept as text until the report is made; a longer one than 16 KiB is not kept (R23).
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct KeptAnswer(Box<[u8]>);

impl KeptAnswer {
    /// Keeps a copy: the body of an answer may hold on to a transport's whole buffer.
    pub(crate) fn new(body: &[u8]) -> Self {
        Self(if body.len() > LONGEST { Box::default() } else { body.into() })
    }

    /// What the report shows: the answer, or an empty object if there is none that can be shown.
    pub(crate) fn into_value(self) -> Value {
        serde_json::from_slice(&self.0).unwrap_or_else(|_| Value::Object(Map::new()))
    }
}

/// Keeps a row that was found by reading the conversation back.
impl From<&Value> for KeptAnswer {
    fn from(row: &Value) -> Self {
        Self::new(row.to_string().as_bytes())
    }
}

/// Shows the length only: an answer may repeat message content.
impl fmt::Debug for KeptAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeptAnswer({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r23_an_answer_is_kept_up_to_16_kib() {
        let of_length = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
        let longest = KeptAnswer::new(of_length(16_384).as_bytes()).into_value();
        assert_eq!(longest.as_str().map(str::len), Some(16_382));
        assert_eq!(KeptAnswer::new(of_length(16_385).as_bytes()).into_value(), json!({}));
        for nothing in ["", "<html>"] {
            assert_eq!(KeptAnswer::new(nothing.as_bytes()).into_value(), json!({}));
        }
        assert_eq!(KeptAnswer::from(&json!({"id": 7})).into_value(), json!({"id": 7}));
    }

    #[test]
    fn e3_formatting_never_shows_content() {
        assert_eq!(format!("{:?}", KeptAnswer::new(b"\"secret\"")), "KeptAnswer(8 bytes)");
    }
}
