//! What waits, what was refused and what is remembered has bounds (R23).

use std::sync::Arc;
use std::time::Duration;

use agentsight_model::ConversationId;

use super::service::Fate;
use super::world::World;
use crate::event::tests::message;
use crate::outbox::schedule::LaneUse;
use crate::outbox::{Lane, LaneKey, MOST_RUNS, Refusal};
use crate::recorder::Recorder;

#[test]
fn r23_so_many_items_wait_and_no_more() {
    let mut world = World::new(|builder| builder.max_pending(2));
    let lane = world.lane("a");
    world.register(lane, "a", "n");
    world.track(lane, "a1");
    assert_eq!(world.try_track(lane, message("a2"), None), Err(Refusal::TooMany(2)));
    let other = world.lane("b");
    let refused = world.outbox.register(other, agentsight_model::NewConversation::new("b"), world.now());
    assert_eq!(refused, Err(Refusal::TooMany(2)), "a record is an item");
    world.run(Fate::Acknowledged);
    assert_eq!(world.try_track(lane, message("a2"), None), Ok(()));
}

#[test]
fn r23_so_many_bytes_wait_and_one_larger_event_when_nothing_does() {
    let mut world = World::new(|builder| builder.max_pending_bytes(10));
    let lane = world.lane("a");
    assert_eq!(world.try_track(lane, message("longer than ten"), None), Ok(()));
    assert_eq!(world.try_track(lane, message("a"), None), Err(Refusal::TooLarge(10)));
    world.drain();
    for (content, expected) in [("12345", Ok(())), ("67890", Ok(())), ("1", Err(Refusal::TooLarge(10)))] {
        assert_eq!(world.try_track(lane, message(content), None), expected, "{content}");
    }
    world.add_tokens(lane, 1);
    let other = world.lane("b");
    world.register(other, "b", "a record holds no content");
    world.drain();
    assert_eq!(world.try_track(lane, message("longer than ten"), None), Ok(()));
    let third = world.lane("c");
    world.register(third, "c", "nor does it count where one larger event waits");
}

#[test]
fn h8_content_that_left_is_dropped_by_the_caller() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    let event = Arc::new(message("a1"));
    world.outbox.track(lane, Arc::clone(&event), 2, None, world.now()).expect("room");
    world.drain();
    let removed = world.outbox.take_removed();
    assert!(removed.len() == 1 && Arc::ptr_eq(&removed[0], &event));
    assert!(world.outbox.take_removed().is_empty());
}

#[test]
fn r23_a_disabled_client_drops_what_does_not_fit() {
    let mut world = World::new(|builder| builder.max_pending(1).enabled(false));
    let lane = world.lane("a");
    (0..3).for_each(|_| world.track(lane, "a1"));
    assert_eq!(world.outbox.stats().0.tracked, 1);
}

/// Three conversations whose events are refused, and one whose record is.
fn refusals(world: &mut World) {
    let parked = world.lane("parked");
    world.register(parked, "parked", "record");
    world.run(Fate::Refused);
    let lane = world.lane("a");
    ["123", "456", "789"].iter().for_each(|content| world.track(lane, content));
    world.run(Fate::Acknowledged);
    (0..3).for_each(|_| {
        world.run(Fate::Refused);
    });
}

#[test]
fn r23_the_oldest_dead_letters_make_room_but_a_records_stays() {
    let mut world = World::new(|builder| builder.max_dead_letters(2));
    refusals(&mut world);
    assert_eq!(world.letters(), ["record Rejected", "789 Rejected"]);
    let (stats, _) = world.outbox.stats();
    assert_eq!((stats.dead_letters, stats.dead_letters_dropped, stats.rejected), (2, 2, 4));
}

#[test]
fn c4_a_dead_letter_shows_what_it_is_and_no_content() {
    let mut world = World::new(|builder| builder);
    refusals(&mut world);
    let letters = world.outbox.held_letters();
    let shown = format!("{:?}", letters[1].1.shown(letters[1].0));
    assert!(shown.contains("\"a\"") && shown.contains("Rejected") && !shown.contains("123"), "{shown}");
}

