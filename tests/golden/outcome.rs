//! What a call came to, in one form, whichever side it comes from.

use agentsight_core::Error;
use serde::Serialize;
use serde_json::{Value, json};

/// What the caller gets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Refused before anything is sent.
    Refused,
    /// It cannot even be written: the types have no place for it.
    NotExpressible,
    /// An answer; null where it is the service's and not the client's.
    Answered(Value),
    /// Anything else, which no recorded call came to.
    Failed(String),
}

impl Outcome {
    /// What a client returned from this method, the vendor's or ours.
    pub(crate) fn of(method: &str, returned: &Value) -> Self {
        if returned.get("raised").is_some() {
            return Self::Refused;
        }
        Self::Answered(match method {
            "send_tracked_data" => sent(returned),
            "get_tracked_data_summary" => tracked(returned),
            "get_token_usage" => returned.clone(),
            _ => Value::Null,
        })
    }
}

/// An answer of the client's own, as its `Serialize` writes it.
pub(crate) fn as_json(answer: impl Serialize) -> Result<Value, Error> {
    Ok(serde_json::to_value(answer).expect("every answer can be written as JSON"))
}

/// An answer that is the service's, or none.
pub(crate) fn unread<T>(answer: Result<T, Error>) -> Result<Value, Error> {
    answer.map(|_| Value::Null)
}

/// A report without its times and the service's answers.
fn sent(report: &Value) -> Value {
    let items = items(report).map(|item| json!([item["index"], item["type"], item["success"]]));
    json!({ "items": items.collect::<Vec<_>>(), "summary": report["summary"] })
}

/// A summary without its times.
fn tracked(summary: &Value) -> Value {
    let items = items(summary).map(|item| {
        let mut item = item.clone();
        item.as_object_mut().and_then(|item| item.remove("timestamp")).expect("every item has its time");
        item
    });
    json!({
        "conversation_id": summary["conversation_id"],
        "items": items.collect::<Vec<_>>(),
        "summary": summary["summary"],
    })
}

/// The items of a report or a summary.
pub(crate) fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["items"].as_array().expect("a list of items").iter()
}
