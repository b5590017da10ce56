use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agentsight_core::{Clock, Context, Now};
use chrono::{DateTime, TimeDelta, Utc};

use super::files;
use super::sleep::Sleepers;
use crate::FakeClock;

/// One clock for a client and the fake service: it stands still until a test or a wait moves it.
///
/// Clones move together. It starts at 2025-01-01T00:00:00Z, as [`FakeClock`] does. [`advance`](Self::advance) moves both
/// of its readings; [`set_utc`](Self::set_utc) moves the time of day alone, as an administrator or a time server does.
///
/// ```
/// use std::time::Duration;
/// use agentsight_testkit::TestClock;
///
/// let clock = TestClock::new();
/// let context = clock.context(42);
/// let before = context.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(context.now().since_start - before.since_start, Duration::from_secs(60));
/// assert_eq!(context.now().utc, clock.service_clock().now());
/// ```
#[derive(Clone, Debug, Default)]
pub struct TestClock {
    since_start: Arc<Mutex<Duration>>,
    utc: FakeClock,
    sleepers: Arc<Sleepers>,
}

impl TestClock {
    /// A clock at 2025-01-01T00:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A clock at `utc`.
    #[must_use]
    pub fn at(utc: DateTime<Utc>) -> Self {
        Self { utc: FakeClock::at(utc), ..Self::default() }
    }

    /// The time since the clock was made, as far as it was moved forward.
    #[must_use]
    pub fn since_start(&self) -> Duration {
        *self.since_start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of day.
    #[must_use]
    pub fn utc(&self) -> DateTime<Utc> {
        self.utc.now()
    }

    /// Moves both readings forward. Each stays at its end if it would pass it.
    pub fn advance(&self, by: Duration) {
        self.move_by(|_| by);
    }

    /// Sets the time of day, forward or back. What a client waits for is measured on the other reading, and stays.
    pub fn set_utc(&self, utc: DateTime<Utc>) {
        self.utc.set(utc);
    }

    /// Moves the time of day back by so much, and nothing else (R6).
    pub fn set_back(&self, by: TimeDelta) {
        self.utc.set(self.utc.now().checked_sub_signed(by).unwrap_or(DateTime::<Utc>::MIN_UTC));
    }

    /// This clock as the fake service reads it, for [`FakeOptions::clock`](crate::FakeOptions::clock).
    #[must_use]
    pub fn service_clock(&self) -> FakeClock {
        self.utc.clone()
    }

    /// This clock as the core reads it, with randomness from `seed` and the files of the disk (H3). A client's waits move
    /// it forward and take no time.
    ///
    /// The same seed draws the same numbers in the same order: generated ids, boundaries and retry jitter. A run repeats
    /// where the order of the draws does: with the async client on one thread, and with the blocking one under
    /// `concurrency(1)`; else threads decide who draws which.
    #[must_use]
    pub fn context(&self, seed: u64) -> Context {
        let drawn = AtomicU64::new(0);
        let entropy = move || split_mix(seed, drawn.fetch_add(1, Ordering::Relaxed));
        let clock = self.clone();
        Context::new(self.clone(), entropy).with_files(files::facts).with_virtual_waits(move |wait| clock.advance(wait))
    }

    /// Moves both readings forward until so much time has passed since the start; not at all if it has.
    pub(super) fn advance_to(&self, since_start: Duration) {
        self.move_by(|now| since_start.saturating_sub(now));
    }

    /// Everybody who waits for a time to come.
    pub(super) fn sleepers(&self) -> &Sleepers {
        &self.sleepers
    }

    fn move_by(&self, by: impl FnOnce(Duration) -> Duration) {
        let mut since_start = self.since_start.lock().unwrap_or_else(PoisonError::into_inner);
        let by = by(*since_start);
        *since_start = since_start.saturating_add(by);
        self.utc.advance(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        Now::new(self.since_start(), self.utc())
    }
}

/// The number at `position` of the sequence SplitMix64 that begins at `seed`.
fn split_mix(seed: u64, position: u64) -> u64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut mixed = seed.wrapping_add(position.wrapping_add(1).wrapping_mul(STEP));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_read_one_clock() {
        let clock = TestClock::new();
        let (context, service) = (clock.context(1), clock.service_clock());
        clock.clone().advance(Duration::from_millis(1500));
        assert_eq!(context.now(), Now::new(Duration::from_millis(1500), clock.utc()));
        assert_eq!(service.now() - FakeClock::new().now(), TimeDelta::milliseconds(1500));
    }

    #[test]
    fn a_wait_of_the_client_moves_the_clock_of_both_sides() {
        let clock = TestClock::new();
        assert!(clock.context(1).skip(Duration::from_secs(2)));
        assert_eq!(clock.since_start(), Duration::from_secs(2));
        assert_eq!(clock.service_clock().now() - FakeClock::new().now(), TimeDelta::seconds(2));
    }

    #[test]
    fn the_time_of_day_goes_back_alone() {
        let clock = TestClock::new();
        clock.advance(Duration::from_secs(5));
        clock.set_back(TimeDelta::hours(1));
        assert_eq!(clock.since_start(), Duration::from_secs(5));
        assert_eq!(clock.utc() - FakeClock::new().now(), TimeDelta::seconds(5 - 3600));
        clock.set_back(TimeDelta::MAX);
        assert_eq!(clock.utc(), DateTime::<Utc>::MIN_UTC);
    }

    #[test]
    fn an_endless_advance_ends_at_the_end_of_time() {
        let clock = TestClock::at(DateTime::UNIX_EPOCH);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!((clock.since_start(), clock.utc()), (Duration::MAX, DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn the_same_seed_draws_the_same_numbers_and_another_draws_others() {
        let draw = |seed| {
            let context = TestClock::new().context(seed);
            [context.next_u64(), context.next_u64(), context.next_u64()]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        // The first numbers that the algorithm's authors publish for this seed.
        assert_eq!(draw(1_234_567)[..2], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
