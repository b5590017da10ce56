use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};

/// The time of the fake service, injected and shared: clones move together.
///
/// A clock stands still until the test moves it, unless it is [`FakeClock::system`] or reads a closure.
/// [`advance`](Self::advance) and [`set`](Self::set) work on every kind: they shift what the source says.
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
    shift: Mutex<TimeDelta>,
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
        Self::from_fn(move || time)
    }

    /// A clock that runs with the machine's own.
    #[must_use]
    pub fn system() -> Self {
        Self::from_fn(|| DateTime::<Utc>::from(SystemTime::now()))
    }

    /// A clock that asks `source` each time.
    #[must_use]
    pub fn from_fn(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { shared: Arc::new(Shared { source: Box::new(source), shift: Mutex::new(TimeDelta::zero()) }) }
    }

    /// The time now. What would lie beyond chrono's range stays at its end.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let shift = *self.shared.shift.lock().unwrap_or_else(PoisonError::into_inner);
        let end = if shift < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        (self.shared.source)().checked_add_signed(shift).unwrap_or(end)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        let mut shift = self.shared.shift.lock().unwrap_or_else(PoisonError::into_inner);
        *shift = shift.checked_add(&by).unwrap_or(TimeDelta::MAX);
    }

    /// Moves the clock to `time`, forward or back.
    pub fn set(&self, time: DateTime<Utc>) {
        let shift = time - (self.shared.source)();
        *self.shared.shift.lock().unwrap_or_else(PoisonError::into_inner) = shift;
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
    fn an_endless_advance_ends_at_the_end_of_time() {
        let clock = FakeClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), DateTime::<Utc>::MAX_UTC);
    }
}
