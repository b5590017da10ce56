//! What a send achieved: the documented structure of `send_tracked_data` (R14).

use std::fmt;

use agentsight_model::ConversationId;
use chrono::{DateTime, Utc};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Purpose};
use crate::outbox::{FinalItem, FinalOutcome, LaneOutcome, time_of};

/// What became of one conversation's events (R14).
///
/// Serialises to the documented structure: `items` with `index`, `type`, `timestamp`, `success` and `response` or
/// `error`, and `summary` with `questions`, `answers`, `actions`, `buttons`, `attachments` and `errors`.
///
/// Nothing is counted twice: what was tracked is [`acknowledged`](Self::acknowledged) +
/// [`rejected`](Self::rejected) + [`remaining`](Self::remaining). A record that the caller did not register, or that was
/// delivered before, is an item only if the service refuses it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[must_use = "a report says whether anything was rejected or remains"]
pub struct SendReport {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Every item that reached a final outcome, in the order in which it was sent.
    pub items: Vec<SentItem>,
    /// The items counted by type.
    pub summary: SendSummary,
    /// How many items are still pending, the one in doubt included. The next send takes them up.
    pub remaining: usize,
    /// The item whose request may have been acted on without our seeing the answer. It stays pending; the next send
    /// reads the conversation back before it would repeat it (R17).
    pub in_doubt: Option<DoubtfulItem>,
    /// Whether the client is disabled: everything was validated and counted, nothing was sent.
    pub disabled: bool,
}

impl SendReport {
    /// A report in which nothing has happened yet.
    pub fn new(conversation_id: ConversationId) -> Self {
        Self {
            conversation_id,
            items: Vec::new(),
            summary: SendSummary::default(),
            remaining: 0,
            in_doubt: None,
            disabled: false,
        }
    }

    /// How many items the service acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.items.iter().filter(|item| item.is_success()).count()
    }

    /// How many items were rejected and went to the dead letters.
    pub fn rejected(&self) -> usize {
        self.items.len() - self.acknowledged()
    }

    /// The report of what became of a conversation.
    pub(crate) fn of(outcome: LaneOutcome) -> Self {
        let mut report = Self::new(outcome.conversation_id);
        report.items.reserve(outcome.items.len());
        for FinalItem { kind, stamp, outcome } in outcome.items {
            match outcome {
                FinalOutcome::Delivered(answer) => report.delivered(kind, time_of(stamp), answer.into_value()),
                FinalOutcome::Rejected(error) => report.refused(kind, time_of(stamp), &error),
            }
        }
        report.remaining = outcome.remaining;
        report.in_doubt = outcome.in_doubt.map(|(kind, stamp)| DoubtfulItem::new(kind, time_of(stamp)));
        report.disabled = outcome.is_disabled;
        report
    }

    pub(crate) fn delivered(&mut self, kind: ItemKind, timestamp: DateTime<Utc>, response: Value) {
        self.summary.count(kind);
        self.push(kind, timestamp, ItemOutcome::Delivered { response });
    }

    pub(crate) fn refused(&mut self, kind: ItemKind, timestamp: DateTime<Utc>, error: &Error) {
        self.summary.errors += 1;
        self.push(kind, timestamp, ItemOutcome::Rejected { kind: error.kind(), error: error.outcome() });
    }

    fn push(&mut self, kind: ItemKind, timestamp: DateTime<Utc>, outcome: ItemOutcome) {
        self.items.push(SentItem { index: self.items.len(), kind, timestamp, outcome });
    }
}

impl Serialize for SendReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("SendReport", 6)?;
        report.serialize_field("conversation_id", &self.conversation_id)?;
        report.serialize_field("items", &self.items)?;
        report.serialize_field("summary", &self.summary)?;
        report.serialize_field("remaining", &self.remaining)?;
        match &self.in_doubt {
            Some(item) => report.serialize_field("in_doubt", item)?,
            None => report.skip_field("in_doubt")?,
        }
        if self.disabled {
            report.serialize_field("disabled", &true)?;
        } else {
            report.skip_field("disabled")?;
        }
        report.end()
    }
}

/// The types of tracked items, by their documented names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ItemKind {
    /// The conversation's own record.
    Conversation,
    /// A message of a person.
    Question,
    /// A message of the agent.
    Answer,
    /// Files that belong to no message.
    Attachments,
    /// An action, token usage included.
    Action,
    /// A button click.
    Button,
}

