//! Laws of the comparison: one edit between what was tracked and what arrived is reported as exactly that edit.

use agentsight_core::ItemKind;
use agentsight_testkit::{Edit, EventPart, Expected, ExpectedEvent};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::json;

use crate::support::Client;

/// An event as a program tracks it.
#[derive(Debug, Clone)]
struct Tracked {
    kind: ItemKind,
    text: String,
    at: DateTime<Utc>,
}

/// What goes wrong on the way. Positions from 1.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    Lost(usize),
    Doubled { event: usize, after: usize },
    Swapped(usize, usize),
    OtherText(usize),
    OtherStamp(usize),
}

fn events() -> impl Strategy<Value = Vec<Tracked>> {
    let kind = prop_oneof![
        Just(ItemKind::Question),
        Just(ItemKind::Answer),
        Just(ItemKind::Action),
        Just(ItemKind::Button),
        Just(ItemKind::Attachments),
    ];
    // Few texts, so that they repeat; stamps that rise, as the SDK gives them (R6).
    let event = (kind, "[ab]{1,2}", 2..5_000_i64);
    prop::collection::vec(event, 1..12).prop_map(|events| {
        let mut at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let event = |(kind, text, later)| {
            at += TimeDelta::microseconds(later);
            Tracked { kind, text, at }
        };
        events.into_iter().map(event).collect()
    })
}

fn events_and_a_mishap() -> impl Strategy<Value = (Vec<Tracked>, Mishap)> {
    events().prop_flat_map(|events| {
        let position = 1..=events.len();
        let mishap = prop_oneof![
            position.clone().prop_map(Mishap::Lost),
            (position.clone(), position.clone())
                .prop_map(|(one, other)| Mishap::Doubled { event: one.min(other), after: one.max(other) }),
            (position.clone(), position.clone())
                .prop_map(|(one, other)| Mishap::Swapped(one.min(other), one.max(other))),
            position.clone().prop_map(Mishap::OtherText),
            position.prop_map(Mishap::OtherStamp),
        ];
        (Just(events), mishap)
    })
}

impl Tracked {
    fn expected(&self) -> ExpectedEvent {
        let event = ExpectedEvent::new(self.kind).at(self.at);
        match self.kind {
            ItemKind::Attachments => event.files([self.file()]),
            _ => event.text(&self.text),
        }
    }

    fn file(&self) -> String {
        format!("{}.txt", self.text)
    }

    fn send(&self, client: &Client) {
        let (text, timestamp) = (&self.text, self.at.to_rfc3339());
        let message =
            |sender| json!({ "conversation_id": "a", "sender": sender, "content": text, "timestamp": timestamp });
        let (path, body) = match self.kind {
            ItemKind::Question => ("/api/track/", message("end_user")),
            ItemKind::Answer => ("/api/track/", message("agent")),
            ItemKind::Action => {
                ("/api/action_logs/", json!({ "conversation_id": "a", "action_name": text, "timestamp": timestamp }))
            }
            ItemKind::Button => {
                let click = json!({
                    "conversation_id": "a", "button_event": "e", "label": text, "value": "v", "timestamp": timestamp,
                });
                ("/api/buttons/", click)
            }
            _ => {
                let file = json!({ "filename": self.file(), "mime_type": "text/plain", "data": "YQ==" });
                ("/api/attachments/", json!({ "conversation_id": "a", "attachments": [file], "timestamp": timestamp }))
            }
        };
        let answered = client.post(path, body);
        assert!(answered.status.is_success(), "{answered:?}");
    }
}

