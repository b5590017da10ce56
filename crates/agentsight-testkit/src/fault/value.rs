use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::json;

use super::alteration::Alteration;
use super::ending::{Ending, Part, Place};
use super::retry_after::RetryAfter;

/// Something that goes wrong with one request, as a value: what is answered, when, and whether the request took effect.
///
/// `FakeServer` carries faults out on its connections; [`FakeApi::react`](crate::FakeApi::react) turns one into a
/// [`Reaction`](crate::Reaction) for a transport in virtual time. Each constructor says how it looks to both: as a
/// *value* (an answer, or which [`TransportFailure`](agentsight_core::transport::TransportFailure)) and on a *socket*.
///
/// ```
/// use std::time::Duration;
/// use agentsight_testkit::Fault;
/// use http::StatusCode;
///
/// let busy = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
/// let slow_and_lost = Fault::store_then_drop().delayed(Duration::from_secs(2));
/// # let _ = (busy, slow_and_lost);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    pub(super) effect: Effect,
    pub(super) delay: Duration,
    pub(super) ending: Ending,
}

/// When a request under a fault takes effect in the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Never: the service does not act on it.
    Never,
    /// When it arrives, whether or not the client gets to know.
    OnArrival,
    /// This long after it arrived, on the clock of the service.
    Late(Duration),
}

/// Answers instead of the service's.
impl Fault {
    /// This status instead of the service's answer; the request takes no effect. The body is `{"detail": ..}`.
    ///
    /// Value and socket: that answer.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("Fault");
        let body = json!({ "detail": format!("{reason}.") }).to_string();
        Self::status_with_body(status, HeaderValue::from_static("application/json"), body)
    }

    /// This status and body instead of the service's answer; the request takes no effect.
    ///
    /// Value and socket: that answer.
    #[must_use]
    pub fn status_with_body(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self::of(Effect::Never, Ending::Answer(response(status, content_type, body.into())))
    }

    /// 429, worded as the service does (wire: 1.5); the request takes no effect.
    ///
    /// Value and socket: that answer.
    #[must_use]
    pub fn rate_limited(retry_after: RetryAfter) -> Self {
        let body = json!({ "detail": retry_after.detail() }).to_string();
        let json = HeaderValue::from_static("application/json");
        let fault = Self::status_with_body(StatusCode::TOO_MANY_REQUESTS, json, body);
        match retry_after.header() {
            Some(value) => fault.header(header::RETRY_AFTER, value),
            None => fault,
        }
    }

    /// 429 with `Retry-After` in seconds: [`rate_limited`](Self::rate_limited) in its usual form.
    #[must_use]
    pub fn retry_after(seconds: u64) -> Self {
        Self::rate_limited(RetryAfter::Seconds(seconds))
    }

    /// 429 with `Retry-After` as a date, as a proxy may write it.
    #[must_use]
    pub fn retry_after_date(date: DateTime<Utc>) -> Self {
        Self::rate_limited(RetryAfter::Date(date))
    }

    /// A page of HTML with status 200, as a captive portal answers (R15); the request takes no effect.
    ///
    /// Value and socket: that answer.
    #[must_use]
    pub fn html_page() -> Self {
        let page = "<!doctype html>\n<html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>\n";
        Self::status_with_body(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), page)
    }

    /// 302 to another place, which a client must not follow with its key (C3); the request takes no effect.
    ///
    /// Value and socket: that answer.
    #[must_use]
    pub fn redirect(location: HeaderValue) -> Self {
        Self::status(StatusCode::FOUND).header(header::LOCATION, location)
    }

    /// 413 before the body of the request is read; the request takes no effect.
    ///
    /// Value: that answer. Socket: the answer comes as soon as the head of the request has, and the connection is
    /// closed while the body may still be on its way. A rule with this fault is asked before there is a body: its
    /// condition sees an empty one.
    #[must_use]
    pub fn early_too_large() -> Self {
        let body = Bytes::from_static(br#"{"detail": "Request body too large."}"#);
        let json = HeaderValue::from_static("application/json");
        Self::of(Effect::Never, Ending::EarlyAnswer(response(StatusCode::PAYLOAD_TOO_LARGE, json, body)))
    }

    /// 200 with a small gzip body that is `inflated` bytes large once decompressed (C3, R24); the request takes no
    /// effect.
    ///
    /// Value: `too_large` where that is more than the attempt allows or than 1 GiB, else an answer of that many spaces.
    /// Socket: the compressed body with `Content-Encoding: gzip`, whatever the client accepts; what is larger than 1 GiB
    /// inflates to 1 GiB.
    #[must_use]
    pub fn gzip_bomb(inflated: u64) -> Self {
        Self::of(Effect::Never, Ending::GzipBomb { inflated })
    }
}

