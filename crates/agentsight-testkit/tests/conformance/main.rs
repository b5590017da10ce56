//! The suite from outside: a transport over a third HTTP library passes, and careless ones are told what they break.

#![cfg(feature = "conformance")]
#![expect(clippy::unwrap_used, reason = "a test fails by the value that it does not get")]

mod agentsight_target;
mod attohttpc_transport;
mod careless;
mod log_capture;

use agentsight_testkit::conformance;

use crate::attohttpc_transport::AttohttpcTransport;

#[test]
fn a_transport_over_a_third_library_conforms() {
    conformance::blocking(|| AttohttpcTransport);
}
