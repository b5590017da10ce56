use agentsight_testkit::FakeOptions;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::Client;

#[test]
fn an_action_owns_a_message_of_the_agent_in_the_transcript() {
    let client = Client::new();
    let number = client.conversation("a");
    let log = client.post(
        "/api/action_logs/",
        json!({
            "timestamp": "2026-01-01T00:00:01.000001+00:00", "action_name": "database_lookup", "conversation_id": "a",
            "metadata": {"attempt": 1}, "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z",
            "duration_ms": 150.302, "tools_used": {"database": "PostgreSQL"}, "response": "User found",
            "conversation": number,
        }),
    );
    assert_eq!(log.status, StatusCode::CREATED);
    let expected = json!({
        "id": log.json["id"], "action": log.json["action"], "message": log.json["message"],
        "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z", "duration_ms": 150.302,
        "tools_used": {"database": "PostgreSQL"}, "response": "User found", "error_message": "",
        "metadata": {"attempt": 1},
    });
    assert_eq!(log.json, expected);

    let message = client.get(&format!("/api/conversations/{number}/")).json["messages"][0].clone();
    assert_eq!(message["id"], log.json["message"]);
    assert_eq!(message["timestamp"], "2026-01-01T00:00:01.000001Z");
    assert_eq!(message["sender"], "agent");
    assert_eq!(message["content"], "Action database_lookup performed");
    assert_eq!(message["action_name"], "database_lookup");
    assert_eq!(message["metadata"], json!({"attempt": 1}));
    assert_eq!(message["action_logs"], json!([expected]));
}

#[test]
fn the_first_use_of_a_name_creates_the_action_and_later_uses_share_it() {
    let client = Client::new();
    let action = |name: &str| {
        let body = json!({"action_name": name, "conversation_id": "a"});
        client.post("/api/action_logs/", body).json["action"].clone()
    };
    let (first, other, again) = (action("search"), action("mail"), action("search"));
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn error_msg_fills_error_message_unless_that_is_given_or_it_is_not_mapped() {
    let error_message = |map: bool, mut body: Value| {
        body["action_name"] = json!("search");
        body["conversation_id"] = json!("a");
        let client = Client::with_options(FakeOptions::new().map_error_msg(map));
        client.post("/api/action_logs/", body).json["error_message"].clone()
    };
    assert_eq!(error_message(true, json!({"error_msg": "timed out"})), "timed out");
    assert_eq!(error_message(true, json!({"error_msg": "old", "error_message": "new"})), "new");
    assert_eq!(error_message(true, json!({})), "");
    assert_eq!(error_message(false, json!({"error_msg": "timed out"})), "");
}

#[test]
fn token_usage_is_an_action_whose_counters_are_the_messages_metadata() {
    let client = Client::new();
    let counters = json!({"prompt_tokens": 80, "completion_tokens": 35, "total_tokens": 115, "embedding_tokens": 7});
    let body = json!({"action_name": "token_usage", "conversation_id": "a", "metadata": counters});
    assert_eq!(client.post("/api/action_logs/", body).status, StatusCode::CREATED);
    let message = &client.api.transcript("a")[0];
    assert_eq!(message.metadata.as_ref().map(|metadata| metadata.as_value()), Some(&counters));
    assert_eq!(message.action_name.as_deref(), Some("token_usage"));
}

#[test]
fn the_fields_of_an_action_are_checked() {
    let client = Client::new();
    for (field, value) in [
        ("action_name", json!("  ")),
        ("action_name", json!("x".repeat(256))),
        ("duration_ms", json!("soon")),
        ("duration_ms", json!([])),
        ("started_at", json!("soon")),
        ("tools_used", json!(["PostgreSQL"])),
        ("response", json!({})),
        ("metadata", json!(1)),
    ] {
        let mut body = json!({"action_name": "search", "conversation_id": "a"});
        body[field] = value;
        let refused = client.post("/api/action_logs/", body);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{field}");
        assert_eq!(refused.json.as_object().unwrap().keys().collect::<Vec<_>>(), [field]);
    }
}
