use std::borrow::Cow;

use http::header::{self, HeaderValue};
use http::{Method, StatusCode};

use super::ConsoleAnswer;

/// Why a request is not done, and what to do instead: it leaves a handler early, through `?`.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: Cow<'static, str>,
    allow: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl Into<Cow<'static, str>>) -> Self {
        Self { status, error: error.into(), allow: None }
    }

    pub(super) fn bad_request(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn forbidden(error: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, error)
    }

    pub(super) fn not_found(error: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    pub(super) fn method_not_allowed(method: &Method, allowed: &[&'static str]) -> Self {
        let allowed = allowed.join(", ");
        let error = format!("{method:.20} is not for this path: use {allowed}.");
        Self { allow: Some(allowed), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, error) }
    }

    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body is larger than {limit} bytes."))
    }
}

impl From<Refusal> for ConsoleAnswer {
    fn from(Refusal { status, error, allow }: Refusal) -> Self {
        let answer = Self::problem(status, error);
        match allow.map(|methods| HeaderValue::from_str(&methods)) {
            Some(Ok(methods)) => answer.header(header::ALLOW, methods),
            Some(Err(_)) | None => answer,
        }
    }
}
