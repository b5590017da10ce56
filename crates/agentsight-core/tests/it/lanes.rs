//! R6, R10, R12: one request after another, in order, under the number that the service gave.

use std::time::Duration;

use agentsight_core::{HumanMessage, Machine, NewConversation, Next, Scope, Step};
use chrono::TimeDelta;
use serde_json::json;

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first, healthy};
use crate::story::{one_of_everything, texts, track_all};
use crate::world::{Sent, World};

const UPSERT: &str = "POST /api/conversations/";
const TRACK: &str = "POST /api/track/";

#[test]
fn r10_the_next_request_comes_only_after_the_answer_to_the_one_before() {
    let world = World::new();
    let lane = world.lane("c");
    track_all(&lane, &one_of_everything());
    let mut delivery = world.delivery(&lane);
    let mut waited_for_an_answer = 0;
    loop {
        match delivery.poll(world.core.now()) {
            Step::Done(result) => break assert_eq!(result.unwrap().remaining, 0),
            Step::Wait(time) => panic!("nothing to wait for: {time:?}"),
            Step::Send(attempt) => {
                let before = world.sent().len();
                let response = world.carry_out(attempt, |_| Fault::None).unwrap();
                delivery.handle_response(world.core.now(), response);
                assert_eq!(world.sent().len(), before + 1);
                waited_for_an_answer += 1;
            }
        }
    }
    assert_eq!(waited_for_an_answer, world.sent().len());
    let sent = world.sent();
    let stamps: Vec<&str> = sent.iter().filter_map(|sent| sent.json["timestamp"].as_str()).collect();
    assert!(stamps.len() > 8 && stamps.is_sorted(), "in order of time: {stamps:?}");
}

#[test]
fn r10_at_most_one_job_of_a_conversation_is_out() {
    let world = World::new();
    let (one, other) = (world.lane("one"), world.lane("other"));
    for lane in [&one, &one, &other] {
        lane.track_human_message("hello").unwrap();
    }
    let mut jobs = Vec::new();
    let (first, second, third) = (world.core.ticket(&one), world.core.ticket(&one), world.core.ticket(&other));
    for (ticket, is_free) in [(&first, true), (&first, false), (&second, false), (&third, true)] {
        let next = world.core.next(Scope::Ticket(ticket));
        assert_eq!(matches!(next, Next::Send { .. }), is_free);
        jobs.push(next);
    }
    drop(jobs);
    assert!(matches!(world.core.next(Scope::Ticket(&second)), Next::Send { .. }), "it is free again");
}

#[test]
fn r10_a_send_ends_although_more_is_tracked_all_the_while() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("0").unwrap();
    lane.track_human_message("1").unwrap();
    let report = world
        .send_with(&lane, |index: usize, _: &Sent| {
            lane.track_human_message(format!("later {index}")).unwrap();
            Fault::None
        })
        .unwrap();
    assert_eq!((report.acknowledged(), report.remaining), (2, 3));
    assert_eq!(texts(&world.api, "c"), ["0", "1"]);
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 3);
}

#[test]
fn r12_every_item_carries_the_number_and_the_text_id() {
    let world = World::new();
    let lane = world.core.recorder().new_tracker().get_or_create_conversation(NewConversation::new("c")).unwrap();
    for _ in 0..2 {
        track_all(&lane, &one_of_everything());
        let _ = world.send(&lane).unwrap();
    }
    let sent = world.sent();
    assert_eq!(sent.iter().filter(|sent| sent.route == UPSERT).count(), 1, "the number is remembered");
    let items: Vec<_> = sent.iter().filter(|sent| sent.route != UPSERT && sent.json.is_object()).collect();
    assert_eq!(items.len(), 16, "all but the two forms, which have no text id (wire: 1.12)");
    for item in items {
        // Files of a message write the number as text, as the vendor's client does (wire: 1.12).
        let number = if item.json["message"].is_null() { json!(1) } else { json!("1") };
        let ids = (&item.json["conversation"], &item.json["conversation_id"]);
        assert_eq!(ids, (&number, &json!("c")), "{}", item.route);
    }
}

