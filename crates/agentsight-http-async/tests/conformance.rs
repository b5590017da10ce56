//! The transport keeps what every transport has to keep, on either flavour of runtime.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

use agentsight_http_async::{Config, ReqwestTransport};
use agentsight_testkit::conformance;

async fn conforms() {
    let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint("http://localhost");
    let config = config.build().expect("a valid configuration");
    conformance::asynchronous(|| ReqwestTransport::new(&config).expect("nothing can fail without TLS")).await;
}

#[tokio::test]
async fn reqwest_conforms_on_one_thread() {
    conforms().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reqwest_conforms_on_several_threads() {
    conforms().await;
}
