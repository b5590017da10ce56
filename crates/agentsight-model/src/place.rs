//! Where in a document something could not be read.
//!
//! serde's errors say what was wrong and not where. Every row that is decoded adds its own name or index on the way out, so
//! that the error says ``at `results[2].messages[0].id`: invalid type: ...``. Nothing is done unless there is an error.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// How a text begins that says where.
const PLACED: &str = "at `";
/// How the errors begin that serde makes of a value of a wrong shape. Others tell of a document that is no JSON: they
/// must stay what they are, because serde_json tells them apart.
const OF_SHAPE: [&str; 7] = [
    "invalid type: ",
    "invalid value: ",
    "invalid length ",
    "missing field ",
    "unknown field ",
    "unknown variant ",
    "duplicate field ",
];

/// Adds the name of the field in which the value could not be read.
#[cold]
pub(crate) fn in_field<E: Error>(name: &str, error: E) -> E {
    located(name, error)
}

/// A list whose errors say which item could not be read.
#[derive(Debug)]
pub(crate) struct Listed<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<fn() -> T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = Listed<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                loop {
                    match list.next_element() {
                        Ok(Some(item)) => items.push(item),
                        Ok(None) => return Ok(Listed(items)),
                        Err(error) => return Err(in_item(items.len(), error)),
                    }
                }
            }
        }

        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

#[cold]
fn in_item<E: Error>(index: usize, error: E) -> E {
    located(&format!("[{index}]"), error)
}

/// The error with `step` in front of the place that it has.
fn located<E: Error>(step: &str, error: E) -> E {
    let text = error.to_string();
    if let Some(rest) = text.strip_prefix(PLACED) {
        let dot = if rest.starts_with('[') { "" } else { "." };
        E::custom(format_args!("{PLACED}{step}{dot}{rest}"))
    } else if OF_SHAPE.iter().any(|beginning| text.starts_with(beginning)) {
        E::custom(format_args!("{PLACED}{step}`: {text}"))
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Conversation, Me, Page};

    fn place(document: &str) -> Option<String> {
        let error = serde_json::from_str::<Page<Conversation>>(document).err()?.to_string();
        let place = error.strip_prefix("at `")?.split_once('`')?.0;
        Some(place.to_owned())
    }

    fn page(row: &str) -> String {
        format!(
            r#"{{"count": 2, "results": [{{"id": 1, "conversation_id": "a"}}, {{"id": 2, "conversation_id": "b", {row}}}]}}"#
        )
    }

    #[test]
    fn r22_an_error_says_where_it_is() {
        for (row, expected) in [
            (r#""device": 7"#, "results[1].device"),
            (r#""messages": {}"#, "results[1].messages"),
            (r#""messages": [7]"#, "results[1].messages[0]"),
            (r#""messages": [{"id": "seven"}]"#, "results[1].messages[0].id"),
            (r#""messages": [{"id": 1}]"#, "results[1].messages[0]"),
            (r#""started_at": "yesterday""#, "results[1].started_at"),
            (
                r#""feedbacks": [{"id": 1, "sentiment": "neutral", "created_at": 7}]"#,
                "results[1].feedbacks[0].created_at",
            ),
            (
                r#""messages": [{"id": 1, "timestamp": "2026-01-01T00:00:00Z", "sender": "agent", "content": "",
                    "action_logs": [{"id": 3, "duration_ms": true}]}]"#,
                "results[1].messages[0].action_logs[0].duration_ms",
            ),
        ] {
            assert_eq!(place(&page(row)).as_deref(), Some(expected), "{row}");
        }
        assert_eq!(place(r#"{"count": -1}"#).as_deref(), Some("count"));
        let error = serde_json::from_value::<Me>(json!({"agent_id": 1, "environments": ["a", 7]})).map(drop);
        assert!(error.is_err_and(|error| error.to_string().starts_with("at `environments[1]`: invalid type: ")));
    }

    #[test]
    fn r22_an_error_with_its_place_keeps_line_column_and_reason() {
        let error = serde_json::from_str::<Conversation>("{\"id\": 1,\n\"name\": 7}").map(drop).expect_err("no text");
        assert!(error.is_data());
        assert_eq!(error.line(), 2);
        let text = error.to_string();
        assert!(text.starts_with("at `name`: invalid type: integer `7`, expected a string at line 2"), "{text}");
        assert_eq!(text.matches(" at line ").count(), 1, "{text}");
    }

    #[test]
    fn r22_a_document_that_is_no_json_stays_one() {
        let whole = page(r#""messages": [{"id": 1, "metadata": {"a": [1, 2]}}]"#);
        for length in 1..whole.len() {
            let cut = serde_json::from_str::<Page<Conversation>>(&whole[..length]).map(drop);
            assert!(cut.is_err_and(|error| error.is_eof() || error.is_data()), "{}", &whole[..length]);
        }
        let cut = &whole[..whole.find("metadata").expect("it is there") + 14];
        assert!(serde_json::from_str::<Page<Conversation>>(cut).is_err_and(|error| error.is_eof()), "{cut}");
        let broken = whole.replace("[1, 2]", "[1 2]");
        assert!(serde_json::from_str::<Page<Conversation>>(&broken).is_err_and(|error| error.is_syntax()));
    }
}
