//! Whose turn it is, and where token counters go (R8, R25).

use std::time::Duration;

use super::service::Fate;
use super::world::{World, described};
use crate::outbox::{LaneKey, Next};

/// One loop for everything, as a worker runs it.
fn worked(events: &[(&str, usize)]) -> World {
    let mut world = World::new(|builder| builder.concurrency(1));
    world.outbox.set_worker(true);
    for (id, count) in events {
        let lane = world.lane(id);
        world.register(lane, id, "n");
        (1..*count).for_each(|place| world.track(lane, &format!("{id} {place}")));
    }
    world
}

#[test]
fn r25_a_conversation_sends_a_hundred_items_and_then_it_is_the_next_ones_turn() {
    let mut world = worked(&[("a", 250), ("b", 150)]);
    let jobs = world.drain();
    let owners: Vec<bool> = jobs.iter().map(|job| job.starts_with("a ") || job == "record of a").collect();
    let turns: Vec<(bool, usize)> =
        owners.chunk_by(|one, other| one == other).map(|turn| (turn[0], turn.len())).collect();
    assert_eq!(turns, [(true, 100), (false, 100), (true, 100), (false, 50), (true, 50)]);
}

#[test]
fn r25_a_conversation_is_due_so_long_after_its_first_event() {
    for (milliseconds, is_at_once) in [(0, true), (500, false)] {
        let mut world = World::new(|builder| builder.delivery_delay(Duration::from_millis(milliseconds)));
        let lane = world.lane("a");
        world.track(lane, "a1");
        assert_eq!(matches!(world.next(), Next::Send { .. }), is_at_once);
        if !is_at_once {
            world.pass(Duration::from_millis(300));
            world.track(lane, "a2");
            assert_eq!(world.wait(), Some(Duration::from_millis(200)), "the second one does not put it off");
        }
    }
}

#[test]
fn r10_so_many_jobs_are_out_and_one_of_a_conversation() {
    let mut world = World::new(|builder| builder.concurrency(2).delivery_delay(Duration::ZERO));
    for id in ["a", "b", "c"] {
        let lane = world.lane(id);
        world.track(lane, id);
        world.track(lane, id);
    }
    let first = world.take();
    let second = world.take();
    assert_eq!((described(&first), described(&second)), ("record of a".to_owned(), "record of b".to_owned()));
    assert!(matches!(world.next(), Next::Wait(Some(_))));
    world.outbox.take_wake();
    world.finish(&first, Fate::Acknowledged);
    assert!(world.outbox.take_wake(), "somebody was told to wait for a place");
}

/// A conversation whose record is acknowledged, and somebody who sends it.
fn sent(count: u64, apart: Duration) -> (World, LaneKey) {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.track(lane, "first");
    world.drain();
    for place in 0..count {
        world.pass(apart);
        world.track(lane, &format!("a{place}"));
    }
    world.add_tokens(lane, 3);
    world.outbox.ticket(lane, world.now());
    (world, lane)
}

#[test]
fn r8_counters_are_folded_just_before_the_last_event() {
    let (mut world, _) = sent(3, Duration::from_secs(1));
    assert_eq!(world.drain(), ["a0", "a1", "token_usage 3", "a2"]);
    let stamps: Vec<i64> = world.service.rows("a").iter().map(|row| row.stamp).collect();
    assert!(stamps.is_sorted());
    assert_eq!(stamps[4] - stamps[3], 1, "the microsecond before it");
    let (stats, _) = world.outbox.stats();
    assert_eq!((stats.tracked, stats.acknowledged), (5, 5), "a fold is tracked");
}

#[test]
fn r8_counters_are_folded_before_the_last_event_also_where_a_new_turn_begins_with_it() {
    let mut world = World::new(|builder| builder.concurrency(1));
    world.outbox.set_worker(true);
    let lane = world.lane("a");
    for place in 1..=101 {
        world.pass(Duration::from_millis(1));
        world.track(lane, &format!("a{place}"));
    }
    world.add_tokens(lane, 3);
    let jobs = world.drain();
    assert_eq!(jobs[100..], ["a100", "token_usage 3", "a101"], "a turn is a hundred events");
}

