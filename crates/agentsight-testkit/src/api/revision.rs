use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what happens, so that who looks on knows when to look again.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    requests: AtomicU64,
    changes: AtomicU64,
}

/// Where the service stood at a moment. Equal ones mean that nothing happened between them.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    /// Grows with every recorded request and with every change.
    pub(crate) all: u64,
    /// Grows only when what is stored may have changed.
    pub(crate) stored: u64,
}

impl Revisions {
    /// A request was recorded, or the records were cleared.
    pub(super) fn note_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// What is stored may have changed.
    pub(super) fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// How often what is stored may have changed.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    #[cfg(feature = "cli")]
    pub(super) fn now(&self) -> Revision {
        let stored = self.changes();
        Revision { all: stored.wrapping_add(self.requests.load(Ordering::Relaxed)), stored }
    }
}
