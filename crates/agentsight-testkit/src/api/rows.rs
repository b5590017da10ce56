//! What the tables hold. A row that is new has number 0 until the state gives it one.

use std::collections::BTreeSet;

use agentsight_model::{Conversation, ConversationRecord, Environment, Metadata};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{self, StrDeserializer};
use serde_json::{Map, Number, Value};

#[derive(Debug)]
pub(crate) struct ConversationRow {
    pub(crate) agent: u64,
    /// The columns; transcript, feedbacks and counts are not among them.
    pub(crate) record: Conversation,
    /// In the order of the transcript: by time, then by number (wire: part 3, 14).
    pub(crate) messages: BTreeSet<(DateTime<Utc>, u64)>,
    pub(crate) feedbacks: Vec<u64>,
}

#[derive(Debug)]
pub(crate) struct MessageRow {
    pub(crate) number: u64,
    pub(crate) conversation: u64,
    pub(crate) timestamp: DateTime<Utc>,
    pub(crate) sender: Sender,
    pub(crate) content: String,
    /// Whether it is there only to hold files that were sent on their own (wire: 1.12).
    pub(crate) holds_files: bool,
    pub(crate) action_name: Option<String>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) files: Vec<u64>,
    pub(crate) action_logs: Vec<u64>,
    pub(crate) button: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    EndUser,
    Agent,
}

/// What an agent can do; its runs are [`ActionLogRow`]s.
#[derive(Debug)]
pub(crate) struct ActionRow {
    pub(crate) number: u64,
    pub(crate) agent: u64,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
}

#[derive(Debug)]
pub(crate) struct ActionLogRow {
    pub(crate) number: u64,
    pub(crate) action: u64,
    pub(crate) message: u64,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) duration_ms: Option<Number>,
    pub(crate) tools_used: Option<Map<String, Value>>,
    pub(crate) response: Option<String>,
    pub(crate) error_message: String,
    pub(crate) metadata: Option<Map<String, Value>>,
}

#[derive(Debug)]
pub(crate) struct ButtonRow {
    pub(crate) number: u64,
    pub(crate) message: u64,
    pub(crate) button_event: String,
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) metadata: Option<Map<String, Value>>,
}

#[derive(Debug)]
pub(crate) struct FileRow {
    pub(crate) number: u64,
    pub(crate) message: u64,
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
}

#[derive(Debug)]
pub(crate) struct FeedbackRow {
    pub(crate) number: u64,
    pub(crate) agent: u64,
    pub(crate) subject: FeedbackSubject,
    pub(crate) sentiment: String,
    pub(crate) comment: String,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What feedback is about; the kinds that a key can give (wire: 1.14).
#[derive(Debug)]
pub(crate) enum FeedbackSubject {
    Conversation(u64),
    Agent { environment: Option<String> },
    Message { message: u64, conversation: u64, topic: Option<String>, reason: Option<String> },
}

impl FeedbackRow {
    pub(crate) fn new(agent: u64, subject: FeedbackSubject, sentiment: String, created_at: DateTime<Utc>) -> Self {
        Self { number: 0, agent, subject, sentiment, comment: String::new(), metadata: None, created_at }
    }
}

impl FeedbackSubject {
    pub(crate) const KINDS: &[&str] = &["conversation", "agent", "message"];

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Conversation(_) => "conversation",
            Self::Agent { .. } => "agent",
            Self::Message { .. } => "message",
        }
    }

    /// The number of the conversation that it is about, or that its message belongs to.
    pub(crate) fn conversation(&self) -> Option<u64> {
        match self {
            Self::Conversation(conversation) | Self::Message { conversation, .. } => Some(*conversation),
            Self::Agent { .. } => None,
        }
    }
}

impl ActionRow {
    /// The action as its first use creates it: shown by its name (wire: 1.16, 1.20).
    pub(crate) fn new(agent: u64, name: String) -> Self {
        Self { number: 0, agent, display_name: name.clone(), name, description: String::new() }
    }
}

impl Sender {
    pub(crate) const CHOICES: &[&str] = &["end_user", "agent"];

    /// Reads a word that is one of the [`CHOICES`](Self::CHOICES).
    pub(crate) fn read(word: &str) -> Self {
        if word == "agent" { Self::Agent } else { Self::EndUser }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EndUser => "end_user",
            Self::Agent => "agent",
        }
    }
}

impl ConversationRow {
    /// The row that a first registration makes. Without a stamp it begins now, without an environment it is in
    /// production, and without a word on it, it is in use (wire: 1.8, 1.9).
    pub(crate) fn new(agent: u64, record: ConversationRecord, now: DateTime<Utc>) -> Self {
        let started_at = record.timestamp.map_or(now, DateTime::from);
        let mut row = Conversation::new(0, record.conversation_id)
            .with_agent(agent)
            .with_environment(record.environment.unwrap_or(Environment::Production))
            .with_started_at(started_at)
            .with_ended_at(started_at)
            .with_is_marked(false)
            .with_is_used(record.is_used.unwrap_or(true));
        row.name = record.name;
        row.customer_id = record.customer_id;
        row.customer_ip_address = record.customer_ip_address;
        row.device = record.device;
        row.language = record.language;
        row.metadata = record.metadata.map(Metadata::from);
        Self { agent, record: row, messages: BTreeSet::new(), feedbacks: Vec::new() }
    }

    pub(crate) fn number(&self) -> u64 {
        self.record.id
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.record.deleted_at.is_some()
    }

    pub(crate) fn metadata(&self) -> Option<&Map<String, Value>> {
        self.record.metadata.as_ref()?.as_map()
    }
}

impl MessageRow {
    pub(crate) fn new(conversation: u64, timestamp: DateTime<Utc>, sender: Sender, content: String) -> Self {
        Self {
            number: 0,
            conversation,
            timestamp,
            sender,
            content,
            holds_files: false,
            action_name: None,
            metadata: None,
            files: Vec::new(),
            action_logs: Vec::new(),
            button: None,
        }
    }
}

/// A column takes the value that it is given, if it is given one.
pub(crate) fn replace<T>(column: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *column = value;
    }
}

/// A word as it came: `From` would tidy it up, decoding does not.
pub(crate) fn verbatim<T: From<String> + for<'de> Deserialize<'de>>(word: String) -> T {
    let deserializer: StrDeserializer<'_, value::Error> = word.as_str().into_deserializer();
    T::deserialize(deserializer).unwrap_or_else(|_| T::from(word))
}
