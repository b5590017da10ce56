use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::{Control, Handled, body};
use crate::console::{ConsoleAnswer, Refusal};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    now: Option<DateTime<Utc>>,
    runs: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

impl Control {
    pub(super) fn show_clock(&self) -> ConsoleAnswer {
        let clock = self.api.clock();
        ConsoleAnswer::ok(&json!({ "now": clock.now(), "runs": clock.runs() }))
    }

    pub(super) fn set_clock(&self, body: &Bytes) -> Handled {
        let clock = self.api.clock();
        let Setting { now, runs } = body::read(body)?;
        if now.is_none() && runs.is_none() {
            return Err(Refusal::bad_request("Give now, runs or both."));
        }
        if let Some(now) = now {
            check(now)?;
        }
        match runs {
            Some(true) => clock.resume(),
            Some(false) => clock.stop(),
            None => {}
        }
        if let Some(now) = now {
            clock.set(now);
        }
        Ok(self.show_clock())
    }

    pub(super) fn advance_clock(&self, body: &Bytes) -> Handled {
        let Advance { advance_ms } = body::read(body)?;
        let by = Duration::from_millis(advance_ms);
        let then = TimeDelta::from_std(by).ok().and_then(|by| self.api.clock().now().checked_add_signed(by));
        check(then.unwrap_or(DateTime::<Utc>::MAX_UTC))?;
        self.api.clock().advance(by);
        Ok(self.show_clock())
    }
}

/// Refuses times that the service cannot write down.
fn check(time: DateTime<Utc>) -> Result<(), Refusal> {
    if (1970..=9998).contains(&time.year()) {
        return Ok(());
    }
    Err(Refusal::bad_request("The clock shows the years 1970 to 9998."))
}
