use std::collections::{HashMap, HashSet};

use agentsight_core::ItemKind;

use super::difference::{ConversationDifference, Difference};
use super::expected::ExpectedEvent;
use super::{Audit, AuditedEvent, ConversationAudit, EventFile, EventPart, Expected};

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
        self.kind == arrived.kind && EventPart::ALL.iter().all(|part| self.agrees_in(*part, arrived))
    }

    /// How many things about the event are said.
    pub(super) fn precision(&self) -> usize {
        let files = self.files.iter().flatten().count();
        usize::from(self.text.is_some()) + usize::from(self.at.is_some()) + files
    }

    /// What is not as it was. `None` if it cannot be the event: another kind, or nothing that is said of it agrees, and
    /// neither is it `in_its_place` without a stamp that says otherwise.
    pub(super) fn changed_parts(&self, arrived: &AuditedEvent, in_its_place: bool) -> Option<Vec<EventPart>> {
        let kept = |part| self.agrees_in(part, arrived);
        let by_text = self.text.is_some() && kept(EventPart::Text);
        let by_stamp = self.at.is_some() && kept(EventPart::Stamp);
        let by_files = !self.files.is_empty() && kept(EventPart::Files);
        let by_place = self.at.is_none() && in_its_place;
        (self.kind == arrived.kind && (by_text || by_stamp || by_files || by_place))
            .then(|| EventPart::ALL.into_iter().filter(|part| !kept(*part)).collect())
    }

    fn agrees_in(&self, part: EventPart, arrived: &AuditedEvent) -> bool {
        match part {
            EventPart::Text => self.text.as_ref().is_none_or(|text| text.trim() == arrived.text.trim()),
            EventPart::Stamp => self.at.is_none_or(|at| at.timestamp_micros() == arrived.timestamp.timestamp_micros()),
            EventPart::Files => {
                let same = |(expected, arrived): (&Option<String>, &EventFile)| {
                    expected.as_ref().is_none_or(|name| *name == arrived.name)
                };
                self.files.len() == arrived.files.len() && self.files.iter().zip(&arrived.files).all(same)
            }
        }
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
