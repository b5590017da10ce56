//! The transport keeps what every transport has to keep.

use agentsight_http_blocking::{Config, UreqTransport};
use agentsight_testkit::conformance;

#[test]
fn ureq_conforms() {
    let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint("http://localhost");
    let config = config.build().expect("a valid configuration");
    conformance::blocking(|| UreqTransport::new(&config).expect("nothing can fail without TLS"));
}
