use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Map, Number, Value};

/// Everything the service stores, with an index for each way in: by number, by (agent, text id), by customer.
#[derive(Debug, Default)]
pub(crate) struct State {
    conversations: BTreeMap<u64, ConversationRow>,
    by_text: HashMap<u64, HashMap<String, u64>>,
    by_customer: HashMap<u64, HashMap<String, BTreeSet<u64>>>,
    messages: BTreeMap<u64, MessageRow>,
    actions: BTreeMap<u64, HashMap<String, u64>>,
    action_logs: BTreeMap<u64, ActionLogRow>,
    buttons: BTreeMap<u64, ButtonRow>,
    files: BTreeMap<u64, FileRow>,
    feedbacks: BTreeMap<u64, FeedbackRow>,
    last: LastNumbers,
}

/// The numbers given last. Each table starts elsewhere, so that a number taken for another table's finds nothing.
#[derive(Debug)]
struct LastNumbers {
    conversation: u64,
    message: u64,
    action: u64,
    action_log: u64,
    button: u64,
    file: u64,
    feedback: u64,
}

impl Default for LastNumbers {
    fn default() -> Self {
        Self {
            conversation: 0,
            message: 1_000_000,
            action: 2_000_000,
            action_log: 3_000_000,
            button: 4_000_000,
            file: 5_000_000,
            feedback: 6_000_000,
        }
    }
}

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

impl State {
    /// Every conversation of every agent, by number.
    pub(crate) fn conversations(&self) -> impl DoubleEndedIterator<Item = &ConversationRow> {
        self.conversations.values()
    }

    pub(crate) fn conversations_of(&self, agent: u64) -> impl Iterator<Item = &ConversationRow> {
        let numbers = self.by_text.get(&agent).into_iter().flat_map(HashMap::values);
        numbers.filter_map(|number| self.conversations.get(number))
    }

    pub(crate) fn feedbacks_of<'a>(&'a self, row: &'a ConversationRow) -> impl Iterator<Item = &'a FeedbackRow> {
        row.feedbacks.iter().filter_map(|number| self.feedbacks.get(number))
    }

    /// The conversation of that number, if it is this agent's.
    pub(crate) fn conversation(&self, agent: u64, number: u64) -> Option<&ConversationRow> {
        self.conversations.get(&number).filter(|row| row.agent == agent)
    }

    pub(crate) fn conversation_of_any_agent(&self, number: u64) -> Option<&ConversationRow> {
        self.conversations.get(&number)
    }

    pub(crate) fn find_conversation(&self, agent: u64, conversation_id: &str) -> Option<&ConversationRow> {
        self.conversations.get(self.by_text.get(&agent)?.get(conversation_id)?)
    }

    pub(crate) fn conversations_of_customer(
        &self,
        agent: u64,
        customer: &str,
    ) -> impl Iterator<Item = &ConversationRow> {
        let numbers = self.by_customer.get(&agent).and_then(|customers| customers.get(customer));
        numbers.into_iter().flatten().filter_map(|number| self.conversations.get(number))
    }

    pub(crate) fn add_conversation(&mut self, mut row: ConversationRow) -> u64 {
        let number = next(&mut self.last.conversation);
        row.number = number;
        self.by_text.entry(row.agent).or_default().insert(row.conversation_id.clone(), number);
        if let Some(customer) = &row.customer_id {
            self.by_customer.entry(row.agent).or_default().entry(customer.clone()).or_default().insert(number);
        }
        self.conversations.insert(number, row);
        number
    }

    /// Changes a row and keeps the index of customers right.
    pub(crate) fn change_conversation(&mut self, number: u64, change: impl FnOnce(&mut ConversationRow)) {
        let Some(row) = self.conversations.get_mut(&number) else { return };
        let before = row.customer_id.clone();
        change(row);
        if before == row.customer_id {
            return;
        }
        let customers = self.by_customer.entry(row.agent).or_default();
        if let Some(numbers) = before.as_ref().and_then(|customer| customers.get_mut(customer)) {
            numbers.remove(&number);
        }
        if let Some(customer) = &row.customer_id {
            customers.entry(customer.clone()).or_default().insert(number);
        }
    }

    pub(crate) fn message(&self, agent: u64, number: u64) -> Option<&MessageRow> {
        self.messages.get(&number).filter(|message| self.conversation(agent, message.conversation).is_some())
    }

    /// The messages of a conversation, in the order of its transcript.
    pub(crate) fn transcript<'a>(&'a self, row: &'a ConversationRow) -> impl Iterator<Item = &'a MessageRow> {
        row.messages.iter().filter_map(|(_, number)| self.messages.get(number))
    }

    /// Stores a message; the conversation ends no earlier than it (wire: part 3, 11).
    pub(crate) fn add_message(&mut self, mut message: MessageRow) -> u64 {
        let number = next(&mut self.last.message);
        message.number = number;
        if let Some(row) = self.conversations.get_mut(&message.conversation) {
            row.messages.insert((message.timestamp, number));
            row.ended_at = row.ended_at.max(message.timestamp);
        }
        self.messages.insert(number, message);
        number
    }

    pub(crate) fn change_message(&mut self, number: u64, change: impl FnOnce(&mut MessageRow)) {
        if let Some(message) = self.messages.get_mut(&number) {
            change(message);
        }
    }
}

fn next(last: &mut u64) -> u64 {
    *last = last.saturating_add(1);
    *last
}