#[test]
fn r12_an_unknown_number_is_forgotten_and_the_item_tried_once_more() {
    for refusal in [Fault::status(404), Fault::body(400, r#"{"conversation": ["Invalid pk."]}"#)] {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_human_message("one").unwrap();
        let _ = world.send(&lane).unwrap();
        world.forget_sent();
        lane.track_human_message("two").unwrap();
        let report = world.send_with(&lane, first(TRACK, [refusal])).unwrap();
        assert_eq!(report.acknowledged(), 1);
        assert_eq!(world.routes(), [TRACK, UPSERT, TRACK]);
        assert_eq!(texts(&world.api, "c"), ["one", "two"]);
    }
}

#[test]
fn r12_an_item_whose_number_is_unknown_twice_is_rejected_and_the_next_has_its_own_try() {
    let world = World::new();
    let lane = world.lane("c");
    for text in ["one", "two", "three"] {
        lane.track_human_message(text).unwrap();
    }
    let not_found = || Fault::status(404);
    let report = world
        .send_with(&lane, first(TRACK, [not_found(), not_found(), not_found(), Fault::None, Fault::None]))
        .unwrap();
    assert_eq!((report.acknowledged(), report.rejected()), (2, 1));
    assert_eq!(world.routes(), [UPSERT, TRACK, UPSERT, TRACK, TRACK, UPSERT, TRACK, TRACK]);
    assert_eq!(texts(&world.api, "c"), ["two", "three"]);
}

#[test]
fn r12_a_400_about_something_else_forgets_nothing() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("one").unwrap();
    let refused = Fault::body(400, r#"{"content": ["conversation is not welcome"]}"#);
    let report = world.send_with(&lane, always(TRACK, refused)).unwrap();
    assert_eq!(report.rejected(), 1);
    assert_eq!(world.routes(), [UPSERT, TRACK]);
}

#[test]
fn r6_what_is_pending_goes_in_order_of_time_and_never_overtakes_the_item_in_flight() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("now").unwrap();
    let mut delivery = world.delivery(&lane);
    // The record, then the message: its answer never comes.
    world.drive_n(&mut delivery, 5, healthy());
    assert_eq!(world.count(TRACK), 1);
    drop(delivery);
    let earlier = world.clock.utc() - TimeDelta::hours(1);
    lane.track_human_message(HumanMessage::new("an hour ago").at(earlier)).unwrap();
    lane.track_human_message(HumanMessage::new("also an hour ago").at(earlier)).unwrap();
    let _ = world.send(&lane).unwrap();
    let tracked = world.sent().into_iter().filter(|sent| sent.route == TRACK);
    let order: Vec<_> = tracked.map(|sent| sent.json["content"].as_str().unwrap().to_owned()).collect();
    assert_eq!(order, ["now", "an hour ago", "also an hour ago"]);
    assert_eq!(texts_by_time(&world), ["an hour ago", "also an hour ago", "now"]);
}

fn texts_by_time(world: &World) -> Vec<String> {
    world.api.transcript("c").into_iter().map(|message| message.content).collect()
}

#[test]
fn r6_an_item_that_was_not_touched_lets_an_earlier_one_go_first() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("now").unwrap();
    world.send_with(&lane, always(TRACK, Fault::Refused)).unwrap_err();
    lane.track_human_message(HumanMessage::new("earlier").at(world.clock.utc() - TimeDelta::hours(1))).unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(texts(&world.api, "c"), ["earlier", "now"]);
}

#[test]
fn r6_stamps_increase_when_the_clock_stands_still_or_goes_back() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("one").unwrap();
    lane.track_human_message("two").unwrap();
    world.clock.set_back(TimeDelta::days(1));
    lane.track_human_message("three").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(texts(&world.api, "c"), ["one", "two", "three"]);
    let stamps: Vec<i64> = world.api.transcript("c").iter().map(|row| row.timestamp.timestamp_micros()).collect();
    assert!(stamps.windows(2).all(|pair| pair[1] == pair[0] + 1), "{stamps:?}");
}

#[test]
fn r16_waits_and_deadlines_follow_the_monotonic_clock() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("one").unwrap();
    let faults = |index: usize, sent: &Sent| {
        if sent.route == TRACK && index < 3 {
            world.clock.set_back(TimeDelta::days(1));
            return Fault::Timeout(Kept::No);
        }
        Fault::None
    };
    assert_eq!(world.send_with(&lane, faults).unwrap().acknowledged(), 1);
    assert!(world.clock.since_start() < Duration::from_secs(3600 + 120));
}
