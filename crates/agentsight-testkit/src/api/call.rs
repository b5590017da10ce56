use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, StatusCode, header};
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::render::{Origin, Renderer};
use super::state::State;
use super::view::View;
use crate::FakeOptions;
use crate::key::Caller;

/// One authenticated request on its way through the service.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) options: &'a FakeOptions,
    pub(crate) caller: Caller,
    pub(crate) now: DateTime<Utc>,
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) query: Query,
}

impl Call<'_> {
    pub(crate) fn renderer(&self) -> Renderer<'_> {
        Renderer {
            state: self.state,
            options: self.options,
            now: self.now,
            origin: origin(self.request),
            view: self.view(),
        }
    }

    /// What the answer shows of what is stored.
    pub(crate) fn view(&self) -> View<'_> {
        View::of(self)
    }

    /// The time that an event without a stamp gets.
    pub(crate) fn stamp(&self) -> DateTime<Utc> {
        self.options.timestamp_precision.cut(self.now)
    }

    /// The body as a JSON object. No body at all is an empty one, whatever its type says (wire: 1.3).
    pub(crate) fn json_body(&self) -> Result<Map<String, Value>, Refusal> {
        let body = self.request.body();
        if body.is_empty() {
            return Ok(Map::new());
        }
        let content_type = content_type(self.request);
        if !is_media_type(content_type, "application/json") {
            let detail = format!("Unsupported media type \"{content_type}\" in request.");
            return Err(Refusal::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| Refusal::detail(StatusCode::BAD_REQUEST, format!("JSON parse error - {error}")))?;
        match value {
            Value::Object(object) => Ok(object),
            _ => Err(Refusal::field("non_field_errors", "Invalid data. Expected a dictionary.")),
        }
    }
}

/// The pairs of a query string, in order, decoded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The last value of that name, as the service takes it; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Every value of that name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the name occurs, with a value or without.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The query string with one parameter replaced, or left out.
    pub(crate) fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(key, _)| key != name));
        if let Some(value) = value {
            query.append_pair(name, value);
        }
        query.finish()
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// The `Content-Type` as sent, or nothing.
pub(crate) fn content_type(request: &Request<Bytes>) -> &str {
    request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a `Content-Type` is of that media type, whatever its parameters.
pub(crate) fn is_media_type(content_type: &str, media_type: &str) -> bool {
    let found = content_type.split(';').next().unwrap_or_default();
    found.trim().eq_ignore_ascii_case(media_type)
}

fn origin(request: &Request<Bytes>) -> Origin<'_> {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(http::uri::Authority::as_str)).unwrap_or("localhost");
    Origin { scheme: request.uri().scheme_str().unwrap_or("http"), host }
}
