use std::time::Duration;

use agentsight_core::transport::TransportFailure;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};

use super::ending::{Ending, LARGEST_INFLATED, Part, Place};
use super::padding;
use super::value::{Effect, Fault};

/// What a client gets to see of one request.
///
/// [`elapsed`](Self::elapsed) and [`into_result`](Self::into_result) say it in a transport's words, in virtual time:
///
/// ```
/// use std::time::Duration;
/// use agentsight_core::transport::FailureKind;
/// use agentsight_testkit::{FakeApi, Fault};
/// use bytes::Bytes;
/// use http::Request;
///
/// # fn main() -> Result<(), http::Error> {
/// let api = FakeApi::new();
/// let allowed = Duration::from_secs(15);
/// let reaction = api.react(Request::get("/api/me/").body(Bytes::new())?, Some(Fault::silence()));
/// assert_eq!(reaction.elapsed(allowed), allowed);
/// assert!(reaction.into_result(allowed, 1_000_000).is_err_and(|failure| failure.kind() == FailureKind::Timeout));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Reaction {
    /// How long the end of the answer, or of the connection, is in coming; `Duration::MAX` where nothing ever comes.
    pub delay: Duration,
    /// The answer as a client reads it that waits for all of it; `None` where it never gets a whole one.
    pub answer: Option<Response<Bytes>>,
    failure: Failure,
    inflated: Option<u64>,
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the server writes to sockets"))]
    pub(crate) wire: Wire,
}

/// How a client that waits learns that there is no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Connect,
    Reset,
    Body,
}

/// What the server does with the connection.
#[derive(Debug)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the server writes to sockets"))]
pub(crate) enum Wire {
    /// The answer as it is, after `delay`.
    Answer,
    /// The answer after `delay`; its body is so many spaces, compressed.
    Inflating(u64),
    /// The answer after `delay`, compressed.
    Compressed,
    /// The answer after `delay`, and then the end of the connection.
    AnswerAndClose,
    /// These bytes after `delay`, and then the end of the connection.
    Cut { bytes: Bytes, is_reset: bool },
    /// The answer after `wait`, one byte of this part at a time, and then the end of the connection.
    Dribble { wait: Duration, part: Part, pause: Duration },
    /// Nothing, until the client goes away.
    Silence,
}

impl Reaction {
    /// How much time passes for a client that waits so long at most.
    #[must_use]
    pub fn elapsed(&self, timeout: Duration) -> Duration {
        self.delay.min(timeout)
    }

    /// What a transport reports that allows so much time and so many bytes of answer.
    ///
    /// # Errors
    ///
    /// `timeout` where the end is later than that, `too_large` where the answer is larger, or larger than 1 GiB; else `connect`, `reset` or
    /// `body`, as the fault says.
    pub fn into_result(self, timeout: Duration, response_limit: u64) -> Result<Response<Bytes>, TransportFailure> {
        if self.delay > timeout || self.delay == Duration::MAX {
            return Err(TransportFailure::timeout());
        }
        let Some(answer) = self.answer else {
            return Err(match self.failure {
                Failure::Connect => TransportFailure::connect(),
                Failure::Reset => TransportFailure::reset(),
                Failure::Body => TransportFailure::body(),
            });
        };
        let size = self.inflated.unwrap_or_else(|| u64::try_from(answer.body().len()).unwrap_or(u64::MAX));
        if size > response_limit {
            return Err(TransportFailure::too_large());
        }
        match self.inflated {
            None => Ok(answer),
            Some(size) => match usize::try_from(size) {
                Ok(spaces) if size <= LARGEST_INFLATED => Ok(answer.map(|_| Bytes::from(vec![b' '; spaces]))),
                _ => Err(TransportFailure::too_large()),
            },
        }
    }

    /// The service's answer, at once.
    pub(crate) fn answered(answer: Response<Bytes>) -> Self {
        Self {
            delay: Duration::ZERO,
            answer: Some(answer),
            failure: Failure::Reset,
            inflated: None,
            wire: Wire::Answer,
        }
    }

    fn failed(failure: Failure, delay: Duration, wire: Wire) -> Self {
        Self { delay, answer: None, failure, inflated: None, wire }
    }

    fn cut(failure: Failure, delay: Duration, bytes: Bytes, is_reset: bool) -> Self {
        Self::failed(failure, delay, Wire::Cut { bytes, is_reset })
    }
}

