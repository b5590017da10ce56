use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};

use crate::world::Sent;

/// What befalls one request, as a value.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nothing: the service answers.
    None,
    /// The service acts at once, and its answer takes this long.
    Slow(Duration),
    /// No connection could be established; the service sees nothing.
    Refused,
    /// No connection within the time for it; the service sees nothing.
    ConnectTimeout,
    /// The connection breaks.
    Reset(Kept),
    /// No answer within the time for the attempt.
    Timeout(Kept),
    /// Somebody answers this instead of the service.
    Answer { status: u16, retry_after: Option<String>, body: &'static str, kept: Kept },
    /// The transport panics, with the request on its way.
    Panic(Kept),
}

/// Whether the service acts on a request whose answer does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    No,
    Yes,
    /// It does, a moment after the client has given up.
    Late,
    /// It does, so long after the client has given up.
    After(Duration),
}

impl Fault {
    /// This status and an empty object; the request has no effect.
    pub(crate) fn status(status: u16) -> Self {
        Self::body(status, "{}")
    }

    /// This status and body; the request has no effect.
    pub(crate) fn body(status: u16, body: &'static str) -> Self {
        Self::Answer { status, retry_after: None, body, kept: Kept::No }
    }

    /// A page, as a captive portal answers; the request has no effect.
    pub(crate) fn page() -> Self {
        Self::body(200, "<html>Sign in to the Wi-Fi</html>")
    }

    /// 429 with this `Retry-After`.
    pub(crate) fn throttled(retry_after: impl Into<String>) -> Self {
        Self::Answer {
            status: 429,
            retry_after: Some(retry_after.into()),
            body: r#"{"detail": "Request was throttled."}"#,
            kept: Kept::No,
        }
    }

    /// The same answer under another status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        match self {
            Self::Answer { retry_after, body, kept, .. } => Self::Answer { status, retry_after, body, kept },
            other => other,
        }
    }

    /// The same fault, but the request has its effect.
    pub(crate) fn kept(self, kept: Kept) -> Self {
        match self {
            Self::Reset(_) => Self::Reset(kept),
            Self::Timeout(_) => Self::Timeout(kept),
            Self::Panic(_) => Self::Panic(kept),
            Self::Answer { status, retry_after, body, .. } => Self::Answer { status, retry_after, body, kept },
            Self::None | Self::Slow(_) | Self::Refused | Self::ConnectTimeout => self,
        }
    }

    /// When the service acts on the request.
    pub(crate) fn effect(&self) -> Kept {
        match self {
            Self::None | Self::Slow(_) => Kept::Yes,
            Self::Refused | Self::ConnectTimeout => Kept::No,
            Self::Reset(kept) | Self::Timeout(kept) | Self::Panic(kept) | Self::Answer { kept, .. } => *kept,
        }
    }
}

/// The answer that somebody gives instead of the service.
pub(crate) fn answer(status: u16, retry_after: Option<&str>, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Some(retry_after) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_str(retry_after).unwrap());
    }
    response
}

/// Decides what befalls a request, from how many came before it in this drive and from the request itself.
pub(crate) trait Faults: FnMut(usize, &Sent) -> Fault {}
impl<F: FnMut(usize, &Sent) -> Fault> Faults for F {}

/// Nothing ever goes wrong.
pub(crate) fn healthy() -> impl Faults {
    |_, _: &Sent| Fault::None
}

/// Every request of a route, such as `POST /api/track/`, meets the fault.
pub(crate) fn always(route: &'static str, fault: Fault) -> impl Faults {
    move |_, request: &Sent| if request.route == route { fault.clone() } else { Fault::None }
}

/// The first so many requests of a route meet these faults in turn.
pub(crate) fn first(route: &'static str, faults: impl IntoIterator<Item = Fault>) -> impl Faults {
    let mut faults = faults.into_iter().collect::<Vec<_>>().into_iter();
    move |_, request: &Sent| {
        if request.route == route { faults.next().unwrap_or(Fault::None) } else { Fault::None }
    }
}

/// The request of this index meets the fault.
pub(crate) fn nth(index: usize, fault: Fault) -> impl Faults {
    move |this, _: &Sent| if this == index { fault.clone() } else { Fault::None }
}
