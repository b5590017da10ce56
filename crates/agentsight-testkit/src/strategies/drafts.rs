use std::net::{Ipv4Addr, Ipv6Addr};

use agentsight_model::{
    AgentMessage, ButtonClick, ConversationUpdate, HumanMessage, MetadataDraft, NewAction, NewConversation, NewFeedback,
};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use serde_json::Value;

use super::rows::duration;
use super::values::{content, conversation_id, device, environment, sentiment, short_text, time};
use super::{attachments, metadata_map};

/// A registration that R7 accepts, with any of its fields given.
pub fn new_conversation() -> impl Strategy<Value = NewConversation> {
    let address = prop_oneof![
        any::<[u8; 4]>().prop_map(|bytes| Ipv4Addr::from(bytes).to_string()),
        any::<[u8; 16]>().prop_map(|bytes| Ipv6Addr::from(bytes).to_string()),
    ];
    let texts = (of(short_text()), of(address), of(short_text()), of("[a-z]{2}"), of(short_text()));
    (conversation_id(), texts, of(device()), of(environment()), metadata_draft(), of(time())).prop_map(
        |(id, texts, device, environment, metadata, at)| {
            let mut conversation = NewConversation::new(id);
            conversation.customer_id = texts.0;
            conversation.customer_ip_address = texts.1;
            conversation.source = texts.2;
            conversation.language = texts.3;
            conversation.name = texts.4;
            conversation.device = device;
            conversation.environment = environment;
            conversation.metadata = metadata;
            conversation.at = at;
            conversation
        },
    )
}

/// A message of the person, sometimes with files.
pub fn human_message() -> impl Strategy<Value = HumanMessage> {
    (content(), metadata_draft(), weighted(0.2, attachments()), of(time())).prop_map(
        |(content, metadata, attachments, at)| {
            let mut message = HumanMessage::new(content);
            message.metadata = metadata;
            message.attachments = attachments;
            message.at = at;
            message
        },
    )
}

/// A message of the agent, sometimes with files.
pub fn agent_message() -> impl Strategy<Value = AgentMessage> {
    human_message().prop_map(|human| {
        let mut message = AgentMessage::new(human.content);
        message.metadata = human.metadata;
        message.attachments = human.attachments;
        message.at = human.at;
        message
    })
}

/// A run of an action, with any of its fields given.
pub fn new_action() -> impl Strategy<Value = NewAction> {
    let times = (of(time()), of(time()), of(duration()));
    let outcome = (of(metadata_map()), of(content()), of(content()));
    (short_text(), times, outcome, metadata_draft(), of(time())).prop_map(|(name, times, outcome, metadata, at)| {
        let mut action = NewAction::new(name);
        (action.started_at, action.ended_at, action.duration_ms) = times;
        action.tools_used = outcome.0.map(Value::Object);
        action.response = outcome.1;
        action.error_message = outcome.2;
        action.metadata = metadata;
        action.at = at;
        action
    })
}

/// A click on a button.
pub fn button_click() -> impl Strategy<Value = ButtonClick> {
    (short_text(), short_text(), short_text(), metadata_draft(), of(time())).prop_map(
        |(event, label, value, metadata, at)| {
            let mut click = ButtonClick::new(event, label, value);
            click.metadata = metadata;
            click.at = at;
            click
        },
    )
}

/// Feedback, with or without a comment.
pub fn new_feedback() -> impl Strategy<Value = NewFeedback> {
    (sentiment(), of(content()), metadata_draft()).prop_map(|(sentiment, comment, metadata)| {
        let mut feedback = NewFeedback::new(sentiment);
        feedback.comment = comment;
        feedback.metadata = metadata;
        feedback
    })
}

/// An update with any of its fields given, and so sometimes with none.
pub fn conversation_update() -> impl Strategy<Value = ConversationUpdate> {
    (of(short_text()), of(any::<bool>()), of(short_text()), of(device()), of("[a-z]{2}"), metadata_draft()).prop_map(
        |(name, is_marked, customer_id, device, language, metadata)| {
            let mut update = ConversationUpdate::new();
            update.name = name;
            update.is_marked = is_marked;
            update.customer_id = customer_id;
            update.device = device;
            update.language = language;
            update.metadata = metadata;
            update
        },
    )
}

/// Metadata as a draft collects it; often not given at all.
pub(super) fn metadata_draft() -> impl Strategy<Value = MetadataDraft> {
    of(metadata_map()).prop_map(|map| map.map(MetadataDraft::from).unwrap_or_default())
}
