use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::rows::ConversationRow;

/// The most keys or values that are answered (wire: 1.10).
const MOST: usize = 200;

/// `GET /api/conversations/metadata-keys/`: dotted paths for nested keys (wire: 1.10).
pub(crate) fn conversation_keys(call: &mut Call<'_>) -> Handled {
    Ok(keys(visible(call).filter_map(|row| row.metadata())))
}

/// `GET /api/conversations/message-metadata-keys/` (wire: 1.10).
pub(crate) fn message_keys(call: &mut Call<'_>) -> Handled {
    let messages = visible(call).flat_map(|row| call.state.transcript(row));
    Ok(keys(messages.filter_map(|message| message.metadata.as_ref())))
}

/// `GET /api/conversations/metadata-values/?key=`: the distinct scalars at that path (wire: 1.10).
pub(crate) fn conversation_values(call: &mut Call<'_>) -> Handled {
    let key = call.query.get("key").ok_or_else(|| Refusal::field("key", "This field is required."))?;
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for metadata in visible(call).filter_map(|row| row.metadata()) {
        each_leaf(metadata, "", &mut |path, value| {
            if path == key && !value.is_array() {
                values.insert(value.to_string(), value.clone());
            }
        });
    }
    let values: Value = values.into_values().take(MOST).collect();
    Ok(Answer::ok(&json!({ "key": key, "values": values })))
}

fn visible<'a>(call: &'a Call<'_>) -> impl Iterator<Item = &'a ConversationRow> {
    call.state.conversations_of(call.caller.agent).filter(|row| !row.is_deleted())
}

fn keys<'a>(documents: impl Iterator<Item = &'a Map<String, Value>>) -> Answer {
    let mut keys = BTreeSet::new();
    for document in documents {
        each_leaf(document, "", &mut |path, _| {
            keys.insert(path.to_owned());
        });
    }
    Answer::ok(&json!({ "keys": keys.into_iter().take(MOST).collect::<Vec<_>>() }))
}

/// Calls `leaf` with the dotted path of every value that is not an object. As deep as the parser allowed.
fn each_leaf(object: &Map<String, Value>, prefix: &str, leaf: &mut impl FnMut(&str, &Value)) {
    for (key, value) in object {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Object(inner) => each_leaf(inner, &path, leaf),
            value => leaf(&path, value),
        }
    }
}