impl Mishap {
    /// What arrives, and what is to be said of it.
    fn befall(self, tracked: &[Tracked]) -> (Vec<Tracked>, Vec<Edit>) {
        let mut arriving = tracked.to_vec();
        let edits = match self {
            Self::Lost(tracked) => {
                arriving.remove(tracked - 1);
                vec![Edit::Missing { tracked }]
            }
            Self::Doubled { event, after } => {
                arriving.insert(after, arriving[event - 1].clone());
                vec![Edit::Repeated { first: event, again: after + 1 }]
            }
            Self::Swapped(one, other) if one == other => Vec::new(),
            Self::Swapped(one, other) => {
                arriving.swap(one - 1, other - 1);
                let (early, late) =
                    (Edit::Moved { tracked: one, arrived: other }, Edit::Moved { tracked: other, arrived: one });
                vec![early, late]
            }
            Self::OtherText(event) => {
                arriving[event - 1].text.push('c');
                let part =
                    if tracked[event - 1].kind == ItemKind::Attachments { EventPart::Files } else { EventPart::Text };
                vec![Edit::Changed { tracked: event, arrived: event, part }]
            }
            Self::OtherStamp(event) => {
                arriving[event - 1].at += TimeDelta::microseconds(1);
                vec![Edit::Changed { tracked: event, arrived: event, part: EventPart::Stamp }]
            }
        };
        (arriving, edits)
    }
}

/// The edits between what was tracked and what arrived, and the text for a reader.
fn compared(tracked: &[Tracked], arriving: &[Tracked]) -> (Vec<Edit>, String) {
    let client = Client::new();
    client.conversation("a");
    for event in arriving {
        event.send(&client);
    }
    let expected = Expected::new().conversation("a").events(tracked.iter().map(Tracked::expected));
    match client.api.audit().check(&expected) {
        Ok(()) => (Vec::new(), String::new()),
        Err(difference) => (difference.edits("a").to_vec(), difference.to_string()),
    }
}

proptest! {
    #[test]
    fn what_arrives_as_it_was_tracked_is_no_difference(tracked in events()) {
        prop_assert_eq!(compared(&tracked, &tracked).0, []);
    }

    #[test]
    fn one_edit_is_reported_as_exactly_that_edit((tracked, mishap) in events_and_a_mishap()) {
        let (arriving, edits) = mishap.befall(&tracked);
        let (found, shown) = compared(&tracked, &arriving);
        prop_assert_eq!(&found, &edits, "{}", shown);
        prop_assert_eq!(shown.matches("  * ").count(), edits.len());
    }

    #[test]
    fn what_is_lost_and_what_is_repeated_is_counted_whatever_the_order(
        tracked in events(), order in any::<[prop::sample::Index; 12]>(),
    ) {
        // Any events in any order, some of them several times, some of them not at all.
        let arriving: Vec<Tracked> = order.iter().map(|index| index.get(&tracked).clone()).collect();
        let (edits, _) = compared(&tracked, &arriving);
        let missing = edits.iter().filter(|edit| matches!(edit, Edit::Missing { .. })).count();
        let repeated = edits.iter().filter(|edit| matches!(edit, Edit::Repeated { .. })).count();
        let distinct = tracked.iter().filter(|event| arriving.iter().any(|other| other.at == event.at)).count();
        prop_assert_eq!((missing, repeated), (tracked.len() - distinct, arriving.len() - distinct));
        let others = edits.iter().filter(|edit| matches!(edit, Edit::Changed { .. } | Edit::Unexpected { .. })).count();
        prop_assert_eq!(others, 0);
    }
}

#[test]
fn one_event_that_came_late_is_one_move() {
    let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
    let event = |second| Tracked { kind: ItemKind::Question, text: format!("{second}"), at: at(second) };
    let tracked: Vec<Tracked> = (0..6).map(event).collect();
    let mut arriving = tracked.clone();
    let late = arriving.remove(1);
    arriving.insert(4, late);
    let (edits, shown) = compared(&tracked, &arriving);
    assert_eq!(edits, [Edit::Moved { tracked: 2, arrived: 5 }]);
    assert!(shown.contains("question 2 arrived as 5"), "{shown}");
}

#[test]
fn an_event_of_another_kind_is_one_that_is_missing_and_one_that_was_not_tracked() {
    let event = |kind| Tracked { kind, text: "a".to_owned(), at: DateTime::UNIX_EPOCH };
    let (edits, shown) = compared(&[event(ItemKind::Question)], &[event(ItemKind::Answer)]);
    assert_eq!(edits, [Edit::Missing { tracked: 1 }, Edit::Unexpected { arrived: 1 }]);
    assert!(shown.contains("question 1 did not arrive") && shown.contains("answer 1 was not tracked"), "{shown}");
}
