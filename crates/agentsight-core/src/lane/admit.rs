//! What is refused before anything is stored (R7).
//!
//! Text is checked trimmed and sent verbatim. Errors name the field, never its value.

use std::net::IpAddr;

use agentsight_model::{
    AgentMessage, Attachments, ButtonClick, ConversationId, HumanMessage, MetadataDraft, NewAction, NewConversation,
    Sender,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::item::Event;
use crate::attachment::prepare;
use crate::context::Context;
use crate::error::Error;

/// The longest short text, in characters: names, ids, labels (wire: 3 #28).
const SHORT_TEXT: usize = 255;

/// A checked event, and the explicit time that it was given.
pub(crate) type Admitted = (Event, Option<DateTime<Utc>>);

/// Checks a conversation's id and fields.
pub(crate) fn conversation(new: &NewConversation) -> Result<ConversationId, Error> {
    let id = conversation_id(&new.conversation_id)?;
    for (field, text) in [
        ("customer_id", new.customer_id.as_deref()),
        ("device", new.device.as_ref().map(agentsight_model::Device::as_str)),
        ("source", new.source.as_deref()),
        ("language", new.language.as_deref()),
        ("name", new.name.as_deref()),
        ("environment", new.environment.as_ref().map(agentsight_model::Environment::as_str)),
    ] {
        if let Some(text) = text {
            at_most(field, text, SHORT_TEXT)?;
            no_nul(field, text)?;
        }
    }
    if let Some(address) = &new.customer_ip_address
        && address.trim().parse::<IpAddr>().is_err()
    {
        return Err(Error::invalid("customer_ip_address is not an IP address"));
    }
    checked_metadata(&new.metadata)?;
    Ok(id)
}

/// Checks a conversation id (R1).
pub(crate) fn conversation_id(text: &str) -> Result<ConversationId, Error> {
    ConversationId::new(text).map_err(|problem| Error::invalid(format!("conversation_id {problem}")))
}

pub(crate) fn human_message(message: HumanMessage, context: &Context) -> Result<Admitted, Error> {
    let event = message_event(Sender::EndUser, message.content, message.metadata, message.attachments, context)?;
    Ok((event, message.at))
}

pub(crate) fn agent_message(message: AgentMessage, context: &Context) -> Result<Admitted, Error> {
    let event = message_event(Sender::Agent, message.content, message.metadata, message.attachments, context)?;
    Ok((event, message.at))
}

pub(crate) fn action(mut action: NewAction) -> Result<Admitted, Error> {
    short_text("action name", &action.name)?;
    for (field, text) in [("response", &action.response), ("error_message", &action.error_message)] {
        if let Some(text) = text {
            no_nul(field, text)?;
        }
    }
    let duration = action.duration_ms.as_ref().map(|duration| duration.as_f64().unwrap_or(f64::NAN));
    if duration.is_some_and(|duration| !duration.is_finite() || duration < 0.0) {
        return Err(Error::invalid("duration_ms must be a finite number that is not negative"));
    }
    if action.tools_used.as_ref().is_some_and(|tools| !tools.is_object()) {
        return Err(Error::invalid("tools_used must be an object"));
    }
    let metadata = taken_metadata(&mut action.metadata)?;
    let at = action.at;
    Ok((Event::Action { action, metadata }, at))
}

pub(crate) fn button(mut click: ButtonClick) -> Result<Admitted, Error> {
    short_text("button event", &click.event)?;
    short_text("button label", &click.label)?;
    short_text("button value", &click.value)?;
    let metadata = taken_metadata(&mut click.metadata)?;
    let at = click.at;
    Ok((Event::Button { click, metadata }, at))
}

pub(crate) fn attachments(attachments: Attachments, context: &Context) -> Result<Admitted, Error> {
    let files = prepare(attachments, context)?;
    let at = files.at;
    Ok((Event::Attachments(files), at))
}

fn message_event(
    sender: Sender,
    content: String,
    mut metadata: MetadataDraft,
    attachments: Option<Attachments>,
    context: &Context,
) -> Result<Event, Error> {
    not_blank("message", &content)?;
    no_nul("message", &content)?;
    let metadata = taken_metadata(&mut metadata)?;
    let files = attachments.map(|attachments| prepare(attachments, context)).transpose()?;
    Ok(Event::Message { sender, content, metadata, files })
}

fn short_text(field: &str, text: &str) -> Result<(), Error> {
    not_blank(field, text)?;
    at_most(field, text, SHORT_TEXT)?;
    no_nul(field, text)
}

fn not_blank(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() { Err(Error::invalid(format!("{field} must not be blank"))) } else { Ok(()) }
}

/// Text is measured trimmed, in characters. Long texts are told from their length in bytes where that suffices.
pub(crate) fn at_most(field: &str, text: &str, limit: usize) -> Result<(), Error> {
    if text.len() > limit && text.trim().chars().nth(limit).is_some() {
        return Err(Error::invalid(format!("{field} is longer than {limit} characters")));
    }
    Ok(())
}

pub(crate) fn no_nul(field: &str, text: &str) -> Result<(), Error> {
    if text.contains('\0') { Err(Error::invalid(format!("{field} holds a NUL character"))) } else { Ok(()) }
}

pub(crate) fn checked_metadata(metadata: &MetadataDraft) -> Result<(), Error> {
    metadata.finish().map(|_| ()).map_err(|problem| Error::invalid(format!("metadata {problem}")))
}

fn taken_metadata(metadata: &mut MetadataDraft) -> Result<Map<String, Value>, Error> {
    std::mem::take(metadata)
        .into_map()
        .map(Option::unwrap_or_default)
        .map_err(|problem| Error::invalid(format!("metadata {problem}")))
}
