//! Clients of the fake service, and the runtimes to run them on.

use agentsight_http_async::{AgentSight, Config, Error};
use agentsight_testkit::FakeServer;
use tokio::runtime::{Builder, Runtime};

/// A service behind a socket.
pub(crate) fn serve() -> FakeServer {
    FakeServer::start().expect("a free port")
}

/// A client of that service.
pub(crate) fn client_of(server: &FakeServer) -> Result<AgentSight, Error> {
    AgentSight::new(Config::builder().api_key(server.api_key()).endpoint(server.url()).build()?)
}

/// Both flavours of runtime.
pub(crate) fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut runtime| runtime.enable_all().build().expect("a runtime"))
}
