use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What the console answers.
#[derive(Debug)]
pub(crate) struct ConsoleAnswer(Response<Bytes>);

impl ConsoleAnswer {
    pub(crate) fn html(page: impl Into<Bytes>) -> Self {
        Self::of(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), page)
    }

    /// What went wrong and what to do, as `{"error": ..}`.
    pub(crate) fn problem(status: StatusCode, error: impl Into<String>) -> Self {
        Self::json(status, &json!({ "error": error.into() }))
    }

    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::of(status, HeaderValue::from_static("application/json"), body)
    }

    pub(crate) fn of(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self(response)
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        self.0
    }
}
