//! Building a client from parts of one's own.

use std::fmt;
use std::sync::Arc;

use agentsight_core::transport::AsyncTransport;
use agentsight_core::{Config, Context, Error};

use crate::client::AgentSight;
use crate::send::ReqwestTransport;
use crate::system;

/// Builds a client from parts of your own. Made by [`AgentSight::builder`].
#[must_use = "a builder does nothing before it is built"]
pub struct AgentSightBuilder {
    config: Config,
    context: Option<Context>,
    transport: Option<Arc<dyn AsyncTransport>>,
}

impl AgentSightBuilder {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, context: None, transport: None }
    }

    /// Sends through a transport of your own: the way to test without sockets, and to plug in another HTTP library.
    /// Closures are transports.
    ///
    /// Background delivery, which has a runtime of its own, sends through it too.
    pub fn transport(mut self, transport: impl AsyncTransport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Takes the time, randomness and files from a context of your own instead of the operating system. With
    /// [virtual waits](Context::with_virtual_waits) and a transport that needs no time, nothing takes time.
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// Sends through a ready-made HTTP client, with its TLS, proxies and pool. **This method follows `reqwest`'s versions,
    /// not this crate's.** The transport is [`ReqwestTransport::from_client`], which says how the client is used.
    ///
    /// Background delivery, which has a runtime of its own, sends through it too: its connections then belong to more
    /// than one runtime, and one that a runtime opened breaks when that runtime ends.
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.transport(ReqwestTransport::from_client(client))
    }

    /// Builds the client. What was not given is that of [`AgentSight::new`].
    ///
    /// # Errors
    /// `Config`, without a transport or an HTTP client of your own, if the system's trust store cannot be used or the
    /// proxy is not one.
    pub fn build(self) -> Result<AgentSight, Error> {
        let (transport, is_own): (Arc<dyn AsyncTransport>, bool) = match self.transport {
            Some(transport) => (transport, true),
            None => (Arc::new(ReqwestTransport::new(&self.config)?), false),
        };
        Ok(AgentSight::assemble(self.config, self.context.unwrap_or_else(system::context), transport, is_own))
    }
}

impl fmt::Debug for AgentSightBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AgentSightBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
