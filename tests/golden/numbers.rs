//! The numbers that the recorder gave, and those that the fake service gave in their places.

use std::collections::BTreeMap;

use serde_json::Value;

use super::outcome::items;
use super::request::{Body, Request};

/// What a number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    Conversation,
    Message,
}

/// From the recorder's numbers to the fake's.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeMap<(Row, u64), u64>);

impl Numbers {
    /// Remembers a pair.
    pub(crate) fn learn(&mut self, row: Row, recorded: u64, ours: u64) {
        let before = self.0.insert((row, recorded), ours);
        assert!(before.is_none_or(|before| before == ours), "{row:?} {recorded} is two rows");
    }

    /// Takes the numbers out of two reports of the same send.
    pub(crate) fn learn_from_reports(&mut self, recorded: &Value, ours: &Value) {
        for (recorded, ours) in items(recorded).zip(items(ours)) {
            let row = match recorded["type"].as_str() {
                Some("conversation") => Row::Conversation,
                Some("question" | "answer") => Row::Message,
                _ => continue,
            };
            if let (Some(recorded), Some(ours)) = (recorded["response"]["id"].as_u64(), ours["response"]["id"].as_u64())
            {
                self.learn(row, recorded, ours);
            }
        }
    }

    /// Our number in place of a recorded one.
    pub(crate) fn ours(&self, row: Row, recorded: u64) -> u64 {
        *self.0.get(&(row, recorded)).unwrap_or_else(|| panic!("{row:?} {recorded} was never answered"))
    }

    /// A recorded request with our numbers.
    pub(crate) fn translate(&self, request: &mut Request) {
        let segments = request.path.split('/').map(|segment| match segment.parse() {
            Ok(number) => self.ours(Row::Conversation, number).to_string(),
            Err(_) => segment.to_owned(),
        });
        request.path = segments.collect::<Vec<_>>().join("/");
        if request.body == Body::Nothing {
            return;
        }
        for (name, row) in [("conversation", Row::Conversation), ("message", Row::Message)] {
            match request.field_mut(name) {
                Some(Value::String(text)) => {
                    *text = self.ours(row, text.parse().expect("a number as text")).to_string();
                }
                Some(number @ Value::Number(_)) => {
                    *number = self.ours(row, number.as_u64().expect("a row's number")).into();
                }
                _ => {}
            }
        }
    }
}
