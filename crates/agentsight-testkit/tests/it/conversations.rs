use std::time::Duration;

use agentsight_testkit::{CreateAnswer, FakeOptions, TimestampPrecision};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Client;

#[test]
fn a_new_conversation_is_201_and_an_existing_one_200_with_the_same_number() {
    let client = Client::new();
    let first = client.post("/api/conversations/", json!({"conversation_id": "a"}));
    let second = client.post("/api/conversations/", json!({"conversation_id": "a"}));
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(first.json["conversation_id"], "a");
}

#[test]
fn the_answer_of_a_create_is_the_lean_row_with_its_nulls() {
    let client = Client::new();
    let answered = client.post("/api/conversations/", json!({"conversation_id": "a", "environment": "dev"}));
    let expected = json!({
        "id": answered.json["id"], "agent": 1, "conversation_id": "a", "name": null, "customer_id": null,
        "customer_ip_address": null, "device": null, "language": null, "environment": "development",
        "environment_id": answered.json["environment_id"], "metadata": null, "started_at": "2025-01-01T00:00:00Z",
        "ended_at": "2025-01-01T00:00:00Z", "message_count": 0, "feedback_count": 0, "is_marked": false,
        "is_used": true, "is_deleted": false, "deleted_at": null, "geo_location": null,
    });
    assert_eq!(answered.json, expected);
    assert!(answered.json["environment_id"].is_u64());
}

#[test]
fn r3_an_existing_conversation_is_never_overridden() {
    let client = Client::new();
    let number =
        client.conversation_with(json!({"conversation_id": "a", "name": "First", "environment": "production"}));
    let again = client.post(
        "/api/conversations/",
        json!({
            "conversation_id": "a", "name": "Second", "environment": "development", "customer_id": "c",
            "metadata": {"a": 1}, "timestamp": "2020-01-01T00:00:00Z",
        }),
    );
    assert_eq!(again.status, StatusCode::OK);
    let row = client.get(&format!("/api/conversations/{number}/")).json;
    assert_eq!((row["name"].as_str(), row["environment"].as_str()), (Some("First"), Some("production")));
    assert_eq!((&row["customer_id"], &row["metadata"]), (&Value::Null, &Value::Null));
    assert_eq!(row["started_at"], "2025-01-01T00:00:00Z");
}

#[test]
fn r3_is_used_goes_from_false_to_true_only() {
    let client = Client::new();
    for (sent, expected) in [(false, false), (true, true), (false, true)] {
        let answered = client.post("/api/conversations/", json!({"conversation_id": "a", "is_used": sent}));
        assert_eq!(answered.json["is_used"], expected);
    }
}

#[test]
fn an_upsert_finds_a_deleted_conversation_and_leaves_it_deleted() {
    let client = Client::new();
    let number = client.conversation("a");
    client.send(Method::DELETE, &format!("/api/conversations/{number}/delete/"), None);
    let again = client.post("/api/conversations/", json!({"conversation_id": "a"}));
    assert_eq!((again.status, again.json["id"].as_u64()), (StatusCode::OK, Some(number)));
    assert_eq!(again.json["is_deleted"], true);
}

#[test]
fn the_stamp_of_a_new_conversation_is_its_start_and_its_end_follows_the_latest_event() {
    let client = Client::new();
    let number = client.conversation_with(json!({"conversation_id": "a", "timestamp": "2026-01-01T10:00:00+02:00"}));
    let path = format!("/api/conversations/{number}/");
    assert_eq!(client.get(&path).json["ended_at"], "2026-01-01T08:00:00Z");
    for (stamp, ended_at) in [
        ("2026-01-01T09:00:00.5Z", "2026-01-01T09:00:00.500000Z"),
        ("2026-01-01T07:00:00Z", "2026-01-01T09:00:00.500000Z"),
    ] {
        let message = json!({"conversation": number, "content": "x", "sender": "agent", "timestamp": stamp});
        assert_eq!(client.post("/api/track/", message).status, StatusCode::CREATED);
        let row = client.get(&path).json;
        assert_eq!(
            (row["started_at"].as_str(), row["ended_at"].as_str()),
            (Some("2026-01-01T08:00:00Z"), Some(ended_at))
        );
    }
}

