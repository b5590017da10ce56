use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::api::{MessageRow, Sender};

/// How long people wait: from the first message that is not answered yet to the agent's next words. Actions and
/// files in between are work, not an answer.
#[derive(Debug, Default)]
pub(super) struct ResponseTimes {
    milliseconds: Vec<i64>,
}

impl ResponseTimes {
    /// Adds the waits of one transcript that ended at `since` or later.
    pub(super) fn add<'a>(&mut self, transcript: impl Iterator<Item = &'a MessageRow>, since: DateTime<Utc>) {
        let mut asked = None;
        for message in transcript {
            match message.sender {
                Sender::EndUser => {
                    asked.get_or_insert(message.timestamp);
                }
                Sender::Agent if message.action_name.is_some() || message.holds_files => {}
                Sender::Agent => {
                    let waited = asked.take().map(|asked| message.timestamp - asked);
                    self.milliseconds.extend(
                        waited.filter(|_| message.timestamp >= since).as_ref().map(TimeDelta::num_milliseconds),
                    );
                }
            }
        }
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
