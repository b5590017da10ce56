//! A clock that no test waits for.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use agentsight_core::{Context, Now};
use chrono::{DateTime, TimeDelta, Utc};

/// A context whose clock goes on by a millisecond whenever it is read, and whose jitter is as small as can be.
pub(crate) fn context() -> Context {
    let reads = AtomicI64::new(0);
    let now = move || {
        let read = reads.fetch_add(1, Ordering::SeqCst);
        let utc: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(read);
        Now::new(Duration::from_millis(read.unsigned_abs()), utc)
    };
    Context::new(now, || 0)
}
