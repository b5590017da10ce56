//! Rows as the service could write them, generated as JSON.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The value without the keys of objects that are `null`: encoding may drop those (R22).
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// Any JSON of moderate depth. Fractions are decimal, so that every parser reads them alike.
pub(crate) fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_000_i32..1_000_000).prop_map(|thousandths| json!(f64::from(thousandths) / 1000.0)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
    .boxed()
}

/// A text that is on the list, or any other.
fn word(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop_oneof![3 => prop::sample::select(words).prop_map(Value::from), 1 => text()].boxed()
}

fn text() -> BoxedStrategy<Value> {
    ".{0,20}".prop_map(Value::from).boxed()
}

fn number() -> BoxedStrategy<Value> {
    any::<u64>().prop_map(Value::from).boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::from).boxed()
}

/// An instant as the service spells it.
fn time() -> BoxedStrategy<Value> {
    (0_i64..253_402_300_800, prop_oneof![Just(0_u32), 1_u32..1_000_000])
        .prop_filter_map("every second up to the year 9999 is an instant", |(seconds, microseconds)| {
            let instant = chrono::DateTime::from_timestamp(seconds, microseconds * 1000)?;
            let format = if microseconds == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
            Some(Value::from(instant.format(format).to_string()))
        })
        .boxed()
}

/// An integer, a fraction or a decimal text.
fn numeric() -> BoxedStrategy<Value> {
    prop_oneof![
        number(),
        (0_i32..1_000_000).prop_map(|thousandths| json!(f64::from(thousandths) / 1000.0)),
        (0_i32..1_000_000).prop_map(|thousandths| json!(format!("{:.3}", f64::from(thousandths) / 1000.0))),
    ]
    .boxed()
}

/// An object, a text that holds one, or something else.
fn metadata() -> BoxedStrategy<Value> {
    prop_oneof![
        any_json(),
        prop::collection::btree_map(".{0,8}", any_json(), 0..4)
            .prop_map(|map| Value::from(Value::Object(map.into_iter().collect()).to_string())),
    ]
    .boxed()
}

fn list_of(row: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(row, 0..3).prop_map(Value::from).boxed()
}

