//! What the shipped transport is built with.

use std::fmt;
use std::time::Duration;

/// What [`ReqwestTransport`](crate::ReqwestTransport) is built with (C3).
///
/// The client fills it from its configuration; only a program that drives the transport itself makes one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransportSettings {
    /// The proxy to go through. Default: what the environment says.
    pub proxy: ProxyChoice,
    /// Whether the endpoint's host is the loopback interface: proxies of the environment do not apply to it, and a
    /// missing trust store is no reason to refuse it. Default: no.
    pub loopback: bool,
    /// The longest time for establishing a connection: reqwest takes it for a client, not for a request. A shorter
    /// [`Attempt::connect_timeout`](agentsight_core::transport::Attempt::connect_timeout) still holds for a request with
    /// a body. Default: 5 s (R16).
    pub connect_timeout: Duration,
}

impl TransportSettings {
    /// The proxy of the environment, and an endpoint elsewhere.
    pub fn new() -> Self {
        Self { proxy: ProxyChoice::FromEnvironment, loopback: false, connect_timeout: Duration::from_secs(5) }
    }

    /// Sets the proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: ProxyChoice) -> Self {
        self.proxy = proxy;
        self
    }

    /// Says whether the endpoint's host is the loopback interface.
    #[must_use]
    pub fn loopback(mut self, loopback: bool) -> Self {
        self.loopback = loopback;
        self
    }

    /// Sets the longest time for establishing a connection.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// Which proxy requests go through (C3).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyChoice {
    /// What `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say (on macOS and Windows also the system's settings), except for an endpoint on the loopback interface.
    FromEnvironment,
    /// No proxy, whatever the environment says.
    None,
    /// This `http://` or `https://` proxy, also for the loopback interface. It may hold a user name and a password.
    Explicit(String),
}

/// Hides the address, which may hold a password.
impl fmt::Debug for ProxyChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FromEnvironment => "FromEnvironment",
            Self::None => "None",
            Self::Explicit(_) => "Explicit(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_the_password_of_a_proxy_is_not_shown() {
        let settings = TransportSettings::new().proxy(ProxyChoice::Explicit("http://me:secret@proxy".to_owned()));
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
