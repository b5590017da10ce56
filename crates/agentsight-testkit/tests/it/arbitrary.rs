//! Whatever it is sent, the fake does not panic and answers no 5xx of its own.

use std::time::Duration;

use agentsight_testkit::{CreateAnswer, FakeApi, FakeOptions, Fault, RateLimit};
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
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
    let unknown = ("[A-Z]{1,10}", "/[a-zA-Z0-9/._~%-]{0,20}");
    let other_method = ("[A-Z]{1,10}", known.clone()).prop_map(|(method, (_, path))| (method, path));
    let known = known.prop_map(|(method, path)| (method.to_owned(), path));
    prop_oneof![16 => known, 1 => other_method, 1 => unknown].prop_map(|(method, path)| (method.parse().unwrap(), path))
}

/// Mostly a path and a query; else what only a request line can hold: a whole URL, an authority, an asterisk.
fn uri(path: String) -> impl Strategy<Value = Uri> {
    let raw = "[a-zA-Z0-9%&=+_.:;,/?-]{0,30}";
    let whole = path.clone();
    prop_oneof![
        20 => prop_oneof![6 => query().boxed(), 1 => raw.boxed()].prop_map(move |query| format!("{path}?{query}")),
        1 => "[a-z0-9.-]{1,12}".prop_map(move |host| format!("https://{host}x{whole}")),
        1 => "[a-z]{1,8}:[0-9]{1,5}",
        1 => Just("*".to_owned()),
    ]
    .prop_filter_map("a URI", |text| text.parse().ok())
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
    (target(), headers(), bytes).prop_flat_map(|((method, path), headers, bytes)| {
        uri(path).prop_map(move |uri| {
            let mut request = Request::new(bytes.clone());
            (*request.method_mut(), *request.uri_mut()) = (method.clone(), uri);
            for (name, value) in &headers {
                request.headers_mut().append(name, value.clone());
            }
            request
        })
    })
}

/// Mostly a key and a content type that are right, and some that nobody asked for.
fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let others = prop::collection::vec((header_name(), header_value()), 0..6);
    (authorization(), content_type(), others).prop_map(|(keys, content_type, others)| {
        let keys = keys.into_iter().map(|value| (header::AUTHORIZATION, value));
        let content_type = content_type.map(|value| (header::CONTENT_TYPE, value));
        keys.chain(content_type).chain(others).collect()
    })
}

/// One key, none, one that is wrong, or two.
fn authorization() -> impl Strategy<Value = Vec<HeaderValue>> {
    let right = || Just(HeaderValue::from_static("Api-Key ags_0123456789abcdef0123456789abcdef_012345"));
    let text = "(Api-Key|api-key|Bearer|Basic)? {0,2}(ags_)?[0-9a-f_]{0,40}";
    let wrong = prop_oneof![text.prop_map(|text| text.parse().unwrap()), header_value()];
    prop_oneof![
        16 => right().prop_map(|key| vec![key]),
        1 => Just(Vec::new()),
        1 => wrong.clone().prop_map(|key| vec![key]),
        1 => (right(), wrong.clone()).prop_map(|(first, second)| vec![first, second]),
        1 => (wrong, right()).prop_map(|(first, second)| vec![first, second]),
    ]
}

fn content_type() -> impl Strategy<Value = Option<HeaderValue>> {
    let odd = select(vec![
        "text/plain",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=\"a b\"; boundary=b",
        "multipart/mixed; boundary=b",
    ]);
    let boundary = ("[!-~]{0,20}", 0..200_usize).prop_map(|(start, length)| {
        format!("multipart/form-data; boundary={start}{}", "-".repeat(length)).parse().unwrap()
    });
    prop_oneof![
        24 => Just(Some(HeaderValue::from_static("application/json"))),
        4 => Just(Some(HeaderValue::from_static("multipart/form-data; boundary=b"))),
        3 => odd.prop_map(|text| Some(HeaderValue::from_static(text))),
        1 => boundary.prop_map(Some),
        1 => header_value().prop_map(Some),
        1 => Just(None),
    ]
}

/// Every name that a header may have, and those that a service or a proxy might act on.
fn header_name() -> impl Strategy<Value = HeaderName> {
    let known = select(vec![
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "if-none-match",
        "range",
        "retry-after",
        "transfer-encoding",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-http-method-override",
    ]);
    let any = "[a-z0-9!#$%&'*+.^_`|~-]{1,24}";
    prop_oneof![known.prop_map(str::to_owned), any].prop_map(|name| name.parse().unwrap())
}

