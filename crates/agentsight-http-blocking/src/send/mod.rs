//! Sending one attempt over ureq.

mod authorization;
mod incoming;
mod outgoing;
mod proxy;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use agentsight_core::transport::{Attempt, Transport, TransportFailure};
use agentsight_core::{Config, Error, ProxyAddress};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use http::{Method, Request, Response};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, SendBody};

use self::authorization::AuthorizingConnector;
use self::incoming::read_answer;
pub(crate) use self::outgoing::FileFault;
use self::outgoing::Outgoing;
use crate::map_failure::{Reached, map_failure};
use crate::system;

/// How many idle connections are kept at least: as many as conversations are sent at once by default (R10), and to spare.
const IDLE_CONNECTIONS: usize = 32;

/// How long an idle connection is kept: shorter than servers and load balancers do, so that few are found closed.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// The longest time that is measured: a year, so that no deadline overflows the clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The blocking transport: ureq over HTTP/1.1, TLS by rustls with the system's trust store (C3).
///
/// One pool of connections; cloning shares it. It follows no redirect, retries nothing, understands gzip, and hands out
/// every status as an answer. [`Attempt::connect_timeout`] is the time for resolving the name and, again, for
/// connecting and the TLS handshake.
#[derive(Clone)]
pub struct UreqTransport {
    agent: Agent,
    /// Whether the agent's connections are ours, and put the key in themselves.
    authorizes: bool,
    /// The proxy, unless the agent is ready-made.
    proxy: Option<Arc<ProxyAddress>>,
}

impl UreqTransport {
    /// A transport with connections of its own, for the endpoint of `config` (C3).
    ///
    /// It takes over the proxy, or looks for one in the environment as [`Config::proxy_address`] says; times and sizes come with every [`Attempt`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](agentsight_core::ErrorKind::Config) if the address of the proxy cannot be used, or is one
    /// of SOCKS and the feature `socks` is off, or if the endpoint uses `https` and the system has no trust store, or the
    /// feature `rustls` is off. The message names the setting or the variable.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let idle_connections = idle_connections(config);
        let builder = Agent::config_builder()
            .max_idle_connections(idle_connections)
            .max_idle_connections_per_host(idle_connections)
            .max_idle_age(IDLE_TIME);
        let proxy = proxy::choose(config, system::variable)?;
        let needs_tls = proxy.as_ref().is_some_and(ProxyAddress::is_https);
        let builder = tls::configure(proxy::configure(builder, proxy.as_ref())?, config, needs_tls)?;
        let agent = Agent::with_parts(builder.build(), AuthorizingConnector::default(), DefaultResolver::default());
        Ok(Self { agent, authorizes: true, proxy: proxy.map(Arc::new) })
    }

    /// A transport over a ready-made agent: its proxy, TLS and pool apply; timeouts, redirects and statuses are still
    /// handled as every [`Attempt`] says. This method follows ureq's versions, not ours (H4).
    ///
    /// The key goes the agent's way: at level `trace`, ureq writes every request to `log` as it is, key included. A
    /// transport of [`new`](Self::new) keeps the key out of that (C4).
    ///
    /// ```
    /// use agentsight_http_blocking::UreqTransport;
    ///
    /// let config = ureq::Agent::config_builder().max_idle_connections(4).build();
    /// let transport = UreqTransport::from_agent(ureq::Agent::new_with_config(config));
    /// ```
    pub fn from_agent(agent: Agent) -> Self {
        Self { agent, authorizes: false, proxy: None }
    }
}

/// Shows nothing of what it is made of: a proxy's address may hold a password.
impl fmt::Debug for UreqTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UreqTransport").finish_non_exhaustive()
    }
}

impl Transport for UreqTransport {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let Attempt { request, timeout, connect_timeout, response_limit, .. } = attempt;
        let (mut parts, body) = request.into_parts();
        let outgoing = Outgoing::open(&body)?;
        let started = outgoing.started();
        let has_body = !body.is_empty();
        let content = if has_body || expects_content(&parts.method) {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            SendBody::from_owned_reader(outgoing)
        } else {
            SendBody::none()
        };
        let key = if self.authorizes { parts.headers.remove(AUTHORIZATION) } else { None };
        let request = self
            .agent
            .configure_request(Request::from_parts(parts, content))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(timeout.min(LONGEST)))
            .timeout_resolve(Some(connect_timeout.min(LONGEST)))
            .timeout_connect(Some(connect_timeout.min(LONGEST)))
            .build();
        let _wait = self.authorizes.then(|| authorization::wait_with(key));
        let answer = self.agent.run(request).map_err(|error| {
            let reached = match (has_body, started.get()) {
                (false, _) => Reached::Unknown,
                (true, false) => Reached::BeforeBody,
                (true, true) => Reached::InBody,
            };
            let failure = map_failure(error, reached);
            match &self.proxy {
                Some(proxy) => failure.through(proxy),
                None => failure,
            }
        })?;
        read_answer(answer, response_limit)
    }
}

/// How many idle connections are kept: none is opened anew because more conversations are sent at once (R10).
fn idle_connections(config: &Config) -> usize {
    config.concurrency().max(IDLE_CONNECTIONS)
}

/// Whether a request without content says so by `Content-Length: 0` (RFC 9110, 8.6).
fn expects_content(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

#[cfg(test)]
mod tests {
    use agentsight_core::{ConfigBuilder, ErrorKind};

    use super::*;

    fn config() -> ConfigBuilder {
        Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint("http://host")
    }

    fn build(config: ConfigBuilder) -> Result<UreqTransport, Error> {
        UreqTransport::new(&config.allow_insecure_endpoint(true).build()?)
    }

    #[test]
    fn c3_a_proxy_that_cannot_be_used_is_an_error_when_the_transport_is_built() {
        for address in
            ["http://secret:password@pro\"xy", "http://secret:%ff%fe@pro xy", "socks9://secret:password@proxy"]
        {
            let error = build(config().proxy(address)).expect_err("no host to ask");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with("proxy "), "{error}");
            assert!(!format!("{error:?}").contains("secret"));
        }
    }

    #[test]
    fn c3_the_password_of_a_proxy_is_not_shown() {
        let transport = build(config().proxy("http://me:secret@proxy:3128")).expect("a usable proxy");
        assert!(!format!("{transport:?}").contains("secret"));
    }

    #[test]
    fn r10_no_connection_is_given_up_between_two_rounds_of_requests() {
        for (concurrency, kept) in [(1, 32), (32, 32), (33, 33), (64, 64)] {
            let config = config().allow_insecure_endpoint(true).concurrency(concurrency).build();
            assert_eq!(idle_connections(&config.expect("a valid configuration")), kept);
        }
    }

    #[cfg(not(feature = "rustls"))]
    #[test]
    fn h6_without_the_feature_only_a_client_that_sends_nothing_may_have_an_https_endpoint() {
        let error = build(config().endpoint("https://host")).expect_err("no TLS");
        assert!(error.to_string().contains("`rustls`"), "{error}");
        assert!(UreqTransport::new(&Config::disabled()).is_ok());
    }
}
