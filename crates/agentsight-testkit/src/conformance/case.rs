use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agentsight_core::transport::{Attempt, Body, FailureKind, TransportFailure};
use bytes::Bytes;
use http::{Method, Request, Response};

use super::server::{Received, Server, Visitor};

/// The key and the query that no failure may show (E3).
const KEY: &str = "ags_0123456789abcdef0123456789abcdef_secret";
pub(super) const TARGET: &str = "/api/things/?page=1&q=%C3%A4secret";

/// What came of one attempt.
pub(super) type Outcome = Result<Response<Bytes>, TransportFailure>;

type MakeAttempts = dyn Fn(&str) -> Vec<Attempt> + Send + Sync;
type Judge = dyn Fn(&[Outcome], &[Received]) -> Result<(), String> + Send + Sync;

/// One thing that a transport has to keep.
#[derive(Clone)]
pub(super) struct Case {
    name: String,
    /// What the server does to each visitor; `None` where nobody listens.
    script: Option<Arc<dyn Fn(Visitor) + Send + Sync>>,
    attempts: Arc<MakeAttempts>,
    judge: Arc<Judge>,
}

impl Case {
    /// A server that treats every visitor like `script`; judged by its answers and by what crossed the socket.
    pub(super) fn new(
        name: impl Into<String>,
        script: impl Fn(Visitor) + Send + Sync + 'static,
        attempts: impl Fn(&str) -> Vec<Attempt> + Send + Sync + 'static,
        judge: impl Fn(&[Outcome], &[Received]) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let script: Arc<dyn Fn(Visitor) + Send + Sync> = Arc::new(script);
        Self { name: name.into(), script: Some(script), attempts: Arc::new(attempts), judge: Arc::new(judge) }
    }

    /// The same case, at a door behind which nobody is.
    pub(super) fn unattended(mut self) -> Self {
        self.script = None;
        self
    }
}

/// A case under way.
pub(super) struct Run {
    server: Server,
    attempts: Vec<Attempt>,
}

impl Run {
    /// The attempts to send, one after another.
    pub(super) fn attempts(&self) -> impl Iterator<Item = Attempt> + use<> {
        self.attempts.iter().map(copy).collect::<Vec<_>>().into_iter()
    }
}

/// Everything that was found wrong.
#[derive(Default)]
pub(super) struct Findings(Vec<String>);

impl Findings {
    /// Starts the case's server; what keeps it from starting is a finding.
    pub(super) fn start(&mut self, case: &Case) -> Option<Run> {
        match Server::start(case.script.clone()) {
            Ok(server) => {
                let attempts = (case.attempts)(&server.url(TARGET));
                Some(Run { server, attempts })
            }
            Err(error) => {
                self.0.push(format!("{}: the suite's own server does not start: {error}", case.name));
                None
            }
        }
    }

    /// Ends the case and notes what was not kept.
    pub(super) fn judge(&mut self, case: &Case, run: Run, outcomes: Vec<Outcome>) {
        let received = run.server.finish();
        if let Err(finding) = (case.judge)(&outcomes, &received) {
            self.0.push(format!("{}: {finding}", case.name));
        }
        for failure in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            let shown = shown(failure);
            if shown.contains("secret") || shown.contains("ags_") {
                self.0.push(format!("{}: the failure shows the key or the query (E3)", case.name));
            }
        }
    }

    /// Panics if anything was found.
    pub(super) fn report(self) {
        let mut list = String::new();
        for finding in &self.0 {
            // Writing to a string does not fail.
            let _ = write!(list, "\n  * {finding}");
        }
        assert!(self.0.is_empty(), "the transport does not conform, {} findings:{list}", self.0.len());
    }
}

/// A failure and all that caused it, shown in every way there is.
fn shown(failure: &TransportFailure) -> String {
    let mut shown = format!("{failure} {failure:?}");
    let mut source = failure.source();
    while let Some(error) = source {
        // Writing to a string does not fail.
        let _ = write!(shown, " {error} {error:?}");
        source = error.source();
    }
    shown
}

/// An attempt with the headers that the core sets (R24).
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
        request.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    if let Ok(mut key) = http::HeaderValue::from_str(&format!("Api-Key {KEY}")) {
        key.set_sensitive(true);
        request.headers_mut().insert(http::header::AUTHORIZATION, key);
    }
    Attempt::new(request).timeout(Duration::from_secs(10))
}

/// A POST, which creates something, and a GET, which does not.
pub(super) fn both(url: &str) -> Vec<Attempt> {
    vec![post(url), get(url)]
}

pub(super) fn post(url: &str) -> Attempt {
    attempt(Method::POST, url, "{\"a\": 1}")
}

pub(super) fn get(url: &str) -> Attempt {
    attempt(Method::GET, url, Body::empty())
}

fn copy(attempt: &Attempt) -> Attempt {
    let mut copy = Attempt::new(attempt.request.clone());
    copy.timeout = attempt.timeout;
    copy.connect_timeout = attempt.connect_timeout;
    copy.response_limit = attempt.response_limit;
    copy
}

/// Every attempt must have failed like this.
pub(super) fn all_failed(outcomes: &[Outcome], kind: FailureKind, maybe_seen: bool) -> Result<(), String> {
    for (position, outcome) in outcomes.iter().enumerate() {
        let found = match outcome {
            Err(failure) if (failure.kind(), failure.maybe_seen()) == (kind, maybe_seen) => continue,
            Err(failure) => format!("{:?}, {}", failure.kind(), seen(failure.maybe_seen())),
            Ok(answer) => format!("an answer with {}", answer.status()),
        };
        let wanted = format!("{kind:?}, {}", seen(maybe_seen));
        return Err(format!("attempt {} must report {wanted}, and reports {found}", position + 1));
    }
    Ok(())
}

/// Every attempt must have been answered.
pub(super) fn all_answered(outcomes: &[Outcome]) -> Result<Vec<&Response<Bytes>>, String> {
    let answered = outcomes.iter().enumerate().map(|(position, outcome)| {
        outcome.as_ref().map_err(|failure| {
            let found = format!("{:?}, {}", failure.kind(), seen(failure.maybe_seen()));
            format!("attempt {} must be answered, and reports {found}", position + 1)
        })
    });
    answered.collect()
}

/// `found` must be `wanted`.
pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} must be {wanted:?}, and is {found:?}")) }
}

fn seen(maybe_seen: bool) -> &'static str {
    if maybe_seen { "maybe seen" } else { "not sent" }
}
