use std::sync::Arc;

use agentsight_core::transport::{Attempt, TransportFailure};
use bytes::Bytes;
use http::Response;

use super::server::{Received, Visitor};

/// What came of one attempt.
pub(super) type Outcome = Result<Response<Bytes>, TransportFailure>;

pub(super) type Script = dyn Fn(Visitor) + Send + Sync;
type MakeAttempts = dyn Fn(&str) -> Vec<Attempt> + Send + Sync;
type Judge = dyn Fn(&[Outcome], &[Received]) -> Result<(), String> + Send + Sync;

/// One thing that a transport has to keep.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) name: String,
    /// What the server does to each visitor; `None` where nobody listens.
    pub(super) script: Option<Arc<Script>>,
    attempts: Arc<MakeAttempts>,
    judge: Arc<Judge>,
}

impl Case {
    /// A server that treats every visitor like `script`; judged by its answers and by what crossed the socket.
    pub(super) fn new(
        name: impl Into<String>,
        script: impl Fn(Visitor) + Send + Sync + 'static,
        attempts: impl Fn(&str) -> Vec<Attempt> + Send + Sync + 'static,
        judge: impl Fn(&[Outcome], &[Received]) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let script: Arc<Script> = Arc::new(script);
        Self { name: name.into(), script: Some(script), attempts: Arc::new(attempts), judge: Arc::new(judge) }
    }

    /// The same case, at a door behind which nobody is.
    pub(super) fn unattended(mut self) -> Self {
        self.script = None;
        self
    }

    /// The attempts to send to this URL, one after another.
    pub(super) fn attempts(&self, url: &str) -> Vec<Attempt> {
        (self.attempts)(url)
    }

    pub(super) fn judge(&self, outcomes: &[Outcome], received: &[Received]) -> Result<(), String> {
        (self.judge)(outcomes, received)
    }
}