#[test]
fn an_environment_is_production_unless_given_and_short_forms_are_read() {
    let client = Client::with_options(FakeOptions::new().environment("staging"));
    for (sent, kept) in [
        (Value::Null, "production"),
        (json!(" Prod "), "production"),
        (json!("DEV"), "development"),
        (json!("development"), "development"),
        (json!("staging"), "staging"),
    ] {
        let body = json!({"conversation_id": format!("for {sent}"), "environment": sent});
        assert_eq!(client.post("/api/conversations/", body).json["environment"], kept);
    }
}

#[test]
fn an_unknown_environment_is_400_whether_or_not_the_conversation_exists() {
    let client = Client::new();
    client.conversation("a");
    for conversation_id in ["a", "b"] {
        let body = json!({"conversation_id": conversation_id, "environment": "staging"});
        let answered = client.post("/api/conversations/", body);
        assert_eq!(answered.status, StatusCode::BAD_REQUEST);
        assert_eq!(answered.json, json!({"environment": ["Unknown environment: 'staging'."]}));
    }
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let answered = Client::new().post(
        "/api/conversations/",
        json!({
            "customer_id": "x".repeat(256), "customer_ip_address": "300.1.1.1", "device": {}, "name": "a\u{0}b",
            "is_used": "perhaps", "metadata": [], "timestamp": "yesterday", "source": "x".repeat(255),
        }),
    );
    assert_eq!(answered.status, StatusCode::BAD_REQUEST);
    let errors = answered.json.as_object().unwrap();
    assert!(errors.values().all(|messages| messages[0].is_string()));
    let named: Vec<&str> = errors.keys().map(String::as_str).collect();
    assert_eq!(
        named,
        ["conversation_id", "customer_id", "customer_ip_address", "device", "is_used", "metadata", "name", "timestamp"]
    );
    assert_eq!(errors["conversation_id"], json!(["This field is required."]));
    assert_eq!(errors["customer_id"], json!(["Ensure this field has no more than 255 characters."]));
}

#[test]
fn a_text_id_has_to_say_something_and_is_kept_as_it_is() {
    let client = Client::new();
    for (sent, status) in [
        (json!("  "), StatusCode::BAD_REQUEST),
        (Value::Null, StatusCode::BAD_REQUEST),
        (json!("é".repeat(256)), StatusCode::BAD_REQUEST),
        (json!("é".repeat(255)), StatusCode::CREATED),
        (json!(" a b "), StatusCode::CREATED),
    ] {
        let answered = client.post("/api/conversations/", json!({"conversation_id": sent}));
        assert_eq!(answered.status, status, "{sent}");
        if status == StatusCode::CREATED {
            assert_eq!(answered.json["conversation_id"], sent);
        }
    }
}

#[test]
fn fields_that_the_service_does_not_know_are_ignored() {
    let answered = Client::new().post("/api/conversations/", json!({"conversation_id": "a", "is_favorite": 7}));
    assert_eq!(answered.status, StatusCode::CREATED);
    assert_eq!(answered.json.get("is_favorite"), None);
}

#[test]
fn device_and_address_come_back_as_text() {
    let client = Client::new();
    let body = json!({"conversation_id": "a", "device": "Smart Fridge", "customer_ip_address": "2001:DB8:0::1"});
    let row = client.post("/api/conversations/", body).json;
    assert_eq!(
        (row["device"].as_str(), row["customer_ip_address"].as_str()),
        (Some("Smart Fridge"), Some("2001:db8::1"))
    );
}

#[test]
fn the_detail_route_answers_the_transcript_also_of_a_deleted_conversation() {
    let client = Client::new();
    let number = client.conversation("a");
    client.message(number, "Hello!");
    client.send(Method::DELETE, &format!("/api/conversations/{number}/delete/"), None);
    let detail = client.get(&format!("/api/conversations/{number}/?full=false"));
    assert_eq!(detail.status, StatusCode::OK);
    assert_eq!(detail.json["messages"][0]["content"], "Hello!");
    assert_eq!(detail.json["is_deleted"], true);
    assert_eq!((&detail.json["tickets"], &detail.json["token_usage"]), (&json!([]), &Value::Null));
}

