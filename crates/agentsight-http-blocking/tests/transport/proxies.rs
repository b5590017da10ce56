//! Proxies: the environment's, an explicit one, none (C3).

use std::process::Command;

use agentsight_core::transport::{FailureKind, Transport as _};
use agentsight_http_blocking::{ProxyChoice, TransportSettings, UreqTransport};

use crate::get;
use crate::raw_server::RawServer;

#[test]
fn c3_an_explicit_proxy_is_asked() {
    let proxy = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let (line, _) = visitor.request_head()?;
        visitor.send("HTTP/1.1 200 OK\r\n\r\n");
        visitor.request()?;
        visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        Some(line)
    });
    let settings = TransportSettings::new().proxy(ProxyChoice::Explicit(proxy.url("")));
    let transport = UreqTransport::new(&settings.loopback(true)).expect("a valid proxy");
    transport.send(get("http://agentsight.invalid/api/")).expect("an answer");
    assert_eq!(proxy.finish().as_deref(), Some("CONNECT agentsight.invalid:80 HTTP/1.1"));
}

/// The environment of a process cannot be changed safely, so the test runs itself again in another one.
#[test]
fn c3_the_proxy_of_the_environment_counts_except_for_loopback() {
    const CHILD: &str = "AGENTSIGHT_TEST_BEHIND_PROXY";
    if std::env::var_os(CHILD).is_none() {
        let name = "proxies::c3_the_proxy_of_the_environment_counts_except_for_loopback";
        let status = Command::new(std::env::current_exe().expect("the test is a program"))
            .args(["--exact", name, "--test-threads=1"])
            .env(CHILD, "1")
            // Nobody listens on port 1.
            .envs(["ALL_PROXY", "HTTP_PROXY", "http_proxy"].map(|name| (name, "http://127.0.0.1:1")))
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .status()
            .expect("the test can run itself");
        assert!(status.success());
        return;
    }

    let mut server = mockito::Server::new();
    server.mock("GET", "/").with_body("{}").create();
    let send = |settings: TransportSettings| {
        let transport = UreqTransport::new(&settings).expect("a transport");
        transport.send(get(&server.url())).map_err(|failure| failure.kind())
    };
    assert_eq!(send(TransportSettings::new()).err(), Some(FailureKind::Connect));
    assert!(send(TransportSettings::new().loopback(true)).is_ok());
    assert!(send(TransportSettings::new().proxy(ProxyChoice::None)).is_ok());
}