impl Fault {
    /// What comes of a request under this fault; `service` is asked only where the request takes effect on arrival.
    pub(crate) fn react(
        self,
        request: &Request<Bytes>,
        service: impl FnOnce(&Request<Bytes>) -> Response<Bytes>,
    ) -> Reaction {
        let own = (self.effect == Effect::OnArrival).then(|| match &self.ending {
            Ending::Altered(alteration) => match alteration.of_request(request) {
                Some(altered) => service(&altered),
                None => service(request),
            },
            _ => service(request),
        });
        let delay = self.delay;
        let whole = |answer, wire| Reaction { delay, wire, ..Reaction::answered(answer) };
        let lost = || Reaction::cut(Failure::Reset, delay, Bytes::new(), false);
        match (self.ending, own) {
            (Ending::Own, Some(own)) => whole(own, Wire::Answer),
            (Ending::Altered(alteration), Some(own)) => whole(alteration.of_answer(own), Wire::Answer),
            (Ending::Dribble { part, pause }, Some(own)) => {
                let head = written_head(&own);
                let bytes = if part == Part::Head { head.len() } else { own.body().len() };
                let all = pause.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX));
                let wire = Wire::Dribble { wait: delay, part, pause };
                Reaction { delay: delay.saturating_add(all), wire, ..Reaction::answered(own) }
            }
            (Ending::Padded { values }, Some(own)) => {
                whole(own.map(|body| padding::padded(body, values)), Wire::Compressed)
            }
            (Ending::Own | Ending::Altered(_) | Ending::Dribble { .. } | Ending::Padded { .. }, None) => lost(),
            (Ending::Answer(answer), _) => whole(answer, Wire::Answer),
            (Ending::EarlyAnswer(answer), _) => whole(answer, Wire::AnswerAndClose),
            (Ending::GzipBomb { inflated }, _) => {
                let mut answer = Response::new(Bytes::new());
                answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Reaction { inflated: Some(inflated), ..whole(answer, Wire::Inflating(inflated)) }
            }
            (Ending::Refused, _) => Reaction::cut(Failure::Connect, delay, Bytes::new(), true),
            (Ending::ResetOnAccept, _) => Reaction::cut(Failure::Reset, delay, Bytes::new(), true),
            (Ending::Stale, _) => lost(),
            (Ending::Silence, _) => Reaction::failed(Failure::Reset, Duration::MAX, Wire::Silence),
            (Ending::Cut { place, is_reset }, own) => {
                let (failure, bytes) = begun(place, own);
                Reaction::cut(failure, delay, bytes, is_reset)
            }
        }
    }
}

/// What is sent of an answer up to `place`, and what a client calls its end.
fn begun(place: Place, own: Option<Response<Bytes>>) -> (Failure, Bytes) {
    if place == Place::BeforeHead {
        return (Failure::Reset, Bytes::new());
    }
    // Where the service was not asked, somebody in between had begun to say so.
    let mut answer = own.unwrap_or_else(|| {
        let mut answer = Response::new(Bytes::from_static(br#"{"detail": "Bad Gateway."}"#));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        answer
    });
    if answer.body().is_empty() {
        // An answer without a body cannot break off in it: one is promised.
        *answer.body_mut() = Bytes::from_static(b"{}");
        *answer.status_mut() = StatusCode::OK;
    }
    let mut bytes = written_head(&answer);
    match place {
        Place::InBody(most) => {
            let most = most.min(answer.body().len().saturating_sub(1));
            bytes.extend_from_slice(&answer.body()[..most]);
            (Failure::Body, Bytes::from(bytes))
        }
        Place::BeforeHead | Place::InHead => {
            bytes.truncate(bytes.len() / 2);
            (Failure::Reset, Bytes::from(bytes))
        }
    }
}

/// The head of an answer that ends its connection, as HTTP/1.1 writes it.
pub(crate) fn written_head(answer: &Response<Bytes>) -> Vec<u8> {
    let status = answer.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    let mut line = |name: &HeaderName, value: &[u8]| {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    };
    for (name, value) in answer.headers() {
        line(name, value.as_bytes());
    }
    if status != StatusCode::NO_CONTENT {
        line(&header::CONTENT_LENGTH, answer.body().len().to_string().as_bytes());
    }
    line(&header::CONNECTION, b"close");
    head.extend_from_slice(b"\r\n");
    head
}
