//! A transport over a client that the program made (H4).

use std::sync::Arc;

use agentsight_http_async::ReqwestTransport;
use tokio::runtime::Builder;

use crate::Client;
use crate::attempts::get;

#[test]
fn h4_a_ready_made_client_keeps_its_settings() {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let headers = http::HeaderMap::from_iter([(http::header::VIA, http::HeaderValue::from_static("1.1 mine"))]);
    let ready_made = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).default_headers(headers);
    let transport = ReqwestTransport::from_client(ready_made.build().expect("a client"));
    let client = Client::new(transport, Builder::new_current_thread());

    let mut server = mockito::Server::new();
    server.mock("GET", "/gone/").match_header("via", "1.1 mine").with_status(404).create();
    let answer = client.send(get(&(server.url() + "/gone/"))).expect("an answer");
    assert_eq!(answer.status(), 404);
}
