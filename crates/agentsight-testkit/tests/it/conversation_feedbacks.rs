use http::StatusCode;
use serde_json::{Value, json};

use crate::support::Client;

#[test]
fn feedback_is_answered_with_the_keys_of_the_old_and_the_new_row() {
    let client = Client::new();
    let number = client.conversation_with(json!({"conversation_id": "a", "environment": "dev"}));
    let body =
        json!({"sentiment": "positive", "conversation_id": "a", "comment": "Very helpful!", "metadata": {"rating": 5}});
    let answered = client.post("/api/conversation-feedbacks/", body);
    assert_eq!(answered.status, StatusCode::CREATED);
    let expected = json!({
        "id": answered.json["id"], "kind": "conversation", "agent": 1, "conversation": number, "conversation_id": "a",
        "user": null, "environment": "development", "environment_id": answered.json["environment_id"],
        "sentiment": "positive", "category": null, "source": "customer", "comment": "Very helpful!",
        "metadata": {"rating": 5}, "created_at": "2025-01-01T00:00:00Z",
    });
    assert_eq!(answered.json, expected);
    let row = client.get(&format!("/api/conversations/{number}/")).json;
    assert_eq!((&row["feedbacks"], &row["feedback_count"]), (&json!([expected]), &json!(1)));
}

#[test]
fn feedback_can_name_the_number_and_is_never_merged() {
    let client = Client::new();
    let number = client.conversation("a");
    for _ in 0..2 {
        let answered =
            client.post("/api/conversation-feedbacks/", json!({"sentiment": "negative", "conversation": number}));
        assert_eq!((answered.status, &answered.json["comment"]), (StatusCode::CREATED, &json!("")));
    }
    assert_eq!(client.api.conversation("a").unwrap().feedbacks().len(), 2);
}

#[test]
fn feedback_creates_no_conversation() {
    let client = Client::new();
    for body in [
        json!({"sentiment": "neutral", "conversation_id": "unknown"}),
        json!({"sentiment": "neutral", "conversation": 99}),
    ] {
        assert_eq!(client.post("/api/conversation-feedbacks/", body).status, StatusCode::NOT_FOUND);
    }
    assert!(client.api.conversations().is_empty());
}

#[test]
fn the_fields_of_feedback_are_checked() {
    let client = Client::new();
    client.conversation("a");
    let refuse = |body: Value| {
        let refused = client.post("/api/conversation-feedbacks/", body);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        refused.json
    };
    assert_eq!(
        refuse(json!({"sentiment": "meh", "conversation_id": "a"})),
        json!({"sentiment": ["\"meh\" is not a valid choice."]})
    );
    assert!(refuse(json!({"conversation_id": "a"}))["sentiment"].is_array());
    assert!(refuse(json!({"sentiment": "neutral"}))["conversation"].is_array());
    let long = json!({"sentiment": "neutral", "conversation_id": "a", "comment": "é".repeat(5_001)});
    assert_eq!(refuse(long), json!({"comment": ["Ensure this field has no more than 5000 characters."]}));
}
