use agentsight_testkit::{FakeApi, FakeOptions};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::support::Client;

#[test]
fn a_body_beyond_the_limit_is_413_and_not_kept_without_a_server_too() {
    let client = Client::with_options(FakeOptions::new().body_limit(200));
    let message = |length: usize| json!({"conversation_id": "a", "sender": "agent", "content": "x".repeat(length)});
    assert_eq!(client.post("/api/track/", message(100)).status, StatusCode::CREATED);
    let refused = client.post("/api/track/", message(200));
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.json, json!({"detail": "The request body exceeds the limit of 200 bytes."}));

    let [kept, dropped] = &client.api.requests()[..] else { panic!("two requests were sent") };
    assert!(!kept.body.is_empty() && dropped.body.is_empty());
    assert_eq!(client.api.transcript("a").len(), 1);
}

#[test]
fn requests_that_store_nothing_leave_nothing_behind_but_the_last_of_them() {
    let api = FakeApi::with_options(FakeOptions::new().recorded_requests(100));
    for number in 0..20_000 {
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("/api/conversations/?conversation_id=nobody-{number}"))
            .header("authorization", format!("Api-Key ags_{number:032x}_000000"))
            .body(Bytes::new());
        let _ = api.handle(request.unwrap());
    }
    assert_eq!((api.requests().len(), api.forgotten_requests()), (100, 19_900));
    let audit = api.audit();
    assert_eq!((audit.conversations.len(), audit.traffic.requests), (0, 20_000));
    assert!(api.conversations().is_empty());
}
