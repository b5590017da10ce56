//! The life of one conversation with the asynchronous client: what a page with a chat on it does.
//!
//! ```text
//! cargo run --example quickstart_async              # a fake service, nothing to set up
//! cargo run --example quickstart_async -- --live    # your account: AGENTSIGHT_API_KEY, or a line in .env
//! ```

use std::error::Error;

use agentsight_examples::Service;
use agentsight_http_async::{
    AgentMessage, AgentSight, NewAction, NewConversation, NewFeedback, Sentiment, TokenUsage, generate_conversation_id,
};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::from_command_line()?;
    // In a program of your own: `AgentSight::from_env()?`.
    let sight = AgentSight::new(service.config())?;
    let tracker = sight.tracker();
    let id = generate_conversation_id();

    // The page is opened: the conversation is created at once, and counts as used only when somebody writes.
    let opened = NewConversation::new(id.clone()).customer_id("user-456").name("Password reset").device("desktop");
    tracker.initialize_conversation(opened).await?;
    println!("The page is open; used: {}", sight.api().fetch_conversation(&id).await?.used());

    // Somebody writes. Tracking is not async: it keeps the events in memory.
    let chat = tracker.get_or_create_conversation(NewConversation::new(id.clone()))?;
    chat.track_human_message("How do I reset my password?")?;
    chat.track_action(
        NewAction::new("database_lookup")
            .duration_ms(150)
            .tools_used(json!({"database": "PostgreSQL"}))
            .response("User found"),
    )?;
    chat.track_token_usage(TokenUsage::new(100, 25));
    chat.track_agent_message(AgentMessage::new("Click 'Forgot password'.").metadata("model", "gpt-4"))?;

    // Sending delivers what was tracked, in order. The future may be dropped at any point: nothing is lost or repeated.
    let report = chat.send().await?;
    println!("Sent {} items, {} rejected.", report.acknowledged(), report.rejected());

    let manager = sight.manager();
    manager.submit_feedback(&id, NewFeedback::new(Sentiment::Positive).comment("Very helpful!")).await?;

    let conversation = sight.api().fetch_conversation(&id).await?;
    println!("\n{}; used: {}", conversation.name.as_deref().unwrap_or("Untitled"), conversation.used());
    for message in conversation.messages() {
        println!("  {:<8}  {}", message.sender, message.content);
    }
    for feedback in conversation.feedbacks() {
        println!("  {} feedback: {}", feedback.sentiment, feedback.comment.as_deref().unwrap_or("no comment"));
    }

    manager.delete_conversation(&id).await?;
    println!("Deleted.");
    Ok(())
}
