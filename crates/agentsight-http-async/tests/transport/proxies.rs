//! Proxies: the environment's, an explicit one, none (C3).

use std::process::Command;

use agentsight_core::transport::FailureKind;
use agentsight_http_async::{ProxyChoice, ReqwestTransport, TransportSettings};

use crate::{Client, get};
use tokio::runtime::Builder;

use crate::raw_server::RawServer;

fn client(settings: &TransportSettings) -> Client {
    Client::new(ReqwestTransport::new(settings).expect("a transport"), Builder::new_current_thread())
}

#[test]
fn c3_an_explicit_proxy_is_asked() {
    let proxy = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let request = visitor.request()?;
        visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        Some(request.line)
    });
    let settings = TransportSettings::new().proxy(ProxyChoice::Explicit(proxy.url("")));
    let client = client(&settings.loopback(true));
    client.send(get("http://agentsight.invalid/api/")).expect("an answer");
    assert_eq!(proxy.finish().as_deref(), Some("GET http://agentsight.invalid/api/ HTTP/1.1"));
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
    let send =
        |settings: TransportSettings| client(&settings).send(get(&server.url())).map_err(|failure| failure.kind());
    assert_eq!(send(TransportSettings::new()).err(), Some(FailureKind::Connect));
    assert!(send(TransportSettings::new().loopback(true)).is_ok());
    assert!(send(TransportSettings::new().proxy(ProxyChoice::None)).is_ok());
}
