//! The attempts that the suite makes.

use std::time::Duration;

use agentsight_core::transport::{Attempt, Body};
use http::{HeaderValue, Method, Request};

/// The path and the query of every attempt.
pub(super) const TARGET: &str = "/api/things/?page=1&q=%C3%A4pr1vate-words";

/// The body of an attempt that creates something.
pub(super) const CONTENT: &str = r#"{"content": "pr1vate-words"}"#;

/// An attempt with the headers that the core sets (R24), but for the key, which is the run's.
pub(super) fn attempt(method: Method, url: &str, body: impl Into<Body>) -> Attempt {
    let body = body.into();
    let has_body = !body.is_empty();
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // The suite's own address is a URL; a transport that is given another one reports it as such.
    *request.uri_mut() = url.parse().unwrap_or_default();
    let mut headers = vec![("accept", "application/json"), ("user-agent", "agentsight-rust/0.1.0")];
    if has_body {
        headers.push(("content-type", "application/json"));
    }
    for (name, value) in headers {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Attempt::new(request).timeout(Duration::from_secs(10))
}

/// A POST, which creates something, and a GET, which does not.
pub(super) fn both(url: &str) -> Vec<Attempt> {
    vec![post(url), get(url)]
}

pub(super) fn post(url: &str) -> Attempt {
    attempt(Method::POST, url, CONTENT)
}

pub(super) fn get(url: &str) -> Attempt {
    attempt(Method::GET, url, Body::empty())
}
