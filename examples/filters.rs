//! The queries behind a dashboard: combined filters, counts, paging, metadata, and what a filter refuses.
//!
//! ```text
//! cargo run --example filters              # a fake service, filled with 60 conversations first
//! cargo run --example filters -- --live    # your account, read only: AGENTSIGHT_API_KEY, or a line in .env
//! ```

use std::error::Error;

use agentsight_examples::Service;
use agentsight_http_blocking::{
    AgentSight, ConversationFilter, Device, ErrorKind, FeedbackSource, NewAction, NewConversation, NewFeedback,
    OrderField, Sentiment,
};
use chrono::{TimeDelta, Utc};
use serde_json::json;

const DEVICES: [Device; 3] = [Device::Desktop, Device::Mobile, Device::Tablet];
const SENTIMENTS: [Sentiment; 3] = [Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative];

fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::from_command_line()?;
    let sight = AgentSight::new(service.config())?;
    if service.is_fake() {
        fill(&sight)?;
    }
    show_happy_phones(&sight)?;
    count_sentiments(&sight)?;
    walk_pages(&sight)?;
    search_metadata(&sight)
}

/// Several conditions hold together; a page carries whole transcripts.
fn show_happy_phones(sight: &AgentSight) -> Result<(), Box<dyn Error>> {
    let filter = ConversationFilter::new()
        .device(Device::Mobile)
        .feedback_sentiment(Sentiment::Positive)
        .feedback_source(FeedbackSource::Customer)
        .has_messages(true)
        .started_at_after(Utc::now() - TimeDelta::days(7))
        .ordering(OrderField::StartedAt.descending())
        .page_size(3);
    let page = sight.api().fetch_conversations(&filter)?;
    println!("Happy customers on phones this week: {}, the newest first:", page.count);
    for conversation in &page.results {
        let name = conversation.name.as_deref().unwrap_or("Untitled");
        let customer = conversation.customer_id.as_deref().unwrap_or("unknown");
        println!("  {name}, {customer}, {} messages", conversation.messages().len());
    }
    Ok(())
}

/// A count needs no rows: a lean page of one carries it.
fn count_sentiments(sight: &AgentSight) -> Result<(), Box<dyn Error>> {
    println!("\nFeedback by device:");
    println!("  {:<10}{:>10}{:>10}{:>10}", "", SENTIMENTS[0], SENTIMENTS[1], SENTIMENTS[2]);
    for device in DEVICES {
        print!("  {device:<10}");
        for sentiment in SENTIMENTS {
            let filter = ConversationFilter::new().device(device.clone()).feedback_sentiment(sentiment).lean();
            print!("{:>10}", sight.api().fetch_conversations(&filter.page_size(1))?.count);
        }
        println!();
    }
    Ok(())
}

/// Pages come lazily, one at a time. Lean rows have counts in place of transcripts.
fn walk_pages(sight: &AgentSight) -> Result<(), Box<dyn Error>> {
    println!("\nEverything, in lean pages of 25:");
    let filter = ConversationFilter::new().ordering(OrderField::StartedAt).lean().page_size(25);
    for (index, page) in sight.api().pages(&filter).enumerate() {
        let page = page?;
        let messages: u64 = page.results.iter().filter_map(|conversation| conversation.message_count).sum();
        println!("  page {}: {} of {} conversations, {messages} messages", index + 1, page.results.len(), page.count);
    }

    let escalated = ConversationFilter::new().action_name("escalate").message_contains("refund");
    let mut names = Vec::new();
    for conversation in sight.api().conversations(&escalated).take(3) {
        names.push(conversation?.name.unwrap_or_default());
    }
    println!("  the first escalations about a refund: {}", names.join(", "));
    Ok(())
}

/// Metadata is compared by key and value; what the service's syntax cannot carry is refused before it is sent.
fn search_metadata(sight: &AgentSight) -> Result<(), Box<dyn Error>> {
    println!("\nBy metadata:");
    let vip = ConversationFilter::new().metadata("tier", "vip").metadata("order.express", true).lean();
    println!("  VIPs with express orders: {}", sight.api().fetch_conversations(&vip)?.count);

    let note = "Late, again: twice";
    let wrong = ConversationFilter::new().metadata("note", note).lean();
    match sight.api().fetch_conversations(&wrong) {
        Err(error) if error.kind() == ErrorKind::InvalidInput => println!("  refused: {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a comma would have cut the filter in two".into()),
    }

    // One such pair travels in two parameters of its own.
    let right = ConversationFilter::new().extra("metadata_key", "note").extra("metadata_value", note).lean();
    println!("  found in another way: {}", sight.api().fetch_conversations(&right)?.count);
    Ok(())
}

/// Sixty conversations, one an hour, that differ in what the queries ask for.
fn fill(sight: &AgentSight) -> Result<(), Box<dyn Error>> {
    for number in 0..60 {
        let express = number % 5 == 0;
        let began = Utc::now() - TimeDelta::hours(60 - number as i64);
        let mut conversation = NewConversation::new(format!("order-{number}"))
            .name(format!("Order {number}"))
            .customer_id(format!("customer-{}", number % 7))
            .device(DEVICES[number % 3].clone())
            .metadata("tier", if number % 4 == 0 { "vip" } else { "standard" })
            .metadata("order", json!({"express": express}))
            .at(began);
        if number % 30 == 0 {
            conversation = conversation.metadata("note", "Late, again: twice");
        }
        let chat = sight.tracker().get_or_create_conversation(conversation)?;
        chat.track_human_message(if express { "I want a refund." } else { "Where is my order?" })?;
        if express {
            chat.track_action(NewAction::new("escalate").response("A colleague takes over"))?;
        }
        chat.track_agent_message("I have looked into it.")?;
    }
    sight.send_all().into_result()?;
    for number in (0..60).filter(|number| number % 4 > 0) {
        let sentiment = SENTIMENTS[number / 3 * 7 % 5 % 3].clone();
        sight.manager().submit_feedback(format!("order-{number}"), NewFeedback::new(sentiment))?;
    }
    Ok(())
}
