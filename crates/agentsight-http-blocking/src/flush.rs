//! Waiting until everything that was tracked is final, for so long (R27).

use std::sync::Arc;
use std::time::Duration;

use agentsight_core::FlushReport;
use agentsight_core::virtual_time::Role;

use crate::client::Shared;
use crate::crew::Crew;
use crate::run::start_everything;

/// The name of the threads of a flush.
const NAME: &str = "agentsight-flush";

/// Waits until everything that was tracked before is final, or for so long. No job runs on the calling thread.
pub(crate) fn flush(shared: &Arc<Shared>, timeout: Duration) -> FlushReport {
    let ticket = shared.core.begin_flush(timeout);
    let party = shared.join(Role::Caller);
    let mut crew = None;
    loop {
        let seen = shared.waiting.seen();
        let left = ticket.time_left();
        if left.is_zero() || ticket.is_over() {
            break;
        }
        if crew.is_none() && !shared.core.has_worker() {
            let threads = shared.core.config().concurrency();
            let new = crew.insert(Arc::new(Crew::new(threads, true, Duration::ZERO)));
            if !start_everything(shared, new, Role::Caller, NAME) {
                break;
            }
        }
        party.wait(seen, Some(left));
    }
    if let Some(crew) = crew {
        crew.end();
        shared.waiting.wake();
    }
    ticket.into_report()
}
