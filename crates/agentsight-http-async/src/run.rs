//! The one loop over what is to be sent: of `send`, `send_all`, `flush` and the worker (H9).

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use agentsight_core::transport::AsyncTransport;
use agentsight_core::virtual_time::Role;
use agentsight_core::{FlushTicket, Job, Next, Scope, Ticket};
use futures_util::future::select;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::client::Shared;
use crate::spawned::Spawned;
use crate::waiting::{Party, Wake};

/// Attempts that are under way, several at once. Dropping them gives them up.
///
/// On a runtime with several threads, all but the first are in tasks of their own.
pub(crate) struct Jobs<'a> {
    shared: &'a Shared,
    transport: &'a Arc<dyn AsyncTransport>,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// When a loop takes no more jobs.
pub(crate) enum End<'a> {
    /// When everything that a ticket waits for is over.
    Ticket(&'a Ticket),
    /// When everything from before a flush is final, or its time is up.
    Flush(&'a FlushTicket),
    /// When this says so, and whoever changes that wakes the client.
    When(&'a (dyn Fn() -> bool + Sync)),
}

/// Runs jobs until everything that a ticket waits for is over.
///
/// While a worker lives, it runs all jobs, and this only waits.
pub(crate) async fn run_ticket(shared: &Shared, ticket: &Ticket) {
    let party = shared.join(Role::Caller);
    let mut jobs = Jobs::new(shared, &shared.transport);
    jobs.run(End::Ticket(ticket), &party).await;
    jobs.finish().await;
}

impl<'a> Jobs<'a> {
    pub(crate) fn new(shared: &'a Shared, transport: &'a Arc<dyn AsyncTransport>) -> Self {
        Self { shared, transport, running: FuturesUnordered::new() }
    }

    /// Whether no attempt is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Takes jobs and carries them out until the end. Attempts that are under way then go on in
    /// [`finish`](Self::finish).
    pub(crate) async fn run(&mut self, end: End<'_>, party: &Party) {
        loop {
            let mut wake = self.shared.waiting.next_wake();
            let duration = match self.next(&end) {
                Next::Send { job, .. } => {
                    let is_callers = matches!(end, End::Ticket(_));
                    self.begin(job, is_callers);
                    continue;
                }
                Next::Idle if end.is_reached() => {
                    // Whoever goes on waits for what was due before the last attempt was over.
                    self.shared.waiting.wake();
                    return;
                }
                Next::Idle => None,
                Next::Wait(duration) => duration,
            };
            self.wait(party, &mut wake, end.bound(duration)).await;
        }
    }

    /// Carries out what is under way, and takes nothing new.
    pub(crate) async fn finish(&mut self) {
        while self.running.next().await.is_some() {
            self.shared.waiting.wake();
        }
    }

    /// Begins an attempt. The first stays in this task: one alone gains nothing by another thread.
    fn begin(&self, job: Job, is_callers: bool) {
        let attempt = carry_out(Arc::clone(self.transport), job, is_callers);
        match self.other_threads() {
            Some(runtime) if !self.running.is_empty() => self.running.push(Box::pin(Spawned::start(&runtime, attempt))),
            _ => self.running.push(Box::pin(attempt)),
        }
    }

    /// The runtime, if it has several threads. Virtual waits need to know who works, so they keep to one task.
    fn other_threads(&self) -> Option<Handle> {
        let runtime = Handle::try_current().ok()?;
        let has_threads = runtime.runtime_flavor() == RuntimeFlavor::MultiThread;
        (has_threads && !self.shared.core.context().has_virtual_waits()).then_some(runtime)
    }

    fn next(&self, end: &End<'_>) -> Next {
        let core = &self.shared.core;
        match end {
            End::Ticket(ticket) if core.has_worker() && !ticket.is_over() => Next::Wait(None),
            _ if end.is_reached() => Next::Idle,
            End::Ticket(ticket) => core.next(Scope::Ticket(ticket)),
            _ => core.next(Scope::Everything),
        }
    }

    /// Waits until an attempt is over, or somebody wakes everybody, or for so long.
    async fn wait(&mut self, party: &Party, wake: &mut Wake<'_>, duration: Option<Duration>) {
        if self.running.is_empty() {
            party.wait(wake, duration).await;
        } else if party.has_virtual_waits() {
            // Who works does not let time go on.
            select(self.running.next(), pin!(wake.wait())).await;
        } else {
            select(self.running.next(), pin!(party.wait(wake, duration))).await;
        }
    }
}

impl End<'_> {
    fn is_reached(&self) -> bool {
        match self {
            Self::Ticket(ticket) => ticket.is_over(),
            Self::Flush(ticket) => ticket.is_over() || ticket.time_left().is_zero(),
            Self::When(is_over) => is_over(),
        }
    }

    /// The shorter one of a wait and the time that is left.
    fn bound(&self, duration: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Flush(ticket) => duration.into_iter().chain([ticket.time_left()]).min(),
            Self::Ticket(_) | Self::When(_) => duration,
        }
    }
}

/// Carries out one attempt. A panic of the transport is the caller's where there is one; else it costs the job alone.
async fn carry_out(transport: Arc<dyn AsyncTransport>, job: Job, is_callers: bool) {
    let attempt = attempt(&*transport, job);
    if is_callers {
        attempt.await;
    } else {
        // The job, which is all that the transport may have left in the middle, is given up.
        AssertUnwindSafe(attempt).catch_unwind().await.unwrap_or_default();
    }
}

async fn attempt(transport: &dyn AsyncTransport, mut job: Job) {
    if let Some(attempt) = job.attempt() {
        let result = transport.send(attempt).await;
        job.finish(result);
    }
}
