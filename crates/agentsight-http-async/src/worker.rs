//! The thread that delivers in the background: a runtime of its own, and connections of its own (R25).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use agentsight_core::transport::AsyncTransport;
use agentsight_core::virtual_time::Role;
use agentsight_core::{Error, FlushReport, FlushTicket};
use tokio::runtime::Builder;

use crate::client::Shared;
use crate::run::{End, Jobs};
use crate::send::ReqwestTransport;
use crate::waiting::Party;

/// The name of the thread.
const NAME: &str = "agentsight-delivery";

/// The thread.
pub(crate) struct Worker {
    thread: JoinHandle<()>,
    orders: Arc<Orders>,
    shared: Arc<Shared>,
}

/// What became of the last flush of a worker.
pub(crate) struct Ended {
    pub(crate) report: FlushReport,
    /// Whether no attempt is under way, so that the thread is at its end.
    pub(crate) is_idle: bool,
}

/// Told when the last flush of a worker is over.
type TellEnd = Box<dyn FnOnce(Ended) + Send>;

/// The order to end, if it was given.
#[derive(Default)]
struct Orders {
    is_ending: AtomicBool,
    order: Mutex<Option<(FlushTicket, TellEnd)>>,
}

/// The client has a worker until this is dropped.
struct Alive(Arc<Shared>);

impl Worker {
    /// Starts the thread. Whether there is one already is the caller's concern.
    pub(crate) fn start(shared: &Arc<Shared>) -> Result<Self, Error> {
        // Connections die with the runtime that opened them.
        let transport: Arc<dyn AsyncTransport> = match shared.has_own_transport {
            true => Arc::clone(&shared.transport),
            false => Arc::new(ReqwestTransport::new(shared.core.config())?),
        };
        let orders = Arc::new(Orders::default());
        let (started, is_started) = mpsc::sync_channel(1);
        let (own_orders, own_shared) = (Arc::clone(&orders), Arc::clone(shared));
        let work = move || {
            let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
            // Before anybody waits for it: where waits take no time, theirs would be over by then.
            let party = own_shared.join(Role::Worker);
            let alive = Alive::begin(own_shared);
            // Whoever starts a worker listens.
            let _ = started.send(());
            let told = runtime.block_on(work(alive, party, &transport, &own_orders));
            // Looking up a name may still be under way on another thread of the runtime.
            runtime.shutdown_background();
            if let Some((tell, report)) = told {
                tell(Ended { report, is_idle: true });
            }
        };
        match thread::Builder::new().name(NAME.to_owned()).spawn(work) {
            Ok(thread) if is_started.recv().is_ok() => Ok(Self { thread, orders, shared: Arc::clone(shared) }),
            _ => Err(Error::config("the system starts no thread for background delivery")),
        }
    }

    /// Orders the end: after what `ticket` waits for, at the latest when its time is up. `tell` is called then, on the
    /// worker's thread.
    pub(crate) fn end(&self, ticket: FlushTicket, tell: TellEnd) {
        *self.orders.order.lock().unwrap_or_else(PoisonError::into_inner) = Some((ticket, tell));
        self.orders.is_ending.store(true, Ordering::Release);
        self.shared.waiting.wake();
    }

    /// Whether the calling thread is the worker's.
    pub(crate) fn is_this_thread(&self) -> bool {
        self.thread.thread().id() == thread::current().id()
    }

    /// Waits for the end of a thread that has told its end and is idle.
    pub(crate) fn join(self) {
        // What it panicked of was caught before.
        drop(self.thread.join());
    }
}

/// Runs everything until the order to end comes, flushes, and tells what became of that; or returns it, to be told when
/// the thread is at its end.
async fn work(
    alive: Alive,
    party: Party,
    transport: &Arc<dyn AsyncTransport>,
    orders: &Orders,
) -> Option<(TellEnd, FlushReport)> {
    let shared = Arc::clone(&alive.0);
    let mut jobs = Jobs::new(&shared, transport);
    jobs.run(End::When(&|| orders.is_ending.load(Ordering::Acquire)), &party).await;
    let order = orders.order.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (ticket, tell) = order?;
    // As long as there is a worker, it takes part: without it, the waits of others would be over at once.
    let flushing = shared.join(Role::Caller);
    drop(party);
    jobs.run(End::Flush(&ticket), &flushing).await;
    drop(alive);
    drop(flushing);
    let report = ticket.into_report();
    if jobs.is_empty() {
        return Some((tell, report));
    }
    tell(Ended { report, is_idle: false });
    jobs.finish().await;
    None
}

impl Alive {
    fn begin(shared: Arc<Shared>) -> Self {
        shared.core.set_worker(true);
        Self(shared)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.core.set_worker(false);
        self.0.is_in_background.store(false, Ordering::Release);
    }
}
