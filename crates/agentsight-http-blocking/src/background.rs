//! Delivery in the background (R25, R27).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use agentsight_core::virtual_time::Role;
use agentsight_core::{Error, FlushReport};

use crate::client::AgentSight;
use crate::crew::Crew;
use crate::flush::flush;
use crate::run::start_everything;

/// The name of the worker's threads.
const NAME: &str = "agentsight-delivery";

/// How long a thread of the worker that has nothing to do is kept.
const RESERVE_TIME: Duration = Duration::from_secs(10);

/// Delivery in the background, until it is dropped. Made by [`AgentSight::start_background_delivery`]; keep it in `main`.
///
/// Dropping it is [`shutdown`](Self::shutdown) with the configured
/// [`shutdown_timeout`](agentsight_core::Config::shutdown_timeout), 5 seconds by default, and without waiting while the
/// thread panics. It blocks only the thread that drops it. What could not be delivered by then is still pending; the
/// number of such events is logged.
///
/// It may be dropped anywhere: also within a callback of a transport, on a thread of the worker itself, where it waits
/// for nothing.
#[must_use = "background delivery ends when this is dropped"]
pub struct BackgroundDelivery {
    client: AgentSight,
    worker: Option<Arc<Crew>>,
}

impl BackgroundDelivery {
    pub(crate) fn start(client: AgentSight) -> Result<Self, Error> {
        let shared = client.shared();
        if !shared.core.config().is_enabled() {
            return Ok(Self { client, worker: None });
        }
        if shared.is_in_background.swap(true, Ordering::AcqRel) {
            return Err(Error::config("background delivery is running already: start it once for a client"));
        }
        // Where waits take no time, ten seconds would end the moment they begin.
        let reserve_time = if shared.core.context().has_virtual_waits() { Duration::ZERO } else { RESERVE_TIME };
        let crew = Arc::new(Crew::new(shared.core.config().concurrency(), true, reserve_time));
        shared.core.set_worker(true);
        if !start_everything(shared, &crew, Role::Worker, NAME) {
            shared.core.set_worker(false);
            shared.is_in_background.store(false, Ordering::Release);
            return Err(Error::config("the system starts no thread for background delivery"));
        }
        Ok(Self { client, worker: Some(crew) })
    }

    /// Waits until everything that was tracked before the call is final, or for `timeout`: [`AgentSight::flush`].
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.client.flush(timeout)
    }

    /// Flushes, ends background delivery, and returns what the flush achieved. Takes at most `timeout`.
    ///
    /// A request that is under way when the time is up is not interrupted: it goes on by itself, and its answer still
    /// counts. Afterwards, events wait until they are sent by a call, or until background delivery is started again.
    pub fn shutdown(mut self, timeout: Duration) -> FlushReport {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> FlushReport {
        let Some(crew) = self.worker.take() else { return self.client.flush(timeout) };
        let shared = self.client.shared();
        let began = Instant::now();
        // A thread of the worker would wait for itself.
        let timeout = if crew.has_this_thread() { Duration::ZERO } else { timeout };
        let report = flush(shared, timeout);
        crew.end();
        shared.waiting.wake();
        crew.join(timeout.saturating_sub(began.elapsed()));
        shared.core.set_worker(false);
        shared.is_in_background.store(false, Ordering::Release);
        report
    }
}

impl Drop for BackgroundDelivery {
    fn drop(&mut self) {
        if self.worker.is_none() {
            return;
        }
        let timeout = if thread::panicking() { Duration::ZERO } else { self.client.config().shutdown_timeout() };
        if !self.end(timeout).is_complete() {
            self.client.shared().core.warn_of_unsent();
        }
    }
}

impl fmt::Debug for BackgroundDelivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BackgroundDelivery").field("is_running", &self.worker.is_some()).finish_non_exhaustive()
    }
}
