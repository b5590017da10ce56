//! Rows and items for the tests of this module, and rows as the service writes them.

use agentsight_model::{Sender, Timestamp};
use chrono::DateTime;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::identity::{Sought, SoughtKind};
use super::row::{Row, ShownButton, Shows};
use super::token_counters::TokenCounters;
use super::transcript::Transcript;

pub(crate) fn text_row(id: u64, stamp: i64, sender: Sender, content: &str) -> Row {
    let (content, sizes) = (content.to_owned(), Vec::new());
    Row { id, stamp: Some(stamp), sender: Some(sender), shows: Shows::Text, content, sizes }
}

pub(crate) fn files_row(id: u64, stamp: i64, sizes: &[Option<u64>]) -> Row {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    Row { sizes, ..text_row(id, stamp, Sender::EndUser, "[Attachments]") }
}

pub(crate) fn action_row(id: u64, stamp: i64, name: &str, counters: &Value) -> Row {
    let counters = counters.as_object().map_or_else(TokenCounters::default, TokenCounters::of);
    let shows = Shows::Action { name: name.to_owned(), counters };
    Row { shows, ..text_row(id, stamp, Sender::Agent, &format!("Action {name} performed")) }
}

pub(crate) fn button_row(id: u64, stamp: i64, [event, label, value]: [Option<&str>; 3]) -> Row {
    let [event, label, value] = [event, label, value].map(|text| text.map(str::to_owned));
    let shows = Shows::Button(ShownButton { event, label, value });
    Row { shows, ..text_row(id, stamp, Sender::EndUser, "clicked") }
}

pub(crate) fn transcript(rows: impl IntoIterator<Item = Row>) -> Transcript {
    let rows: Vec<Row> = rows.into_iter().collect();
    let lowest = rows.iter().map(|row| row.id).min();
    let ids = lowest.zip(rows.iter().map(|row| row.id).max()).map(|(lowest, highest)| lowest..=highest);
    Transcript { id: Some(1), conversation_id: Some("c".to_owned()), ids, rows, lacks_ids: false }
}

impl<'a> Sought<'a> {
    /// An item with an automatic stamp that may be any message of the conversation.
    pub(crate) fn at(stamp: i64, what: SoughtKind<'a>) -> Self {
        Self { what, stamp, is_explicit: false, floor: None }
    }

    pub(crate) fn question(stamp: i64, content: &'a str) -> Self {
        Self::at(stamp, SoughtKind::Message { sender: &Sender::EndUser, content })
    }

    pub(crate) fn explicit(self) -> Self {
        Self { is_explicit: true, ..self }
    }

    pub(crate) fn above(self, floor: u64) -> Self {
        Self { floor: Some(floor), ..self }
    }
}

/// The row as the service writes it; action rows show no counters.
pub(crate) fn written(row: &Row) -> Value {
    let mut value = json!({
        "action_logs": [], "action_name": null, "button": null, "content": row.content, "conversation": 1,
        "feedback": null, "id": row.id, "metadata": null,
        "sender": row.sender.as_ref().map(Sender::as_str),
        "attachments": row.sizes.iter().map(|size| json!({"id": 1, "filename": "a_b.txt", "size_bytes": size}))
            .collect::<Vec<_>>(),
    });
    if let Some(instant) = row.stamp.and_then(DateTime::from_timestamp_micros) {
        value["timestamp"] = json!(Timestamp::from(instant));
    }
    match &row.shows {
        Shows::Text | Shows::Other => {}
        Shows::Action { name, .. } => value["action_name"] = json!(name),
        Shows::Button(button) => {
            value["button"] =
                json!({"id": 3, "button_event": button.event, "label": button.label, "value": button.value});
        }
    }
    value
}

/// An answer with these messages.
pub(crate) fn body(messages: &[Value]) -> Vec<u8> {
    json!({"id": 1, "conversation_id": "c", "messages": messages}).to_string().into_bytes()
}

/// An item with everything that it is made of.
#[derive(Debug, Clone)]
pub(crate) struct OwnedSought {
    pub kind: usize,
    pub sender: Sender,
    pub text: &'static str,
    pub sizes: Vec<u64>,
    pub message: Option<u64>,
    pub stamp: i64,
    pub is_explicit: bool,
    pub floor: Option<u64>,
    pub metadata: Map<String, Value>,
}

impl OwnedSought {
    pub(crate) fn borrow(&self) -> Sought<'_> {
        let what = match self.kind {
            0 => SoughtKind::Message { sender: &self.sender, content: self.text },
            1 => SoughtKind::Action { name: self.text, metadata: &self.metadata },
            2 => SoughtKind::Button { event: self.text, label: self.text, value: self.text },
            _ => SoughtKind::Files { sender: &self.sender, sizes: self.sizes.clone(), message: self.message },
        };
        Sought { what, stamp: self.stamp, is_explicit: self.is_explicit, floor: self.floor }
    }

    /// The row that shows this item.
    pub(crate) fn row(&self, id: u64) -> Row {
        match self.kind {
            0 => text_row(id, self.stamp, self.sender.clone(), self.text),
            1 => action_row(id, self.stamp, self.text, &Value::Null),
            2 => button_row(id, self.stamp, [Some(self.text); 3]),
            _ => {
                let sizes: Vec<_> = self.sizes.iter().copied().map(Some).collect();
                Row { sender: Some(self.sender.clone()), ..files_row(id, self.stamp, &sizes) }
            }
        }
    }
}

/// Items of few words, times and ids, so that they are often alike.
pub(crate) fn sought() -> impl Strategy<Value = OwnedSought> {
    let content = (0..4usize, sender(), select(vec!["a", "b", "token_usage"]), sizes(), proptest::option::of(1..9u64));
    (content, 0..4i64, any::<bool>(), proptest::option::of(0..12u64)).prop_map(
        |((kind, sender, text, sizes, message), stamp, is_explicit, floor)| OwnedSought {
            kind,
            sender,
            text,
            sizes,
            message,
            stamp,
            is_explicit,
            floor,
            metadata: Map::new(),
        },
    )
}

/// Rows of few words and times under ids of their own, in any order.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let rows = proptest::collection::vec(sought(), 0..12)
        .prop_map(|items| (1..).zip(items).map(|(id, item)| item.row(id)).collect::<Vec<_>>());
    rows.prop_shuffle()
}

fn sender() -> impl Strategy<Value = Sender> {
    select(vec![Sender::EndUser, Sender::Agent])
}

fn sizes() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(1..3u64, 1..3)
}
