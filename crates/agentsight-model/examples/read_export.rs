//! Prints the transcript of an exported conversation.
//!
//! ```text
//! cargo run -p agentsight-model --example read_export -- conversation.json
//! ```
//!
//! Without a file it prints the sample beside this program.

use std::error::Error;
use std::fs;

use agentsight_model::{Conversation, Message, Sender};
use chrono::{DateTime, Utc};

const SAMPLE: &str = include_str!("data/conversation.json");

fn main() -> Result<(), Box<dyn Error>> {
    let json = match std::env::args_os().nth(1) {
        Some(path) => fs::read_to_string(path)?,
        None => SAMPLE.to_owned(),
    };
    let conversation: Conversation = serde_json::from_str(&json)?;

    print_heading(&conversation);
    for message in conversation.messages() {
        print_message(message);
    }
    print_feedback(&conversation);
    print_unknown(&conversation);
    Ok(())
}

fn print_heading(conversation: &Conversation) {
    let name = conversation.name.as_deref().unwrap_or("(no title)");
    println!("{name}  [{}, number {}]", conversation.conversation_id, conversation.id);

    let mut facts = Vec::new();
    facts.extend(conversation.started_at.map(|at| at.format("%Y-%m-%d").to_string()));
    facts.extend(conversation.environment.as_ref().map(ToString::to_string));
    facts.extend(conversation.device.as_ref().map(ToString::to_string));
    facts.extend(conversation.geo_location.as_ref().and_then(|place| place.city.clone()));
    println!("{}\n", facts.join(" · "));
}

fn print_message(message: &Message) {
    let time = clock(message.timestamp);
    let who = match message.sender {
        Sender::EndUser => "person",
        Sender::Agent => "agent",
        ref other => other.as_str(),
    };

    if let Some(button) = &message.button {
        println!("{time}  {who:>6}  clicked \u{201c}{}\u{201d}", button.label.as_deref().unwrap_or("a button"));
    } else if message.action_logs().is_empty() {
        println!("{time}  {who:>6}  {}", message.content);
    }
    for log in message.action_logs() {
        let name = message.action_name.as_deref().unwrap_or("an action");
        let duration = log.duration_ms.as_ref().map(|duration| format!(" in {duration} ms")).unwrap_or_default();
        let outcome = match log.error() {
            Some(error) => format!("failed: {error}"),
            None => log.response.clone().unwrap_or_default(),
        };
        println!("{time}  {who:>6}  ran {name}{duration}: {outcome}");
    }
    for file in message.attachments() {
        let name = file.filename.as_deref().unwrap_or("(no name)");
        let size = file.size_bytes.map(|bytes| format!(", {} KiB", bytes.div_ceil(1024))).unwrap_or_default();
        println!("{:>16}  + {name}{size}", "");
    }
}

fn print_feedback(conversation: &Conversation) {
    for feedback in conversation.feedbacks() {
        println!("\nFeedback: {}. {}", feedback.sentiment, feedback.comment.as_deref().unwrap_or_default());
    }
}

/// What this version of the SDK does not know is still there.
fn print_unknown(conversation: &Conversation) {
    for (name, value) in &conversation.extra {
        println!("\nAlso in the file: {name} = {value}");
    }
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S").to_string()
}
