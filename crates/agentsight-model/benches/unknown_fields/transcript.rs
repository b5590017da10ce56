//! A support conversation of 50 messages, as the service writes it.

use serde_json::{Value, json};

const QUESTION: &str = "Since the update this morning my laptop does not find the printer in the hallway any more.";
const ANSWER: &str = "Please open the settings, choose \u{201c}Printers\u{201d}, remove the old entry and add it again. \
    If it does not show up within a minute, switch the printer off and on, and tell me what its display says.";

/// Only fields that the documentation names.
pub(crate) fn documented() -> String {
    conversation().to_string()
}

/// What today's service answers: tickets and token usage besides.
pub(crate) fn current() -> String {
    current_conversation().to_string()
}

/// What a newer service might answer: in every message the model's latency, the moderation's verdict and an edit time.
pub(crate) fn crowded() -> String {
    let mut conversation = current_conversation();
    for message in conversation["messages"].as_array_mut().into_iter().flatten() {
        message["latency_ms"] = json!(412.25);
        message["moderation"] = json!({"flagged": false, "model": "guard-2"});
        message["edited_at"] = Value::Null;
    }
    conversation.to_string()
}

fn current_conversation() -> Value {
    let mut conversation = conversation();
    conversation["tickets"] = json!([{
        "id": 4, "title": "Printer", "status": "open", "priority": null, "tags": ["hardware"],
        "created_at": "2026-03-02T09:30:00Z", "comments": [{"id": 1, "author": "Ada", "role": "dev", "body": "On it."}]
    }]);
    conversation["token_usage"] = json!({
        "totals": {"prompt_tokens": 2400, "completion_tokens": 810, "total_tokens": 3210},
        "cost_usd": "0.00420000", "cost_sources": ["backend"]
    });
    conversation
}

fn conversation() -> Value {
    json!({
        "id": 731, "agent": 9, "conversation_id": "support-2026-03-02-17", "name": "Printer in the hallway",
        "customer_id": "customer-88", "customer_ip_address": "198.51.100.23", "device": "desktop", "language": "en-GB",
        "environment": "production", "environment_id": 3, "metadata": {"tier": "gold", "office": {"floor": 3}},
        "started_at": "2026-03-02T09:15:00.120400Z", "ended_at": "2026-03-02T09:41:40.500000Z", "deleted_at": null,
        "is_marked": false, "is_used": true, "is_deleted": false,
        "geo_location": {
            "ip_address": "198.51.100.23", "city": "Leeds", "country": "GB", "timezone_name": "Europe/London"
        },
        "messages": (0..50).map(message).collect::<Vec<_>>(),
        "feedbacks": [{
            "id": 58, "kind": "conversation", "agent": 9, "conversation": 731, "user": null,
            "environment": "production", "environment_id": 3, "sentiment": "positive", "category": null,
            "comment": "It prints again", "created_at": "2026-03-02T09:42:00Z"
        }]
    })
}

/// Questions and answers in turn; every tenth message shows an action, two have a file, one shows a click.
fn message(index: u64) -> Value {
    let id = 5000 + index;
    let timestamp = format!("2026-03-02T09:{:02}:05.120400Z", 15 + index / 2);
    let action = index % 10 == 3;
    json!({
        "id": id, "conversation": 731, "timestamp": timestamp,
        "sender": if index % 2 == 0 { "end_user" } else { "agent" },
        "content": match index % 10 {
            3 => "Action printer_lookup performed",
            even if even % 2 == 0 => QUESTION,
            _ => ANSWER,
        },
        "action_name": action.then_some("printer_lookup"),
        "metadata": (index % 2 == 1).then(|| json!({"model": "gpt-4", "latency_ms": 170.639})),
        "attachments": if index % 25 == 6 {
            json!([{
                "id": 70 + index, "message": id, "type": "image", "filename": "display.jpg", "mime_type": "image/jpeg",
                "size_bytes": 204_810, "file_url": "https://files.example/display.jpg?expires=3600&signature=0123456789"
            }])
        } else {
            json!([])
        },
        "action_logs": if action {
            json!([{
                "id": 600 + index, "action": 12, "message": id, "started_at": timestamp, "ended_at": timestamp,
                "duration_ms": 150.302, "tools_used": {"directory": "ldap"}, "response": "1 printer found",
                "error_message": "", "metadata": null
            }])
        } else {
            json!([])
        },
        "button": (index == 48).then(|| json!({"id": 4, "button_event": "solved", "label": "Solved", "value": "yes"})),
        "feedback": null
    })
}