#[test]
fn r8_counters_come_last_where_nothing_came_before_the_last_event() {
    let (mut world, _) = sent(1, Duration::from_secs(1));
    assert_eq!(world.drain(), ["a0", "token_usage 3"]);
    let (mut world, _) = sent(0, Duration::ZERO);
    assert_eq!(world.drain(), ["token_usage 3"], "or where there is none");
}

#[test]
fn r8_counters_come_last_where_no_microsecond_is_free_before_the_last_event() {
    let (mut world, _) = sent(2, Duration::ZERO);
    assert_eq!(world.drain(), ["a0", "a1", "token_usage 3"]);
}

#[test]
fn r8_counters_that_come_while_the_last_event_is_out_follow_it() {
    let (mut world, lane) = sent(2, Duration::from_secs(1));
    assert_eq!([world.run(Fate::Acknowledged), world.run(Fate::Acknowledged)], ["a0", "token_usage 3"]);
    let last = world.take();
    assert_eq!(described(&last), "a1");
    world.add_tokens(lane, 4);
    world.finish(&last, Fate::Acknowledged);
    assert_eq!(world.drain(), ["token_usage 4"]);
}

#[test]
fn r8_counters_are_not_folded_while_more_than_one_event_is_left() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    for content in ["a1", "a2", "a3"] {
        world.pass(Duration::from_secs(1));
        world.track(lane, content);
    }
    world.add_tokens(lane, 3);
    world.outbox.begin_flush(world.now());
    let sent: Vec<String> = (0..2).map(|_| world.run(Fate::Acknowledged)).collect();
    assert_eq!(sent, ["record of a", "a1"]);
    let second = world.take_when_due();
    world.pass(Duration::from_secs(1));
    world.track(lane, "a4");
    world.finish(&second, Fate::Acknowledged);
    assert_eq!(described(&second), "a2");
    assert_eq!(world.drain(), ["a3", "token_usage 3", "a4"]);
}

#[test]
fn r8_a_caller_does_not_wait_for_what_comes_after_its_counters() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.track(lane, "first");
    world.drain();
    for content in ["a1", "a2"] {
        world.pass(Duration::from_secs(1));
        world.track(lane, content);
    }
    world.add_tokens(lane, 3);
    let ticket = world.outbox.ticket(lane, world.now());
    world.pass(Duration::from_secs(1));
    world.track(lane, "later");
    let sent: Vec<String> = (0..3).map(|_| world.run(Fate::Acknowledged)).collect();
    assert_eq!(sent, ["a1", "a2", "token_usage 3"]);
    assert!(world.outbox.is_over(ticket) && world.outbox.has_work(lane));
}

#[test]
fn r8_a_caller_does_not_wait_for_counters_that_came_after_it() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    for content in ["a1", "a2"] {
        world.pass(Duration::from_secs(1));
        world.track(lane, content);
    }
    let ticket = world.outbox.ticket(lane, world.now());
    world.add_tokens(lane, 3);
    let sent: Vec<String> = (0..3).map(|_| world.run(Fate::Acknowledged)).collect();
    assert_eq!(sent, ["record of a", "a1", "token_usage 3"]);
    let last = world.take_when_due();
    world.track(lane, "later");
    world.finish(&last, Fate::Acknowledged);
    assert!(world.outbox.is_over(ticket) && world.outbox.has_work(lane));
}

#[test]
fn r8_a_caller_waits_for_the_counters_that_were_there() {
    let (mut world, lane) = sent(2, Duration::from_secs(1));
    world.pass(Duration::from_secs(1));
    world.track(lane, "later");
    let ticket = world.outbox.ticket(lane, world.now());
    let sent: Vec<String> = (0..4).map(|_| world.run(Fate::Acknowledged)).collect();
    assert!(sent.contains(&"token_usage 3".to_owned()), "{sent:?}");
    assert!(world.outbox.is_over(ticket));
}
