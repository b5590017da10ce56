//! What a create answers with.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

/// What a create answers with, read as tolerantly as can be (wire: part 3, questions 1 and 2).
///
/// Only the two numbers are looked at. A number that is none (text, negative, too large) stays in
/// [`extra`](Self#structfield.extra) with everything else, so that decoding fails only on what is no object.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Created {
    /// The service's number of what was created.
    pub id: Option<u64>,
    /// The number of the message that it belongs to.
    pub message: Option<u64>,
    /// Everything else, as it came.
    pub extra: Map<String, Value>,
}

impl Created {
    /// An answer with the number of what was created.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    /// Sets [`message`](Self#structfield.message).
    #[must_use]
    pub const fn with_message(mut self, message: u64) -> Self {
        self.message = Some(message);
        self
    }

    /// Adds a field to [`extra`](Self#structfield.extra).
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

impl From<Map<String, Value>> for Created {
    fn from(mut extra: Map<String, Value>) -> Self {
        let mut take_number = |name: &str| {
            let number = extra.get(name).and_then(Value::as_u64)?;
            extra.remove(name);
            Some(number)
        };
        let (id, message) = (take_number("id"), take_number("message"));
        Self { id, message, extra }
    }
}

impl Serialize for Created {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let numbers = [("id", self.id), ("message", self.message)];
        let mut map = serializer.serialize_map(None)?;
        for (name, number) in numbers {
            if let Some(number) = number {
                map.serialize_entry(name, &number)?;
            }
        }
        for (name, value) in &self.extra {
            if !numbers.iter().any(|(taken, number)| taken == name && number.is_some()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Created {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r15_a_number_that_is_none_is_kept_and_counts_as_missing() -> Result<(), serde_json::Error> {
        for id in [json!("42"), json!(-1), json!(1.5), json!(null), json!({})] {
            let answer = json!({"id": id, "message": 7, "ok": true});
            let created: Created = serde_json::from_value(answer.clone())?;
            assert_eq!((created.id, created.message), (None, Some(7)), "{answer}");
            assert_eq!(serde_json::to_value(&created)?, answer);
        }
        Ok(())
    }

    #[test]
    fn r15_an_empty_object_is_an_answer() -> Result<(), serde_json::Error> {
        assert_eq!(serde_json::from_str::<Created>("{}")?, Created::default());
        Ok(())
    }

    #[test]
    fn an_extra_field_of_a_known_name_does_not_repeat_the_key() -> Result<(), serde_json::Error> {
        let created = Created::new(1).with_extra("id", 2).with_message(3).with_extra("note", "n");
        assert_eq!(serde_json::to_string(&created)?, r#"{"id":1,"message":3,"note":"n"}"#);
        Ok(())
    }
}
