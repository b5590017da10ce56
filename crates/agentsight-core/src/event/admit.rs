//! What is refused before anything is stored (R7).

use std::net::IpAddr;

use agentsight_model::{
    AgentMessage, Attachments, ButtonClick, ConversationId, Device, Environment, HumanMessage, MetadataDraft,
    NewAction, NewConversation, Sender,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::attachment::prepare;
use super::{ActionEvent, ButtonEvent, Event, MessageEvent};
use crate::checks;
use crate::context::Context;
use crate::error::Error;

/// A checked event.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The event.
    pub(crate) event: Event,
    /// The explicit time, if one was given.
    pub(crate) at: Option<DateTime<Utc>>,
}

/// Checks a conversation's id and fields.
pub(crate) fn conversation(new: &NewConversation, context: &Context) -> Result<ConversationId, Error> {
    let id = conversation_id(&new.conversation_id)?;
    for (field, text) in [
        ("customer_id", new.customer_id.as_deref()),
        ("device", new.device.as_ref().map(Device::as_str)),
        ("source", new.source.as_deref()),
        ("language", new.language.as_deref()),
        ("name", new.name.as_deref()),
        ("environment", new.environment.as_ref().map(Environment::as_str)),
    ] {
        checks::optional_text(field, text)?;
    }
    if let Some(address) = &new.customer_ip_address
        && address.trim().parse::<IpAddr>().is_err()
    {
        return Err(Error::invalid("customer_ip_address is not an IP address"));
    }
    checks::metadata(&new.metadata)?;
    checks::time("at", new.at, context)?;
    Ok(id)
}

/// Checks a conversation id (R1).
pub(crate) fn conversation_id(text: &str) -> Result<ConversationId, Error> {
    checks::short_text("conversation_id", text)?;
    ConversationId::new(text).map_err(|problem| Error::invalid(problem.to_string()))
}

/// Checks a message of a person.
pub(crate) fn human_message(message: HumanMessage, context: &Context) -> Result<Admitted, Error> {
    checks::time("at", message.at, context)?;
    let event = message_event(Sender::EndUser, message.content, message.metadata, message.attachments, context)?;
    Ok(Admitted { event, at: message.at })
}

/// Checks a message of the agent.
pub(crate) fn agent_message(message: AgentMessage, context: &Context) -> Result<Admitted, Error> {
    checks::time("at", message.at, context)?;
    let event = message_event(Sender::Agent, message.content, message.metadata, message.attachments, context)?;
    Ok(Admitted { event, at: message.at })
}

/// Checks a run of an action.
pub(crate) fn action(action: NewAction, context: &Context) -> Result<Admitted, Error> {
    checks::short_text("action name", &action.name)?;
    for (field, text) in [("response", &action.response), ("error_message", &action.error_message)] {
        if let Some(text) = text {
            checks::no_nul(field, text)?;
        }
    }
    let duration = action.duration_ms.as_ref().map(|duration| duration.as_f64().unwrap_or(f64::NAN));
    if duration.is_some_and(|duration| !duration.is_finite() || duration < 0.0) {
        return Err(Error::invalid("duration_ms must be a finite number that is not negative"));
    }
    let tools_used = action.tools_used.map(|tools| checks::object("tools_used", &tools)).transpose()?;
    for (field, time) in [("started_at", action.started_at), ("ended_at", action.ended_at), ("at", action.at)] {
        checks::time(field, time, context)?;
    }
    let event = Event::Action(Box::new(ActionEvent {
        name: action.name,
        started_at: action.started_at,
        ended_at: action.ended_at,
        duration_ms: action.duration_ms,
        tools_used,
        response: action.response,
        error_message: action.error_message,
        metadata: own_data(action.metadata)?,
    }));
    Ok(Admitted { event, at: action.at })
}

/// Checks a click on a button.
pub(crate) fn button(click: ButtonClick, context: &Context) -> Result<Admitted, Error> {
    checks::short_text("button event", &click.event)?;
    checks::short_text("button label", &click.label)?;
    checks::short_text("button value", &click.value)?;
    checks::time("at", click.at, context)?;
    let metadata = own_data(click.metadata)?;
    let event =
        Event::Button(Box::new(ButtonEvent { event: click.event, label: click.label, value: click.value, metadata }));
    Ok(Admitted { event, at: click.at })
}

/// Checks files that belong to no message.
pub(crate) fn attachments(attachments: Attachments, context: &Context) -> Result<Admitted, Error> {
    let at = attachments.at;
    let event = Event::Attachments(Box::new(prepare(attachments, context)?));
    Ok(Admitted { event, at })
}

fn message_event(
    sender: Sender,
    content: String,
    metadata: MetadataDraft,
    attachments: Option<Attachments>,
    context: &Context,
) -> Result<Event, Error> {
    checks::not_blank("message", &content)?;
    checks::no_nul("message", &content)?;
    let metadata = own_data(metadata)?;
    let files = attachments.map(|attachments| prepare(attachments, context)).transpose()?.map(Box::new);
    Ok(Event::Message(MessageEvent { sender, content, metadata, files }))
}

fn own_data(metadata: MetadataDraft) -> Result<Map<String, Value>, Error> {
    checks::taken_metadata(metadata).map(Option::unwrap_or_default)
}
