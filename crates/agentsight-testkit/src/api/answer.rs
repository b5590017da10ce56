use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::content_disposition::attachment_to_save;

/// What the service answers: a status, a body and the headers that belong to it.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    content_type: HeaderValue,
    body: Bytes,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A refusal is an answer too; it leaves a handler early, through `?`.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Answer>);

pub(crate) type Handled = Result<Answer, Refusal>;

impl Answer {
    #[expect(clippy::expect_used, reason = "rows have texts for keys, and nothing in them refuses to be written")]
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Most answers are one row, which this holds without growing.
        let mut written = Vec::with_capacity(512);
        serde_json::to_writer(&mut written, body).expect("a row that JSON can write");
        Self {
            status,
            content_type: HeaderValue::from_static("application/json"),
            body: Bytes::from(written),
            headers: Vec::new(),
        }
    }

    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn created(body: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    /// What somebody uploaded, under the type that they gave it: to be saved, and should a browser show it all the same,
    /// then without scripts and without the origin of this service.
    pub(crate) fn file(filename: &str, content_type: HeaderValue, body: Bytes) -> Self {
        let headers = vec![
            (header::CONTENT_DISPOSITION, attachment_to_save(filename)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        ];
        Self { status: StatusCode::OK, content_type, body, headers }
    }

    fn text(status: StatusCode, content_type: &'static str, body: &'static str) -> Self {
        Self {
            status,
            content_type: HeaderValue::from_static(content_type),
            body: Bytes::from_static(body.as_bytes()),
            headers: Vec::new(),
        }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::text(StatusCode::NO_CONTENT, "text/plain", "") }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        if self.status != StatusCode::NO_CONTENT {
            response.headers_mut().insert(header::CONTENT_TYPE, self.content_type);
        }
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl Refusal {
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self(Box::new(Answer::json(status, body)))
    }

    /// `{"detail": ..}`: what concerns the whole request (wire: 1.5).
    pub(crate) fn detail(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::json(status, &json!({ "detail": detail.into() }))
    }

    /// `{"error": ..}`: the shape of the attachments and buttons views (wire: 1.5).
    pub(crate) fn error(status: StatusCode, error: impl Into<String>) -> Self {
        Self::json(status, &json!({ "error": error.into() }))
    }

    /// `{"<field>": [..]}` with status 400.
    pub(crate) fn field(name: &str, message: impl Into<String>) -> Self {
        Self::json(StatusCode::BAD_REQUEST, &json!({ name: [message.into()] }))
    }

    /// 404 for a row that is not there, or is another agent's: the two look alike (wire: 1.5).
    pub(crate) fn not_found(what: &str) -> Self {
        Self::detail(StatusCode::NOT_FOUND, format!("No {what} matches the given query."))
    }

    /// 404 as the router answers it: HTML, for unknown paths and for a missing slash at the end (wire: 1.1).
    pub(crate) fn no_route() -> Self {
        Self(Box::new(Answer::text(
            StatusCode::NOT_FOUND,
            "text/html; charset=utf-8",
            "<!doctype html>\n<html lang=\"en\">\n<head><title>Not Found</title></head>\n\
             <body><h1>Not Found</h1><p>The requested resource was not found on this server.</p></body>\n</html>\n",
        )))
    }

    pub(crate) fn unauthorized(detail: &str) -> Self {
        Self::detail(StatusCode::UNAUTHORIZED, detail)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Api-Key"))
    }

    pub(crate) fn forbidden() -> Self {
        Self::detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
    }

    /// 429 with the whole seconds until the next request is let in (wire: 1.5).
    pub(crate) fn throttled(seconds: u64) -> Self {
        let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
        Self::detail(StatusCode::TOO_MANY_REQUESTS, detail).header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::detail(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::too_large(format!("The request body exceeds the limit of {limit} bytes."))
    }

    /// A signed address that was altered, or whose hour is over.
    pub(crate) fn bad_signature(reason: &'static str) -> Self {
        Self(Box::new(Answer::text(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", reason)))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    pub(crate) fn into_answer(self) -> Answer {
        *self.0
    }
}
