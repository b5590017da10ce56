//! Whatever it is sent, the fake does not panic and answers no 5xx.

use agentsight_testkit::{CreateAnswer, FakeApi, FakeOptions};
use bytes::Bytes;
use http::{Method, Request};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value};

/// Mostly a method and a path that go together, with numbers that are there, that are not, and that are none.
fn target() -> impl Strategy<Value = (Method, String)> {
    let routes = select(vec![
        ("POST", "/api/conversations/"),
        ("GET", "/api/conversations/"),
        ("GET", "/api/conversations/lookup/"),
        ("GET", "/api/conversations/metadata-keys/"),
        ("GET", "/api/conversations/metadata-values/"),
        ("GET", "/api/conversations/message-metadata-keys/"),
        ("GET", "/api/conversations/{}/"),
        ("DELETE", "/api/conversations/{}/"),
        ("GET", "/api/conversations/{}/attachments/"),
        ("PATCH", "/api/conversations/{}/rename/"),
        ("PATCH", "/api/conversations/{}/update/"),
        ("POST", "/api/conversations/{}/mark/"),
        ("DELETE", "/api/conversations/{}/delete/"),
        ("POST", "/api/track/"),
        ("GET", "/api/track/{}/"),
        ("PATCH", "/api/track/{}/"),
        ("DELETE", "/api/track/{}/"),
        ("POST", "/api/action_logs/"),
        ("POST", "/api/attachments/"),
        ("POST", "/api/buttons/"),
        ("GET", "/api/buttons/"),
        ("GET", "/api/buttons/stats/"),
        ("POST", "/api/conversation-feedbacks/"),
        ("GET", "/api/feedbacks/"),
        ("POST", "/api/feedbacks/"),
        ("GET", "/api/feedbacks/{}/"),
        ("PATCH", "/api/feedbacks/{}/"),
        ("DELETE", "/api/feedbacks/{}/"),
        ("GET", "/api/actions/"),
        ("POST", "/api/actions/"),
        ("GET", "/api/actions/{}/"),
        ("PATCH", "/api/actions/{}/"),
        ("GET", "/api/actions/{}/logs/"),
        ("GET", "/api/me/"),
        ("GET", "/media/attachments/{}"),
    ]);
    let numbers = select(vec![
        "1",
        "1",
        "2",
        "1000001",
        "1000002",
        "2000001",
        "5000001",
        "6000001",
        "0",
        "-1",
        "18446744073709551616",
        "x",
    ]);
    let known = (routes, numbers).prop_map(|((method, path), number)| (method, path.replace("{}", number)));
    let unknown = (select(vec!["PUT", "HEAD", "OPTIONS", "GET", "POST"]), "/[a-zA-Z0-9/._~%-]{0,20}");
    prop_oneof![16 => known, 1 => unknown].prop_map(|(method, path)| (method.parse().unwrap(), path))
}

fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("page"),
        Just("page_size"),
        Just("paginate"),
        Just("full"),
        Just("conversation_id"),
        Just("metadata"),
        Just("metadata_key"),
        Just("metadata_value"),
        Just("ordering"),
        Just("started_at_after"),
        Just("search"),
        Just("include_tickets"),
        Just("key"),
        Just("event"),
        Just("expires"),
        Just("signature"),
        Just("env"),
        Just("kind"),
        Just("message"),
        Just("conversation"),
        Just("created_at_before"),
        Just("has_comment"),
        Just("ticket_status"),
        Just("name__icontains"),
    ];
    let value = prop_oneof![
        ".{0,12}",
        Just("true".to_owned()),
        Just("message".to_owned()),
        Just("last".to_owned()),
        Just("2".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("a:1,b.c:null".to_owned()),
        Just("-started_at,id".to_owned()),
        Just("-kind,name,created_at".to_owned()),
    ];
    prop::collection::vec((name, value), 0..4)
        .prop_map(|pairs| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,16}",
        Just("None".to_owned()),
        Just("1".to_owned()),
        Just("agent".to_owned()),
        Just("positive".to_owned()),
        Just("conversation".to_owned()),
        Just("message".to_owned()),
        Just("a".repeat(300)),
        Just("2026-01-01T00:00:00Z".to_owned()),
        Just("0000-00-00T00:00:60Z".to_owned()),
        Just("-262143-01-01T00:00:00Z".to_owned()),
        Just("9999-12-31T23:59:59.999999999-23:59".to_owned()),
        Just("{\"a\": 1}".to_owned()),
        Just("::1".to_owned()),
    ];
    let leaf = prop_oneof![
        3 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => (0..4u64).prop_map(Value::from),
        1 => (1_000_001..1_000_004u64).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z.:,]{0,4}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An object of so many levels, around what the service still takes and what JSON readers still read.
