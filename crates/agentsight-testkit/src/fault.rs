use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};

/// Something that goes wrong with one request, as a value: what is answered, when, and whether the request took effect.
///
/// `FakeServer` carries faults out on its connections; [`FakeApi::react`](crate::FakeApi::react) turns one into a
/// [`Reaction`] for a transport in virtual time.
///
/// ```
/// use std::time::Duration;
/// use agentsight_testkit::Fault;
/// use http::StatusCode;
///
/// let busy = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
/// let slow_and_lost = Fault::close_after_applied().delayed(Duration::from_secs(2));
/// # let _ = (busy, slow_and_lost);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    applied: bool,
    delay: Duration,
    ending: Ending,
}

#[derive(Clone, Debug)]
enum Ending {
    Own,
    Answer(Response<Bytes>),
    Close,
}

/// What a client gets to see of one request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reaction {
    /// How long the answer, or the end of the connection, is in coming.
    pub delay: Duration,
    /// The answer; `None` means that the connection is closed without one.
    pub answer: Option<Response<Bytes>>,
}

impl Fault {
    /// This status instead of the service's answer; the request takes no effect. The body is `{"detail": ..}`.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("Fault");
        let body = serde_json::json!({ "detail": format!("{reason}.") }).to_string();
        Self::status_with_body(status, HeaderValue::from_static("application/json"), body)
    }

    /// This status and body instead of the service's answer; the request takes no effect.
    #[must_use]
    pub fn status_with_body(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        Self { applied: false, delay: Duration::ZERO, ending: Ending::Answer(response) }
    }

    /// 429 with `Retry-After` in seconds, worded as the service does (wire: 1.5); the request takes no effect.
    #[must_use]
    pub fn retry_after(seconds: u64) -> Self {
        Self::throttled(seconds, &seconds.to_string())
    }

    /// 429 with `Retry-After` as a date, as a proxy may write it; the request takes no effect.
    #[must_use]
    pub fn retry_after_date(date: DateTime<Utc>) -> Self {
        Self::throttled(0, &date.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    fn throttled(seconds: u64, retry_after: &str) -> Self {
        let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
        let body = serde_json::json!({ "detail": detail }).to_string();
        let json = HeaderValue::from_static("application/json");
        let fault = Self::status_with_body(StatusCode::TOO_MANY_REQUESTS, json, body);
        match HeaderValue::from_str(retry_after) {
            Ok(value) => fault.header(header::RETRY_AFTER, value),
            Err(_) => fault,
        }
    }

    /// The service's own answer, `delay` late. The request takes effect when it arrives, whether or not the client
    /// waits for the answer.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self { applied: true, delay, ending: Ending::Own }
    }

    /// The connection is closed without an answer; the request takes no effect.
    #[must_use]
    pub fn close_before_applied() -> Self {
        Self { applied: false, delay: Duration::ZERO, ending: Ending::Close }
    }

    /// The connection is closed without an answer although the request took effect.
    #[must_use]
    pub fn close_after_applied() -> Self {
        Self { applied: true, delay: Duration::ZERO, ending: Ending::Close }
    }

    /// The same fault, later by `delay`.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = self.delay.saturating_add(delay);
        self
    }

    /// The same fault, but the request takes effect: a service that fails after it has stored.
    #[must_use]
    pub fn applied(mut self) -> Self {
        self.applied = true;
        self
    }

    /// A header of the fault's answer. A fault that answers nothing of its own has none.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Ending::Answer(response) = &mut self.ending {
            response.headers_mut().insert(name, value);
        }
        self
    }

    /// What comes of a request under this fault; `service` is asked only where the request takes effect.
    pub(crate) fn react(self, service: impl FnOnce() -> Response<Bytes>) -> Reaction {
        let own = self.applied.then(service);
        let answer = match self.ending {
            Ending::Own => own,
            Ending::Answer(response) => Some(response),
            Ending::Close => None,
        };
        Reaction { delay: self.delay, answer }
    }
}

/// Which requests a fault meets: by method, path or any condition; from the nth such request on, and how often.
///
/// ```
/// use agentsight_testkit::{Fault, FaultRule};
/// use http::{Method, StatusCode};
///
/// // The second and third message fail.
/// let rule = FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY)).method(Method::POST).path("/api/track/").nth(2).times(2);
/// # let _ = rule;
/// ```
#[derive(Clone)]
pub struct FaultRule {
    fault: Fault,
    method: Option<Method>,
    path: Option<String>,
    condition: Option<Condition>,
    nth: u64,
    times: u64,
}

type Condition = Arc<dyn Fn(&Request<Bytes>) -> bool + Send + Sync>;

