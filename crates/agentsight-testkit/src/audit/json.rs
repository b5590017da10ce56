//! What the control API reads and writes of an audit.

use std::collections::HashMap;

use agentsight_core::ItemKind;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::difference::{ConversationDifference, Difference};
use super::expected::{Expected, ExpectedEvent};

/// What a test in any language says it tracked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedDocument {
    expected: Vec<ConversationDocument>,
    #[serde(default)]
    allow_others: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConversationDocument {
    conversation_id: String,
    events: Vec<EventDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventDocument {
    kind: Kind,
    timestamp: Option<DateTime<Utc>>,
    text: Option<String>,
    #[serde(default)]
    files: Vec<Option<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Question,
    Answer,
    Attachments,
    Action,
    Button,
    TokenUsage,
}

impl From<ExpectedDocument> for Expected {
    fn from(document: ExpectedDocument) -> Self {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut conversations: Vec<(String, Vec<ExpectedEvent>)> = Vec::new();
        for ConversationDocument { conversation_id, events } in document.expected {
            let events = events.into_iter().map(ExpectedEvent::from);
            match places.get(&conversation_id).and_then(|place| conversations.get_mut(*place)) {
                Some((_, listed)) => listed.extend(events),
                None => {
                    places.insert(conversation_id.clone(), conversations.len());
                    conversations.push((conversation_id, events.collect()));
                }
            }
        }
        Self { conversations, others_allowed: document.allow_others }
    }
}

impl From<EventDocument> for ExpectedEvent {
    fn from(EventDocument { kind, timestamp, text, files }: EventDocument) -> Self {
        let (kind, named) = match kind {
            Kind::Question => (ItemKind::Question, None),
            Kind::Answer => (ItemKind::Answer, None),
            Kind::Attachments => (ItemKind::Attachments, None),
            Kind::Action => (ItemKind::Action, None),
            Kind::Button => (ItemKind::Button, None),
            Kind::TokenUsage => (ItemKind::Action, Some("token_usage".to_owned())),
        };
        Self { text: text.or(named), files, at: timestamp, ..Self::new(kind) }
    }
}

/// A list of conversations, each with both columns around its first difference; no more than a reader can use.
impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const MOST: usize = 100;
        serializer.collect_seq(self.conversations.iter().take(MOST))
    }
}

impl Serialize for ConversationDifference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { conversation_id, agree, expected, arrived, first_row, rows, said, .. } = self;
        let rows: Vec<_> = (first_row.saturating_add(1)..)
            .zip(rows)
            .map(|(position, (tracked, arrived))| json!({"position": position, "tracked": tracked, "arrived": arrived}))
            .collect();
        json!({
            "conversation_id": conversation_id,
            "position": agree.saturating_add(1),
            "tracked": expected,
            "arrived": arrived,
            "edits": said,
            "rows": rows,
        })
        .serialize(serializer)
    }
}