#[test]
fn r23_dead_letters_hold_so_many_bytes() {
    let mut world = World::new(|builder| builder.max_dead_letter_bytes(6));
    refusals(&mut world);
    assert_eq!(world.letters(), ["record Rejected", "456 Rejected", "789 Rejected"]);
    assert_eq!(world.outbox.stats().0.dead_letters_dropped, 1);
}

/// Delivers one event in a conversation and lets go of it.
fn use_once(world: &mut World, id: &str, at: Option<i64>) {
    let lane = world.lane(id);
    match at {
        Some(at) => world.track_at(lane, "event", at),
        None => world.track(lane, "event"),
    }
    world.drain();
    world.outbox.release(lane);
}

fn remembered(world: &World) -> Vec<&str> {
    world.outbox.book().lanes().iter().map(|(_, lane)| lane.id.as_str()).collect()
}

#[test]
fn r23_the_conversation_that_is_idle_for_longest_is_forgotten_first() {
    let mut world = World::new(|builder| builder.max_idle_conversations(2));
    ["a", "b", "a", "c"].iter().for_each(|id| use_once(&mut world, id, None));
    let mut kept = remembered(&world);
    kept.sort_unstable();
    assert_eq!(kept, ["a", "c"]);
}

#[test]
fn r6_a_conversation_with_explicit_times_is_the_last_to_be_forgotten() {
    let mut world = World::new(|builder| builder.max_idle_conversations(2));
    use_once(&mut world, "explicit", Some(-5));
    ["b", "c"].iter().for_each(|id| use_once(&mut world, id, None));
    let is_remembered = |world: &World, id: &str| remembered(world).contains(&id);
    assert!(is_remembered(&world, "explicit") && !is_remembered(&world, "b"));
    use_once(&mut world, "newer", Some(-5));
    assert!(is_remembered(&world, "explicit") && !is_remembered(&world, "c"));
    use_once(&mut world, "d", None);
    assert!(!is_remembered(&world, "explicit") && is_remembered(&world, "newer"), "longest idle first");
}

#[test]
fn r23_a_conversation_with_a_handle_or_with_something_pending_is_not_forgotten() {
    let mut world = World::new(|builder| builder.max_idle_conversations(0));
    let held = world.lane("held");
    world.track(held, "h1");
    world.drain();
    let waits = world.lane("waits");
    world.track(waits, "w1");
    world.outbox.release(waits);
    assert_eq!(remembered(&world), ["held", "waits"]);
    world.outbox.release(held);
    assert_eq!(remembered(&world), ["waits"]);
    world.drain();
    assert!(remembered(&world).is_empty());
}

#[test]
fn r23_the_key_of_a_forgotten_conversation_may_become_anothers() {
    let mut world = World::new(|builder| builder.max_idle_conversations(0));
    use_once(&mut world, "a", None);
    let key: LaneKey = world.lane("b");
    assert_eq!(key, LaneKey(0));
    assert!(world.outbox.book().lanes().key("a").is_none());
    assert_eq!(world.outbox.book().lane(key).map(|lane| lane.id.clone()), ConversationId::new("b").ok());
    world.track(key, "b1");
    assert_eq!(world.drain(), ["record of b", "b1"]);
    assert!(world.clock > Duration::ZERO);
}

/// A conversation that is used and let go of over and over leaves few marks behind, and is still forgotten in its turn.
#[test]
fn r23_marks_of_idle_conversations_do_not_pile_up() {
    for at in [None, Some(-5)] {
        let mut world = World::new(|builder| builder.max_idle_conversations(2));
        use_once(&mut world, "other", at);
        for _ in 0..1_000 {
            let lane = world.lane("busy");
            world.outbox.release(lane);
            let marks = world.outbox.idle.len().max(world.outbox.idle_with_runs.len());
            assert!(marks <= 2 * 2 + 64 + 1, "{marks} marks");
        }
        let lane = world.lane("busy");
        match at {
            Some(at) => world.track_at(lane, "event", at),
            None => world.track(lane, "event"),
        }
        world.drain();
        world.outbox.release(lane);
        for _ in 0..1_000 {
            let lane = world.lane("busy");
            world.outbox.release(lane);
            let marks = world.outbox.idle.len().max(world.outbox.idle_with_runs.len());
            assert!(marks <= 2 * 2 + 64 + 1, "{marks} marks");
        }
        use_once(&mut world, "newest", at);
        let mut kept = remembered(&world);
        kept.sort_unstable();
        assert_eq!(kept, ["busy", "newest"], "longest idle first");
    }
}

