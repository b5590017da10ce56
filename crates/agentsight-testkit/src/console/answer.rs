use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::server::{AnswerBody, whole};

/// What the console answers. It leaves some handlers as an error, so it is small.
#[derive(Debug)]
pub(crate) struct ConsoleAnswer(Box<Response<AnswerBody>>);

impl ConsoleAnswer {
    /// What went wrong and what to do, as `{"error": ..}`.
    pub(crate) fn problem(status: StatusCode, error: impl Into<String>) -> Self {
        Self::json(status, &json!({ "error": error.into() }))
    }

    pub(super) fn ok(value: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::of(status, HeaderValue::from_static("application/json"), body)
    }

    pub(crate) fn of(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self::body(status, content_type, whole(body.into()))
    }

    /// An answer whose body may still be coming.
    pub(crate) fn body(status: StatusCode, content_type: HeaderValue, body: AnswerBody) -> Self {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Self(Box::new(response))
    }

    /// Sets a header, in place of what it was.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }

    pub(crate) fn into_response(self) -> Response<AnswerBody> {
        *self.0
    }
}