/// The service's own answer, but not as it should be.
impl Fault {
    /// The service's own answer, `delay` late. The request takes effect when it arrives, whether or not the client
    /// waits for the answer.
    ///
    /// Value: the answer, or `timeout` where the attempt allows less. Socket: nothing for so long, then the answer.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::of(Effect::OnArrival, Ending::Own).delayed(delay)
    }

    /// The service's own answer with the first half of its body, as a whole message; the request takes effect.
    ///
    /// Value and socket: an answer that is complete by its length and whose JSON is not.
    #[must_use]
    pub fn truncated_json() -> Self {
        Self::of(Effect::OnArrival, Ending::Altered(Alteration::HalfOfBody))
    }

    /// The service's own answer without any `id` (R15); the request takes effect.
    ///
    /// Value and socket: that answer. One that is not JSON stays as it is.
    #[must_use]
    pub fn without_id() -> Self {
        Self::of(Effect::OnArrival, Ending::Altered(Alteration::WithoutId))
    }

    /// The service's own answer under another content type; the request takes effect.
    ///
    /// Value and socket: that answer.
    #[must_use]
    pub fn content_type(content_type: HeaderValue) -> Self {
        Self::of(Effect::OnArrival, Ending::Altered(Alteration::ContentType(content_type)))
    }

    /// The service stores the texts of this request without the white space around them (R17), and answers so.
    ///
    /// Those are the texts of the fields of a JSON body, not of what is nested in them; a form stays as it is.
    ///
    /// Value and socket: the service's answer. For every request there is
    /// [`FakeOptions::trim_text`](crate::FakeOptions::trim_text).
    #[must_use]
    pub fn trimmed_text() -> Self {
        Self::of(Effect::OnArrival, Ending::Altered(Alteration::TrimmedText))
    }

    /// The service's own answer with the ids of another conversation, as a proxy gives that mixes up two answers (R12);
    /// the request takes effect.
    ///
    /// Value and socket: that answer, with another `conversation_id` and `id`, and everything else in its place. An
    /// answer that is not the row of one conversation stays as it is. No conversation has the other number.
    #[must_use]
    pub fn other_conversation() -> Self {
        Self::of(Effect::OnArrival, Ending::Altered(Alteration::OtherConversation))
    }

    /// The service's own answer, with a field `padding` that holds so many small JSON objects (R23); the request takes
    /// effect.
    ///
    /// Each takes 7 bytes, `{"":0},`, and much more once it is parsed. More than 5,000,000 are 5,000,000: 33 MiB. An
    /// answer that is no JSON object stays as it is.
    ///
    /// Value: that answer, or `too_large` where the attempt allows less. Socket: the same, in gzip whatever the client
    /// accepts, some hundred times smaller.
    #[must_use]
    pub fn padded(values: u64) -> Self {
        Self::of(Effect::OnArrival, Ending::Padded { values })
    }

    /// The head of the answer comes one byte at a time with `pause` before each; the request takes effect.
    ///
    /// Value: the answer after all the pauses, counted as the server would write it, or `timeout` where the attempt
    /// allows less. Socket: just so, then the body at once and the connection is closed.
    #[must_use]
    pub fn dribbled_head(pause: Duration) -> Self {
        Self::of(Effect::OnArrival, Ending::Dribble { part: Part::Head, pause })
    }

    /// The body of the answer comes one byte at a time with `pause` before each; the request takes effect.
    ///
    /// Value and socket: as [`dribbled_head`](Self::dribbled_head).
    #[must_use]
    pub fn dribbled_body(pause: Duration) -> Self {
        Self::of(Effect::OnArrival, Ending::Dribble { part: Part::Body, pause })
    }
}

/// Connections that do not carry an answer to its end.
impl Fault {
    /// No connection can be established; the request takes no effect.
    ///
    /// Value: `connect`. Socket: a server that has accepted can no longer refuse, so there it is
    /// [`reset_on_accept`](Self::reset_on_accept); `FakeServer::refuse_connections` refuses.
    ///
    /// [`delayed`](Self::delayed) by more than the attempt allows, it is `timeout` as a value, which may have been seen:
    /// the time ran out before anybody refused.
    #[must_use]
    pub fn refused() -> Self {
        Self::of(Effect::Never, Ending::Refused)
    }

    /// The connection is reset as soon as it is accepted; the request takes no effect.
    ///
    /// Value: `reset`. Socket: a reset (`SO_LINGER` 0) before a byte is read. There is no request yet, so a rule with
    /// this fault counts connections there and its conditions are not asked.
    #[must_use]
    pub fn reset_on_accept() -> Self {
        Self::of(Effect::Never, Ending::ResetOnAccept)
    }

    /// The connection is reset once the request is read; the request takes no effect.
    ///
    /// Value: `reset`. Socket: a reset (`SO_LINGER` 0).
    #[must_use]
    pub fn reset_after_request() -> Self {
        Self::of(Effect::Never, Ending::Cut { place: Place::BeforeHead, is_reset: true })
    }