#[test]
fn r6_the_explicit_times_of_a_client_are_kept_apart_up_to_a_bound() {
    let mut world = World::new(|builder| builder.max_pending(usize::MAX).max_idle_conversations(10));
    let limit = i64::try_from(MOST_RUNS).expect("few");
    use_once(&mut world, "idle", Some(-5));
    let lane = world.lane("a");
    for place in 0..limit - 1 {
        world.track_at(lane, "event", 2 * place);
    }
    assert_eq!((world.outbox.runs, remembered(&world)), (MOST_RUNS, vec!["idle", "a"]), "as many as there may be");
    world.track_at(lane, "event", 2 * limit);
    assert_eq!((world.outbox.runs, remembered(&world)), (MOST_RUNS, vec!["a"]), "an idle conversation goes first");
    world.track_at(lane, "event", 2 * limit + 2);
    let runs = |world: &World| world.outbox.book().lane(lane).map(|lane| lane.timeline.runs());
    assert_eq!((world.outbox.runs, runs(&world)), (MOST_RUNS, Some(MOST_RUNS)), "then the oldest interval");
    // Marks of conversations that are used again say nothing.
    use_once(&mut world, "again", None);
    let again = world.lane("again");
    world.track_at(again, "event", 7);
    world.drain();
    world.outbox.release(again);
    let again = world.lane("again");
    world.track_at(lane, "event", 2 * limit + 4);
    assert!(world.outbox.book().lane(again).is_some() && world.outbox.runs == MOST_RUNS);
}

/// What an idle conversation takes beside its id and its record: places in vectors that may be half empty, the lane
/// itself, about twice its key in the tree by ids, and a handle or else a place among the idle ones.
#[test]
fn r23_an_idle_conversation_takes_at_most_300_bytes() {
    let places = 2 * (size_of::<Option<Box<Lane>>>() + size_of::<LaneUse>());
    let by_id = 2 * (size_of::<ConversationId>() + size_of::<LaneKey>());
    let counts_of_arc = 2 * size_of::<usize>();
    let handle = counts_of_arc + size_of::<(LaneKey, ConversationId, Recorder)>();
    let idle = 2 * size_of::<(LaneKey, u64)>();
    let bytes = places + size_of::<Lane>() + by_id + handle.max(idle);
    assert!(bytes <= 300, "{bytes} bytes, of which the lane takes {}", size_of::<Lane>());
}

/// Whether everything that only a conversation with something to send needs was freed.
fn is_small(world: &World, lane: LaneKey) -> bool {
    let has_schedule = world.outbox.uses.get(lane.0 as usize).is_some_and(|lane| lane.schedule.is_some());
    world.outbox.book().lane(lane).is_some_and(Lane::is_settled) && !has_schedule
}

#[test]
fn r23_an_idle_conversation_holds_no_more_than_its_lane_whatever_became_of_its_items() {
    let ends: [fn(&mut World, LaneKey); 6] = [
        |world, lane| world.track(lane, "delivered"),
        |world, lane| world.track_at(lane, "delivered", -5),
        |world, lane| world.add_tokens(lane, 1),
        |world, lane| {
            world.register(lane, "a", "delivered");
        },
        |world, lane| {
            world.track(lane, "refused");
            world.run(Fate::Acknowledged);
            world.run(Fate::Refused);
        },
        |world, lane| {
            world.register(lane, "a", "refused");
            world.track(lane, "discarded");
            world.add_tokens(lane, 1);
            world.run(Fate::Refused);
            let letter = world.outbox.held_letters()[0].0;
            world.outbox.discard(letter);
        },
    ];
    for (index, end) in ends.into_iter().enumerate() {
        let mut world = World::new(|builder| builder);
        let lane = world.lane("a");
        assert!(is_small(&world, lane), "{index}: nothing has happened yet");
        end(&mut world, lane);
        world.drain();
        assert!(is_small(&world, lane), "{index}: {:?}", world.outbox.book().lane(lane));
        world.outbox.release(lane);
        assert!(is_small(&world, lane), "{index}: without a handle");
    }
}
