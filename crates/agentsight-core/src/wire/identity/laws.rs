//! What holds for every transcript and all items (R17).

use std::collections::HashSet;

use proptest::prelude::*;

use super::{Finding, Sought, SoughtKind, assign};
use crate::wire::row::Row;
use crate::wire::sample::{OwnedSought, body, rows, sought, transcript, written};
use crate::wire::transcript::TranscriptReader;

fn items() -> impl Strategy<Value = Vec<OwnedSought>> {
    proptest::collection::vec(sought(), 0..6)
}

fn known() -> impl Strategy<Value = Vec<(u64, i64)>> {
    proptest::collection::vec((1..16u64, 0..4i64), 0..3)
}

fn borrow(items: &[OwnedSought]) -> Vec<Sought<'_>> {
    items.iter().map(OwnedSought::borrow).collect()
}

proptest! {
    #[test]
    fn r17_no_message_is_given_to_two_items_nor_one_that_is_taken(
        rows in rows(), items in items(), known in known(), taken in 0..16u64,
    ) {
        let sought = borrow(&items);
        let look = assign(&transcript(rows), &sought, &known, &|id| id == taken);
        prop_assert_eq!(look.findings.len(), sought.len());
        let mut given = HashSet::new();
        for (item, finding) in sought.iter().zip(&look.findings) {
            let Finding::Found { message } = *finding else { continue };
            prop_assert!(given.insert(message), "{}", message);
            let is_under_message = matches!(item.what, SoughtKind::Files { message: Some(_), .. });
            if !look.ids_restarted && !is_under_message {
                prop_assert!(message != taken && item.floor.is_none_or(|floor| message > floor), "{}", message);
                prop_assert!(known.iter().all(|(id, _)| *id != message), "{}", message);
            }
        }
    }

    #[test]
    fn r17_the_order_of_the_messages_in_the_answer_changes_nothing(
        (rows, other) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        items in items(),
        known in known(),
    ) {
        let sought = borrow(&items);
        let look = assign(&transcript(rows), &sought, &known, &|id| id == 3);
        prop_assert_eq!(assign(&transcript(other), &sought, &known, &|id| id == 3), look);
    }

    #[test]
    fn r17_ids_of_other_peoples_messages_change_nothing_while_none_of_them_competes(
        rows in rows(), items in items(), shift in 1..50u64,
    ) {
        // Ours have times that nobody else has, and ids above all others.
        let ours: Vec<Row> = (100..).zip(&items).map(|(id, item)| item.row(id)).collect();
        let elsewhere = |row: &Row, shift: u64| Row { id: row.id + shift, stamp: Some(1_000), ..row.clone() };
        let others = |shift: u64| rows.iter().map(move |row| elsewhere(row, shift));
        let mut sought = borrow(&items);
        for item in &mut sought {
            if let SoughtKind::Files { message, .. } = &mut item.what {
                *message = None;
            }
        }
        let look = assign(&transcript(others(0).chain(ours.clone())), &sought, &[], &|_| false);
        let moved = assign(&transcript(ours.into_iter().chain(others(shift))), &sought, &[], &|_| false);
        prop_assert_eq!(look.findings, moved.findings);
    }

    #[test]
    fn r17_an_item_whose_message_has_a_stamp_of_its_own_is_always_found(
        rows in rows(), items in items(), restamped in any::<bool>(),
    ) {
        let mut items = items;
        let mut rows: Vec<Row> = rows;
        let mut expected = Vec::new();
        for ((stamp, id), item) in (100..).zip(100..).zip(&mut items) {
            item.stamp = stamp;
            item.message = item.message.map(|_| id);
            expected.push(Finding::Found { message: id });
            rows.push(item.row(id));
        }
        // Even where the service is seen not to keep our stamps.
        let known: &[(u64, i64)] = if restamped { &[(1, 99)] } else { &[] };
        let look = assign(&transcript(rows), &borrow(&items), known, &|id| id < 100);
        prop_assert_eq!(look.findings, expected);
    }

    #[test]
    fn r17_the_reader_keeps_what_the_assignment_needs(rows in rows(), items in items(), known in known()) {
        let sought = borrow(&items);
        let messages: Vec<_> = rows.iter().map(written).collect();
        let kept = TranscriptReader::new(&sought, &known).read(&body(&messages)).expect("a transcript");
        prop_assert!(kept.rows.iter().all(|row| rows.iter().any(|other| other.id == row.id)));
        let look = assign(&transcript(rows), &sought, &known, &|id| id == 3);
        prop_assert_eq!(assign(&kept, &sought, &known, &|id| id == 3), look);
    }
}
