use bytes::Bytes;

/// The most objects that an answer is padded with.
const MOST: u64 = 5_000_000;

/// The JSON object in `body` with a field more, which holds so many objects. What is no JSON object stays as it is.
pub(super) fn padded(body: Bytes, values: u64) -> Bytes {
    const OBJECT: &[u8] = br#"{"":0},"#;
    let Some(head) = body.trim_ascii_end().strip_suffix(b"}") else { return body };
    let objects = usize::try_from(values.min(MOST)).unwrap_or(0);
    let mut whole = Vec::with_capacity(head.len().saturating_add(objects.saturating_mul(OBJECT.len()) + 16));
    whole.extend_from_slice(head);
    // An object without a field needs no comma.
    let comma: &[u8] = if head.trim_ascii() == b"{" { b"" } else { b"," };
    whole.extend_from_slice(comma);
    whole.extend_from_slice(br#""padding":["#);
    whole.extend_from_slice(&OBJECT.repeat(objects));
    // The comma after the last one.
    whole.truncate(whole.len() - usize::from(objects > 0));
    whole.extend_from_slice(b"]}");
    whole.into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &'static str, values: u64) -> Value {
        serde_json::from_slice(&padded(Bytes::from_static(body.as_bytes()), values)).unwrap()
    }

    #[test]
    fn r23_an_object_holds_so_many_more() {
        assert_eq!(read(r#"{"id": 1}"#, 2), json!({"id": 1, "padding": [{"": 0}, {"": 0}]}));
        assert_eq!(read("{ }\n", 1), json!({"padding": [{"": 0}]}));
        assert_eq!(read("{}", 0), json!({"padding": []}));
        assert_eq!(read("[1]", 1), json!([1]));
    }

    #[test]
    fn r23_no_more_memory_is_taken_than_the_most_objects_need() {
        let most = padded(Bytes::from_static(b"{}"), u64::MAX);
        assert_eq!(most.len(), 35_000_013);
    }
}
