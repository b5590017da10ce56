//! Waiting for a conversation that another thread is sending.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Counts how often any conversation has become free.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    releases: Mutex<u64>,
    released: Condvar,
}

impl Gate {
    /// The count now. Taken before a lane is tried, so that a release in between is not missed.
    pub(crate) fn releases(&self) -> u64 {
        *self.lock()
    }

    /// A conversation has become free.
    pub(crate) fn release(&self) {
        *self.lock() += 1;
        self.released.notify_all();
    }

    /// Waits until the count is beyond `seen`.
    pub(crate) fn wait_past(&self, seen: u64) {
        let mut releases = self.lock();
        while *releases == seen {
            releases = self.released.wait(releases).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.releases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;

    use super::*;

    #[test]
    fn r10_a_release_between_the_look_and_the_wait_is_not_missed() {
        let gate = Gate::default();
        let seen = gate.releases();
        gate.release();
        gate.wait_past(seen);
        assert_eq!(gate.releases(), seen + 1);
    }

    #[test]
    fn r10_a_release_wakes_everybody_who_waits() {
        let gate = Arc::new(Gate::default());
        let seen = gate.releases();
        let (is_up, up) = mpsc::channel();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let (gate, is_up) = (Arc::clone(&gate), is_up.clone());
                thread::spawn(move || {
                    is_up.send(()).expect("the test listens");
                    gate.wait_past(seen);
                })
            })
            .collect();
        (0..3).for_each(|_| up.recv().expect("every thread starts"));
        gate.release();
        waiting.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    }
}