impl FaultRule {
    /// Meets the first request, whichever it is, once.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { fault, method: None, path: None, condition: None, nth: 1, times: 1 }
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests to exactly this path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only requests that meet the condition too.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&Request<Bytes>) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// Begins with the nth matching request, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = nth.max(1);
        self
    }

    /// Meets this many matching requests in a row; 1 unless given.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Meets every matching request from the nth on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    fn matches(&self, request: &Request<Bytes>) -> bool {
        self.method.as_ref().is_none_or(|method| method == request.method())
            && self.path.as_ref().is_none_or(|path| path == request.uri().path())
            && self.condition.as_ref().is_none_or(|condition| condition(request))
    }
}

impl fmt::Debug for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultRule")
            .field("fault", &self.fault)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("when", &self.condition.is_some())
            .field("nth", &self.nth)
            .field("times", &self.times)
            .finish()
    }
}

/// The faults that await requests, and how far each has counted. A value without a clock: the same requests in the
/// same order meet the same faults.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    rules: Vec<Counted>,
}

#[derive(Clone, Debug)]
struct Counted {
    rule: FaultRule,
    seen: u64,
}

impl FaultPlan {
    /// No faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same plan with one more rule.
    #[must_use]
    pub fn rule(mut self, rule: FaultRule) -> Self {
        self.add(rule);
        self
    }

    /// One more rule, counting from now.
    pub fn add(&mut self, rule: FaultRule) {
        self.rules.push(Counted { rule, seen: 0 });
    }

    /// The fault that this request meets, if any: of the rules that are due, the one added first.
    /// Every rule counts every request that matches it, whichever rule is taken.
    pub fn next(&mut self, request: &Request<Bytes>) -> Option<Fault> {
        let mut met = None;
        for Counted { rule, seen } in self.rules.iter_mut().filter(|counted| counted.rule.matches(request)) {
            *seen = seen.saturating_add(1);
            let is_due = *seen >= rule.nth && *seen - rule.nth < rule.times;
            if is_due && met.is_none() {
                met = Some(rule.fault.clone());
            }
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Request<Bytes> {
        Request::builder().method(method).uri(path).body(Bytes::new()).unwrap()
    }

    #[test]
    fn a_rule_meets_the_nth_matching_request_so_many_times() {
        let rule = FaultRule::new(Fault::close_before_applied()).method(Method::POST).path("/a/").nth(2).times(2);
        let mut plan = FaultPlan::new().rule(rule);
        let mut met = |method, path| plan.next(&request(method, path)).is_some();
        assert!(!met(Method::POST, "/a/"));
        assert!(!met(Method::GET, "/a/"));
        assert!(!met(Method::POST, "/b/"));
        assert!(met(Method::POST, "/a/"));
        assert!(met(Method::POST, "/a/"));
        assert!(!met(Method::POST, "/a/"));
    }

    #[test]
    fn the_rule_added_first_is_taken_and_the_others_count_on() {
        let mut plan = FaultPlan::new()
            .rule(FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY)))
            .rule(FaultRule::new(Fault::close_before_applied()).nth(2));
        let own = || Response::new(Bytes::new());
        let first = plan.next(&request(Method::GET, "/")).unwrap().react(own);
        assert_eq!(first.answer.unwrap().status(), StatusCode::BAD_GATEWAY);
        let second = plan.next(&request(Method::GET, "/")).unwrap().react(own);
        assert!(second.answer.is_none());
        assert!(plan.next(&request(Method::GET, "/")).is_none());
    }

    #[test]
    fn a_fault_says_whether_the_request_takes_effect() {
        let is_applied = |fault: Fault| {
            let mut asked = false;
            fault.react(|| {
                asked = true;
                Response::new(Bytes::new())
            });
            asked
        };
        assert!(!is_applied(Fault::status(StatusCode::BAD_GATEWAY)));
        assert!(!is_applied(Fault::retry_after(3)));
        assert!(!is_applied(Fault::close_before_applied()));
        assert!(is_applied(Fault::close_after_applied()));
        assert!(is_applied(Fault::delay(Duration::from_secs(1))));
        assert!(is_applied(Fault::status(StatusCode::BAD_GATEWAY).applied()));
    }

    #[test]
    fn retry_after_comes_in_seconds_or_as_a_date() {
        let header = |fault: Fault| {
            let answer = fault.react(|| Response::new(Bytes::new())).answer.unwrap();
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
            answer.headers()[header::RETRY_AFTER].to_str().unwrap().to_owned()
        };
        assert_eq!(header(Fault::retry_after(30)), "30");
        let date = DateTime::from_timestamp(784_111_777, 0).unwrap();
        assert_eq!(header(Fault::retry_after_date(date)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
