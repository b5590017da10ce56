use http::StatusCode;
use serde_json::json;

use crate::support::Client;

#[test]
fn a_message_is_answered_with_what_was_stored() {
    let client = Client::new();
    let number = client.conversation("a");
    let answered = client.post(
        "/api/track/",
        json!({
            "timestamp": "2026-11-21T02:03:12.648346+00:00", "content": "Hello!", "sender": "end_user",
            "conversation_id": "a", "metadata": {}, "conversation": number,
        }),
    );
    assert_eq!(answered.status, StatusCode::CREATED);
    assert_eq!(answered.json["timestamp"], "2026-11-21T02:03:12.648346Z");
    assert_eq!(answered.json["conversation"], number);
    assert_eq!(answered.json["button"], json!(null));
}