impl ItemKind {
    /// The documented name, as `type` on the wire of a report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Attachments => "attachments",
            Self::Action => "action",
            Self::Button => "button",
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// One item with a final outcome.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SentItem {
    /// Position in the report, from 0.
    pub index: usize,
    /// What it is; `type` on the wire.
    pub kind: ItemKind,
    /// When it was tracked, or the explicit time that it was given.
    pub timestamp: DateTime<Utc>,
    /// What became of it.
    pub outcome: ItemOutcome,
}

/// The final outcome of an item (R15).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum ItemOutcome {
    /// The service acknowledged it.
    Delivered {
        /// What the service answered; an empty object if it answered nothing or more than 16 KiB, or if the event was
        /// found by reading the conversation back without a row to show.
        response: Value,
    },
    /// The service refused it; it is in the dead letters.
    Rejected {
        /// The kind of the refusal.
        kind: ErrorKind,
        /// What came back, without message content.
        error: String,
    },
}

/// Leaves out the response, which may repeat message content.
impl fmt::Debug for ItemOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered { .. } => formatter.debug_struct("Delivered").finish_non_exhaustive(),
            Self::Rejected { kind, error } => {
                formatter.debug_struct("Rejected").field("kind", kind).field("error", error).finish()
            }
        }
    }
}

impl SentItem {
    /// Whether the service acknowledged it.
    pub fn is_success(&self) -> bool {
        matches!(self.outcome, ItemOutcome::Delivered { .. })
    }
}

impl Serialize for SentItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serializer.serialize_map(Some(5))?;
        item.serialize_entry("index", &self.index)?;
        item.serialize_entry("type", &self.kind)?;
        item.serialize_entry("timestamp", &self.timestamp)?;
        match &self.outcome {
            ItemOutcome::Delivered { response } => {
                item.serialize_entry("success", &true)?;
                item.serialize_entry("response", response)?;
            }
            ItemOutcome::Rejected { error, .. } => {
                item.serialize_entry("success", &false)?;
                item.serialize_entry("error", error)?;
            }
        }
        item.end()
    }
}

/// An item that the service may or may not have (R17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DoubtfulItem {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// Its time.
    pub timestamp: DateTime<Utc>,
}

impl DoubtfulItem {
    pub(crate) fn new(kind: ItemKind, timestamp: DateTime<Utc>) -> Self {
        Self { kind, timestamp }
    }
}

/// Delivered items counted by type; rejected ones are `errors`. The record of the conversation is in no counter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SendSummary {
    /// Messages of people.
    pub questions: usize,
    /// Messages of the agent.
    pub answers: usize,
    /// Actions, token usage included.
    pub actions: usize,
    /// Button clicks.
    pub buttons: usize,
    /// Attachment events that belong to no message.
    pub attachments: usize,
    /// Items of any type that were rejected.
    pub errors: usize,
}

impl SendSummary {
    fn count(&mut self, kind: ItemKind) {
        match kind {
            ItemKind::Conversation => {}
            ItemKind::Question => self.questions += 1,
            ItemKind::Answer => self.answers += 1,
            ItemKind::Attachments => self.attachments += 1,
            ItemKind::Action => self.actions += 1,
            ItemKind::Button => self.buttons += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.questions += other.questions;
        self.answers += other.answers;
        self.actions += other.actions;
        self.buttons += other.buttons;
        self.attachments += other.attachments;
        self.errors += other.errors;
    }
}

/// What became of all conversations (R14).
#[derive(Debug, Default)]
#[non_exhaustive]
#[must_use = "a report says whether anything was rejected or remains"]
pub struct SendAllReport {
    /// One outcome for every conversation that had something pending.
    pub outcomes: Vec<ConversationOutcome>,
}

/// What became of one conversation in a `send_all`.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConversationOutcome {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its report, or why its lane had to stop (the error carries the report).
    pub result: Result<SendReport, Error>,
}

impl ConversationOutcome {
    pub(crate) fn new(conversation_id: ConversationId, result: Result<SendReport, Error>) -> Self {
        Self { conversation_id, result }
    }

    /// The report, whether or not the lane had to stop.
    pub fn report(&self) -> Option<&SendReport> {
        match &self.result {
            Ok(report) => Some(report),
            Err(error) => error.report(),
        }
    }
}

