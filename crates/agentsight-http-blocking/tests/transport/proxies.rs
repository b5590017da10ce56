//! Proxies: the environment's, an explicit one, none (C3).

use std::process::Command;

use agentsight_core::ConfigBuilder;
use agentsight_core::transport::{FailureKind, Transport as _};

use crate::raw_server::RawServer;
use crate::{config, get, transport_for};

/// A configuration for an endpoint on another machine.
fn elsewhere() -> ConfigBuilder {
    config().endpoint("http://agentsight.invalid").allow_insecure_endpoint(true)
}

#[test]
fn c3_an_explicit_proxy_is_asked() {
    let proxy = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let tunnel = visitor.request_head()?;
        visitor.send("HTTP/1.1 200 OK\r\n\r\n");
        let request = visitor.request()?;
        visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        Some((tunnel, request.headers))
    });
    let transport = transport_for(elsewhere().proxy(proxy.url("")));
    transport.send(get("http://agentsight.invalid/api/")).expect("an answer");
    let ((line, asked), sent) = proxy.finish().expect("a tunnel and a request");
    assert_eq!(line, "CONNECT agentsight.invalid:80 HTTP/1.1");
    // The key goes through the tunnel, not to the proxy.
    let has_key = |headers: &[(String, String)]| headers.iter().any(|(name, _)| name == "authorization");
    assert_eq!((has_key(&asked), has_key(&sent)), (false, true));
}

/// The environment of a process cannot be changed safely, so the test runs itself again in another one.
#[test]
fn c3_a_proxy_counts_except_for_loopback() {
    const CHILD: &str = "AGENTSIGHT_TEST_BEHIND_PROXY";
    if std::env::var_os(CHILD).is_none() {
        let name = "proxies::c3_a_proxy_counts_except_for_loopback";
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
    let send = |config| transport_for(config).send(get(&server.url())).map_err(|failure| failure.kind());
    assert_eq!(send(elsewhere()).err(), Some(FailureKind::Connect));
    assert!(send(elsewhere().no_proxy()).is_ok());
    assert!(send(config()).is_ok());
    // For loopback an explicit one does not count either.
    assert!(send(config().proxy("http://127.0.0.1:1")).is_ok());
}
