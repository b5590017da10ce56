//! The life of one conversation with the blocking client: track, look, send, read back, manage.
//!
//! ```text
//! cargo run --example quickstart              # a fake service, nothing to set up
//! cargo run --example quickstart -- --live    # your account: AGENTSIGHT_API_KEY, or a line in .env
//! ```

use std::error::Error;

use agentsight_examples::Service;
use agentsight_http_blocking::{
    AgentMessage, AgentSight, AttachmentMode, Attachments, ButtonClick, Conversation, ConversationUpdate, Device,
    Environment, HumanMessage, Message, NewAction, NewAttachment, NewConversation, NewFeedback, Sentiment, TokenUsage,
    generate_conversation_id,
};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::from_command_line()?;
    // In a program of your own: `AgentSight::from_env()?`.
    let sight = AgentSight::new(service.config())?;

    // Use an id of your own where you have one: a ticket, a session, a phone number.
    let id = generate_conversation_id();
    track(&sight, id.as_str())?;
    send(&sight)?;
    read(&sight, id.as_str())?;
    manage(&sight, id.as_str())
}

/// Tracking keeps every event in memory, with its time. Nothing is sent yet.
fn track(sight: &AgentSight, id: &str) -> Result<(), Box<dyn Error>> {
    let tracker = sight.tracker();
    tracker.get_or_create_conversation(
        NewConversation::new(id)
            .customer_id("customer-abc")
            .customer_ip_address("203.0.113.45")
            .device(Device::Mobile)
            .source("whatsapp")
            .language("en-US")
            .name("Password reset")
            .environment(Environment::Development)
            .metadata("user_tier", "premium")
            .metadata("previous_tickets", 2),
    )?;

    tracker.track_human_message(
        HumanMessage::new("How do I reset my password? This is what I see.")
            .metadata("message_id", "msg_001")
            .attachments(NewAttachment::bytes(b"\x89PNG\r\n\x1a\n ...").filename("screen.png")),
    )?;
    tracker.track_action(
        NewAction::new("database_lookup")
            .duration_ms(150)
            .tools_used(json!({"database": "PostgreSQL"}))
            .response("User found"),
    )?;
    tracker.track_action(NewAction::new("send_reset_email").duration_ms(2_000).error_message("The mailbox is full"))?;
    tracker.track_token_usage(TokenUsage::new(100, 25));
    tracker.track_agent_message(
        AgentMessage::new("Your mailbox is full, so here is the guide instead. Did it help?")
            .metadata("model", "gpt-4"),
    )?;
    // A file on disk is streamed when it is sent; form data is the mode for that.
    let guide = NewAttachment::path(concat!(env!("CARGO_MANIFEST_DIR"), "/data/password-reset.md"));
    tracker.track_attachments(Attachments::new([guide]).mode(AttachmentMode::FormData))?;
    tracker.track_button(ButtonClick::new("user_confirmation", "Yes, thanks", "solved"))?;
    // In memory the default is base64, which takes bytes or text that is encoded already.
    let receipt = NewAttachment::base64("U29sdmVkLCAxNCBNYXJjaA==").filename("receipt.txt").mime_type("text/plain");
    tracker.track_attachments(Attachments::new([receipt]).mode(AttachmentMode::Base64))?;
    Ok(())
}

/// Sending delivers everything in the order in which it happened, and reports on every item.
fn send(sight: &AgentSight) -> Result<(), Box<dyn Error>> {
    let tracker = sight.tracker();
    let tracked = tracker.get_tracked_data_summary();
    println!("Tracked {} items and {} tokens:", tracked.summary.total, tracker.get_token_usage().total_tokens);
    for item in &tracked.items {
        println!("  {}. {:<12} {}", item.index, item.kind, item.preview);
    }

    let report = tracker.send_tracked_data()?;
    let sent = &report.summary;
    println!(
        "\nSent {} questions, {} answers, {} actions, {} buttons, {} attachments; {} errors.",
        sent.questions, sent.answers, sent.actions, sent.buttons, sent.attachments, sent.errors
    );
    Ok(())
}

/// A conversation is found by your id, or by the number that the service gave it.
fn read(sight: &AgentSight, id: &str) -> Result<(), Box<dyn Error>> {
    let api = sight.api();
    let conversation = api.fetch_conversation(id)?;
    let same = api.fetch_conversation(conversation.id)?;
    println!("\nConversation {} is number {}.", same.conversation_id, same.id);
    print_transcript(&conversation);

    println!("\nAttachments:");
    for file in api.fetch_conversation_attachments(id)?.all() {
        let name = file.filename.as_deref().unwrap_or("unnamed");
        let kind = file.mime_type.as_deref().unwrap_or("unknown type");
        println!("  {name}, {kind}, {} bytes", file.size_bytes.unwrap_or_default());
    }
    Ok(())
}

/// The manager changes what is there, and takes what people thought of it.
fn manage(sight: &AgentSight, id: &str) -> Result<(), Box<dyn Error>> {
    let manager = sight.manager();
    println!("\nManaging:");
    let feedback =
        manager.submit_feedback(id, NewFeedback::new(Sentiment::Positive).comment("Very helpful, even so!"))?;
    println!("  {} feedback, number {}", feedback.sentiment, feedback.id);
    let renamed = manager.rename_conversation(id, "Password reset, mailbox full")?;
    println!("  renamed to \"{}\"", renamed.name);
    let marked = manager.mark_conversation(id, true)?;
    println!("  marked: {}", marked.is_marked);
    let updated = manager.update_conversation(id, ConversationUpdate::new().language("en-GB").device("tablet"))?;
    println!("  updated: {}", updated.updated_fields().join(", "));
    let deleted = manager.delete_conversation(id)?;
    let row = sight.api().fetch_conversation(deleted.id)?;
    println!("  deleted: {}; its row can still be fetched by number", row.deleted());
    Ok(())
}

fn print_transcript(conversation: &Conversation) {
    println!("\n{}", conversation.name.as_deref().unwrap_or("Untitled"));
    for message in conversation.messages() {
        let time = message.timestamp.format("%H:%M:%S%.6f");
        println!("  {time}  {:<8}  {}", message.sender, message.content);
        print_details(message);
    }
}

/// Actions, clicks and files show as messages of their own.
fn print_details(message: &Message) {
    let margin = " ".repeat(29);
    for run in message.action_logs() {
        if let Some(error) = run.error() {
            println!("{margin}failed: {error}");
        }
        if let Some(response) = run.response.as_deref().filter(|response| !response.is_empty()) {
            println!("{margin}answered: {response}");
        }
        if let Some(tokens) = run.metadata.as_ref().and_then(|metadata| metadata.get("total_tokens")) {
            println!("{margin}tokens: {tokens}");
        }
    }
    if let Some(button) = &message.button {
        println!("{margin}value: {}", button.value.as_deref().unwrap_or("none"));
    }
    for file in message.attachments() {
        println!("{margin}file: {}", file.filename.as_deref().unwrap_or("unnamed"));
    }
}
