//! A clock that no test waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agentsight_core::{Context, Now};
use chrono::{DateTime, TimeDelta, Utc};

/// 2025-01-01T00:00:00Z: after every time in the recording, since none may lie ahead of the clock (R7).
const START: DateTime<Utc> = DateTime::from_timestamp(1_735_689_600, 0).expect("a valid time");

/// A clock that goes on by a millisecond whenever it is read, and by the whole wait when somebody waits.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    /// A context over this clock, in which waits take no time and nothing is random.
    pub(crate) fn context(self: &Arc<Self>) -> Context {
        let (read, moved) = (Arc::clone(self), Arc::clone(self));
        Context::new(move || read.read(), || 0).with_virtual_waits(move |wait| moved.skip(wait))
    }

    /// Goes on by so much.
    pub(crate) fn skip(&self, wait: Duration) {
        let milliseconds = u64::try_from(wait.as_millis()).expect("a wait of less than ages");
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn read(&self) -> Now {
        let since_start = Duration::from_millis(self.0.fetch_add(1, Ordering::SeqCst));
        Now::new(since_start, START + TimeDelta::from_std(since_start).expect("less than ages"))
    }
}
