//! Delivery in the background (R25, R27).

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use agentsight_core::{Error, FlushReport};
use tokio::sync::oneshot;

use crate::client::AgentSight;
use crate::worker::{Ended, Worker};

/// Delivery in the background, until it is dropped. Made by [`AgentSight::start_background_delivery`]; keep it in `main`.
///
/// Dropping it is [`shutdown`](Self::shutdown) with the configured
/// [`shutdown_timeout`](agentsight_core::Config::shutdown_timeout), 5 seconds by default, and without waiting while the
/// thread panics. It blocks only the thread that drops it. What could not be delivered by then is still pending; the
/// number of such events is logged.
///
/// It may be dropped anywhere: also within a callback of a transport, on a thread of the worker itself, where it waits
/// for nothing. On a runtime prefer to await [`shutdown`](Self::shutdown), which holds up no other task.
#[must_use = "background delivery ends when this is dropped"]
pub struct BackgroundDelivery {
    client: AgentSight,
    worker: Option<Worker>,
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
        match Worker::start(shared) {
            Ok(worker) => Ok(Self { client, worker: Some(worker) }),
            Err(error) => {
                shared.is_in_background.store(false, Ordering::Release);
                Err(error)
            }
        }
    }

    /// Waits until everything that was tracked before the call is final, or for `timeout`: [`AgentSight::flush`].
    pub async fn flush(&self, timeout: Duration) -> FlushReport {
        self.client.flush(timeout).await
    }

    /// Flushes, ends background delivery, and returns what the flush achieved. Takes at most `timeout`.
    ///
    /// A request that is under way when the time is up is not interrupted: it goes on by itself, and its answer still
    /// counts. Afterwards, events wait until they are sent by a call, or until background delivery is started again.
    ///
    /// Dropping the future does not stop the end, only the wait for it.
    pub async fn shutdown(mut self, timeout: Duration) -> FlushReport {
        let Some(worker) = self.worker.take() else { return self.client.flush(timeout).await };
        if worker.is_this_thread() {
            self.end_unwatched(&worker);
            return self.now();
        }
        let (tell, told) = oneshot::channel();
        worker.end(self.client.shared().core.begin_flush(timeout), Box::new(move |ended| drop(tell.send(ended))));
        match told.await {
            Ok(ended) => join(worker, ended),
            Err(_) => self.now(),
        }
    }

    /// The same on a thread that is to be blocked.
    fn end(&self, worker: Worker, timeout: Duration) -> FlushReport {
        if worker.is_this_thread() {
            self.end_unwatched(&worker);
            return self.now();
        }
        let (tell, told) = mpsc::sync_channel(1);
        worker.end(self.client.shared().core.begin_flush(timeout), Box::new(move |ended| drop(tell.send(ended))));
        match told.recv_timeout(timeout) {
            Ok(ended) => join(worker, ended),
            Err(_) => self.now(),
        }
    }

    /// Orders the end of the worker and waits for nothing: on its own thread, where it would wait for itself.
    fn end_unwatched(&self, worker: &Worker) {
        worker.end(self.client.shared().core.begin_flush(Duration::ZERO), Box::new(drop));
    }

    /// A report of a flush that has no time.
    fn now(&self) -> FlushReport {
        self.client.shared().core.begin_flush(Duration::ZERO).into_report()
    }
}

/// Waits for the thread if it is at its end. Else its attempts go on by themselves.
fn join(worker: Worker, ended: Ended) -> FlushReport {
    if ended.is_idle {
        worker.join();
    }
    ended.report
}

impl Drop for BackgroundDelivery {
    fn drop(&mut self) {
        let Some(worker) = self.worker.take() else { return };
        let timeout = if thread::panicking() { Duration::ZERO } else { self.client.config().shutdown_timeout() };
        if !self.end(worker, timeout).is_complete() {
            self.client.shared().core.warn_of_unsent();
        }
    }
}

impl fmt::Debug for BackgroundDelivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BackgroundDelivery").field("is_running", &self.worker.is_some()).finish_non_exhaustive()
    }
}
