//! The free-form metadata of rows that were read.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The metadata of a row: an object, or a text that holds one.
///
/// Early clients stored the object as text. Both read the same here and are written back as they came (R22); anything
/// else is kept too, and [`as_map`](Self::as_map) is `None` for it.
///
/// ```
/// use agentsight_model::Metadata;
/// use serde_json::json;
///
/// for value in [json!({"tier": "premium"}), json!("{\"tier\": \"premium\"}")] {
///     assert_eq!(Metadata::from(value).get("tier"), Some(&json!("premium")));
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    written: Value,
    /// What `written` holds, when it is a text that holds an object.
    unpacked: Option<Map<String, Value>>,
}

impl Metadata {
    /// The value of a key; `None` when the key is absent or there is no object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// The object, whether it came as one or inside a text.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map<String, Value>> {
        match &self.written {
            Value::Object(map) => Some(map),
            _ => self.unpacked.as_ref(),
        }
    }

    /// The value as it came and as it will be written.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.written
    }
}

impl From<Map<String, Value>> for Metadata {
    fn from(map: Map<String, Value>) -> Self {
        Self { written: Value::Object(map), unpacked: None }
    }
}

impl From<Value> for Metadata {
    fn from(written: Value) -> Self {
        let unpacked = match &written {
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        };
        Self { written, unpacked }
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r22_an_object_inside_a_text_reads_like_an_object_and_stays_text() -> Result<(), serde_json::Error> {
        let written = json!(r#"{"a": {"b": 1}}"#);
        let metadata: Metadata = serde_json::from_value(written.clone())?;
        assert_eq!(metadata.get("a"), Some(&json!({"b": 1})));
        assert_eq!(serde_json::to_value(&metadata)?, written);
        Ok(())
    }

    #[test]
    fn r22_anything_else_is_kept_and_holds_no_object() -> Result<(), serde_json::Error> {
        for written in [json!("text"), json!("[1]"), json!("7"), json!(""), json!([{"a": 1}]), json!(7), json!(true)] {
            let metadata: Metadata = serde_json::from_value(written.clone())?;
            assert_eq!((metadata.as_map(), metadata.get("a")), (None, None), "{written}");
            assert_eq!(metadata.as_value(), &written);
            assert_eq!(serde_json::to_value(&metadata)?, written);
        }
        Ok(())
    }
}
