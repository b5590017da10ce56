//! Waiting on a [`TestClock`] for a time to come, while other tasks still have something to do at this time.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use super::TestClock;

/// How often in a row a sleeper is polled and nobody has acted in between, until it moves the clock. An executor polls
/// in turn whatever was woken, so that all others had their turn between two such polls, or had nothing to do. The turn
/// that a new task waits for at first is one more.
const QUIET_TURNS: u32 = 2;

/// The same for a sleeper that is not the next one: by then, the next one is not polled any more.
const MOST_QUIET_TURNS: u32 = 2 * QUIET_TURNS + 1;

/// Everybody who sleeps on one clock, and a count of what those do who do not.
#[derive(Debug, Default)]
pub(super) struct Sleepers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often somebody acted.
    acts: u64,
    /// How many have ever slept.
    slept: u64,
    /// When each wants to be woken.
    alarms: BTreeSet<Alarm>,
}

/// A time, and the sleeper.
type Alarm = (Duration, u64);

/// A sleeper, until it is dropped.
struct Sleeper<'a> {
    clock: &'a TestClock,
    alarm: Alarm,
    /// What there was to see at the last poll: how often somebody had acted, and the time.
    seen: Option<(u64, Duration)>,
    /// How many polls in a row there was nothing new to see.
    quiet_turns: u32,
}

impl Sleepers {
    /// Somebody acts at the time that the clock shows: others may have to act in turn before it moves.
    pub(super) fn act(&self) {
        let mut state = self.lock();
        state.acts = state.acts.wrapping_add(1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sleeps until the clock shows `until`, and moves it there itself if nobody else does anything (H9).
pub(super) async fn sleep_until(clock: &TestClock, until: Duration) {
    let mut sleeper = Sleeper::new(clock, until);
    poll_fn(|context| sleeper.poll(context)).await;
}

impl<'a> Sleeper<'a> {
    fn new(clock: &'a TestClock, until: Duration) -> Self {
        let mut state = clock.sleepers().lock();
        let alarm = (until, state.slept);
        state.slept = state.slept.wrapping_add(1);
        state.alarms.insert(alarm);
        Self { clock, alarm, seen: None, quiet_turns: 0 }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let state = self.clock.sleepers().lock();
        let now = self.clock.since_start();
        let (until, _) = self.alarm;
        if now >= until {
            return Poll::Ready(());
        }
        let sight = Some((state.acts, now));
        self.quiet_turns = if self.seen == sight { self.quiet_turns.saturating_add(1) } else { 0 };
        self.seen = sight;
        let is_next = state.alarms.first() == Some(&self.alarm);
        if self.quiet_turns >= if is_next { QUIET_TURNS } else { MOST_QUIET_TURNS } {
            self.clock.advance_to(until);
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut state = self.clock.sleepers().lock();
        state.alarms.remove(&self.alarm);
        state.acts = state.acts.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::pin::pin;
    use std::task::Waker;

    use super::*;
    use crate::virtual_time::turn;

    const SECOND: Duration = Duration::from_secs(1);

    /// Polls all of them in turn until all are over.
    fn run<const N: usize>(mut futures: [std::pin::Pin<&mut dyn Future<Output = ()>>; N]) {
        let mut is_over = [false; N];
        while is_over.contains(&false) {
            for (future, is_over) in futures.iter_mut().zip(&mut is_over) {
                *is_over = *is_over || future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
            }
        }
    }

    #[test]
    fn h9_sleepers_wake_in_the_order_of_their_times_and_sleep_at_once() {
        let clock = TestClock::new();
        let woken = RefCell::new(Vec::new());
        let sleep = async |seconds: u32| {
            sleep_until(&clock, seconds * SECOND).await;
            woken.borrow_mut().push((seconds, clock.since_start()));
        };
        run([pin!(sleep(3)), pin!(sleep(1)), pin!(sleep(2)), pin!(sleep(2))]);
        let at_its_time = |seconds: u32| (seconds, seconds * SECOND);
        assert_eq!(*woken.borrow(), [1, 2, 2, 3].map(at_its_time));
        assert!(clock.sleepers().lock().alarms.is_empty());
    }

    #[test]
    fn h9_nobody_who_still_acts_is_overtaken() {
        let clock = TestClock::new();
        let work = async {
            for _ in 0..100 {
                clock.sleepers().act();
                turn::pass().await;
                assert_eq!(clock.since_start(), Duration::ZERO);
            }
        };
        run([pin!(sleep_until(&clock, SECOND)), pin!(work), pin!(sleep_until(&clock, 2 * SECOND))]);
        assert_eq!(clock.since_start(), 2 * SECOND);
    }

    #[test]
    fn h9_a_sleeper_that_is_not_polled_any_more_holds_up_nobody() {
        let clock = TestClock::new();
        let mut left = pin!(sleep_until(&clock, SECOND));
        assert!(left.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        run([pin!(sleep_until(&clock, 2 * SECOND))]);
        assert_eq!(clock.since_start(), 2 * SECOND);
        run([left]);
        assert_eq!(clock.since_start(), 2 * SECOND);
    }

    #[test]
    fn h9_a_sleeper_wakes_when_somebody_else_moves_the_clock() {
        let clock = TestClock::new();
        let advance = async {
            turn::pass().await;
            clock.advance(5 * SECOND);
        };
        run([pin!(sleep_until(&clock, 2 * SECOND)), pin!(advance)]);
        assert_eq!(clock.since_start(), 5 * SECOND);
    }
}
