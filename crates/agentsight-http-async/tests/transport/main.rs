//! What is reqwest's own about the transport, over real sockets.
//!
//! What every transport has to keep is in the testkit's conformance suite (`tests/conformance.rs`), what both clients
//! share in `both_clients`, which errors of reqwest become which failure in `src/map_failure.rs`. Left for this crate:
//! cancellation, TLS handshakes, HTTP/2, an explicit proxy, a ready-made client.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

#[path = "../../../../tests/transport/attempts.rs"]
mod attempts;
#[path = "../../../../tests/transport/both_clients.rs"]
mod both_clients;
mod cancellation;
#[cfg(feature = "rustls")]
mod handshakes;
#[cfg(feature = "rustls")]
mod http2;
#[path = "../../../../tests/round_trip/own_process.rs"]
mod own_process;
mod proxies;
#[path = "../../../../tests/transport/raw_server.rs"]
mod raw_server;
#[cfg(feature = "rustls")]
mod ready_made;
#[cfg(feature = "socks")]
#[path = "../../../../tests/transport/socks_proxies.rs"]
mod socks_proxies;
#[path = "../../../../tests/transport/verdicts.rs"]
mod verdicts;

use agentsight_core::ConfigBuilder;
use agentsight_core::transport::{AsyncTransport as _, Attempt, TransportFailure};
use agentsight_http_async::ReqwestTransport;
use bytes::Bytes;
use http::Response;
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
        .map(|runtime| Client::new(transport_for(attempts::config()), runtime))
}

fn client_for(config: ConfigBuilder) -> Client {
    Client::new(transport_for(config), Builder::new_current_thread())
}

fn transport_for(config: ConfigBuilder) -> ReqwestTransport {
    ReqwestTransport::new(&config.build().expect("a valid configuration")).expect("nothing can fail without TLS")
}
