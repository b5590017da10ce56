//! One tracked event on its way to the service.

use std::ops::Range;
use std::sync::Arc;

use agentsight_model::{ButtonClick, NewAction, Sender, TokenUsage};
use serde_json::{Map, Value};

use super::timeline::Micros;
use crate::attachment::{PreparedAttachments, batches};
use crate::kept_answer::KeptAnswer;
use crate::report::ItemKind;

/// The longest preview, in characters (R9).
const PREVIEW: usize = 100;

/// The name of the action that carries token counters (R8, wire: 1.13).
pub(crate) const TOKEN_USAGE: &str = "token_usage";

/// A tracked event with its place in the conversation and how far its delivery has come.
#[derive(Debug)]
pub(crate) struct Item {
    /// Order of tracking within the lane.
    pub sequence: u64,
    /// Time; unique within the lane, except for token usage, which may share its predecessor's.
    pub stamp: Micros,
    /// Shared with whoever writes or looks for it, so that the lane is not locked meanwhile.
    pub event: Arc<Event>,
    pub progress: Progress,
    /// In how many sends the service answered 5xx to this item while it answered others (R15, poison).
    pub server_errors: u32,
}

/// What happened. Everything in it has been checked (R7).
#[derive(Debug)]
pub(crate) enum Event {
    Message { sender: Sender, content: String, metadata: Map<String, Value>, files: Option<PreparedAttachments> },
    Action { action: NewAction, metadata: Map<String, Value> },
    Button { click: ButtonClick, metadata: Map<String, Value> },
    Attachments(PreparedAttachments),
}

/// Which requests of an item the service has acknowledged (R13).
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The answer to the first request.
    pub response: Option<KeptAnswer>,
    /// The number of the message that holds, or will hold, the item's files.
    pub message: Option<u64>,
    /// How many files have been acknowledged.
    pub uploaded: usize,
}

/// What an item's requests are made of, taken out from under the lane's lock.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub event: Arc<Event>,
    pub stamp: Micros,
    /// The number of the message that the item's files belong to.
    pub message: Option<u64>,
}

/// One request of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The message, action or button itself.
    Create,
    /// These of its files.
    Upload(Range<usize>),
}

impl Item {
    pub(crate) fn new(sequence: u64, stamp: Micros, event: Event) -> Self {
        Self { sequence, stamp, event: Arc::new(event), progress: Progress::default(), server_errors: 0 }
    }

    /// The next request of this item, or `None` when all are acknowledged.
    pub(crate) fn next_part(&self) -> Option<Part> {
        let creates_itself = !matches!(*self.event, Event::Attachments(_));
        if creates_itself && self.progress.response.is_none() {
            return Some(Part::Create);
        }
        let files = self.event.files()?;
        batches(&files.files, files.mode)
            .into_iter()
            .find(|batch| batch.start >= self.progress.uploaded)
            .map(Part::Upload)
    }

    /// What its requests are made of.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { event: Arc::clone(&self.event), stamp: self.stamp, message: self.progress.message }
    }

    /// Whether any request of this item has been acknowledged.
    pub(crate) fn has_progress(&self) -> bool {
        self.progress.response.is_some() || self.progress.uploaded > 0
    }
}

impl Event {
    /// The action that carries `usage` (R8).
    pub(crate) fn token_usage(usage: TokenUsage) -> Self {
        let metadata = [
            ("prompt_tokens", usage.prompt_tokens),
            ("completion_tokens", usage.completion_tokens),
            ("total_tokens", usage.total_tokens),
            ("embedding_tokens", usage.embedding_tokens),
        ];
        let metadata = metadata.into_iter().map(|(name, count)| (name.to_owned(), Value::from(count))).collect();
        Self::Action { action: NewAction::new(TOKEN_USAGE), metadata }
    }

    pub(crate) fn kind(&self) -> ItemKind {
        match self {
            Self::Message { sender: Sender::EndUser, .. } => ItemKind::Question,
            Self::Message { .. } => ItemKind::Answer,
            Self::Action { .. } => ItemKind::Action,
            Self::Button { .. } => ItemKind::Button,
            Self::Attachments(_) => ItemKind::Attachments,
        }
    }

    /// The files that belong to it.
    pub(crate) fn files(&self) -> Option<&PreparedAttachments> {
        match self {
            Self::Message { files, .. } => files.as_ref(),
            Self::Attachments(files) => Some(files),
            Self::Action { .. } | Self::Button { .. } => None,
        }
    }

    /// At most 100 characters that let a person recognise it (R9).
    pub(crate) fn preview(&self) -> String {
        match self {
            Self::Message { content, .. } => content.chars().take(PREVIEW).collect(),
            Self::Action { action, .. } => action.name.chars().take(PREVIEW).collect(),
            Self::Button { click, .. } => click.label.chars().take(PREVIEW).collect(),
            Self::Attachments(files) => {
                let names: Vec<&str> = files.files.iter().take(PREVIEW).map(|file| file.filename.as_str()).collect();
                names.join(", ").chars().take(PREVIEW).collect()
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn message(content: &str) -> Event {
        Event::Message { sender: Sender::EndUser, content: content.to_owned(), metadata: Map::new(), files: None }
    }

    #[test]
    fn r9_a_preview_has_at_most_100_characters() {
        assert_eq!(message(&"ü".repeat(5_000)).preview().chars().count(), 100);
        assert_eq!(message("short").preview(), "short");
    }

    #[test]
    fn r8_token_counters_become_an_action_with_four_counters() {
        let Event::Action { action, metadata } = Event::token_usage(TokenUsage::new(100, 25).embedding_tokens(7))
        else {
            unreachable!("token usage is an action")
        };
        assert_eq!(action.name, "token_usage");
        assert_eq!(
            Value::Object(metadata),
            serde_json::json!({"prompt_tokens": 100, "completion_tokens": 25, "total_tokens": 125, "embedding_tokens": 7})
        );
    }

    #[test]
    fn a_message_is_done_after_one_request() {
        let mut item = Item::new(0, 0, message("hi"));
        assert_eq!(item.next_part(), Some(Part::Create));
        item.progress.response = Some(KeptAnswer::default());
        assert_eq!(item.next_part(), None);
    }
}
