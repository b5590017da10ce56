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

    /// Sets a key and returns the value that it had.
    ///
    /// A change makes an object of a text that holds one, and replaces by an object what holds none.
    ///
    /// ```
    /// use agentsight_model::Metadata;
    /// use serde_json::json;
    ///
    /// let mut metadata = Metadata::from(json!("{\"tier\": \"free\", \"visits\": 3}"));
    /// assert_eq!(metadata.insert("tier", "premium"), Some(json!("free")));
    /// assert_eq!(metadata.remove("visits"), Some(json!(3)));
    /// for (_, value) in metadata.iter_mut() {
    ///     *value = json!("gold");
    /// }
    /// assert_eq!(metadata.as_value(), &json!({"tier": "gold"}));
    /// ```
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let mut map = self.take_map().unwrap_or_default();
        let before = map.insert(key.into(), value.into());
        self.written = Value::Object(map);
        before
    }

    /// Removes a key and returns the value that it had. Without the key nothing changes.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.get(key)?;
        let mut map = self.take_map()?;
        let removed = map.remove(key);
        self.written = Value::Object(map);
        removed
    }

    /// Every key with its value, to be changed; nothing where there is no object. A text that holds an object becomes
    /// that object.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        if let Some(map) = self.unpacked.take() {
            self.written = Value::Object(map);
        }
        let map = self.written.as_object_mut();
        map.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    /// The object, which is written anew afterwards.
    fn take_map(&mut self) -> Option<Map<String, Value>> {
        match (self.unpacked.take(), &mut self.written) {
            (Some(map), _) => Some(map),
            (None, Value::Object(map)) => Some(std::mem::take(map)),
            _ => None,
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
    fn r22_only_a_change_makes_an_object_of_a_text() {
        let text = json!(r#"{"a": 1}"#);
        let mut metadata = Metadata::from(text.clone());
        assert_eq!(metadata.remove("b"), None);
        assert_eq!(metadata.as_value(), &text);
        assert_eq!(metadata.remove("a"), Some(json!(1)));
        assert_eq!(metadata.as_value(), &json!({}));
        assert_eq!(
            Metadata::from(text).iter_mut().map(|(key, value)| (key.to_owned(), value.take())).next(),
            Some(("a".to_owned(), json!(1)))
        );

        let mut odd = Metadata::from(json!(7));
        assert_eq!((odd.remove("a"), odd.iter_mut().count()), (None, 0));
        assert_eq!(odd.as_value(), &json!(7));
        assert_eq!(odd.insert("a", 1), None);
        assert_eq!((odd.as_value(), odd.get("a")), (&json!({"a": 1}), Some(&json!(1))));
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
