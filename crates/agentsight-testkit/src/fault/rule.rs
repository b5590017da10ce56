use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use serde_json::Value;

use super::value::Fault;

/// Which requests meet which faults: by conversation, method, path or any condition; from the nth such request on, how
/// often, and what then.
///
/// ```
/// use agentsight_testkit::{Fault, FaultRule, RetryAfter};
/// use http::StatusCode;
///
/// // Of this conversation's requests the second and third fail, the fourth is told to wait; then all is well.
/// let rule = FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY))
///     .conversation("support-123")
///     .nth(2)
///     .times(2)
///     .then(Fault::rate_limited(RetryAfter::Seconds(1)));
/// # let _ = rule;
/// ```
#[derive(Clone)]
pub struct FaultRule {
    pub(super) first: Phase,
    pub(super) later: Vec<Phase>,
    pub(super) method: Option<Method>,
    pub(super) path: Option<String>,
    pub(super) conversation: Option<String>,
    pub(super) condition: Option<Condition>,
    pub(super) nth: u64,
}

/// A fault and how many requests in a row it meets.
#[derive(Clone, Debug)]
pub(super) struct Phase {
    pub(super) fault: Fault,
    pub(super) times: u64,
}

pub(super) type Condition = Arc<dyn Fn(&Request<Bytes>) -> bool + Send + Sync>;

impl FaultRule {
    /// Meets the first request, whichever it is, once.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        let first = Phase { fault, times: 1 };
        Self { first, later: Vec::new(), method: None, path: None, conversation: None, condition: None, nth: 1 }
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

    /// Only requests that carry this text id as `conversation_id`: in a JSON body, a form or the query. A route that
    /// names a conversation by its number in the path does not carry it.
    #[must_use]
    pub fn conversation(mut self, id: impl Into<String>) -> Self {
        self.conversation = Some(id.into());
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

    /// The last given fault meets this many matching requests in a row; 1 unless given.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.later.last_mut().unwrap_or(&mut self.first).times = times;
        self
    }

    /// The last given fault meets every matching request from there on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Once the faults so far have met their requests, the next one meets this.
    #[must_use]
    pub fn then(mut self, fault: Fault) -> Self {
        self.later.push(Phase { fault, times: 1 });
        self
    }

    /// The fault of the `seen`th matching request, counted from 1.
    pub(super) fn due(&self, seen: u64) -> Option<&Fault> {
        let mut place = seen.checked_sub(self.nth)?;
        for phase in std::iter::once(&self.first).chain(&self.later) {
            if place < phase.times {
                return Some(&phase.fault);
            }
            place -= phase.times;
        }
        None
    }

    pub(super) fn matches(&self, request: &Request<Bytes>) -> bool {
        self.method.as_ref().is_none_or(|method| method == request.method())
            && self.path.as_ref().is_none_or(|path| path == request.uri().path())
            && self.conversation.as_ref().is_none_or(|id| conversation_of(request).as_ref() == Some(id))
            && self.condition.as_ref().is_none_or(|condition| condition(request))
    }

    /// Whether any of its faults is of this kind.
    #[cfg(feature = "server")]
    pub(super) fn has(&self, kind: impl Fn(&Fault) -> bool) -> bool {
        std::iter::once(&self.first).chain(&self.later).any(|phase| kind(&phase.fault))
    }
}

impl fmt::Debug for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultRule")
            .field("first", &self.first)
            .field("later", &self.later)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("conversation", &self.conversation)
            .field("when", &self.condition.is_some())
            .field("nth", &self.nth)
            .finish()
    }
}

/// The text id that a request carries.
pub(super) fn conversation_of(request: &Request<Bytes>) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    if let Some((_, id)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "conversation_id") {
        return Some(id.into_owned());
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if content_type.starts_with(b"multipart/form-data") {
        return form_field(request.body(), b"name=\"conversation_id\"\r\n\r\n");
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(fields)) => Some(fields.get("conversation_id")?.as_str()?.to_owned()),
        _ => None,
    }
}

/// The text between the end of a part's head and the end of its line.
fn form_field(body: &[u8], head: &[u8]) -> Option<String> {
    let start = body.windows(head.len()).position(|window| window == head)? + head.len();
    let rest = &body[start..];
    let end = rest.windows(2).position(|window| window == b"\r\n")?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_known_by_json_form_or_query() {
        let json = Request::new(Bytes::from(r#"{"conversation_id": "a"}"#));
        assert_eq!(conversation_of(&json).as_deref(), Some("a"));
        let query = Request::get("/api/conversations/?page=1&conversation_id=a%20b").body(Bytes::new()).unwrap();
        assert_eq!(conversation_of(&query).as_deref(), Some("a b"));
        let form = "--x\r\nContent-Disposition: form-data; name=\"conversation_id\"\r\n\r\na c\r\n--x--\r\n";
        let form = Request::post("/api/attachments/")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(Bytes::from(form))
            .unwrap();
        assert_eq!(conversation_of(&form).as_deref(), Some("a c"));
        assert_eq!(conversation_of(&Request::new(Bytes::from_static(b"[1]"))), None);
    }

    #[test]
    fn a_script_goes_from_one_fault_to_the_next() {
        let rule =
            FaultRule::new(Fault::silence()).nth(2).times(2).then(Fault::refused()).times(0).then(Fault::html_page());
        let shown = |seen| rule.due(seen).map(|fault| format!("{fault:?}"));
        assert_eq!(shown(1), None);
        assert_eq!(shown(2), Some(format!("{:?}", Fault::silence())));
        assert_eq!(shown(3), shown(2));
        assert_eq!(shown(4), Some(format!("{:?}", Fault::html_page())));
        assert_eq!(shown(5), None);
    }
}
