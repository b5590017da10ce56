//! The developer's side of the server: the inspector at `/` and the control API under `/__testkit/`.
//!
//! What it answers is neither recorded nor audited, and no fault meets it.

mod answer;
mod control;
mod guard;
mod inspector;
mod refusal;
mod stream;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response};

pub(crate) use self::answer::ConsoleAnswer;
use self::control::Control;
pub(crate) use self::guard::Guard;
use self::inspector::Inspector;
pub(crate) use self::refusal::Refusal;
use crate::FakeApi;
use crate::fault::FaultPlan;
use crate::server::AnswerBody;

/// What the console works on.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    guard: Guard,
    inspector: Inspector,
    control: Control,
    body_limit: usize,
}

impl Console {
    pub(crate) fn new(api: FakeApi, faults: Arc<Mutex<FaultPlan>>, guard: Guard, body_limit: usize) -> Self {
        Self { guard, inspector: Inspector::new(api.clone()), control: Control::new(api, faults), body_limit }
    }

    /// Whether the console answers a request: one of its own, or one to the service from a page of a foreign site, which
    /// it does not [admit](Self::admit). The service itself takes every key, so a foreign page must not reach it either.
    pub(crate) fn answers(&self, head: &Parts) -> bool {
        Self::owns(head.uri.path()) || self.guard.is_foreign_page(head)
    }

    /// Whether a path is the console's. Everything else is the service's.
    pub(crate) fn owns(path: &str) -> bool {
        path == "/" || path == "/__testkit" || path.starts_with("/__testkit/")
    }

    /// How many bytes the body of a request may have that the console [answers](Self::answers), or why it is refused.
    pub(crate) fn admit(&self, head: &Parts) -> Result<usize, Refusal> {
        self.guard.check(head)?;
        Ok(self.body_limit.max(Control::least_body_limit(head.uri.path())))
    }

    /// Answers a request after it was [admitted](Self::admit) or not; without a body where that was too large.
    pub(crate) fn answer(
        &self,
        mut head: Parts,
        admitted: Result<usize, Refusal>,
        body: Option<Bytes>,
    ) -> Response<AnswerBody> {
        // The server leaves the body of the answer away.
        if head.method == Method::HEAD {
            head.method = Method::GET;
        }
        let answer = match (admitted, body) {
            (Err(refusal), _) => refusal.into(),
            (Ok(limit), None) => Refusal::too_large(limit).into(),
            (Ok(_), Some(body)) => self.answer_admitted(&Request::from_parts(head, body)),
        };
        guard::secure(answer.into_response())
    }

    fn answer_admitted(&self, request: &Request<Bytes>) -> ConsoleAnswer {
        if Inspector::owns(request.uri().path()) {
            return self.inspector.answer(request);
        }
        // The client under test may share its connections with who asks here: a fault that is to meet its next
        // connection must not find it on one that is open.
        let answer = self.control.answer(request).unwrap_or_else(ConsoleAnswer::from);
        answer.header(header::CONNECTION, HeaderValue::from_static("close"))
    }
}
