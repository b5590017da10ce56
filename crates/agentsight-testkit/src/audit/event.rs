use std::collections::{HashMap, HashSet};

use agentsight_core::ItemKind;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::StoredEvent;

/// One event that the service holds. Neither `Debug` nor `Serialize` shows its content.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AuditedEvent {
    /// Where it stands in the order of arrival, from 1.
    pub position: usize,
    /// The number of its message.
    pub number: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// The stamp, as stored.
    pub timestamp: DateTime<Utc>,
    #[serde(skip)]
    pub(super) text: String,
    #[serde(skip)]
    pub(super) files: Vec<EventFile>,
}

/// A file under an event, as far as R17 tells files apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct EventFile {
    pub(crate) name: String,
    pub(crate) bytes: usize,
}

/// Something about an event that can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventPart {
    /// The content of a message, the name of an action or the label of a button.
    Text,
    /// The time.
    Stamp,
    /// The files: how many, or their names.
    Files,
}

impl EventPart {
    pub(super) const ALL: [Self; 3] = [Self::Text, Self::Stamp, Self::Files];
}

/// An event that was stored again, or a file of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Duplicate {
    /// The position of the first.
    pub first: usize,
    /// The position of the repetition. The same as `first` where one event has a file twice.
    pub again: usize,
    /// Which file of the event is the repetition, from 1; `None` where the whole event is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<usize>,
    /// What both are.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// The stamp of both.
    pub timestamp: DateTime<Utc>,
}

/// An event that arrived after a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reordering {
    /// Its position in the order of arrival.
    pub arrived: usize,
    /// The position that its stamp gives it.
    pub belongs: usize,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ItemKind,
    /// Its stamp.
    pub timestamp: DateTime<Utc>,
}

impl AuditedEvent {
    pub(crate) fn new(position: usize, stored: StoredEvent) -> Self {
        let StoredEvent { number, kind, timestamp, text, files } = stored;
        Self { position, number, kind, timestamp, text, files }
    }

    /// What it shares with its repetitions: kind and stamp (R17), text and files.
    pub(super) fn identity(&self) -> (ItemKind, DateTime<Utc>, &str, &[EventFile]) {
        (self.kind, self.timestamp, &self.text, &self.files)
    }
}

impl std::fmt::Debug for AuditedEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditedEvent")
            .field("position", &self.position)
            .field("number", &self.number)
            .field("kind", &self.kind)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

pub(super) fn duplicates(events: &[AuditedEvent]) -> Vec<Duplicate> {
    let mut first: HashMap<(ItemKind, DateTime<Utc>), usize> = HashMap::new();
    let mut duplicates = Vec::new();
    for AuditedEvent { position, kind, timestamp, files, .. } in events {
        let (again, kind, timestamp) = (*position, *kind, *timestamp);
        let first = *first.entry((kind, timestamp)).or_insert(again);
        if first != again {
            duplicates.push(Duplicate { first, again, file: None, kind, timestamp });
        }
        let mut seen = HashSet::new();
        for (file, number) in files.iter().zip(1..) {
            if !seen.insert(file) {
                duplicates.push(Duplicate { first: again, again, file: Some(number), kind, timestamp });
            }
        }
    }
    duplicates
}

pub(super) fn reorderings(events: &[AuditedEvent]) -> Vec<Reordering> {
    if events.is_sorted_by_key(|event| event.timestamp) {
        return Vec::new();
    }
    let mut by_stamp: Vec<(DateTime<Utc>, usize)> =
        events.iter().map(|event| (event.timestamp, event.position)).collect();
    by_stamp.sort_unstable();
    let belongs: HashMap<usize, usize> =
        by_stamp.iter().zip(1..).map(|(&(_, arrived), place)| (arrived, place)).collect();
    let mut latest = None;
    let mut reorderings = Vec::new();
    for &AuditedEvent { position: arrived, kind, timestamp, .. } in events {
        if latest.is_some_and(|latest| timestamp < latest) {
            let belongs = belongs.get(&arrived).copied().unwrap_or(arrived);
            reorderings.push(Reordering { arrived, belongs, kind, timestamp });
        }
        latest = latest.max(Some(timestamp));
    }
    reorderings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: usize, kind: ItemKind, seconds: i64) -> AuditedEvent {
        let timestamp = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let number = position as u64;
        AuditedEvent::new(
            position,
            StoredEvent { number, kind, timestamp, text: "private".to_owned(), files: Vec::new() },
        )
    }

    #[test]
    fn r17_the_same_kind_and_stamp_is_a_duplicate_another_kind_is_not() {
        let events = [event(1, ItemKind::Question, 5), event(2, ItemKind::Answer, 5), event(3, ItemKind::Question, 5)];
        let found: Vec<(usize, usize)> = duplicates(&events).iter().map(|found| (found.first, found.again)).collect();
        assert_eq!(found, [(1, 3)]);
    }

    #[test]
    fn r17_the_same_name_and_size_under_one_event_is_a_file_twice() {
        let file = |name: &str, bytes| EventFile { name: name.to_owned(), bytes };
        let mut twice = event(1, ItemKind::Question, 5);
        twice.files = vec![file("a.txt", 3), file("a.txt", 4), file("b.txt", 3), file("a.txt", 3)];
        let mut once = event(2, ItemKind::Question, 6);
        once.files = vec![file("a.txt", 3)];
        let found = duplicates(&[twice, once]);
        assert_eq!(
            found.iter().map(|found| (found.first, found.again, found.file)).collect::<Vec<_>>(),
            [(1, 1, Some(4))]
        );
    }

    #[test]
    fn r6_an_event_behind_a_later_one_is_shown_with_both_positions() {
        let events = [event(1, ItemKind::Question, 1), event(2, ItemKind::Answer, 3), event(3, ItemKind::Question, 2)];
        let found: Vec<(usize, usize)> =
            reorderings(&events).iter().map(|found| (found.arrived, found.belongs)).collect();
        assert_eq!(found, [(3, 2)]);
    }

    #[test]
    fn debug_shows_no_content() {
        assert!(!format!("{:?}", event(1, ItemKind::Question, 1)).contains("private"));
    }
}
