//! Clients of the fake service.

use agentsight_http_blocking::{AgentSight, Config, Error};
use agentsight_testkit::FakeServer;

/// A service behind a socket.
pub(crate) fn serve() -> FakeServer {
    FakeServer::start().expect("a free port")
}

/// A client of that service.
pub(crate) fn client_of(server: &FakeServer) -> Result<AgentSight, Error> {
    AgentSight::new(Config::builder().api_key(server.api_key()).endpoint(server.url()).build()?)
}