fn nested() -> impl Strategy<Value = Value> {
    let levels = prop_oneof![60..68_usize, 110..127_usize];
    (levels, any::<bool>()).prop_map(|(levels, is_list)| {
        (1..levels).fold(Value::Object(Map::new()), |inner, level| match is_list && level + 1 < levels {
            true => Value::from(vec![inner]),
            false => Value::Object(Map::from_iter([("a".to_owned(), inner)])),
        })
    })
}

fn body() -> impl Strategy<Value = Value> {
    let field = prop_oneof![
        Just("conversation_id"),
        Just("conversation"),
        Just("message"),
        Just("content"),
        Just("sender"),
        Just("metadata"),
        Just("timestamp"),
        Just("action_name"),
        Just("duration_ms"),
        Just("tools_used"),
        Just("started_at"),
        Just("name"),
        Just("is_marked"),
        Just("is_used"),
        Just("sentiment"),
        Just("comment"),
        Just("attachments"),
        Just("label"),
        Just("value"),
        Just("button_event"),
        Just("environment"),
        Just("customer_ip_address"),
        Just("customer_id"),
        Just("kind"),
        Just("agent"),
        Just("topic"),
        Just("reason"),
        Just("display_name"),
        Just("description"),
    ];
    // A body that is nearly right goes further than one that is all wrong.
    let right = serde_json::json!({
        "conversation_id": "a", "content": "x", "sender": "agent", "action_name": "n", "button_event": "e", "label": "l",
        "value": "v", "sentiment": "positive", "kind": "agent", "agent": 1, "name": "n", "is_marked": true, "timestamp": "2026-01-01T00:00:00Z",
        "attachments": [{"filename": "f", "mime_type": "a/b", "data": "aGVsbG8="}],
    });
    let deep = (select(vec!["metadata", "tools_used"]), nested());
    let change = prop_oneof![12 => (field, value()), 1 => deep];
    prop::collection::vec(change, 0..4).prop_map(move |changes| {
        let mut body = right.clone();
        for (field, value) in changes {
            body[field] = value;
        }
        body
    })
}

pub(crate) fn request() -> impl Strategy<Value = Request<Bytes>> {
    let bytes = prop_oneof![
        12 => body().prop_map(|body| Bytes::from(body.to_string())),
        1 => value().prop_map(|value| Bytes::from(value.to_string())),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Bytes::from),
        1 => Just(Bytes::from_static(b"--b\r\nContent-Disposition: form-data; name=\"attachment_0\"; filename=\"\"\r\n\r\nx\r\n--b--")),
    ];
    let content_type = prop_oneof![12 => Just("application/json"), 2 => Just("multipart/form-data; boundary=b"), 1 => Just("text/plain")];
    (target(), query(), content_type, bytes).prop_map(|((method, path), query, content_type, bytes)| {
        Request::builder()
            .method(method)
            .uri(format!("{path}?{query}"))
            .header("authorization", "Api-Key ags_0123456789abcdef0123456789abcdef_012345")
            .header("content-type", content_type)
            .body(bytes)
            .unwrap()
    })
}

proptest! {
    #[test]
    fn no_request_panics_or_is_answered_5xx(
        requests in prop::collection::vec(request(), 1..24),
        is_minimal in any::<bool>(),
    ) {
        let answer = if is_minimal { CreateAnswer::Minimal } else { CreateAnswer::Resource };
        let api = FakeApi::with_options(FakeOptions::new().create_answer(answer).page_size(1));
        for request in requests {
            let response = api.handle(request);
            prop_assert!(!response.status().is_server_error());
            if response.headers().get("content-type").is_some_and(|value| value == "application/json") {
                prop_assert!(serde_json::from_slice::<Value>(response.body()).is_ok());
            }
        }
        // The model reads all that is stored: inspection panics if it does not.
        let _ = (api.conversations(), api.feedbacks());
    }
}
