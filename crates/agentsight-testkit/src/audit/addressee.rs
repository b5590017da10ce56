use bytes::Bytes;
use http::{Request, header};
use serde::Deserialize;
use serde_json::Value;

use crate::api::Reference;

/// Which conversation a request is about, as far as the request says: its path, its query or its body.
pub(crate) fn of(request: &Request<Bytes>) -> Option<Reference> {
    in_path(request.uri().path()).or_else(|| in_query(request)).or_else(|| in_body(request))
}

fn in_path(path: &str) -> Option<Reference> {
    let number = path.strip_prefix("/api/conversations/")?.split('/').next()?;
    number.parse().ok().map(Reference::Number)
}

fn in_query(request: &Request<Bytes>) -> Option<Reference> {
    let query = request.uri().query()?;
    let (_, id) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "conversation_id")?;
    text(&id)
}

/// The two fields that name a conversation; the rest of the body is skipped over, files included.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    conversation: Value,
    #[serde(default)]
    conversation_id: Value,
}

fn in_body(request: &Request<Bytes>) -> Option<Reference> {
    let content_type = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    if content_type.trim_start().starts_with("multipart/") {
        return in_form(request.body());
    }
    let named: Named = serde_json::from_slice(request.body()).ok()?;
    let number = match &named.conversation {
        Value::String(number) => number.trim().parse().ok(),
        number => number.as_u64(),
    };
    number.map(Reference::Number).or_else(|| text(named.conversation_id.as_str()?))
}

/// The text part `conversation` of a form. Both clients send it among the first (wire: 1.12), so only the beginning
/// is searched.
fn in_form(body: &[u8]) -> Option<Reference> {
    const SEARCHED: usize = 4096;
    let start = String::from_utf8_lossy(body.get(..SEARCHED).unwrap_or(body));
    let (_, part) = start.split_once("name=\"conversation\"")?;
    let (_, content) = part.split_once("\r\n\r\n")?;
    content.split("\r\n").next()?.trim().parse().ok().map(Reference::Number)
}

/// A Python client writes the word `None` for nothing (wire: part 3, 8).
fn text(id: &str) -> Option<Reference> {
    (!matches!(id.trim(), "" | "None")).then(|| Reference::Text(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(path: &str, content_type: &str, body: &'static str) -> Option<Reference> {
        let request =
            Request::post(path).header("content-type", content_type).body(Bytes::from_static(body.as_bytes()));
        of(&request.unwrap_or_default())
    }

    #[test]
    fn path_query_json_and_form_each_name_the_conversation() {
        let text = || Some(Reference::Text("a".to_owned()));
        assert_eq!(posted("/api/conversations/7/mark/", "application/json", "{}"), Some(Reference::Number(7)));
        assert_eq!(posted("/api/conversations/?conversation_id=a", "application/json", ""), text());
        assert_eq!(
            posted("/api/track/", "application/json", r#"{"conversation": null, "conversation_id": "a"}"#),
            text()
        );
        assert_eq!(
            posted("/api/track/", "application/json", r#"{"conversation": 7, "conversation_id": "None"}"#),
            Some(Reference::Number(7))
        );
        assert_eq!(posted("/api/track/", "application/json", r#"{"conversation_id": "None"}"#), None);
        let form = "--x\r\nContent-Disposition: form-data; name=\"conversation\"\r\n\r\n7\r\n--x--\r\n";
        assert_eq!(posted("/api/attachments/", "multipart/form-data; boundary=x", form), Some(Reference::Number(7)));
    }
}
