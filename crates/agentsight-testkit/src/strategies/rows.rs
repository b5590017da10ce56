use std::fmt::Debug;
use std::net::Ipv4Addr;

use agentsight_model::{
    ActionLog, Attachment, AttachmentKind, Button, Conversation, Feedback, FeedbackKind, FeedbackSource, GeoLocation,
    Message, Numeric, Page, Sender,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::values::{content, conversation_id, device, environment, row_number, sender, sentiment, short_text, time};
use super::{metadata, metadata_map};

/// A run of an action; its duration is whole, broken or absent.
pub fn action_log() -> impl Strategy<Value = ActionLog> {
    let numbers = (row_number(), of(row_number()), of(row_number()));
    let outcome = (of(metadata_map()), of(content()), of(prop_oneof![Just(String::new()), content()]));
    (numbers, of(time()), of(time()), of(duration()), outcome, of(metadata())).prop_map(
        |((id, action, message), started_at, ended_at, duration_ms, outcome, metadata)| {
            let mut log = ActionLog::new(id);
            log.action = action;
            log.message = message;
            log.started_at = started_at;
            log.ended_at = ended_at;
            log.duration_ms = duration_ms;
            log.tools_used = outcome.0.map(Value::Object);
            log.response = outcome.1;
            log.error_message = outcome.2;
            log.metadata = metadata;
            log
        },
    )
}

/// Milliseconds, whole or in eighths, which JSON keeps exactly.
pub(super) fn duration() -> impl Strategy<Value = Numeric> {
    prop_oneof![
        (0..600_000u64).prop_map(Numeric::from),
        (0..600_000u32).prop_map(|eighths| Numeric::from(f64::from(eighths) / 8.0)),
    ]
}

/// A file under a message, of every documented kind.
pub fn attachment() -> impl Strategy<Value = Attachment> {
    let kinds = select(vec![
        (AttachmentKind::Image, "image/png", "png"),
        (AttachmentKind::Document, "application/pdf", "pdf"),
        (AttachmentKind::Text, "text/plain", "txt"),
        (AttachmentKind::Audio, "audio/mpeg", "mp3"),
        (AttachmentKind::Video, "video/mp4", "mp4"),
    ]);
    (row_number(), of(row_number()), kinds, "[^\\x00/]{1,12}", 0..26_214_400u64).prop_map(
        |(id, message, (kind, mime_type, extension), name, size)| {
            let mut file = Attachment::new(id)
                .with_kind(kind)
                .with_filename(format!("{name}.{extension}"))
                .with_mime_type(mime_type)
                .with_size_bytes(size)
                .with_file_url(format!("https://files.example/{id}?expires=1767225600&signature=0f"));
            file.message = message;
            file
        },
    )
}

/// A click as the service shows it.
pub fn button() -> impl Strategy<Value = Button> {
    (row_number(), of(row_number()), short_text(), short_text(), short_text(), of(metadata())).prop_map(
        |(id, message, event, label, value, metadata)| {
            let mut button = Button::new().with_id(id).with_button_event(event).with_label(label).with_value(value);
            button.message = message;
            button.metadata = metadata;
            button
        },
    )
}

/// A message of any sort: words, an action with its logs, a click, or files.
pub fn message() -> impl Strategy<Value = Message> {
    let common = (row_number(), time(), of(row_number()), of(metadata()));
    let shown = prop_oneof![
        3 => (sender(), content()).prop_map(|(sender, content)| Shown::Words(sender, content)),
        1 => (short_text(), vec(action_log(), 1..3)).prop_map(|(name, logs)| Shown::Action(name, logs)),
        1 => button().prop_map(Shown::Click),
        1 => (sender(), vec(attachment(), 1..4)).prop_map(|(sender, files)| Shown::Files(sender, files)),
    ];
    (common, shown).prop_map(|((id, timestamp, conversation, metadata), shown)| {
        let mut message = shown.into_message(id, timestamp);
        message.conversation = conversation;
        message.metadata = metadata;
        message
    })
}

/// What a message shows.
#[derive(Clone, Debug)]
enum Shown {
    Words(Sender, String),
    Action(String, Vec<ActionLog>),
    Click(Button),
    Files(Sender, Vec<Attachment>),
}

impl Shown {
    fn into_message(self, id: u64, timestamp: DateTime<Utc>) -> Message {
        let new = |sender: Sender, content: String| {
            Message::new(id, timestamp, sender, content).with_attachments([]).with_action_logs([])
        };
        match self {
            Self::Words(sender, content) => new(sender, content),
            Self::Action(name, logs) => {
                let message = new(Sender::Agent, format!("Action {name} performed"));
                message.with_action_name(name).with_action_logs(logs)
            }
            Self::Click(button) => {
                let label = button.label.as_deref().unwrap_or_default();
                new(Sender::EndUser, format!("Button clicked: {label}")).with_button(button)
            }
            Self::Files(sender, files) => new(sender, "[Attachments]".to_owned()).with_attachments(files),
        }
    }
}

/// Feedback on a conversation, as the older or as the current row.
pub fn feedback() -> impl Strategy<Value = Feedback> {
    let common = (row_number(), sentiment(), row_number(), of(content()), time());
    let older = of(metadata()).prop_map(|metadata| (Some(FeedbackSource::Customer), metadata, None, None));
    let current = of(environment()).prop_map(|environment| (None, None, Some(FeedbackKind::Conversation), environment));
    (common, prop_oneof![older, current]).prop_map(
        |((id, sentiment, conversation, comment, created_at), (source, metadata, kind, environment))| {
            let mut feedback = Feedback::new(id, sentiment).with_conversation(conversation).with_created_at(created_at);
            feedback.comment = comment;
            feedback.source = source;
            feedback.metadata = metadata;
            feedback.kind = kind;
            feedback.environment = environment;
            feedback
        },
    )
}

/// Where a person was, in a few places of the world.
pub fn geo_location() -> impl Strategy<Value = GeoLocation> {
    let places = select(vec![
        ("New York", "US", "America/New_York"),
        ("Köln", "DE", "Europe/Berlin"),
        ("東京", "JP", "Asia/Tokyo"),
    ]);
    (any::<[u8; 4]>(), places).prop_map(|(address, (city, country, zone))| {
        GeoLocation::new()
            .with_ip_address(Ipv4Addr::from(address).to_string())
            .with_city(city)
            .with_country(country)
            .with_timezone_name(zone)
    })
}

/// A conversation as a list with `full=false` has it: counts in place of transcript and feedbacks.
pub fn lean_conversation() -> impl Strategy<Value = Conversation> {
    (columns(), 0..500u64, 0..5u64).prop_map(|(conversation, messages, feedbacks)| {
        conversation.with_message_count(messages).with_feedback_count(feedbacks)
    })
}

/// A conversation with up to seven messages, in the order of their times, and up to two feedbacks.
pub fn conversation() -> impl Strategy<Value = Conversation> {
    (columns(), vec(message(), 0..8), vec(feedback(), 0..3)).prop_map(|(conversation, mut messages, feedbacks)| {
        messages.sort_by_key(|message| (message.timestamp, message.id));
        conversation.with_messages(messages).with_feedbacks(feedbacks)
    })
}

fn columns() -> impl Strategy<Value = Conversation> {
    let who = (row_number(), conversation_id(), row_number());
    let texts = (of(short_text()), of(short_text()), of("[a-z]{2}-[A-Z]{2}"), of(device()));
    let place = (environment(), row_number(), of(geo_location()), of(metadata()));
    let times = (time(), 0..86_400_000_000i64, of(time()));
    let flags = (any::<bool>(), any::<bool>());
    (who, texts, place, times, flags).prop_map(|(who, texts, place, (started_at, micros, deleted_at), flags)| {
        let (id, conversation_id, agent) = who;
        let (environment, environment_id, geo_location, metadata) = place;
        let mut conversation = Conversation::new(id, conversation_id)
            .with_agent(agent)
            .with_environment(environment)
            .with_environment_id(environment_id)
            .with_started_at(started_at)
            .with_ended_at(started_at + TimeDelta::microseconds(micros))
            .with_is_marked(flags.0)
            .with_is_used(flags.1)
            .with_is_deleted(deleted_at.is_some());
        (conversation.name, conversation.customer_id, conversation.language, conversation.device) = texts;
        conversation.customer_ip_address = geo_location.as_ref().and_then(|place| place.ip_address.clone());
        conversation.deleted_at = deleted_at;
        conversation.geo_location = geo_location;
        conversation.metadata = metadata;
        conversation
    })
}

/// A page of up to five rows, in the older or the current envelope, anywhere in its list. What it says of itself agrees:
/// `next` and `previous`, the count, and the number of pages.
pub fn page<T: Debug>(row: impl Strategy<Value = T>) -> impl Strategy<Value = Page<T>> {
    (vec(row, 0..6), 0..4u64, 0..4u64, any::<bool>()).prop_map(|(results, before, after, is_current)| {
        let rows = u64::try_from(results.len()).unwrap_or(u64::MAX);
        // An empty page is the only one.
        let (before, after) = if rows == 0 { (0, 0) } else { (before, after) };
        let (page, pages) = (before + 1, before + 1 + after);
        let address = |page: u64| format!("https://api.agentsight.io/api/conversations/?page={page}");
        let mut envelope = Page::new(pages * rows, results);
        envelope.next = (after > 0).then(|| address(page + 1));
        envelope.previous = (before > 0).then(|| address(page - 1));
        if is_current {
            envelope = envelope.with_page_size(rows.max(1)).with_total_pages(pages).with_current_page(page);
        }
        envelope
    })
}
