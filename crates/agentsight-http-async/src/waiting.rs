//! The one way to wait in a client, and to be woken (H9).

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentsight_core::Context;
use agentsight_core::virtual_time::{Parties, Role};
use futures_util::future::select;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::sleep;

use crate::turn;

/// The longest wait that is measured. Whoever waited so long asks again.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Where everybody waits who has nothing to do.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How often everybody was woken.
    generation: u64,
    parties: Parties,
}

/// What somebody has seen before the look that found nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen(u64);

/// A wake-up to come: whatever comes after this was made ends the wait at once.
#[derive(Debug)]
pub(crate) struct Wake<'a> {
    notified: Pin<Box<Notified<'a>>>,
    seen: Seen,
}

/// Somebody who runs jobs, or waits for others to do so; until it is dropped.
#[derive(Debug)]
pub(crate) struct Party {
    waiting: Arc<Waiting>,
    context: Context,
    role: Role,
}

impl Waiting {
    /// To be called before the look that may find nothing to do.
    pub(crate) fn next_wake(&self) -> Wake<'_> {
        let mut notified = Box::pin(self.woken.notified());
        notified.as_mut().enable();
        Wake { notified, seen: self.seen() }
    }

    /// Wakes everybody.
    pub(crate) fn wake(&self) {
        let mut state = self.lock();
        state.generation = state.generation.wrapping_add(1);
        state.parties.wake();
        drop(state);
        self.woken.notify_waiters();
    }

    /// Somebody takes part from here on. Waits are those of `context`.
    pub(crate) fn join(self: &Arc<Self>, role: Role, context: &Context) -> Party {
        self.lock().parties.join(role);
        Party { waiting: Arc::clone(self), context: context.clone(), role }
    }

    fn seen(&self) -> Seen {
        Seen(self.lock().generation)
    }

    /// Begins a virtual wait, unless everybody was woken since.
    fn begin(&self, seen: Seen, duration: Option<Duration>) -> bool {
        let mut state = self.lock();
        let is_quiet = Seen(state.generation) == seen;
        if is_quiet {
            state.parties.wait(duration);
        }
        is_quiet
    }

    /// How far virtual time can move, if nobody was woken since.
    fn skip(&self, seen: Seen) -> Option<Duration> {
        let state = self.lock();
        state.parties.skip().filter(|_| Seen(state.generation) == seen)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake<'_> {
    /// Waits for it.
    pub(crate) async fn wait(&mut self) {
        self.notified.as_mut().await;
    }
}

impl Party {
    /// Waits until somebody wakes everybody, or for so long.
    ///
    /// Virtual time moves when everybody waits: whoever is the last to begin moves it to the end of the shortest wait.
    pub(crate) async fn wait(&self, wake: &mut Wake<'_>, duration: Option<Duration>) {
        if !self.has_virtual_waits() {
            match duration {
                None => wake.wait().await,
                Some(duration) => {
                    select(wake.notified.as_mut(), Box::pin(sleep(duration.min(LONGEST)))).await;
                }
            }
            return;
        }
        if !self.waiting.begin(wake.seen, duration) {
            return;
        }
        // As a real wait does, so that a test can drop the future here too (R11).
        turn::pass().await;
        match self.waiting.skip(wake.seen) {
            Some(skipped) => {
                self.context.skip(skipped);
                self.waiting.wake();
            }
            None => wake.wait().await,
        }
    }

    /// Whether waits take no time.
    pub(crate) fn has_virtual_waits(&self) -> bool {
        self.context.has_virtual_waits()
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.waiting.lock().parties.leave(self.role);
        if self.has_virtual_waits() {
            self.waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::{self, Poll, Waker};

    use agentsight_core::Now;

    use super::*;

    fn real() -> Context {
        crate::system::context()
    }

    /// A context whose waits are counted, in seconds.
    fn counted() -> (Context, Arc<AtomicU64>) {
        let skipped = Arc::new(AtomicU64::new(0));
        let (read, moved) = (Arc::clone(&skipped), Arc::clone(&skipped));
        let now = move || Now::new(Duration::from_secs(read.load(Ordering::SeqCst)), std::time::UNIX_EPOCH.into());
        let skip = move |wait: Duration| {
            moved.fetch_add(wait.as_secs(), Ordering::SeqCst);
        };
        (Context::new(now, || 7).with_virtual_waits(skip), skipped)
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut task::Context::from_waker(Waker::noop()))
    }

    #[test]
    fn h9_a_wake_up_between_the_look_and_the_wait_is_not_missed() {
        for context in [real(), counted().0] {
            let waiting = Arc::new(Waiting::default());
            let party = waiting.join(Role::Caller, &context);
            let mut wake = waiting.next_wake();
            waiting.wake();
            assert!(poll(pin!(party.wait(&mut wake, None))).is_ready());
        }
    }

    #[test]
    fn h9_a_wake_up_reaches_everybody_who_waits() {
        let waiting = Arc::new(Waiting::default());
        let parties = [Role::Caller, Role::Worker].map(|role| waiting.join(role, &real()));
        let mut wakes = [waiting.next_wake(), waiting.next_wake()];
        let [first, second] = &mut wakes;
        let (mut one, mut other) = (pin!(parties[0].wait(first, None)), pin!(parties[1].wait(second, None)));
        assert!(poll(one.as_mut()).is_pending() && poll(other.as_mut()).is_pending());
        waiting.wake();
        assert!(poll(one).is_ready() && poll(other).is_ready());
    }

    #[test]
    fn h9_virtual_time_moves_by_the_shortest_wait_when_the_last_one_begins_to_wait() {
        let (context, skipped) = counted();
        let waiting = Arc::new(Waiting::default());
        let [one, other] = [Role::Caller, Role::Worker].map(|role| waiting.join(role, &context));
        let (mut first_wake, mut second_wake) = (waiting.next_wake(), waiting.next_wake());
        let mut first = pin!(one.wait(&mut first_wake, Some(Duration::from_secs(3))));
        assert!((0..9).all(|_| poll(first.as_mut()).is_pending()), "the other one works");
        let mut second = pin!(other.wait(&mut second_wake, Some(Duration::from_secs(2))));
        assert!(poll(second.as_mut()).is_pending(), "the future can be dropped here");
        assert!(poll(second).is_ready() && poll(first).is_ready());
        assert_eq!(skipped.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn h9_who_leaves_lets_the_others_begin_anew() {
        let (context, skipped) = counted();
        let waiting = Arc::new(Waiting::default());
        let [one, other] = [Role::Caller, Role::Caller].map(|role| waiting.join(role, &context));
        let mut wake = waiting.next_wake();
        let mut first = pin!(one.wait(&mut wake, Some(Duration::from_secs(3))));
        assert!(poll(first.as_mut()).is_pending() && poll(first.as_mut()).is_pending());
        drop(other);
        assert!(poll(first).is_ready());
        let mut wake = waiting.next_wake();
        let mut again = pin!(one.wait(&mut wake, Some(Duration::from_secs(3))));
        assert!(poll(again.as_mut()).is_pending() && poll(again).is_ready());
        assert_eq!(skipped.load(Ordering::SeqCst), 3);
    }
}