impl SendAllReport {
    /// Whether every pending item of every conversation was acknowledged: nothing rejected, nothing remaining.
    pub fn is_complete(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| outcome.result.as_ref().is_ok_and(|report| report.remaining == 0 && report.rejected() == 0))
    }

    /// All summaries added up.
    pub fn summary(&self) -> SendSummary {
        let mut sum = SendSummary::default();
        for report in self.outcomes.iter().filter_map(ConversationOutcome::report) {
            sum.add(report.summary);
        }
        sum
    }

    /// How many items are still pending in these conversations.
    pub fn remaining(&self) -> usize {
        self.outcomes.iter().filter_map(ConversationOutcome::report).map(|report| report.remaining).sum()
    }

    /// The reports, or an error if any conversation had to stop or anything was refused (R28).
    ///
    /// # Errors
    /// The error of the first conversation that had to stop; everything that it could not send stays pending. If none
    /// had, `Rejected` if the service refused anything, which is in the dead letters then.
    pub fn into_result(self) -> Result<Vec<SendReport>, Error> {
        let reports: Vec<SendReport> =
            self.outcomes.into_iter().map(|outcome| outcome.result).collect::<Result<_, _>>()?;
        let rejected: usize = reports.iter().map(SendReport::rejected).sum();
        if rejected > 0 {
            let what = format!("{rejected} events were refused; see dead_letters()");
            return Err(Error::new(ErrorKind::Rejected, what)
                .with_operation("send_all")
                .with_purpose(Purpose::Delivery));
        }
        Ok(reports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> SendReport {
        let id = ConversationId::new("support-123").expect("a valid id");
        let mut report = SendReport::new(id);
        report.delivered(ItemKind::Conversation, DateTime::UNIX_EPOCH, json!({"id": 42}));
        report.delivered(ItemKind::Question, DateTime::UNIX_EPOCH, json!({"id": 101}));
        report.refused(ItemKind::Action, DateTime::UNIX_EPOCH, &Error::new(ErrorKind::Rejected, "no"));
        report
    }

    #[test]
    fn r14_a_report_serialises_to_the_documented_structure() {
        let value = serde_json::to_value(report()).expect("a report is plain data");
        assert_eq!(
            value,
            json!({
                "conversation_id": "support-123",
                "items": [
                    {"index": 0, "type": "conversation", "timestamp": "1970-01-01T00:00:00Z", "success": true,
                     "response": {"id": 42}},
                    {"index": 1, "type": "question", "timestamp": "1970-01-01T00:00:00Z", "success": true,
                     "response": {"id": 101}},
                    {"index": 2, "type": "action", "timestamp": "1970-01-01T00:00:00Z", "success": false,
                     "error": "no"},
                ],
                "summary": {"questions": 1, "answers": 0, "actions": 0, "buttons": 0, "attachments": 0, "errors": 1},
                "remaining": 0,
            })
        );
    }

    #[test]
    fn r14_send_all_is_complete_only_if_nothing_was_rejected_or_remains() {
        let id = ConversationId::new("a").expect("a valid id");
        let outcome = |result| SendAllReport { outcomes: vec![ConversationOutcome::new(id.clone(), result)] };
        assert!(SendAllReport::default().is_complete());
        assert!(outcome(Ok(SendReport::new(id.clone()))).is_complete());
        assert!(!outcome(Ok(report())).is_complete());
        let stopped = Error::new(ErrorKind::Connect, "refused").with_report(SendReport::new(id.clone()));
        let stopped = outcome(Err(stopped));
        assert!(!stopped.is_complete());
        assert_eq!(stopped.into_result().map_err(|error| error.kind()), Err(ErrorKind::Connect));
    }

    #[test]
    fn r28_send_all_is_an_error_if_anything_was_refused() {
        let id = ConversationId::new("a").expect("a valid id");
        let of = |results: Vec<Result<SendReport, Error>>| {
            let outcomes = results.into_iter().map(|result| ConversationOutcome::new(id.clone(), result));
            SendAllReport { outcomes: outcomes.collect() }.into_result()
        };
        let whole = SendReport::new(id.clone());
        assert_eq!(of(vec![Ok(whole.clone()), Ok(whole.clone())]).map(|reports| reports.len()).ok(), Some(2));
        let refused = of(vec![Ok(whole), Ok(report()), Ok(report())]).expect_err("two were refused");
        assert_eq!(refused.kind(), ErrorKind::Rejected);
        assert!(refused.to_string().contains("2 events were refused; see dead_letters()"), "{refused}");
        let stopped = of(vec![Ok(report()), Err(Error::new(ErrorKind::Connect, "refused"))]);
        assert_eq!(stopped.map_err(|error| error.kind()), Err(ErrorKind::Connect), "what stopped is told first");
    }
}
