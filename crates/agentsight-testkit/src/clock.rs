use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};

/// The time of the fake service, injected and shared: clones move together.
///
/// A clock stands still until the test moves it, unless it is [`FakeClock::system`] or reads a closure.
/// [`advance`](Self::advance) and [`set`](Self::set) work on every kind: they shift what the source says.
/// [`stop`](Self::stop) holds a clock that runs, and [`reset`](Self::reset) undoes all three.
///
/// ```
/// use std::time::Duration;
/// use agentsight_testkit::FakeClock;
///
/// let clock = FakeClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!((clock.now() - before).num_seconds(), 60);
/// ```
#[derive(Clone)]
pub struct FakeClock {
    shared: Arc<Shared>,
}

struct Shared {
    source: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    source_runs: bool,
    changes: Mutex<Changes>,
}

/// What was done to a clock.
#[derive(Clone, Copy, Default)]
struct Changes {
    shift: TimeDelta,
    /// What the source said when the clock was stopped.
    stopped: Option<DateTime<Utc>>,
}

impl FakeClock {
    /// A clock that stands at 2025-01-01T00:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        const START: DateTime<Utc> = match DateTime::from_timestamp(1_735_689_600, 0) {
            Some(start) => start,
            None => DateTime::UNIX_EPOCH,
        };
        Self::at(START)
    }

    /// A clock that stands at `time`.
    #[must_use]
    pub fn at(time: DateTime<Utc>) -> Self {
        Self::with_source(move || time, false)
    }

    /// A clock that runs with the machine's own.
    #[must_use]
    pub fn system() -> Self {
        Self::with_source(|| DateTime::<Utc>::from(SystemTime::now()), true)
    }

    /// A clock that asks `source` each time.
    #[must_use]
    pub fn from_fn(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self::with_source(source, true)
    }

    /// The time now. What would lie beyond chrono's range stays at its end.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let Changes { shift, stopped } = *self.changes();
        let end = if shift < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        self.source(stopped).checked_add_signed(shift).unwrap_or(end)
    }

    /// Whether the clock moves by itself: it is the machine's or reads a closure, and is not stopped.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.shared.source_runs && self.changes().stopped.is_none()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        let mut changes = self.changes();
        changes.shift = changes.shift.checked_add(&by).unwrap_or(TimeDelta::MAX);
    }

    /// Moves the clock to `time`, forward or back.
    pub fn set(&self, time: DateTime<Utc>) {
        let mut changes = self.changes();
        changes.shift = time - self.source(changes.stopped);
    }

    /// Holds the clock at the time that it shows. It can still be moved.
    pub fn stop(&self) {
        let mut changes = self.changes();
        changes.stopped = Some(self.source(changes.stopped));
    }

    /// Lets a clock that was stopped run on from the time that it shows.
    pub fn resume(&self) {
        let mut changes = self.changes();
        if let Some(stopped) = changes.stopped.take() {
            let missed = (self.shared.source)() - stopped;
            changes.shift = changes.shift.checked_sub(&missed).unwrap_or(changes.shift);
        }
    }

    /// Back to what its source says.
    pub fn reset(&self) {
        *self.changes() = Changes::default();
    }

    fn with_source(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static, source_runs: bool) -> Self {
        Self { shared: Arc::new(Shared { source: Box::new(source), source_runs, changes: Mutex::default() }) }
    }

    fn source(&self, stopped: Option<DateTime<Utc>>) -> DateTime<Utc> {
        stopped.unwrap_or_else(|| (self.shared.source)())
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeClock").field("now", &self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = FakeClock::new();
        let other = clock.clone();
        other.advance(Duration::from_micros(1));
        assert_eq!(clock.now(), other.now());
        assert_eq!(clock.now() - FakeClock::new().now(), TimeDelta::microseconds(1));
    }

    #[test]
    fn a_clock_can_be_set_back() {
        let clock = FakeClock::new();
        clock.set(DateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
    }

    #[test]
    fn a_stopped_clock_stands_and_runs_on_from_there() {
        let hand = FakeClock::new();
        let source = hand.clone();
        let clock = FakeClock::from_fn(move || source.now());
        let begun = clock.now();
        let shown = || (clock.now() - begun).num_seconds();
        let pass = |seconds| hand.advance(Duration::from_secs(seconds));
        pass(1);
        clock.stop();
        clock.stop();
        pass(10);
        assert_eq!((shown(), clock.runs()), (1, false));
        clock.advance(Duration::from_secs(5));
        assert_eq!(shown(), 6);
        clock.resume();
        clock.resume();
        pass(2);
        assert_eq!((shown(), clock.runs()), (8, true));
        clock.reset();
        assert_eq!(clock.now(), hand.now());
        assert!(!hand.runs());
    }

    #[test]
    fn an_endless_advance_ends_at_the_end_of_time() {
        let clock = FakeClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), DateTime::<Utc>::MAX_UTC);
    }
}
