//! The one error of the SDK.

mod advice;
mod kind;
mod message;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agentsight_model::{ConversationId, ErrorBody};
use http::uri::Authority;

pub(crate) use self::advice::Purpose;
pub use self::kind::ErrorKind;
use crate::report::SendReport;
use crate::transport::{FailureKind, TransportFailure};

/// Anything that can go wrong, on one pointer (E1).
///
/// The message says what was attempted, what came back and what to do, on one line; it never holds a key, a query
/// string or message content (E3). Decide by [`kind`](Self::kind), never by the text.
///
/// ```
/// use agentsight_core::{ApiKey, ErrorKind};
///
/// let error = ApiKey::new("not a key").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(!error.to_string().contains("not a key"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    purpose: Purpose,
    conversation: Option<ConversationId>,
    host: Option<Authority>,
    path: Option<PathBuf>,
    what: Cow<'static, str>,
    status: Option<http::StatusCode>,
    body: Option<ErrorBody>,
    retry_after: Option<Duration>,
    attempts: u32,
    fate: RequestFate,
    report: Option<SendReport>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What became of the last request of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestFate {
    /// It never left, or certainly did not arrive: the call changed nothing.
    NotSent,
    /// It may have arrived; whether the service acted on it is unknown.
    MaybeSent,
    /// The service answered it.
    Answered,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<http::StatusCode> {
        self.0.status
    }

    /// The service's own words, from `detail`, `error`, a field map, a list, or the text of a page (wire: 1.5).
    ///
    /// They may repeat what was sent; the message of the error does not show them for statuses where that is likely.
    pub fn detail(&self) -> Option<String> {
        self.0.body.as_ref().and_then(ErrorBody::detail)
    }

    /// The fields that the service objected to, with what it said of each.
    pub fn field_errors(&self) -> &BTreeMap<String, Vec<String>> {
        static NONE: BTreeMap<String, Vec<String>> = BTreeMap::new();
        self.0.body.as_ref().map_or(&NONE, ErrorBody::field_errors)
    }

    /// How long the service asked to wait before the next request, from `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were sent for the call that failed.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The call that failed, by its name in this SDK.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// What became of the last request: decides whether repeating the call could do a thing twice.
    pub fn request_fate(&self) -> RequestFate {
        self.0.fate
    }

    /// What a send had achieved before it had to stop (R14).
    pub fn report(&self) -> Option<&SendReport> {
        self.0.report.as_ref()
    }

    /// Whether this is the 401 of an agent without an active subscription (wire: 1.5). For messages to people only:
    /// it reads the service's text.
    pub fn is_subscription_inactive(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
            && self.detail().is_some_and(|detail| detail.to_ascii_lowercase().contains("subscription"))
    }

    /// An error about configuration, for transports that fail to set themselves up.
    pub fn config(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Config, what)
    }

    pub(crate) fn new(kind: ErrorKind, what: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            purpose: Purpose::default(),
            conversation: None,
            host: None,
            path: None,
            what: what.into(),
            status: None,
            body: None,
            retry_after: None,
            attempts: 0,
            fate: RequestFate::NotSent,
            report: None,
            source: None,
        }))
    }

    /// An argument that was refused; `what` names the field and never its value.
    pub(crate) fn invalid(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidInput, what)
    }

    /// An answer with a status that is not a success.
    pub(crate) fn from_answer(status: http::StatusCode, body: &[u8], retry_after: Option<Duration>) -> Self {
        let kind = ErrorKind::of_status(status).unwrap_or(ErrorKind::UnexpectedResponse);
        let mut error = Self::new(kind, "").with_status(status);
        error.inner_mut().body = Some(ErrorBody::parse(words(body)));
        error.inner_mut().retry_after = retry_after;
        error
    }

    /// A request that got no complete answer.
    pub(crate) fn from_failure(failure: TransportFailure) -> Self {
        let kind = match failure.kind() {
            FailureKind::Connect => ErrorKind::Connect,
            FailureKind::Timeout => ErrorKind::Timeout,
            FailureKind::TooLarge => ErrorKind::TooLarge,
            FailureKind::File => ErrorKind::File,
            FailureKind::Reset | FailureKind::Body | FailureKind::Request | FailureKind::Other => ErrorKind::Transport,
        };
        let fate = if failure.maybe_seen() { RequestFate::MaybeSent } else { RequestFate::NotSent };
        let mut error = Self::new(kind, failure.to_string()).with_fate(fate);
        error.inner_mut().path = failure.path().map(Path::to_owned);
        error.with_source(failure)
    }

    pub(crate) fn with_status(mut self, status: http::StatusCode) -> Self {
        self.inner_mut().status = Some(status);
        self.inner_mut().fate = RequestFate::Answered;
        self
    }

    pub(crate) fn with_operation(mut self, operation: &'static str) -> Self {
        self.inner_mut().operation = Some(operation);
        self
    }

    /// Says what the call was for: the advice depends on it.
    pub(crate) fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.inner_mut().purpose = purpose;
        self
    }

    /// Names the conversation whose events could not be sent. The message shows it.
    pub(crate) fn with_conversation(mut self, id: &ConversationId) -> Self {
        self.inner_mut().conversation = Some(id.clone());
        self
    }

    /// Names the host that was called. The message shows it if nothing was answered.
    pub(crate) fn with_host(mut self, host: &Authority) -> Self {
        self.inner_mut().host = Some(host.clone());
        self
    }

    /// Names the file that could not be read. Only the message shows it: what is counted, reported or logged does not.
    pub(crate) fn with_path(mut self, path: &Path) -> Self {
        self.inner_mut().path = Some(path.to_owned());
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner_mut().attempts = attempts;
        self
    }

    pub(crate) fn with_fate(mut self, fate: RequestFate) -> Self {
        self.inner_mut().fate = fate;
        self
    }

    pub(crate) fn with_report(mut self, report: SendReport) -> Self {
        self.inner_mut().report = Some(report);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.inner_mut().retry_after = Some(wait);
        self
    }

    fn inner_mut(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner_mut().source = Some(Arc::from(source.into()));
        self
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// The longest refusal that is read as JSON, in bytes: a dead letter keeps it, and parsed it may take twenty times as much
/// (R23).
const LONGEST_WORDS: usize = 16 * 1024;

/// What is read of a refusal: nothing of JSON that is too long. Of any other text only the beginning is kept.
fn words(body: &[u8]) -> &[u8] {
    let is_json = body.trim_ascii_start().first().is_some_and(|first| b"{[\"".contains(first));
    match body.get(..LONGEST_WORDS) {
        Some(_) if is_json => &[],
        Some(beginning) => beginning,
        None => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Error {
        let status = http::StatusCode::from_u16(status).expect("a valid status");
        Error::from_answer(status, body.as_bytes(), None).with_operation("rename_conversation")
    }

    #[test]
    fn r23_of_a_long_refusal_little_is_read() {
        let detail = |length: usize| format!("{{\"detail\": \"{}\"}}", "a".repeat(length - 14));
        let kept = |body: &str| answer(400, body).detail().map(|detail| detail.len());
        assert_eq!(kept(&detail(LONGEST_WORDS - 1)), Some(LONGEST_WORDS - 15));
        assert_eq!(kept(&detail(LONGEST_WORDS + 1)), None);
        assert_eq!(kept(&format!(" [{}0]", "0,".repeat(LONGEST_WORDS))), None);
        assert_eq!(kept(&"é".repeat(LONGEST_WORDS)), Some(1_000), "500 characters of a text");
    }

    #[test]
    fn e1_an_error_is_one_pointer() {
        assert!(size_of::<Error>() <= 16);
        fn assert_usable<T: StdError + Send + Sync + 'static>() {}
        assert_usable::<Error>();
    }

    #[test]
    fn e2_an_inactive_subscription_is_recognised_by_the_text_of_a_401_only() {
        let text = r#"{"detail": "Agent does not have an active subscription or development phase."}"#;
        assert!(answer(401, text).is_subscription_inactive());
        assert!(!answer(403, text).is_subscription_inactive());
        assert!(!answer(401, r#"{"detail": "Invalid API key."}"#).is_subscription_inactive());
    }

    #[test]
    fn a_failure_keeps_its_fate_and_is_the_source() {
        let error = Error::from_failure(TransportFailure::timeout());
        assert_eq!((error.kind(), error.request_fate()), (ErrorKind::Timeout, RequestFate::MaybeSent));
        assert!(error.source().is_some_and(|source| source.is::<TransportFailure>()));
        assert_eq!(Error::from_failure(TransportFailure::connect()).request_fate(), RequestFate::NotSent);
        let error = Error::from_failure(TransportFailure::file("gone").with_path(Path::new("/data/invoice.pdf")));
        assert!(error.to_string().contains("gone (/data/invoice.pdf);"), "{error}");
    }
}