    /// The connection is reset in the middle of the answer's head; the request takes effect.
    ///
    /// Value: `reset`. Socket: half a head, then a reset (`SO_LINGER` 0).
    #[must_use]
    pub fn reset_in_head() -> Self {
        Self::of(Effect::OnArrival, Ending::Cut { place: Place::InHead, is_reset: true })
    }

    /// The connection is reset after so many bytes of the answer's body, at the latest before its last; the request
    /// takes effect.
    ///
    /// Value: `body`. Socket: the head, the bytes, then a reset (`SO_LINGER` 0).
    #[must_use]
    pub fn reset_in_body(bytes: usize) -> Self {
        Self::of(Effect::OnArrival, Ending::Cut { place: Place::InBody(bytes), is_reset: true })
    }

    /// The connection is closed after so many bytes of the answer's body, at the latest before its last; the request
    /// takes effect.
    ///
    /// Value: `body`. Socket: the head, the bytes, then an orderly end before the length that the head promised.
    #[must_use]
    pub fn close_in_body(bytes: usize) -> Self {
        Self::of(Effect::OnArrival, Ending::Cut { place: Place::InBody(bytes), is_reset: false })
    }

    /// The connection is closed without an answer; the request takes no effect.
    ///
    /// Value: `reset`. Socket: an orderly end once the request is read.
    #[must_use]
    pub fn close_before_applied() -> Self {
        Self::of(Effect::Never, Ending::Cut { place: Place::BeforeHead, is_reset: false })
    }

    /// The connection is closed without an answer although the request took effect.
    ///
    /// Value: `reset`. Socket: an orderly end once the request is read.
    #[must_use]
    pub fn close_after_applied() -> Self {
        Self::close_before_applied().applied()
    }

    /// Stored, and the answer lost: [`close_after_applied`](Self::close_after_applied) by what it means (R17).
    #[must_use]
    pub fn store_then_drop() -> Self {
        Self::close_after_applied()
    }

    /// Nothing is answered, and the request takes effect `after` it arrived: when the client has given up, if it
    /// waits for less (R17).
    ///
    /// Up to 10,000 requests wait so, of 256 MiB together; one that is beyond takes effect at once.
    ///
    /// Value: `timeout`. Socket: [`silence`](Self::silence).
    #[must_use]
    pub fn store_late(after: Duration) -> Self {
        Self::silence().applied_late(after)
    }

    /// Nothing is ever answered; the request takes no effect.
    ///
    /// Value: `timeout`. Socket: the connection stays open until the client closes it or the server is dropped.
    #[must_use]
    pub fn silence() -> Self {
        Self::of(Effect::Never, Ending::Silence)
    }

    /// A kept connection is closed under the next request on it, as by a server whose patience has just run out; the
    /// request takes no effect.
    ///
    /// Value: `reset`. Socket: an orderly end when the head of the request is read, if the connection carried a
    /// request before; the first request of a connection is answered by the service, for it cannot be stale.
    #[must_use]
    pub fn stale_connection() -> Self {
        Self::of(Effect::Never, Ending::Stale)
    }
}

/// Variations.
impl Fault {
    /// The same fault, later by `delay`.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = self.delay.saturating_add(delay);
        self
    }

    /// The same fault, but the request takes effect when it arrives: a service that fails after it has stored.
    ///
    /// What never reaches the service stays without effect: a refused, reset-on-accept or stale connection, and a body
    /// that nobody read.
    #[must_use]
    pub fn applied(self) -> Self {
        self.with_effect(Effect::OnArrival)
    }

    /// The same fault, but the request takes effect `after` it arrived, on the clock of the service: whoever asks the
    /// service from then on sees it. The service's own answer does not exist by then, so where the fault would have
    /// passed it on the connection is closed instead.
    ///
    /// What never reaches the service stays without effect, as for [`applied`](Self::applied).
    #[must_use]
    pub fn applied_late(self, after: Duration) -> Self {
        self.with_effect(Effect::Late(after))
    }

    /// A header of the fault's answer. A fault that answers nothing of its own has none.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Ending::Answer(response) | Ending::EarlyAnswer(response) = &mut self.ending {
            response.headers_mut().insert(name, value);
        }
        self
    }

    /// When the request takes effect.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    fn of(effect: Effect, ending: Ending) -> Self {
        Self { effect, delay: Duration::ZERO, ending }
    }

    pub(super) fn with_effect(mut self, effect: Effect) -> Self {
        if self.reaches_service() {
            self.effect = effect;
        }
        self
    }

    /// Whether the service can get to see the request.
    pub(super) fn reaches_service(&self) -> bool {
        !matches!(self.ending, Ending::Refused | Ending::ResetOnAccept | Ending::Stale | Ending::EarlyAnswer(_))
    }
}

fn response(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
