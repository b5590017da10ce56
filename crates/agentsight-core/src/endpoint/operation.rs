//! One endpoint of the service as a value: how its request is built and how its answer is read.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Uri};
use serde::Serialize;

use crate::answer::Answer;
use crate::config::{ApiKey, Config, Timeouts};
use crate::endpoint::FIXED_PATHS;
use crate::error::{Error, ErrorKind, Purpose};
use crate::transport::Body;

/// The type of every body that is not form data.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An endpoint. Each lives in a file of its own below `ops/`, which opens with its wire identity.
pub(crate) trait Operation {
    /// What the answer is read into.
    type Output;

    /// The name of the call in this SDK, for errors.
    fn name(&self) -> &'static str;

    /// Whether a request that the service may have seen can be repeated blindly.
    fn repeat(&self) -> Repeat;

    /// What the call is for: an error's advice depends on it (E3).
    fn purpose(&self) -> Purpose {
        match self.repeat() {
            Repeat::Safe => Purpose::ById,
            Repeat::Creates => Purpose::CreateById,
        }
    }

    /// Builds the request; called anew for every attempt.
    fn request(&self) -> Result<RequestParts, Error>;

    /// The time for one attempt.
    fn allowance(&self, timeouts: &Timeouts) -> Duration {
        timeouts.attempt
    }

    /// Reads a 2xx answer.
    fn read(&self, answer: &Answer<'_>) -> Result<Self::Output, Error>;
}

/// What repeating a request would do (R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The same again: GET, PATCH, DELETE, mark and the upsert.
    Safe,
    /// A second thing: repeated only when the service certainly did not act on the first.
    Creates,
}

/// The part of a request that differs between endpoints.
#[derive(Debug)]
pub(crate) struct RequestParts {
    pub method: Method,
    pub path: Cow<'static, str>,
    pub query: String,
    pub content: Option<(HeaderValue, Body)>,
}

impl RequestParts {
    pub(crate) fn get(path: impl Into<Cow<'static, str>>) -> Self {
        Self { method: Method::GET, path: path.into(), query: String::new(), content: None }
    }

    pub(crate) fn delete(path: impl Into<Cow<'static, str>>) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    pub(crate) fn json(
        method: Method,
        path: impl Into<Cow<'static, str>>,
        body: &impl Serialize,
    ) -> Result<Self, Error> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::invalid("the request cannot be written as JSON").with_source(error))?;
        let content = Some((JSON, Body::from(body)));
        Ok(Self { method, path: path.into(), query: String::new(), content })
    }

    pub(crate) fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }
}

/// What every request of a client has in common, prepared once (R24).
///
/// A request with a fixed path copies what is here: nothing is parsed, checked or put together again.
#[derive(Debug)]
pub(crate) struct RequestFrame {
    /// The headers of a request with a JSON body, without the key.
    headers: HeaderMap,
    /// The URLs of the routes whose path is always the same.
    urls: Vec<(&'static str, Uri)>,
}

impl RequestFrame {
    /// `transport` is the name that ends the user agent.
    pub(crate) fn new(config: &Config, transport: &str) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, user_agent(config, transport));
        headers.insert(CONTENT_TYPE, JSON);
        let url = |path| config.endpoint().url(path, "").ok().map(|url| (path, url));
        Self { headers, urls: FIXED_PATHS.into_iter().filter_map(url).collect() }
    }

    /// The complete request.
    ///
    /// # Errors
    /// A path or query that is not a URL, or a client without a key.
    pub(crate) fn build(
        &self,
        config: &Config,
        parts: RequestParts,
        key: Option<&ApiKey>,
    ) -> Result<http::Request<Body>, Error> {
        let key = key.ok_or_else(|| Error::new(ErrorKind::Closed, "the client is disabled"))?;
        let url = self.url(config, &parts)?;
        let mut headers = self.headers.clone();
        headers.insert(AUTHORIZATION, key.header());
        let body = match parts.content {
            Some((content_type, body)) => {
                if content_type != JSON {
                    headers.insert(CONTENT_TYPE, content_type);
                }
                body
            }
            None => {
                headers.remove(CONTENT_TYPE);
                Body::empty()
            }
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = parts.method;
        *request.uri_mut() = url;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn url(&self, config: &Config, parts: &RequestParts) -> Result<Uri, Error> {
        if parts.query.is_empty()
            && let Some((_, url)) = self.urls.iter().find(|(path, _)| *path == parts.path)
        {
            return Ok(url.clone());
        }
        config.endpoint().url(&parts.path, &parts.query)
    }
}

fn user_agent(config: &Config, transport: &str) -> HeaderValue {
    let mut agent = format!("agentsight-rust/{} ({transport})", env!("CARGO_PKG_VERSION"));
    if let Some(suffix) = config.user_agent_suffix() {
        agent.push(' ');
        agent.push_str(suffix);
    }
    let plain = HeaderValue::from_static(concat!("agentsight-rust/", env!("CARGO_PKG_VERSION")));
    HeaderValue::from_str(&agent).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_a_prepared_url_is_the_one_that_would_be_put_together() {
        let config = Config::builder()
            .api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3")
            .endpoint("https://host:8443/a/b/")
            .build()
            .expect("a valid configuration");
        let frame = RequestFrame::new(&config, "test");
        assert_eq!(frame.urls.len(), FIXED_PATHS.len());
        for path in FIXED_PATHS {
            let request = frame.build(&config, RequestParts::get(path), config.api_key()).expect("a fixed path");
            assert_eq!(request.uri(), &config.endpoint().url(path, "").expect("a fixed path"));
            assert_eq!(request.uri().path(), format!("/a/b{path}"));
            let request =
                frame.build(&config, RequestParts::get(path).query("a=b"), config.api_key()).expect("a query");
            assert_eq!(request.uri().query(), Some("a=b"));
        }
        let request =
            frame.build(&config, RequestParts::get("/api/conversations/1/"), config.api_key()).expect("a path");
        assert_eq!(request.uri(), "https://host:8443/a/b/api/conversations/1/");
    }

    #[test]
    fn r24_the_content_type_is_that_of_the_body_and_the_key_stays_sensitive() {
        let config = Config::builder()
            .api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3")
            .build()
            .expect("a valid configuration");
        let frame = RequestFrame::new(&config, "test");
        let form = HeaderValue::from_static("multipart/form-data; boundary=b");
        for (content, expected) in [
            (None, None),
            (Some((JSON, Body::from("{}"))), Some(&JSON)),
            (Some((form.clone(), Body::from("--b--"))), Some(&form)),
        ] {
            let mut parts = RequestParts::get("/api/me/");
            parts.content = content;
            let request = frame.build(&config, parts, config.api_key()).expect("a fixed path");
            assert_eq!(request.headers().get(CONTENT_TYPE), expected);
            assert!(request.headers()[AUTHORIZATION].is_sensitive());
            assert_eq!(request.headers().len(), 3 + usize::from(expected.is_some()));
        }
        let disabled = Config::builder().enabled(false).build().expect("a client without a key");
        let error = RequestFrame::new(&disabled, "test").build(&disabled, RequestParts::get("/api/me/"), None);
        assert_eq!(error.expect_err("no key").kind(), ErrorKind::Closed);
    }
}
