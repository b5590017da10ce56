//! A service that is silent, and what tests of delivery in the background say and count.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use agentsight_http_async::transport::Attempt;
use agentsight_http_async::{AgentSight, Config, ConfigBuilder, Error, FlushReport};
use tokio::sync::Semaphore;

use crate::virtual_service::VirtualService;

/// More than any test of these needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Less than the service of [`Silent`] ever takes.
pub(crate) const BRIEFLY: Duration = Duration::from_millis(20);

/// A service that answers nothing before it is told to.
pub(crate) struct Silent {
    pub(crate) sight: AgentSight,
    pub(crate) arrived: mpsc::Receiver<()>,
    pub(crate) may_answer: Arc<Semaphore>,
}

impl Silent {
    pub(crate) fn new(config: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Result<Self, Error> {
        let service = VirtualService::default();
        let config = config(Config::builder().api_key(service.api.api_key())).build()?;
        let may_answer = Arc::new(Semaphore::new(0));
        let (arrives, arrived) = mpsc::channel();
        let (waiting, arrives) = (Arc::clone(&may_answer), Mutex::new(arrives));
        let transport = move |attempt: Attempt| {
            let _ = arrives.lock().expect("nothing panics under the lock").send(());
            let (waiting, service) = (Arc::clone(&waiting), service.clone());
            async move {
                let _permit = waiting.acquire().await;
                Ok(service.apply(attempt))
            }
        };
        let sight = AgentSight::builder(config).transport(transport).build()?;
        Ok(Self { sight, arrived, may_answer })
    }

    /// From here on it answers at once.
    pub(crate) fn wake_up(&self) {
        self.may_answer.close();
    }
}

pub(crate) fn say(sight: &AgentSight, conversation: &str, text: &str) -> Result<(), Error> {
    sight.conversation(conversation)?.track_human_message(text)
}

pub(crate) fn counted(report: &FlushReport) -> (u64, u64, bool) {
    (report.acknowledged, report.pending, report.timed_out)
}
