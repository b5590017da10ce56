//! Attempts and configurations for servers of these tests.

use std::time::Duration;

use agentsight_core::transport::{Attempt, Body};
use agentsight_core::{Config, ConfigBuilder};
use http::{Method, Request};

/// A configuration for servers of this test.
pub(crate) fn config() -> ConfigBuilder {
    Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint("http://localhost")
}

/// A configuration for an endpoint on another machine.
pub(crate) fn elsewhere() -> ConfigBuilder {
    config().endpoint("http://agentsight.invalid").allow_insecure_endpoint(true)
}

pub(crate) fn get(url: &str) -> Attempt {
    attempt(Method::GET, url, Body::empty())
}

pub(crate) fn post(url: &str) -> Attempt {
    attempt(Method::POST, url, "{\"a\": 1}")
}

/// An attempt with the headers that the core sets (R24).
fn attempt(method: Method, url: &str, body: impl Into<Body>) -> Attempt {
    let body = body.into();
    let mut request = Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", "Api-Key ags_key")
        .header("accept", "application/json")
        .header("user-agent", "agentsight-rust/0.1.0");
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    Attempt::new(request.body(body).expect("a valid request")).timeout(Duration::from_secs(20))
}
