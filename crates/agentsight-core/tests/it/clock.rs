use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agentsight_core::{Clock, Now};
use agentsight_testkit::FakeClock;
use chrono::{DateTime, TimeDelta, Utc};

/// Virtual time, shared by the core and the fake service: it moves only when a test or a wait moves it.
#[derive(Clone, Debug)]
pub(crate) struct VirtualClock {
    since_start: Arc<Mutex<Duration>>,
    utc: FakeClock,
}

impl VirtualClock {
    /// At 2025-01-01T00:00:00Z, an hour after the start of the monotonic clock.
    pub(crate) fn new() -> Self {
        Self { since_start: Arc::new(Mutex::new(Duration::from_secs(3600))), utc: FakeClock::new() }
    }

    /// The clock that the fake service is given.
    pub(crate) fn service_clock(&self) -> FakeClock {
        self.utc.clone()
    }

    pub(crate) fn since_start(&self) -> Duration {
        *self.since_start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn utc(&self) -> DateTime<Utc> {
        self.utc.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.since_start.lock().unwrap_or_else(PoisonError::into_inner) += by;
        self.utc.advance(by);
    }

    /// Moves the time of day only, as an administrator does.
    pub(crate) fn set_back(&self, by: TimeDelta) {
        self.utc.set(self.utc.now() - by);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Now {
        Now::new(self.since_start(), self.utc())
    }
}
