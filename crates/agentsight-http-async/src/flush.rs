//! Sending what is left when a program ends.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use agentsight_core::SendAllReport;
use tokio::runtime;

use crate::client::AgentSight;

/// How long a guard holds up the end of a program unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends what is pending when it is dropped. Made by [`AgentSight::flush_on_drop`]; keep it in `main`.
///
/// Prefer [`flush`](Self::flush), which holds up no runtime and tells what became of everything; the drop is for the
/// ways out of `main` that do not come by there.
#[derive(Debug)]
#[must_use = "a guard that is dropped at once flushes at once"]
pub struct FlushGuard {
    client: Option<AgentSight>,
    patience: Duration,
}

impl FlushGuard {
    pub(crate) fn new(client: AgentSight) -> Self {
        Self { client: Some(client), patience: PATIENCE }
    }

    /// Sets how long dropping may take. Default: 10 s.
    pub fn timeout(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends what is pending now, without a limit of time, and answers what became of it. Nothing is left for the drop.
    pub async fn flush(mut self) -> SendAllReport {
        match self.client.take() {
            Some(client) => client.send_all().await,
            None => SendAllReport::default(),
        }
    }
}

/// Sends what is pending on another thread and waits for it, at most as long as the guard's patience.
///
/// The thread has a runtime of its own, because this one is held up, and with it connections of its own; a transport
/// that was passed in is used as it is. On a current-thread runtime, a conversation that a task of that runtime is still
/// sending waits in vain: let such tasks end first.
impl Drop for FlushGuard {
    fn drop(&mut self) {
        let Some(client) = self.client.take().filter(|client| !client.pending().is_empty()) else { return };
        let (done, wait) = mpsc::channel();
        let sending = client.clone();
        let spawned = thread::Builder::new().name("agentsight-flush".to_owned()).spawn(move || {
            let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() else { return };
            let report = runtime.block_on(async { sending.on_own_connections().send_all().await });
            // The receiver is gone if patience ran out; there is nobody left to tell.
            let _ = done.send(report.is_complete());
        });
        let complete = spawned.is_ok() && wait.recv_timeout(self.patience).unwrap_or(false);
        if !complete {
            client.warn_of_unsent();
        }
    }
}
