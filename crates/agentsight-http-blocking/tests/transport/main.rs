//! What is ureq's own about the transport, over real sockets.
//!
//! What every transport has to keep is in the testkit's conformance suite (`tests/conformance.rs`), what both clients
//! share in `both_clients`, which errors of ureq become which failure in `src/map_failure.rs`. Left for this crate: TLS
//! handshakes, an explicit proxy, a ready-made agent.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

#[path = "../../../../tests/transport/attempts.rs"]
mod attempts;
#[path = "../../../../tests/transport/both_clients.rs"]
mod both_clients;
#[cfg(feature = "rustls")]
mod handshakes;
#[path = "../../../../tests/round_trip/own_process.rs"]
mod own_process;
mod proxies;
#[path = "../../../../tests/transport/raw_server.rs"]
mod raw_server;
mod ready_made;
#[cfg(feature = "socks")]
#[path = "../../../../tests/transport/socks_proxies.rs"]
mod socks_proxies;
#[path = "../../../../tests/transport/verdicts.rs"]
mod verdicts;

use agentsight_core::ConfigBuilder;
use agentsight_core::transport::{Attempt, Transport as _, TransportFailure};
use agentsight_http_blocking::UreqTransport;
use bytes::Bytes;
use http::Response;

struct Client {
    transport: UreqTransport,
}

impl Client {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        self.transport.send(attempt)
    }
}

/// The one kind of client that there is, for servers of this test.
fn clients() -> [Client; 1] {
    [client_for(attempts::config())]
}

fn client_for(config: ConfigBuilder) -> Client {
    let config = config.build().expect("a valid configuration");
    Client { transport: UreqTransport::new(&config).expect("nothing can fail without TLS") }
}
