//! Requests in one form, whichever side they come from.

use agentsight_testkit::RecordedRequest;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

use super::scenario;

/// What is compared of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Sorted: the order of a query says nothing.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    /// Without parameters: the boundary is another every time.
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Nothing,
    Json(Value),
    Form(Vec<Part>),
}

/// One part of form data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) headers: Vec<String>,
    /// A part named `metadata` as the JSON that it holds, any other as text.
    pub(crate) content: Value,
}

impl Request {
    /// A request of the recording.
    pub(crate) fn recorded(request: &scenario::RecordedRequest) -> Self {
        let body = match (&request.json, &request.multipart) {
            (None, None) => Body::Nothing,
            (Some(json), None) => Body::Json(json.clone()),
            (None, Some(parts)) => {
                Body::Form(parts.iter().map(|part| Part::new(part.headers.clone(), &part.body)).collect())
            }
            (Some(_), Some(_)) => panic!("a request has one body"),
        };
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: sorted(&request.query),
            authorization: Some(request.headers.authorization.clone()),
            content_type: Some(request.headers.content_type.clone()),
            body,
        }
    }

    /// A request as it arrived at the fake service.
    pub(crate) fn sent(request: &RecordedRequest) -> Self {
        let content_type = request.header("content-type");
        let boundary = content_type.and_then(|value| value.strip_prefix("multipart/form-data; boundary="));
        let body = match boundary {
            Some(boundary) => Body::Form(parts(&String::from_utf8_lossy(&request.body), boundary)),
            None if request.body.is_empty() => Body::Nothing,
            None => Body::Json(request.json().expect("a body that is no form data is JSON")),
        };
        Self {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: sorted(&request.query),
            authorization: request.header("authorization").map(str::to_owned),
            content_type: content_type.map(|value| value.split(';').next().unwrap_or_default().to_owned()),
            body,
        }
    }

    /// The field of that name in the body.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        match &self.body {
            Body::Nothing => None,
            Body::Json(json) => json.get(name),
            Body::Form(parts) => parts.iter().find(|part| part.is_named(name)).map(|part| &part.content),
        }
    }

    /// The field of that name in the body, to change.
    pub(crate) fn field_mut(&mut self, name: &str) -> Option<&mut Value> {
        match &mut self.body {
            Body::Nothing => None,
            Body::Json(json) => json.get_mut(name),
            Body::Form(parts) => parts.iter_mut().find(|part| part.is_named(name)).map(|part| &mut part.content),
        }
    }

    /// When its event was tracked, in the spelling that every client of the service uses.
    pub(crate) fn timestamp(&self) -> Option<DateTime<Utc>> {
        let text = self.field("timestamp")?.as_str().expect("a timestamp is text");
        let text = text.strip_suffix("+00:00").expect("UTC, as an offset");
        let format = match text.split_once('.') {
            Some((_, fraction)) => {
                assert_eq!(fraction.len(), 6, "microseconds, not {text}");
                "%Y-%m-%dT%H:%M:%S%.6f"
            }
            None => "%Y-%m-%dT%H:%M:%S",
        };
        Some(NaiveDateTime::parse_from_str(text, format).expect("RFC 3339").and_utc())
    }
}

impl Part {
    fn new(headers: Vec<String>, body: &str) -> Self {
        let mut part = Self { headers, content: Value::from(body) };
        if part.is_named("metadata") {
            part.content = serde_json::from_str(body).expect("metadata is JSON");
        }
        part
    }

    fn is_named(&self, name: &str) -> bool {
        self.headers.first().is_some_and(|header| header.contains(&format!("; name=\"{name}\"")))
    }
}

fn sorted(query: &[(String, String)]) -> Vec<(String, String)> {
    let mut query = query.to_vec();
    query.sort();
    query
}

/// The parts between the boundaries, in order.
fn parts(body: &str, boundary: &str) -> Vec<Part> {
    let body = body.strip_prefix(&format!("--{boundary}\r\n")).expect("the first boundary");
    let body = body.strip_suffix(&format!("\r\n--{boundary}--\r\n")).expect("the last boundary");
    let separator = format!("\r\n--{boundary}\r\n");
    let parts = body.split(&separator).map(|part| {
        let (headers, content) = part.split_once("\r\n\r\n").expect("a blank line after the headers");
        Part::new(headers.split("\r\n").map(str::to_owned).collect(), content)
    });
    parts.collect()
}