/// A row: all of `required`, any of `optional` (present, null or absent), and fields that nobody knows.
fn row(
    required: Vec<(&'static str, BoxedStrategy<Value>)>,
    optional: Vec<(&'static str, BoxedStrategy<Value>)>,
) -> BoxedStrategy<Value> {
    let optional: Vec<_> = optional
        .into_iter()
        .map(|(name, value)| {
            let presence = prop_oneof![3 => value.prop_map(Some), 1 => Just(Some(Value::Null)), 1 => Just(None)];
            (Just(name), presence)
        })
        .collect();
    let required: Vec<_> = required.into_iter().map(|(name, value)| (Just(name), value)).collect();
    let unknown = prop::collection::btree_map("x_[a-z]{1,6}", any_json(), 0..3);
    (required, optional, unknown)
        .prop_map(|(required, optional, unknown)| {
            let mut row: Map<String, Value> = unknown.into_iter().collect();
            row.extend(required.into_iter().map(|(name, value)| (name.to_owned(), value)));
            row.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            Value::Object(row)
        })
        .boxed()
}

pub(crate) fn action_log() -> BoxedStrategy<Value> {
    row(
        vec![("id", number())],
        vec![
            ("action", number()),
            ("message", number()),
            ("started_at", time()),
            ("ended_at", time()),
            ("duration_ms", numeric()),
            ("tools_used", any_json()),
            ("response", text()),
            ("error_message", text()),
            ("metadata", metadata()),
        ],
    )
}

pub(crate) fn attachment() -> BoxedStrategy<Value> {
    row(
        vec![("id", number())],
        vec![
            ("message", number()),
            ("type", word(&["image", "document", "text", "audio", "video"])),
            ("filename", text()),
            ("mime_type", text()),
            ("size_bytes", number()),
            ("file_url", text()),
        ],
    )
}

pub(crate) fn feedback() -> BoxedStrategy<Value> {
    row(
        vec![("id", number()), ("sentiment", word(&["positive", "neutral", "negative"]))],
        vec![
            ("kind", word(&["conversation", "agent", "message", "product"])),
            ("agent", number()),
            ("conversation", number()),
            ("conversation_id", text()),
            ("message", number()),
            ("user", any_json()),
            ("source", word(&["customer", "platform"])),
            ("environment", word(&["production", "development", "prod", "DEV"])),
            ("environment_id", number()),
            ("category", text()),
            ("topic", text()),
            ("reason", text()),
            ("comment", text()),
            ("metadata", metadata()),
            ("created_at", time()),
        ],
    )
}

pub(crate) fn message() -> BoxedStrategy<Value> {
    let button = row(
        vec![],
        vec![
            ("id", number()),
            ("message", number()),
            ("button_event", text()),
            ("label", text()),
            ("value", text()),
            ("timestamp", time()),
            ("metadata", metadata()),
        ],
    );
    row(
        vec![
            ("id", number()),
            ("timestamp", time()),
            ("sender", word(&["end_user", "agent", "system"])),
            ("content", text()),
        ],
        vec![
            ("conversation", number()),
            ("action_name", text()),
            ("metadata", metadata()),
            ("button", button),
            ("feedback", any_json()),
            ("attachments", list_of(attachment())),
            ("action_logs", list_of(action_log())),
        ],
    )
}

pub(crate) fn conversation() -> BoxedStrategy<Value> {
    let geo_location =
        row(vec![], vec![("ip_address", text()), ("city", text()), ("country", text()), ("timezone_name", text())]);
    row(
        vec![("id", number()), ("conversation_id", text())],
        vec![
            ("agent", number()),
            ("name", text()),
            ("customer_id", text()),
            ("customer_ip_address", text()),
            ("device", word(&["desktop", "mobile", "tablet", "Mobile"])),
            ("language", text()),
            ("environment", word(&["production", "development", "prod", " dev "])),
            ("environment_id", number()),
            ("metadata", metadata()),
            ("started_at", time()),
            ("ended_at", time()),
            ("deleted_at", time()),
            ("message_count", number()),
            ("feedback_count", number()),
            ("is_marked", flag()),
            ("is_used", flag()),
            ("is_deleted", flag()),
            ("geo_location", geo_location),
            ("messages", list_of(message())),
            ("feedbacks", list_of(feedback())),
        ],
    )
}

pub(crate) fn page_of(results: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    row(
        vec![("count", number()), ("results", list_of(results))],
        vec![
            ("next", text()),
            ("previous", text()),
            ("page_size", number()),
            ("total_pages", number()),
            ("current_page", number()),
        ],
    )
}

pub(crate) fn conversation_attachments() -> BoxedStrategy<Value> {
    let message = row(
        vec![],
        vec![
            ("id", number()),
            ("message_id", number()),
            ("sender", word(&["end_user", "agent"])),
            ("timestamp", time()),
            ("attachments", list_of(attachment())),
        ],
    );
    row(
        vec![("conversation_id", text())],
        vec![
            ("id", number()),
            ("conversation", number()),
            ("total_attachments", number()),
            ("attachment_count", number()),
            ("messages", list_of(message)),
            ("attachments", list_of(attachment())),
        ],
    )
}

pub(crate) fn me() -> BoxedStrategy<Value> {
    let environment = row(
        vec![("slug", word(&["production", "development"]))],
        vec![
            ("id", number()),
            ("name", text()),
            ("is_production", flag()),
            ("created_at", time()),
            ("updated_at", time()),
        ],
    );
    row(
        vec![("agent_id", number())],
        vec![
            ("agent_name", text()),
            ("role", word(&["read", "write"])),
            ("capabilities", any_json()),
            ("environments", list_of(prop_oneof![environment, text()].boxed())),
        ],
    )
}

pub(crate) fn updated() -> BoxedStrategy<Value> {
    row(
        vec![("id", number()), ("conversation_id", text())],
        vec![
            ("name", text()),
            ("is_marked", flag()),
            ("customer_id", text()),
            ("device", word(&["desktop", "mobile"])),
            ("language", text()),
            ("metadata", metadata()),
            ("updated_fields", list_of(text())),
        ],
    )
}

/// What every answer to managing has: to each, the fields of the others are unknown ones.
pub(crate) fn managed() -> BoxedStrategy<Value> {
    row(
        vec![
            ("id", number()),
            ("conversation_id", text()),
            ("name", text()),
            ("is_marked", flag()),
            ("is_deleted", flag()),
        ],
        vec![("deleted_at", time())],
    )
}

pub(crate) fn created() -> BoxedStrategy<Value> {
    row(vec![], vec![("id", any_json()), ("message", any_json()), ("attachments", list_of(attachment()))])
}
