//! The one way to wait in a client, and to be woken (H9).

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentsight_core::Context;
use agentsight_core::virtual_time::{Parties, Role};

/// The longest wait that is measured. Whoever waited so long asks again.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Where everybody waits who has nothing to do.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How often everybody was woken.
    generation: u64,
    parties: Parties,
}

/// What somebody has seen before the look that found nothing to do: a later wake-up ends the wait at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(u64);

/// Somebody who runs jobs, or waits for others to do so; until it is dropped.
#[derive(Debug)]
pub(crate) struct Party {
    waiting: Arc<Waiting>,
    context: Context,
    role: Role,
}

impl Waiting {
    /// To be called before the look that may find nothing to do.
    pub(crate) fn seen(&self) -> Seen {
        Seen(self.lock().generation)
    }

    /// Wakes everybody.
    pub(crate) fn wake(&self) {
        let mut state = self.lock();
        state.generation = state.generation.wrapping_add(1);
        state.parties.wake();
        drop(state);
        self.woken.notify_all();
    }

    /// Somebody takes part from here on. Waits are those of `context`.
    pub(crate) fn join(self: &Arc<Self>, role: Role, context: &Context) -> Party {
        self.lock().parties.join(role);
        Party { waiting: Arc::clone(self), context: context.clone(), role }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Party {
    /// Waits until somebody wakes everybody, or for so long.
    ///
    /// Virtual time moves when everybody waits: whoever is the last to begin moves it to the end of the shortest wait.
    pub(crate) fn wait(&self, seen: Seen, duration: Option<Duration>) {
        let Waiting { woken, .. } = &*self.waiting;
        let mut state = self.waiting.lock();
        let is_quiet = |state: &mut State| Seen(state.generation) == seen;
        if !self.context.has_virtual_waits() {
            let duration = duration.map_or(LONGEST, |duration| duration.min(LONGEST));
            drop(woken.wait_timeout_while(state, duration, is_quiet));
            return;
        }
        if !is_quiet(&mut state) {
            return;
        }
        state.parties.wait(duration);
        let Some(skipped) = state.parties.skip() else {
            drop(woken.wait_while(state, is_quiet));
            return;
        };
        // The clock is somebody else's code: it is called without the lock.
        drop(state);
        self.context.skip(skipped);
        self.waiting.wake();
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.waiting.lock().parties.leave(self.role);
        if self.context.has_virtual_waits() {
            self.waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;
    use std::thread;

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

    #[test]
    fn h9_a_wake_up_between_the_look_and_the_wait_is_not_missed() {
        for context in [real(), counted().0] {
            let waiting = Arc::new(Waiting::default());
            let party = waiting.join(Role::Caller, &context);
            let seen = waiting.seen();
            waiting.wake();
            party.wait(seen, None);
            assert_ne!(waiting.seen(), seen);
        }
    }

    #[test]
    fn h9_a_wake_up_reaches_everybody_who_waits() {
        let waiting = Arc::new(Waiting::default());
        let seen = waiting.seen();
        let (is_up, up) = mpsc::channel();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (party, is_up) = (waiting.join(Role::Worker, &real()), is_up.clone());
                thread::spawn(move || {
                    is_up.send(()).expect("the test listens");
                    party.wait(seen, None);
                })
            })
            .collect();
        (0..3).for_each(|_| up.recv().expect("every thread starts"));
        waiting.wake();
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    }

    #[test]
    fn h9_virtual_time_moves_by_the_shortest_wait_when_the_last_one_begins_to_wait() {
        let (context, skipped) = counted();
        let waiting = Arc::new(Waiting::default());
        let [one, other] = [Role::Caller, Role::Worker].map(|role| waiting.join(role, &context));
        let seen = waiting.seen();
        let first = thread::spawn(move || one.wait(seen, Some(Duration::from_secs(3))));
        other.wait(seen, Some(Duration::from_secs(2)));
        first.join().expect("no thread panics");
        assert_eq!(skipped.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn h9_who_leaves_lets_the_others_go_on() {
        let (context, skipped) = counted();
        let waiting = Arc::new(Waiting::default());
        let [one, other] = [Role::Caller, Role::Caller].map(|role| waiting.join(role, &context));
        let (is_up, up) = mpsc::channel();
        let first = thread::spawn({
            let (waiting, skipped) = (Arc::clone(&waiting), Arc::clone(&skipped));
            move || {
                is_up.send(()).expect("the test listens");
                while skipped.load(Ordering::SeqCst) == 0 {
                    one.wait(waiting.seen(), Some(Duration::from_secs(3)));
                }
            }
        });
        up.recv().expect("the thread starts");
        drop(other);
        first.join().expect("no thread panics");
        assert_eq!(skipped.load(Ordering::SeqCst), 3);
    }
}