#[test]
fn a_conversation_that_is_not_there_is_a_json_404() {
    for number in ["99", "abc", "99999999999999999999999"] {
        let answered = Client::new().get(&format!("/api/conversations/{number}/"));
        assert_eq!(answered.status, StatusCode::NOT_FOUND);
        assert!(answered.json["detail"].is_string());
    }
}

#[test]
fn the_lookup_route_turns_a_text_id_into_the_number() {
    let client = Client::new();
    let number = client.conversation("a/b?c");
    let found = client.get("/api/conversations/lookup/?conversation_id=a%2Fb%3Fc");
    assert_eq!(found.json, json!({"id": number, "conversation_id": "a/b?c"}));
    assert_eq!(client.get("/api/conversations/lookup/?conversation_id=b").status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/api/conversations/lookup/").status, StatusCode::BAD_REQUEST);
}

#[test]
fn the_lookup_route_does_not_see_deleted_conversations_unless_told_to() {
    for (sees, status) in [(false, StatusCode::NOT_FOUND), (true, StatusCode::OK)] {
        let client = Client::with_options(FakeOptions::new().lookup_sees_deleted(sees));
        let number = client.conversation("a");
        client.send(Method::DELETE, &format!("/api/conversations/{number}/delete/"), None);
        assert_eq!(client.get("/api/conversations/lookup/?conversation_id=a").status, status);
    }
}

#[test]
fn a_create_can_answer_only_what_a_client_may_rely_on() {
    let client = Client::with_options(FakeOptions::new().create_answer(CreateAnswer::Minimal));
    let answered = client.post("/api/conversations/", json!({"conversation_id": "a"}));
    assert_eq!(answered.json, json!({"id": answered.json["id"], "conversation_id": "a"}));
    let message = client.post("/api/track/", json!({"conversation_id": "a", "content": "x", "sender": "agent"}));
    assert_eq!(message.json, json!({"id": message.json["id"]}));
}

#[test]
fn stamps_can_be_kept_more_coarsely_than_sent() {
    for (precision, kept) in [
        (TimestampPrecision::Microseconds, "2026-01-01T00:00:00.123456Z"),
        (TimestampPrecision::Milliseconds, "2026-01-01T00:00:00.123000Z"),
        (TimestampPrecision::Seconds, "2026-01-01T00:00:00Z"),
    ] {
        let client = Client::with_options(FakeOptions::new().timestamp_precision(precision));
        let body = json!({
            "conversation_id": "a", "content": "x", "sender": "agent", "timestamp": "2026-01-01T00:00:00.123456+00:00",
        });
        assert_eq!(client.post("/api/track/", body).json["timestamp"], kept);
    }
}

#[test]
fn metadata_can_have_a_limit() {
    let body = json!({"conversation_id": "a", "metadata": {"long": "x".repeat(20_000)}});
    assert_eq!(Client::new().post("/api/conversations/", body.clone()).status, StatusCode::CREATED);
    let limited = Client::with_options(FakeOptions::new().metadata_limit(16_384)).post("/api/conversations/", body);
    assert_eq!(limited.status, StatusCode::BAD_REQUEST);
    assert!(limited.json["metadata"].is_array());
}

#[test]
fn what_the_service_holds_can_be_looked_at_without_a_request() {
    let client = Client::new();
    let number = client.conversation("a");
    client.api.clock().advance(Duration::from_secs(1));
    client.message(number, "Hello!");
    let asked = client.api.requests().len();
    let conversation = client.api.conversation("a").unwrap();
    assert_eq!(client.api.conversation(number), Some(conversation.clone()));
    assert_eq!(client.api.conversations(), [conversation]);
    assert_eq!(client.api.transcript("a")[0].content, "Hello!");
    assert!(client.api.transcript("b").is_empty());
    assert_eq!(client.api.requests().len(), asked);
}
