use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::api::{MessageRow, Sender};

/// Somebody who may be waiting for an answer, along one transcript.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    since: Option<DateTime<Utc>>,
}

/// How long people waited, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct ResponseTimes {
    milliseconds: Vec<i64>,
}

impl Waiting {
    /// The milliseconds from the first message that was not answered yet to the agent's next words. Actions and files
    /// in between are work, not an answer.
    pub(super) fn hear(&mut self, message: &MessageRow) -> Option<i64> {
        match message.sender {
            Sender::EndUser => {
                self.since.get_or_insert(message.timestamp);
                None
            }
            Sender::Agent if message.action_name.is_some() || message.holds_files => None,
            Sender::Agent => self.since.take().map(|since| (message.timestamp - since).num_milliseconds()),
        }
    }
}

impl ResponseTimes {
    pub(super) fn extend(&mut self, waited: Option<i64>) {
        self.milliseconds.extend(waited);
    }

    /// How many there were, their mean, and what half of them did not exceed; milliseconds.
    pub(super) fn summary(mut self) -> Value {
        let count = self.milliseconds.len();
        let sum: i128 = self.milliseconds.iter().copied().map(i128::from).sum();
        let mean = i128::try_from(count).ok().and_then(|count| sum.checked_div(count));
        self.milliseconds.sort_unstable();
        let median = self.milliseconds.get(count.saturating_sub(1) / 2);
        json!({ "count": count, "mean_ms": mean.and_then(|mean| i64::try_from(mean).ok()), "median_ms": median })
    }
}
