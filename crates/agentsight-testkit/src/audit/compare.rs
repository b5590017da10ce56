use std::collections::{HashMap, HashSet};

use agentsight_core::ItemKind;

use super::difference::{ConversationDifference, Difference};
use super::expected::ExpectedEvent;
use super::{Audit, AuditedEvent, ConversationAudit, Expected};

/// Holds every conversation's events, in the order of their arrival, against the expected ones.
pub(super) fn compare(audit: &Audit, expected: &Expected) -> Result<(), Difference> {
    let mut held: HashMap<&str, &ConversationAudit> = HashMap::new();
    for conversation in &audit.conversations {
        held.entry(&conversation.conversation_id).or_insert(conversation);
    }
    let mut differences = Vec::new();
    for (id, events) in &expected.conversations {
        let arrived = held.get(id.as_str()).map_or(&[][..], |conversation| &conversation.accepted);
        differences.extend(differing(id, events, arrived));
    }
    if !expected.others_allowed {
        let named: HashSet<&str> = expected.conversations.iter().map(|(named, _)| named.as_str()).collect();
        let others = audit.conversations.iter().filter(|conversation| !named.contains(&*conversation.conversation_id));
        differences.extend(others.filter_map(|other| differing(&other.conversation_id, &[], &other.accepted)));
    }
    Difference::of(differences)
}

fn differing(id: &str, expected: &[ExpectedEvent], arrived: &[AuditedEvent]) -> Option<ConversationDifference> {
    let agree = expected.iter().zip(arrived).take_while(|(expected, arrived)| expected.matches(arrived)).count();
    if agree == expected.len() && agree == arrived.len() {
        return None;
    }
    Some(ConversationDifference::new(id, agree, expected, arrived))
}

impl ExpectedEvent {
    /// Whether this is the event.
    pub(super) fn matches(&self, arrived: &AuditedEvent) -> bool {
        let text = self.text.as_ref().is_none_or(|text| text.trim() == arrived.text.trim());
        let at = self.at.is_none_or(|at| at.timestamp_micros() == arrived.timestamp.timestamp_micros());
        self.kind == arrived.kind && text && at && self.has_the_files_of(arrived)
    }

    fn has_the_files_of(&self, arrived: &AuditedEvent) -> bool {
        let same =
            |(expected, arrived): (&Option<String>, &String)| expected.as_ref().is_none_or(|name| name == arrived);
        self.files.len() == arrived.files.len() && self.files.iter().zip(&arrived.files).all(same)
    }
}

/// The documented name of a kind.
pub(super) fn kind_name(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Conversation => "conversation",
        ItemKind::Question => "question",
        ItemKind::Answer => "answer",
        ItemKind::Attachments => "attachments",
        ItemKind::Action => "action",
        ItemKind::Button => "button",
        _ => "event",
    }
}