/// Every value that a header may have, UTF-8 or not, and those that mean something.
fn header_value() -> impl Strategy<Value = HeaderValue> {
    let byte = prop_oneof![4 => b' '..=b'~', 2 => 0x80..=0xFF_u8, 1 => Just(b'\t')];
    let any = prop::collection::vec(byte, 0..32).prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap());
    let known =
        select(vec!["", "0", "-1", "18446744073709551616", "*", "chunked", "gzip", "https", "[::1]:80", "a@b:c"]);
    prop_oneof![any, known.prop_map(HeaderValue::from_static)]
}

/// A limit on requests, of one in no time to few in an age.
fn rate_limit() -> impl Strategy<Value = RateLimit> {
    let per = select(vec![Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(60), Duration::MAX]);
    (select(vec![0, 1, 4, u32::MAX]), per).prop_map(|(requests, per)| RateLimit::new(requests, per))
}

/// Every fault that does not answer 5xx itself, at the ends of what it can be asked for.
fn fault() -> impl Strategy<Value = Fault> {
    let length = || select(vec![0, 1, usize::MAX]);
    let time = || select(vec![Duration::ZERO, Duration::from_micros(1), Duration::from_secs(60), Duration::MAX]);
    let fault = prop_oneof![
        select(vec![
            Fault::truncated_json(),
            Fault::without_id(),
            Fault::trimmed_text(),
            Fault::other_conversation(),
            Fault::html_page(),
            Fault::early_too_large(),
            Fault::refused(),
            Fault::reset_on_accept(),
            Fault::reset_after_request(),
            Fault::reset_in_head(),
            Fault::close_before_applied(),
            Fault::close_after_applied(),
            Fault::silence(),
            Fault::stale_connection(),
        ]),
        header_value().prop_map(Fault::content_type),
        header_value().prop_map(Fault::redirect),
        select(vec![0, 30, u64::MAX]).prop_map(Fault::retry_after),
        select(vec![0, 1_000, u64::MAX]).prop_map(Fault::gzip_bomb),
        select(vec![0, 1_000]).prop_map(Fault::padded),
        length().prop_map(Fault::reset_in_body),
        length().prop_map(Fault::close_in_body),
        time().prop_map(Fault::dribbled_head),
        time().prop_map(Fault::dribbled_body),
        time().prop_map(Fault::store_late),
    ];
    (fault, time(), 0..3_u8).prop_map(|(fault, time, variation)| match variation {
        0 => fault,
        1 => fault.delayed(time),
        _ => fault.applied_late(time),
    })
}

proptest! {
    #[test]
    fn no_request_panics_or_is_answered_5xx(
        requests in prop::collection::vec(request(), 1..24),
        is_minimal in any::<bool>(),
        limit in prop::option::weighted(0.2, rate_limit()),
    ) {
        let api = service(is_minimal, limit);
        for request in requests {
            let response = api.handle(request);
            prop_assert!(!response.status().is_server_error());
            if response.headers().get("content-type").is_some_and(|value| value == "application/json") {
                prop_assert!(serde_json::from_slice::<Value>(response.body()).is_ok());
            }
        }
        inspect(&api);
    }

    #[test]
    fn no_request_panics_or_is_answered_5xx_under_a_fault(
        requests in prop::collection::vec((request(), prop::option::weighted(0.7, fault())), 1..24),
        limit in prop::option::weighted(0.2, rate_limit()),
        allowed in select(vec![Duration::ZERO, Duration::from_secs(15), Duration::MAX]),
        response_limit in select(vec![0, 1_000, u64::MAX]),
    ) {
        let api = service(false, limit);
        for (request, fault) in requests {
            let reaction = api.react(request, fault);
            api.clock().advance(reaction.elapsed(Duration::from_secs(15)));
            if let Ok(response) = reaction.into_result(allowed, response_limit) {
                prop_assert!(!response.status().is_server_error());
            }
        }
        inspect(&api);
    }
}

fn service(is_minimal: bool, limit: Option<RateLimit>) -> FakeApi {
    let answer = if is_minimal { CreateAnswer::Minimal } else { CreateAnswer::Resource };
    let options = FakeOptions::new().create_answer(answer).page_size(1);
    FakeApi::with_options(match limit {
        Some(limit) => options.rate_limit(limit),
        None => options,
    })
}

/// The model reads all that is stored: inspection panics if it does not.
fn inspect(api: &FakeApi) {
    let _ = (api.conversations(), api.feedbacks(), api.audit(), api.requests());
}
