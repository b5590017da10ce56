use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{self, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::parameters::Parameters;
use super::{Control, Handled};
use crate::RecordedRequest;
use crate::console::{ConsoleAnswer, Refusal};

/// How much of a body a list shows.
const MOST_OF_A_BODY: usize = 256 * 1024;
/// How many bytes of bodies a list shows at the most; the rest is for the next page.
const MOST_OF_ALL_BODIES: usize = 16 * 1024 * 1024;

impl Control {
    pub(super) fn show_requests(&self, parameters: &Parameters) -> Handled {
        let after = parameters.number("after")?.unwrap_or(0);
        let before = parameters.number("before")?.unwrap_or(u64::MAX);
        let newest = parameters.flag("newest")?.unwrap_or(false);
        let limit = parameters.limit(100)?;
        let shown_of_a_body = if parameters.flag("bodies")?.unwrap_or(true) { Some(MOST_OF_A_BODY) } else { None };
        // One more than asked for says whether there are more.
        let page = self.api.requests_between(after, before, newest, limit.saturating_add(1));
        let mut shown = Vec::new();
        let mut bytes = 0_usize;
        for request in page.requests.iter().take(limit) {
            if bytes > MOST_OF_ALL_BODIES {
                break;
            }
            if let Some(most) = shown_of_a_body {
                let of = |body: &Bytes| body.len().min(most);
                bytes = bytes.saturating_add(of(&request.body)).saturating_add(of(&request.answer_body));
            }
            shown.push(of_request(request, shown_of_a_body));
        }
        let more = page.requests.len() > shown.len();
        Ok(ConsoleAnswer::ok(
            &json!({ "requests": shown, "more": more, "forgotten": page.forgotten, "last": page.last }),
        ))
    }

    pub(super) fn show_request(&self, number: u64) -> Handled {
        let next = number.saturating_add(1);
        let page = self.api.requests_between(number.saturating_sub(1), next, false, 1);
        let request = page.requests.first().filter(|request| request.number == number);
        let request = request.ok_or_else(|| Refusal::not_found("This request is forgotten, or is still to come."))?;
        Ok(ConsoleAnswer::ok(&of_request(request, Some(usize::MAX))))
    }

    pub(super) fn clear_requests(&self) -> ConsoleAnswer {
        self.api.clear_requests();
        let page = self.api.requests_between(0, 0, false, 0);
        ConsoleAnswer::ok(&json!({ "requests": [], "more": false, "forgotten": page.forgotten, "last": page.last }))
    }
}

/// With so much of its bodies; without them where that is `None`.
fn of_request(request: &RecordedRequest, shown_of_a_body: Option<usize>) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("number", request.number.into());
    set("at", json!(request.at));
    set("method", request.method.as_str().into());
    set("path", request.path.as_str().into());
    set("query", json!(request.query));
    set("headers", headers(&request.headers));
    set("status", json!(request.status.map(|status| status.as_u16())));
    set("answer_headers", headers(&request.answer_headers));
    set("duration_ms", milliseconds(request.duration));
    set("fault", json!(request.fault));
    fields.extend(content("body", &request.body, shown_of_a_body));
    fields.extend(content("answer", &request.answer_body, shown_of_a_body));
    Value::Object(fields)
}

/// A body as text where it is text, else as base64; and how long it is.
fn content(name: &str, body: &Bytes, most: Option<usize>) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |suffix: &str, value: Value| fields.insert(format!("{name}{suffix}"), value);
    set("_bytes", body.len().into());
    let Some(most) = most else { return fields };
    match std::str::from_utf8(body) {
        Ok(text) => set("", beginning(text, most).into()),
        Err(_) => {
            set("", Value::Null);
            set("_base64", STANDARD.encode(body.get(..most).unwrap_or(body)).into())
        }
    };
    if body.len() > most {
        set("_cut", true.into());
    }
    fields
}

/// At most so many bytes of a text, and no half character.
fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

fn headers(headers: &HeaderMap) -> Value {
    headers.iter().map(|(name, value)| json!([name.as_str(), shown(name, value)])).collect()
}

/// A header as text; of credentials their scheme only.
fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    const REDACTED: &str = "[redacted]";
    let text = String::from_utf8_lossy(value.as_bytes());
    if *name == header::AUTHORIZATION || *name == header::PROXY_AUTHORIZATION {
        let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
        let is_scheme =
            |scheme: &&str| scheme.len() <= 16 && scheme.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
        return scheme.filter(is_scheme).map_or_else(|| REDACTED.to_owned(), |scheme| format!("{scheme} {REDACTED}"));
    }
    if *name == header::COOKIE || name.as_str() == "x-api-key" {
        return REDACTED.to_owned();
    }
    text.into_owned()
}

/// `null` for an answer that never came.
fn milliseconds(time: Duration) -> Value {
    if time == Duration::MAX {
        return Value::Null;
    }
    let micros = time.as_micros();
    match (micros % 1000, u64::try_from(micros / 1000)) {
        (0, Ok(whole)) => whole.into(),
        _ => (time.as_secs_f64() * 1000.0).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_credentials_only_the_scheme_is_shown() {
        for (name, value, expected) in [
            ("authorization", "Api-Key ags_0123", "Api-Key [redacted]"),
            ("authorization", "Bearer abc", "Bearer [redacted]"),
            ("authorization", "ags_0123", "[redacted]"),
            ("authorization", "ags_0123 ", "[redacted]"),
            ("authorization", "secretsecretsecretsecret twice", "[redacted]"),
            ("proxy-authorization", "Basic abc", "Basic [redacted]"),
            ("cookie", "session=abc", "[redacted]"),
            ("x-api-key", "ags_0123", "[redacted]"),
            ("accept", "application/json", "application/json"),
        ] {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(shown(&name, &value), expected);
        }
    }

    #[test]
    fn a_body_is_cut_between_characters_and_says_so() {
        let text = Bytes::from_static("aä".as_bytes());
        assert_eq!(
            Value::Object(content("body", &text, Some(2))),
            json!({"body": "a", "body_bytes": 3, "body_cut": true})
        );
        assert_eq!(Value::Object(content("body", &text, Some(3))), json!({"body": "aä", "body_bytes": 3}));
        assert_eq!(Value::Object(content("body", &text, None)), json!({"body_bytes": 3}));
        let bytes = Bytes::from_static(b"\xff\xfe");
        assert_eq!(
            Value::Object(content("answer", &bytes, Some(1))),
            json!({"answer": null, "answer_base64": "/w==", "answer_bytes": 2, "answer_cut": true})
        );
    }

    #[test]
    fn a_time_is_written_in_milliseconds() {
        assert_eq!(milliseconds(Duration::from_millis(12)), json!(12));
        assert_eq!(milliseconds(Duration::from_micros(1500)), json!(1.5));
        assert_eq!(milliseconds(Duration::MAX), Value::Null);
    }
}
