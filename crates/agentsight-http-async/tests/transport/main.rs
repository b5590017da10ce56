//! The transport over real sockets: what crosses them, and what every fault of a server becomes.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

mod answers;
mod cancellation;
mod connections;
mod faults;
mod files;
#[path = "../../../../tests/transport/gzip.rs"]
mod gzip;
#[path = "../../../../tests/transport/gzip_bomb.rs"]
mod gzip_bomb;
mod proxies;
#[path = "../../../../tests/transport/raw_server.rs"]
mod raw_server;
mod requests;

use std::time::Duration;

use agentsight_core::transport::{AsyncTransport as _, Attempt, Body, TransportFailure};
use agentsight_core::{Config, ConfigBuilder};
use agentsight_http_async::ReqwestTransport;
use bytes::Bytes;
use http::{Method, Request, Response};
use tokio::runtime::{Builder, Runtime};

/// A transport on a runtime of its own. Dropping it ends whatever it is still busy with.
struct Client {
    transport: ReqwestTransport,
    runtime: Runtime,
}

impl Client {
    fn new(transport: ReqwestTransport, mut runtime: Builder) -> Self {
        Self { transport, runtime: runtime.enable_all().build().expect("a runtime") }
    }

    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        self.runtime.block_on(self.transport.send(attempt))
    }
}

/// A client on either flavour of runtime. Its transport is for servers of this test, and made outside of any runtime.
fn clients() -> [Client; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|runtime| Client::new(transport_for(config()), runtime))
}

/// A configuration for servers of this test.
fn config() -> ConfigBuilder {
    Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint("http://localhost")
}

fn transport_for(config: ConfigBuilder) -> ReqwestTransport {
    ReqwestTransport::new(&config.build().expect("a valid configuration")).expect("nothing can fail without TLS")
}

/// An attempt with the headers that the core sets (R24).
fn attempt(method: Method, url: &str, body: impl Into<Body>) -> Attempt {
    let body = body.into();
    let mut request = Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", "Api-Key ags_key")
        .header("accept", "application/json")
        .header("user-agent", "agentsight-rust/0.1.0");
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    Attempt::new(request.body(body).expect("a valid request")).timeout(Duration::from_secs(20))
}

fn get(url: &str) -> Attempt {
    attempt(Method::GET, url, Body::empty())
}

fn post(url: &str) -> Attempt {
    attempt(Method::POST, url, "{\"a\": 1}")
}
