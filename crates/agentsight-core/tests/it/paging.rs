//! R19: walking through a list page by page.

use agentsight_core::{Conversation, ConversationFilter, Error, ErrorKind, OrderField, PagePosition, Pager};
use proptest::prelude::*;

use crate::drive::Drive;
use crate::fault::{Fault, always, first, healthy, nth};
use crate::world::World;

const LIST: &str = "GET /api/conversations/";

/// So many conversations, numbered from 1.
fn fill(world: &World, count: usize) {
    let next = world.api.conversations().len() + 1;
    for number in next..next + count {
        let lane = world.lane(&format!("c{number}"));
        lane.track_human_message("hello").unwrap();
        let _ = world.send(&lane).unwrap();
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    world.forget_sent();
}

fn oldest_first() -> ConversationFilter {
    ConversationFilter::new().ordering(OrderField::Id).page_size(4)
}

/// By default the newest come first, so that new rows push the others down.
fn newest_first() -> ConversationFilter {
    ConversationFilter::new().ordering(OrderField::Id.descending()).page_size(4)
}

fn pager(world: &World, filter: &ConversationFilter) -> Pager {
    world.core.pages(filter)
}

/// The numbers on the next page.
fn next(world: &World, pager: &mut Pager) -> Result<Option<Vec<u64>>, Error> {
    let page = world.drive_with(pager, healthy())?;
    Ok(page.map(|page| page.results.iter().map(|row: &Conversation| row.id).collect()))
}

fn rest(world: &World, pager: &mut Pager) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Some(page) = next(world, pager).unwrap() {
        numbers.extend(page);
    }
    numbers
}

/// The pages that were asked for.
fn pages_asked(world: &World) -> Vec<String> {
    let value = |query: &str| query.split('&').find_map(|pair| pair.strip_prefix("page=").map(str::to_owned));
    world.sent().iter().filter(|sent| sent.route == LIST).map(|sent| value(&sent.query).unwrap_or_default()).collect()
}

#[test]
fn r19_every_row_comes_once_and_the_walk_ends_at_the_last_page() {
    for (rows, pages) in [(0, 1), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)] {
        let world = World::new();
        fill(&world, rows);
        let mut pager = pager(&world, &oldest_first());
        assert_eq!(rest(&world, &mut pager), (1..=rows as u64).collect::<Vec<_>>());
        let asked: Vec<String> = (1..=pages).map(|page: u32| page.to_string()).collect();
        assert_eq!(pages_asked(&world), asked, "{rows} rows: none is asked for in vain");
        assert_eq!(next(&world, &mut pager).unwrap(), None, "the end is the end");
        assert_eq!(world.sent().len(), asked.len());
    }
}

#[test]
fn r19_without_a_page_size_a_hundred_rows_are_asked_for() {
    let world = World::new();
    fill(&world, 1);
    rest(&world, &mut pager(&world, &ConversationFilter::new()));
    assert!(world.sent()[0].query.contains("page_size=100"), "{}", world.sent()[0].query);
}

#[test]
fn r19_the_walk_begins_at_the_filters_page() {
    let world = World::new();
    fill(&world, 9);
    assert_eq!(rest(&world, &mut pager(&world, &oldest_first().page(2))), [5, 6, 7, 8, 9]);
}

#[test]
fn r19_a_row_that_moved_over_from_the_page_before_is_not_yielded_twice() {
    let world = World::new();
    fill(&world, 8);
    let mut pager = pager(&world, &newest_first());
    assert_eq!(next(&world, &mut pager).unwrap(), Some(vec![8, 7, 6, 5]));
    fill(&world, 2);
    assert_eq!(next(&world, &mut pager).unwrap(), Some(vec![4, 3]), "6 and 5 moved over");
    assert_eq!(rest(&world, &mut pager), [2, 1]);
}

#[test]
fn r19_a_404_after_the_first_page_is_the_end_and_on_the_first_an_error() {
    let world = World::new();
    fill(&world, 9);
    let mut walk = pager(&world, &oldest_first());
    assert!(next(&world, &mut walk).unwrap().is_some());
    assert!(world.drive_with(&mut walk, always(LIST, Fault::status(404))).unwrap().is_none());
    assert_eq!(next(&world, &mut walk).unwrap(), None);
    let mut walk = pager(&world, &oldest_first());
    let error = world.drive_with(&mut walk, always(LIST, Fault::status(404))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(next(&world, &mut walk).unwrap(), None, "after an error there is nothing more");
}

#[test]
fn r19_urls_from_an_answer_are_never_followed() {
    let world = World::new();
    let evil = r#"{"count": 200, "next": "https://evil.example/api/conversations/?page=7", "previous": null,
                   "results": [{"id": 1, "conversation_id": "a"}]}"#;
    let end = r#"{"count": 200, "next": null, "previous": null, "results": [{"id": 2, "conversation_id": "b"}]}"#;
    let mut pager = pager(&world, &oldest_first());
    let mut yielded = Vec::new();
    let mut faults = first(LIST, [Fault::body(200, evil), Fault::body(200, end)]);
    while let Some(page) = world.drive_with(&mut pager, &mut faults).unwrap() {
        yielded.extend(page.results.iter().map(|row| row.id));
    }
    assert_eq!((yielded, pages_asked(&world)), (vec![1, 2], vec!["1".to_owned(), "2".to_owned()]));
}

