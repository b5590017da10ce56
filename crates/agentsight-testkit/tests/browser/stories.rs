//! What the tests let happen at the service.

use http::Method;
use serde_json::{Value, json};

use crate::Tested;
use crate::service::Service;

/// Conversations that differ in whatever the list can be narrowed by; their numbers are 1 to 4, oldest first.
pub(crate) fn varied(service: &Service) -> Tested {
    let reset = service.conversation(json!({
        "timestamp": "2026-03-01T09:00:00Z", "conversation_id": "support-1", "name": "Password reset",
        "customer_id": "ada", "customer_ip_address": "203.0.113.7", "device": "desktop", "language": "en", "environment": "production",
        "metadata": {"tier": "premium", "seats": 3},
    }))?;
    say(service, reset, "2026-03-01T09:00:01Z", "end_user", "How do I reset my password?")?;
    service.post(
        "/api/action_logs/",
        json!({
            "conversation": reset, "timestamp": "2026-03-01T09:00:02Z", "action_name": "database_lookup",
            "duration_ms": 150, "tools_used": {"database": "PostgreSQL"}, "response": "One account was found",
        }),
    )?;
    say(service, reset, "2026-03-01T09:00:03Z", "agent", "Press ‘Forgot password’.")?;
    service.post("/api/conversation-feedbacks/", json!({"conversation": reset, "sentiment": "positive"}))?;
    service.post(&format!("/api/conversations/{reset}/mark/"), json!({"is_marked": true}))?;

    let parcel = service.conversation(json!({
        "timestamp": "2026-03-02T09:00:00Z", "conversation_id": "shop-2", "name": "Late delivery",
        "customer_id": "bruno", "device": "mobile", "language": "pt", "environment": "development",
    }))?;
    say(service, parcel, "2026-03-02T09:00:01Z", "end_user", "Where is my parcel?")?;
    service.post(
        "/api/action_logs/",
        json!({
            "conversation": parcel, "timestamp": "2026-03-02T09:00:02Z", "action_name": "track_shipment",
            "duration_ms": 2300, "error_msg": "The carrier does not answer",
        }),
    )?;
    let feedback = json!({"conversation": parcel, "sentiment": "negative", "comment": "It never came."});
    service.post("/api/conversation-feedbacks/", feedback)?;

    let call = service.conversation(json!({
        "timestamp": "2026-03-03T09:00:00Z", "conversation_id": "voice-3", "customer_id": "clara",
        "device": "tablet", "language": "de", "environment": "production",
    }))?;
    say(service, call, "2026-03-03T09:00:01Z", "end_user", "Guten Tag!")?;

    let gone = service.conversation(json!({
        "timestamp": "2026-03-04T09:00:00Z", "conversation_id": "gone-4", "environment": "production",
    }))?;
    service.send(Method::DELETE, &format!("/api/conversations/{gone}/delete/"), &Value::Null)?;
    Ok(())
}

/// Creates a message at a time and gives its number.
pub(crate) fn say(service: &Service, conversation: u64, at: &str, sender: &str, content: &str) -> Tested<u64> {
    let message = json!({"timestamp": at, "conversation": conversation, "sender": sender, "content": content});
    service.create("/api/track/", message)
}
