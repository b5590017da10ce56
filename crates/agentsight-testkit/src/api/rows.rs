//! What the tables hold. A row that is new has number 0 until the state gives it one.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value};

#[derive(Debug)]
pub(crate) struct ConversationRow {
    pub(crate) number: u64,
    pub(crate) agent: u64,
    pub(crate) conversation_id: String,
    pub(crate) name: Option<String>,
    pub(crate) customer_id: Option<String>,
    pub(crate) customer_ip_address: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) environment: String,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    pub(crate) is_marked: bool,
    pub(crate) is_used: bool,
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
    pub(crate) conversation: u64,
    pub(crate) sentiment: String,
    pub(crate) comment: String,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) created_at: DateTime<Utc>,
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
    /// A row that says nothing yet but who it is and when it began.
    pub(crate) fn new(agent: u64, conversation_id: String, started_at: DateTime<Utc>) -> Self {
        Self {
            number: 0,
            agent,
            conversation_id,
            name: None,
            customer_id: None,
            customer_ip_address: None,
            device: None,
            language: None,
            environment: "production".to_owned(),
            metadata: None,
            started_at,
            ended_at: started_at,
            deleted_at: None,
            is_marked: false,
            is_used: true,
            messages: BTreeSet::new(),
            feedbacks: Vec::new(),
        }
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
            action_name: None,
            metadata: None,
            files: Vec::new(),
            action_logs: Vec::new(),
            button: None,
        }
    }
}

