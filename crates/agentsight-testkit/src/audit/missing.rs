use agentsight_core::ItemKind;
use serde::Serialize;

use super::pairing::pair;
use super::{Audit, Expected};

/// An event that the test tracked and the service lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Missing {
    /// The conversation.
    pub conversation_id: String,
    /// Its position among the expected events of the conversation, from 1.
    pub position: usize,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ItemKind,
}

/// Each arrived event answers for one expected event at most.
pub(super) fn find(audit: &Audit, expected: &Expected) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (id, events) in &expected.conversations {
        let arrived = audit.conversation(id).map_or(&[][..], |conversation| &conversation.accepted);
        let pairs = pair(events, arrived);
        let lost = events.iter().zip(1..).zip(pairs).filter(|(_, answer)| answer.is_none());
        missing.extend(lost.map(|((event, position), _)| Missing {
            conversation_id: id.clone(),
            position,
            kind: event.kind,
        }));
    }
    missing
}
