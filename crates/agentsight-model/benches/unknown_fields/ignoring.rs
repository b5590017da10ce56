//! The rows of the model as serde derives them: the same fields of the same types, and unknown fields ignored.

#![expect(dead_code, reason = "the fields are decoded, and nothing reads them")]

use agentsight_model::{
    AttachmentKind, Device, Environment, FeedbackKind, FeedbackSource, Metadata, Numeric, Sender, Sentiment, Timestamp,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Conversation {
    id: u64,
    conversation_id: String,
    agent: Option<u64>,
    name: Option<String>,
    customer_id: Option<String>,
    customer_ip_address: Option<String>,
    device: Option<Device>,
    language: Option<String>,
    environment: Option<Environment>,
    environment_id: Option<u64>,
    metadata: Option<Metadata>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    message_count: Option<u64>,
    feedback_count: Option<u64>,
    is_marked: Option<bool>,
    is_used: Option<bool>,
    is_deleted: Option<bool>,
    geo_location: Option<GeoLocation>,
    messages: Option<Vec<Message>>,
    feedbacks: Option<Vec<Feedback>>,
}

#[derive(Deserialize)]
struct GeoLocation {
    ip_address: Option<String>,
    city: Option<String>,
    country: Option<String>,
    timezone_name: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    id: u64,
    timestamp: Timestamp,
    sender: Sender,
    content: String,
    conversation: Option<u64>,
    action_name: Option<String>,
    metadata: Option<Metadata>,
    button: Option<Button>,
    feedback: Option<Value>,
    attachments: Option<Vec<Attachment>>,
    action_logs: Option<Vec<ActionLog>>,
}

#[derive(Deserialize)]
struct ActionLog {
    id: u64,
    action: Option<u64>,
    message: Option<u64>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    duration_ms: Option<Numeric>,
    tools_used: Option<Value>,
    response: Option<String>,
    error_message: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Button {
    id: Option<u64>,
    message: Option<u64>,
    button_event: Option<String>,
    label: Option<String>,
    value: Option<String>,
    timestamp: Option<Timestamp>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Attachment {
    id: u64,
    message: Option<u64>,
    #[serde(rename = "type")]
    kind: Option<AttachmentKind>,
    filename: Option<String>,
    mime_type: Option<String>,
    size_bytes: Option<u64>,
    file_url: Option<String>,
}

#[derive(Deserialize)]
struct Feedback {
    id: u64,
    sentiment: Sentiment,
    kind: Option<FeedbackKind>,
    agent: Option<u64>,
    conversation: Option<u64>,
    conversation_id: Option<String>,
    message: Option<u64>,
    user: Option<Value>,
    source: Option<FeedbackSource>,
    environment: Option<Environment>,
    environment_id: Option<u64>,
    category: Option<String>,
    topic: Option<String>,
    reason: Option<String>,
    comment: Option<String>,
    metadata: Option<Metadata>,
    created_at: Option<Timestamp>,
}
