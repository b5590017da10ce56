//! Waiting until everything that was tracked is final, for so long (R27).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agentsight_core::FlushReport;
use agentsight_core::virtual_time::Role;
use tokio::runtime::Handle;

use crate::client::Shared;
use crate::run::{End, Jobs};

/// Waits until everything that was tracked before is final, or for so long. Jobs run in a task of their own.
pub(crate) async fn flush(shared: &Arc<Shared>, timeout: Duration) -> FlushReport {
    let ticket = shared.core.begin_flush(timeout);
    let party = shared.join(Role::Caller);
    let mut stop = None;
    loop {
        let mut wake = shared.waiting.next_wake();
        let left = ticket.time_left();
        if left.is_zero() || ticket.is_over() {
            break;
        }
        if stop.is_none() && !shared.core.has_worker() {
            let Ok(runtime) = Handle::try_current() else {
                // Only with waits that take no time and a transport that needs no runtime.
                Jobs::new(shared, &shared.transport).run(End::Flush(&ticket), &party).await;
                break;
            };
            stop = Some(start(shared, &runtime));
        }
        party.wait(&mut wake, Some(left)).await;
    }
    ticket.into_report()
}

/// Ends the task of a flush when it is dropped. Attempts that are under way go on.
struct Stop {
    is_over: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

/// Starts the task that runs everything until it is stopped.
fn start(shared: &Arc<Shared>, runtime: &Handle) -> Stop {
    let is_over = Arc::new(AtomicBool::new(false));
    let stop = Stop { is_over: Arc::clone(&is_over), shared: Arc::clone(shared) };
    let (shared, party) = (Arc::clone(shared), shared.join(Role::Caller));
    runtime.spawn(async move {
        let mut jobs = Jobs::new(&shared, &shared.transport);
        jobs.run(End::When(&|| is_over.load(Ordering::Acquire)), &party).await;
        jobs.finish().await;
    });
    stop
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        self.shared.waiting.wake();
    }
}
