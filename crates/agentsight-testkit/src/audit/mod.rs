//! What reached the service, against what should have.

pub(crate) mod addressee;
mod compare;
mod difference;
mod edit;
mod event;
mod expected;
#[cfg(feature = "cli")]
mod json;
mod missing;
mod pairing;
mod report;
mod traffic;

use agentsight_core::ItemKind;
use chrono::{DateTime, Utc};
use serde::Serialize;

pub use self::difference::Difference;
pub use self::edit::Edit;
pub(crate) use self::event::EventFile;
pub use self::event::{AuditedEvent, Duplicate, EventPart, Reordering};
pub use self::expected::{Expected, ExpectedConversation, ExpectedEvent};
#[cfg(feature = "cli")]
pub(crate) use self::json::ExpectedDocument;
pub use self::missing::Missing;
pub use self::traffic::{EarlyRequest, InFlight, Traffic};
pub(crate) use self::traffic::{Scope, TrafficMeter};

/// The truth about a run: what the service stored, what was doubled or out of order, and how it was asked.
///
/// [`FakeApi::audit`](crate::FakeApi::audit) makes one. Events come from what is stored, so an event that the client
/// never saw acknowledged counts, and one that was acknowledged but lost does not. `Display` is a short text, and
/// `Serialize` the whole; neither holds message content.
///
/// ```
/// use agentsight_testkit::{Expected, FakeApi};
/// use bytes::Bytes;
/// use http::Request;
///
/// # fn main() -> Result<(), http::Error> {
/// let api = FakeApi::new();
/// let request = Request::post("/api/track/")
///     .header("authorization", format!("Api-Key {}", api.api_key()))
///     .header("content-type", "application/json")
///     .body(Bytes::from(r#"{"conversation_id": "support-123", "sender": "end_user", "content": "Hello!"}"#))?;
/// let _ = api.handle(request);
///
/// let audit = api.audit();
/// assert_eq!(audit.accepted, 1);
/// audit.assert_exactly_once_in_order(&Expected::new().conversation("support-123").question("Hello!"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Audit {
    /// How many events the service holds, duplicates included.
    pub accepted: usize,
    /// How many of them are repetitions of an earlier one, and how many files one has twice.
    pub duplicated: usize,
    /// How many came after an event with a later stamp.
    pub reordered: usize,
    /// What [`against`](Self::against) did not find.
    pub missing: Vec<Missing>,
    /// All requests together.
    pub traffic: Traffic,
    /// The requests that came too early, oldest first; the first thousands of them, as many as the service records
    /// requests. `traffic.early` counts all.
    pub early: Vec<EarlyRequest>,
    /// The conversations, in the order in which the service created them.
    pub conversations: Vec<ConversationAudit>,
}

/// The truth about one conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConversationAudit {
    /// The text id.
    pub conversation_id: String,
    /// The service's number.
    pub number: u64,
    /// The events, in the order in which they arrived.
    pub accepted: Vec<AuditedEvent>,
    /// Events with the kind and the stamp of an earlier one, and files with the name and the size of an earlier one
    /// under the same message (R17).
    pub duplicated: Vec<Duplicate>,
    /// Events that came after one with a later stamp (R6).
    pub reordered: Vec<Reordering>,
    /// The requests that named this conversation. Where several agents have the text id, the conversation that was
    /// created first has them all.
    pub traffic: Traffic,
}

impl Audit {
    pub(crate) fn new(conversations: Vec<ConversationAudit>, meter: &TrafficMeter) -> Self {
        let count = |of: fn(&ConversationAudit) -> usize| conversations.iter().map(of).sum();
        Self {
            accepted: count(|conversation| conversation.accepted.len()),
            duplicated: count(|conversation| conversation.duplicated.len()),
            reordered: count(|conversation| conversation.reordered.len()),
            missing: Vec::new(),
            traffic: meter.overall().clone(),
            early: meter.early().to_vec(),
            conversations,
        }
    }

    /// The audit of the conversation with this text id, if the service has it.
    #[must_use]
    pub fn conversation(&self, conversation_id: &str) -> Option<&ConversationAudit> {
        self.conversations.iter().find(|conversation| conversation.conversation_id == conversation_id)
    }

    /// What [`against`](Self::against) did not find of one conversation, which the service may not even have.
    pub fn missing_of(&self, conversation_id: &str) -> impl Iterator<Item = &Missing> {
        self.missing.iter().filter(move |missing| missing.conversation_id == conversation_id)
    }

    /// The same audit, with what the service lacks of `expected` in [`missing`](Self::missing).
    ///
    /// Order is not looked at: an event that arrived late is not missing. Each arrived event answers for one expected
    /// event, and the more precisely an event is described, the earlier it chooses.
    #[must_use]
    pub fn against(mut self, expected: &Expected) -> Self {
        self.missing = missing::find(&self, expected);
        self
    }

    /// Compares what arrived with what was tracked: every expected event once, in order, and nothing else.
    ///
    /// # Errors
    ///
    /// The differences, conversation by conversation.
    pub fn check(&self, expected: &Expected) -> Result<(), Difference> {
        compare::compare(self, expected)
    }

    /// As [`check`](Self::check), for a test.
    ///
    /// # Panics
    ///
    /// When something is missing, doubled, out of order or too much; the message shows both columns.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion")]
    pub fn assert_exactly_once_in_order(&self, expected: &Expected) {
        if let Err(difference) = self.check(expected) {
            panic!("{difference}");
        }
    }
}

impl ConversationAudit {
    pub(crate) fn new(conversation_id: String, number: u64, accepted: Vec<AuditedEvent>, traffic: Traffic) -> Self {
        let duplicated = event::duplicates(&accepted);
        let reordered = event::reorderings(&accepted);
        Self { conversation_id, number, accepted, duplicated, reordered, traffic }
    }
}

/// The stored event as an audit needs it, before it has a position.
#[derive(Debug)]
pub(crate) struct StoredEvent {
    pub(crate) number: u64,
    pub(crate) kind: ItemKind,
    pub(crate) timestamp: DateTime<Utc>,
    pub(crate) text: String,
    pub(crate) files: Vec<EventFile>,
}
