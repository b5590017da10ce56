use agentsight_core::ItemKind;
use serde::Serialize;

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

/// Each arrived event answers for one expected event at most, the nearest in order that is still open.
pub(super) fn find(audit: &Audit, expected: &Expected) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (id, events) in &expected.conversations {
        let arrived = audit.conversation(id).map_or(&[][..], |conversation| &conversation.accepted);
        let mut open: Vec<_> = arrived.iter().collect();
        for (event, position) in events.iter().zip(1..) {
            match open.iter().position(|arrived| event.matches(arrived)) {
                Some(found) => drop(open.remove(found)),
                None => missing.push(Missing { conversation_id: id.clone(), position, kind: event.kind }),
            }
        }
    }
    missing
}
