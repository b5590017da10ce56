//! Whether the requests so far are ones that AgentSight documents.

mod documented;
mod nearest;
mod request;

use std::fmt;

use serde::Serialize;

#[cfg(all(test, feature = "cli"))]
pub(crate) use self::documented::parameters;
pub(crate) use self::nearest::nearest;
pub(crate) use self::request::verify;
use crate::RecordedRequest;

/// Which of the recorded requests AgentSight does not document: an unknown route, a method that the route does not
/// have, or an unknown field or parameter. What the vendor's own clients send is documented, their quirks included.
///
/// [`FakeApi::verify`](crate::FakeApi::verify) makes one. Values are neither looked at nor shown: what is wrong with
/// them, the service says in its answer.
///
/// ```
/// use agentsight_testkit::FakeApi;
/// use bytes::Bytes;
/// use http::Request;
///
/// # fn main() -> Result<(), http::Error> {
/// let api = FakeApi::new();
/// let _ = api.handle(Request::get("/api/conversation/").body(Bytes::new())?);
/// let verification = api.verify();
/// assert!(!verification.is_verified());
/// assert!(verification.to_string().contains("nearest: /api/conversations/"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// How many requests were looked at.
    pub checked: usize,
    /// How many requests the service no longer remembers, and could not be looked at.
    pub forgotten: u64,
    /// What is not documented, in the order of the requests.
    pub undocumented: Vec<Undocumented>,
}

/// One thing about a request that AgentSight does not document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Undocumented {
    /// The position of the request among the recorded ones, from 1.
    pub request: usize,
    /// The number of the request, which it keeps while others are forgotten.
    pub number: u64,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What it is about.
    pub problem: UndocumentedKind,
    /// The nearest that is documented: a route, a method, a parameter or a field.
    pub nearest: Option<String>,
}

/// What is not documented about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndocumentedKind {
    /// The path names no route.
    Route,
    /// The route does not have the method.
    Method,
    /// The route does not know this query parameter; the service ignores it, which widens results (wire: 1.6).
    Parameter(String),
    /// The route does not know this field of the body; the service ignores it, and its value is lost.
    Field(String),
}

impl Verification {
    /// Whether everything that was looked at is documented.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.undocumented.is_empty()
    }

    /// Fails a test if anything is not documented.
    ///
    /// # Panics
    ///
    /// When something is not documented; the message names it with the nearest that is.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion")]
    pub fn assert_verified(&self) {
        if !self.is_verified() {
            panic!("{self}");
        }
    }
}

impl Undocumented {
    fn new(position: usize, request: &RecordedRequest, problem: UndocumentedKind, nearest: Option<String>) -> Self {
        let (method, path) = (request.method.to_string(), request.path.clone());
        Self { request: position, number: request.number, method, path, problem, nearest }
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 20;
        let Self { checked, forgotten, undocumented } = self;
        write!(f, "{checked} requests checked, {} problems", undocumented.len())?;
        if *forgotten > 0 {
            write!(f, "; {forgotten} more requests are forgotten")?;
        }
        for problem in undocumented.iter().take(MOST) {
            write!(f, "\n  {problem}")?;
        }
        match undocumented.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl fmt::Display for Undocumented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}, {} {:.120}: ", self.request, self.method, self.path)?;
        match &self.problem {
            UndocumentedKind::Route => f.write_str("unknown route")?,
            UndocumentedKind::Method => f.write_str("unknown method")?,
            UndocumentedKind::Parameter(name) => write!(f, "unknown parameter {name:.60?}")?,
            UndocumentedKind::Field(name) => write!(f, "unknown field {name:.60?}")?,
        }
        self.nearest.as_ref().map_or(Ok(()), |nearest| write!(f, "; nearest: {nearest}"))
    }
}
