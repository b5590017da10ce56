//! What the answer to a create is read for.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The ids in the answer to a create, read without keeping anything else of it (R15, R23).
///
/// Any JSON can be read. An id of another type counts as missing, as in [`Created`](agentsight_model::Created).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CreatedIds {
    /// The id of what was created.
    pub id: Option<u64>,
    /// The id of the message that it belongs to.
    pub message: Option<u64>,
    /// The caller's id of the conversation.
    pub conversation_id: Option<String>,
}

impl<'de> Deserialize<'de> for CreatedIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = CreatedIds;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CreatedIds, A::Error> {
        let mut ids = CreatedIds::default();
        while let Some(name) = map.next_key()? {
            match name {
                Name::Id => ids.id = map.next_value::<Value>()?.as_u64(),
                Name::Message => ids.message = map.next_value::<Value>()?.as_u64(),
                Name::ConversationId => ids.conversation_id = map.next_value::<Value>()?.as_str().map(str::to_owned),
                Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(ids)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CreatedIds, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(CreatedIds::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<CreatedIds, E> {
        Ok(CreatedIds::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<CreatedIds, E> {
        Ok(CreatedIds::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<CreatedIds, E> {
        Ok(CreatedIds::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<CreatedIds, E> {
        Ok(CreatedIds::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<CreatedIds, E> {
        Ok(CreatedIds::default())
    }

    fn visit_unit<E>(self) -> Result<CreatedIds, E> {
        Ok(CreatedIds::default())
    }
}

/// The name of a field, as far as it matters.
enum Name {
    Id,
    Message,
    ConversationId,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyName;

        impl Visitor<'_> for AnyName {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a field")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "id" => Name::Id,
                    "message" => Name::Message,
                    "conversation_id" => Name::ConversationId,
                    _ => Name::Other,
                })
            }
        }

        deserializer.deserialize_identifier(AnyName)
    }
}

#[cfg(test)]
mod tests {
    use agentsight_model::Created;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<CreatedIds> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn r15_any_json_is_read_and_an_id_of_another_type_is_missing() {
        for text in ["null", "true", "7", "-7", "1.5", "1e400", "\"id\"", "[]", "[{\"id\": 1}]", "{}"] {
            let is_json = serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(read(text), is_json.then(CreatedIds::default), "{text}");
        }
        for (id, read_id) in [("42", Some(42)), ("\"42\"", None), ("-1", None), ("1.5", None), ("null", None)] {
            let ids = read(&format!(r#"{{"other": [1, {{"id": 5}}], "id": {id}, "message": 7}}"#)).expect("JSON");
            assert_eq!((ids.id, ids.message), (read_id, Some(7)), "{id}");
        }
        let ids = read(r#"{"id": 1, "conversation_id": "caf\u00e9"}"#).expect("JSON");
        assert_eq!(ids.conversation_id.as_deref(), Some("café"));
        assert_eq!(read(r#"{"conversation_id": 5}"#), Some(CreatedIds::default()));
    }

    #[test]
    fn r15_what_is_no_json_is_an_error() {
        for text in ["", "<html></html>", "{", r#"{"id": 1"#, r#"{"id": 1} more"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn r15_the_ids_are_those_of_the_whole_answer(
            fields in prop::collection::vec(
                (
                    prop_oneof![Just("id"), Just("message"), Just("note")],
                    prop_oneof![Just("null"), Just("\"7\""), Just("18446744073709551615"), Just("18446744073709551616"),
                        Just("-1"), Just("0"), Just("7.0"), Just("[7]"), Just("{\"id\": 7}")],
                ),
                0..6,
            ),
        ) {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            let text = format!("{{{}}}", fields.join(", "));
            let whole: Created = serde_json::from_str(&text).expect("an object");
            let ids = read(&text).expect("an object");
            prop_assert_eq!((ids.id, ids.message), (whole.id, whole.message));
        }
    }
}
