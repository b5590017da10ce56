use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::api::ActionLogRow;

/// The most names that are told apart; what remains is counted in one.
const MOST_NAMES: usize = 50;

/// How often each word occurs.
#[derive(Debug, Default)]
pub(super) struct Tally<'a>(HashMap<&'a str, u64>);

impl<'a> Tally<'a> {
    pub(super) fn count(&mut self, word: &'a str) {
        let count = self.0.entry(word).or_default();
        *count = count.saturating_add(1);
    }

    /// The most frequent first.
    pub(super) fn rows(self) -> Value {
        let mut rows: Vec<(&str, u64)> = self.0.into_iter().collect();
        rows.sort_unstable_by(|(name, count), (other, others)| others.cmp(count).then_with(|| name.cmp(other)));
        let rest = rows.split_off(rows.len().min(MOST_NAMES));
        let rest: u64 = rest.into_iter().fold(0, |sum, (_, count)| sum.saturating_add(count));
        let mut rows: Vec<Value> =
            rows.into_iter().map(|(name, count)| json!({ "name": name, "count": count })).collect();
        if rest > 0 {
            rows.push(json!({ "name": null, "count": rest }));
        }
        Value::Array(rows)
    }
}

/// The tools: how often, how long, and how often in vain.
#[derive(Debug, Default)]
pub(super) struct Tools<'a>(HashMap<&'a str, Tool>);

#[derive(Clone, Copy, Debug, Default)]
struct Tool {
    count: u64,
    errors: u64,
    timed: u64,
    milliseconds: f64,
}

impl<'a> Tools<'a> {
    pub(super) fn add(&mut self, name: &'a str, log: &ActionLogRow) {
        let tool = self.0.entry(name).or_default();
        tool.count = tool.count.saturating_add(1);
        tool.errors = tool.errors.saturating_add(u64::from(!log.error_message.is_empty()));
        if let Some(milliseconds) = duration(log) {
            tool.timed = tool.timed.saturating_add(1);
            tool.milliseconds += milliseconds;
        }
    }

    /// The most used first.
    pub(super) fn rows(self) -> Value {
        let mut rows: Vec<(&str, Tool)> = self.0.into_iter().collect();
        rows.sort_unstable_by(|(name, tool), (other, others)| {
            others.count.cmp(&tool.count).then_with(|| name.cmp(other))
        });
        rows.truncate(MOST_NAMES);
        let row = |(name, tool): (&str, Tool)| {
            #[expect(clippy::cast_precision_loss, reason = "a mean for the eye")]
            let mean = (tool.timed > 0).then(|| tool.milliseconds / tool.timed as f64);
            json!({ "name": name, "count": tool.count, "errors": tool.errors, "mean_ms": mean })
        };
        rows.into_iter().map(row).collect()
    }
}

/// The duration given, else the time from beginning to end.
fn duration(log: &ActionLogRow) -> Option<f64> {
    let given = log.duration_ms.as_ref().and_then(serde_json::Number::as_f64);
    given.or_else(|| {
        let spent: TimeDelta = log.ended_at? - log.started_at?;
        #[expect(clippy::cast_precision_loss, reason = "a mean for the eye")]
        let milliseconds = spent.num_milliseconds() as f64;
        Some(milliseconds)
    })
}

/// The four counters of the `token_usage` actions (wire: 1.13).
#[derive(Debug, Default)]
pub(super) struct Tokens([u64; 4]);

impl Tokens {
    /// The name that the action has.
    pub(super) const ACTION: &str = "token_usage";

    const NAMES: [&str; 4] = ["prompt_tokens", "completion_tokens", "total_tokens", "embedding_tokens"];

    /// Adds what the action reports; gives its total.
    pub(super) fn add(&mut self, log: &ActionLogRow) -> u64 {
        let given = Self::NAMES.map(|name| log.metadata.as_ref().and_then(|metadata| metadata.get(name)?.as_u64()));
        for (sum, given) in self.0.iter_mut().zip(given) {
            *sum = sum.saturating_add(given.unwrap_or(0));
        }
        given[2].unwrap_or(0)
    }

    pub(super) fn summary(&self) -> Value {
        Self::NAMES.into_iter().zip(self.0).map(|(name, sum)| (name.to_owned(), json!(sum))).collect()
    }
}
