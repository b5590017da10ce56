//! Sending one attempt over reqwest.

mod incoming;
mod outgoing;
mod proxy;
mod tls;

use std::error::Error as _;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use agentsight_core::transport::{AsyncTransport, Attempt, TransportFailure};
use agentsight_core::{Config, Error, ProxyAddress};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, Request, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::time::{Instant, sleep, timeout_at};

use self::incoming::read_answer;
pub(crate) use self::outgoing::FileFault;
use self::outgoing::{Outgoing, Started};
use crate::map_failure::{Reached, map_failure, map_timeout};
use crate::system;

/// How many idle connections are kept at least: as many as conversations are sent at once by default (R10), and to spare.
const IDLE_CONNECTIONS: usize = 32;

/// How long an idle connection is kept: shorter than servers and load balancers do, so that few are found closed.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// The longest time that is measured: a year, so that no deadline overflows the clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The asynchronous transport: reqwest over HTTP/2 or HTTP/1.1, TLS by rustls with the system's trust store (C3).
///
/// One pool of connections; cloning shares it. It follows no redirect, retries nothing, understands gzip, and hands out
/// every status as an answer. It needs a tokio runtime of either flavour, with I/O and time enabled, when it sends, and
/// none when it is built. Dropping the future of a request aborts it.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: Client,
    /// The proxy, unless the client is ready-made.
    proxy: Option<Arc<ProxyAddress>>,
}

impl ReqwestTransport {
    /// A transport with connections of its own, for the endpoint of `config` (C3).
    ///
    /// It takes over the proxy, or looks for one in the environment as [`Config::proxy_address`] says, and the connect timeout, which reqwest wants to know here; [`Attempt::connect_timeout`]
    /// can only cut it shorter, and only for a request with a body. All else comes with every [`Attempt`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](agentsight_core::ErrorKind::Config) if the address of the proxy cannot be used, or is one
    /// of SOCKS and the feature `socks` is off, or if the endpoint uses `https` and the system has no trust store, or the
    /// feature `rustls` is off. The message names the setting or the variable.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let builder = Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(config.timeouts().connect.min(LONGEST))
            .pool_max_idle_per_host(idle_connections(config))
            .pool_idle_timeout(IDLE_TIME);
        let proxy = proxy::choose(config, system::variable)?;
        let needs_tls = proxy.as_ref().is_some_and(ProxyAddress::is_https);
        let builder = tls::configure(proxy::configure(builder, proxy.as_ref())?, config, needs_tls)?;
        // What reqwest dislikes is not in its error but in what caused it.
        let client = builder.build().map_err(|error| match error.without_url().source() {
            Some(cause) => Error::config(format!("the HTTP client cannot be built: {cause}")),
            None => Error::config("the HTTP client cannot be built"),
        })?;
        Ok(Self { client, proxy: proxy.map(Arc::new) })
    }

    /// A transport over a ready-made client: its proxy, TLS, pool, redirects and repetitions apply, so build it with
    /// `redirect(Policy::none())` and `retry(never())`; the time and the size that every [`Attempt`] allows still hold.
    /// This method follows reqwest's versions, not ours (H4).
    pub fn from_client(client: Client) -> Self {
        Self { client, proxy: None }
    }

    /// Sends the request and waits for the head of the answer.
    async fn head(
        &self,
        request: reqwest::Request,
        connect_timeout: Duration,
        progress: &Progress,
    ) -> Result<reqwest::Response, TransportFailure> {
        let mut sending = pin!(self.client.execute(request));
        let answer = match select(sending.as_mut(), pin!(sleep(connect_timeout.min(LONGEST)))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) if progress.reached() == Reached::BeforeBody => {
                return Err(TransportFailure::connect_timeout());
            }
            Either::Right(_) => sending.await,
        };
        answer.map_err(|error| map_failure(error, progress.reached()))
    }
}

/// Shows nothing of what it is made of: a proxy's address may hold a password.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl AsyncTransport for ReqwestTransport {
    async fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let Attempt { request, timeout, connect_timeout, response_limit, .. } = attempt;
        let deadline = Instant::now() + timeout.min(LONGEST);
        let (mut parts, body) = request.into_parts();
        let outgoing = timeout_at(deadline, Outgoing::open(&body))
            .await
            .map_err(|_| TransportFailure::timeout().with_maybe_seen(false))??;
        let progress = Progress { has_body: !body.is_empty(), started: outgoing.started() };
        if progress.has_body || expects_content(&parts.method) {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let content = if progress.has_body { outgoing.into_body() } else { reqwest::Body::default() };
        let request = reqwest::Request::try_from(Request::from_parts(parts, content))
            .map_err(|error| map_failure(error, progress.reached()))?;
        let answer = timeout_at(deadline, self.head(request, connect_timeout, &progress))
            .await
            .unwrap_or_else(|_| Err(map_timeout(progress.reached())))
            .map_err(|failure| match &self.proxy {
                Some(proxy) => failure.through(proxy),
                None => failure,
            })?;
        timeout_at(deadline, read_answer(answer, response_limit)).await.map_err(|_| map_timeout(Reached::Answer))?
    }
}

/// What can be told about a request from outside while it is being sent.
struct Progress {
    has_body: bool,
    started: Started,
}

impl Progress {
    fn reached(&self) -> Reached {
        match (self.has_body, self.started.get()) {
            (false, _) => Reached::Unknown,
            (true, false) => Reached::BeforeBody,
            (true, true) => Reached::InBody,
        }
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

    fn build(config: ConfigBuilder) -> Result<ReqwestTransport, Error> {
        ReqwestTransport::new(&config.allow_insecure_endpoint(true).build()?)
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
        assert!(ReqwestTransport::new(&Config::disabled()).is_ok());
    }
}
