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