#[test]
fn r19_next_null_an_empty_page_and_the_last_page_end_the_walk() {
    for (what, body, rows) in [
        ("null", r#"{"count": 9, "next": null, "previous": null, "results": [{"id": 1, "conversation_id": "a"}]}"#, 1),
        ("empty", r#"{"count": 9, "next": "http://x/", "previous": null, "results": []}"#, 0),
        (
            "last",
            r#"{"count": 9, "next": "http://x/", "previous": null, "total_pages": 1,
                "results": [{"id": 1, "conversation_id": "a"}]}"#,
            1,
        ),
    ] {
        let world = World::new();
        let mut pager = pager(&world, &oldest_first());
        let mut yielded = 0;
        let mut faults = always(LIST, Fault::body(200, body));
        while let Some(page) = world.drive_with(&mut pager, &mut faults).unwrap() {
            yielded += page.results.len();
        }
        assert_eq!((yielded, world.sent().len()), (rows, 1), "{what}");
    }
}

#[test]
fn r19_a_walk_can_be_resumed_after_any_page_and_after_an_error() {
    let world = World::new();
    fill(&world, 9);
    let mut walk = pager(&world, &oldest_first());
    assert_eq!(walk.position(), PagePosition::new(1, None));
    let first_page = next(&world, &mut walk).unwrap().unwrap();
    world.drive_with(&mut walk, nth(0, Fault::status(403))).unwrap_err();
    let position = walk.position();
    assert_eq!(position, PagePosition::new(1, first_page.last().copied()));
    let mut resumed = world.core.pages(&oldest_first()).resume(position);
    assert_eq!(rest(&world, &mut resumed), [5, 6, 7, 8, 9]);
}

#[test]
fn r19_a_walk_is_resumed_in_the_middle_of_a_page() {
    let world = World::new();
    fill(&world, 9);
    let position = PagePosition::new(2, Some(6));
    assert_eq!(rest(&world, &mut world.core.pages(&oldest_first()).resume(position)), [7, 8, 9]);
}

#[test]
fn r19_a_resumed_walk_skips_what_was_read_although_it_moved_to_the_next_page() {
    let world = World::new();
    fill(&world, 9);
    let mut walk = pager(&world, &newest_first());
    assert_eq!(next(&world, &mut walk).unwrap(), Some(vec![9, 8, 7, 6]));
    fill(&world, 1);
    let resumed = rest(&world, &mut world.core.pages(&newest_first()).resume(walk.position()));
    assert!(resumed.ends_with(&[5, 4, 3, 2, 1]), "{resumed:?}");
    assert_eq!(resumed.iter().filter(|row| **row == 6).count(), 0, "the last one read: {resumed:?}");
}

#[test]
fn r16_a_page_that_fails_for_a_moment_is_asked_for_again() {
    let world = World::new();
    fill(&world, 9);
    let mut pager = pager(&world, &oldest_first());
    let page = world.drive_with(&mut pager, nth(0, Fault::status(503))).unwrap().unwrap();
    assert_eq!(page.results.len(), 4);
    assert_eq!(rest(&world, &mut pager), [5, 6, 7, 8, 9]);
}

#[test]
fn r18_lean_rows_are_asked_for_on_every_page() {
    let world = World::new();
    fill(&world, 5);
    rest(&world, &mut pager(&world, &oldest_first().lean()));
    assert!(world.sent().iter().all(|sent| sent.query.contains("full=false")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn r19_no_row_that_was_there_is_missed_or_comes_twice_while_others_are_added(
        rows in 1..20_usize, page_size in 1..5_u32, added in prop::collection::vec(0..2_usize, 0..20),
    ) {
        let world = World::new();
        fill(&world, rows);
        let mut pager = pager(&world, &newest_first().page_size(page_size));
        let mut added = added.into_iter();
        let mut yielded = Vec::new();
        while let Some(page) = next(&world, &mut pager).unwrap() {
            yielded.extend(page);
            // No more than a page of new rows at a time: what moves further cannot be recognised (R19).
            fill(&world, added.next().unwrap_or_default().min(page_size as usize));
        }
        prop_assert_eq!(yielded, (1..=rows as u64).rev().collect::<Vec<_>>());
    }
}

#[test]
fn r19_a_resumed_walk_over_a_list_that_has_shrunk_is_at_its_end() {
    let world = World::new();
    let mut walk = world.core.pages(&ConversationFilter::new()).resume(PagePosition::new(5, Some(9)));
    assert!(world.drive_with(&mut walk, healthy()).unwrap().is_none());
}
