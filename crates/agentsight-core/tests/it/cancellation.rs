//! R11: a delivery may be dropped, or panic, anywhere: nothing is lost and nothing is repeated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use agentsight_core::transport::Attempt;
use agentsight_core::{ConversationRecorder, Machine, NewConversation, Next, Scope, Step};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, healthy, nth};
use crate::story::{Shown, one_of_everything, shown, some_tokens, token_action, transcript};
use crate::world::World;

/// A conversation with a record, one event of every kind and token counters.
fn full_conversation(world: &World) -> ConversationRecorder {
    let lane =
        world.core.recorder().new_tracker().get_or_create_conversation(NewConversation::new("c").name("n")).unwrap();
    for event in one_of_everything() {
        // Room for the action of the token counters.
        world.clock.advance(Duration::from_millis(1));
        event.track(&lane).unwrap();
    }
    lane.track_token_usage(some_tokens());
    lane
}

/// What the service is to show. The action of the token counters comes before the last event, or behind it if that was
/// the only one that was left for a later send (R8).
fn expected() -> [Vec<Shown>; 2] {
    let events = shown(&one_of_everything());
    let with_action_at = |place: usize| {
        let mut expected = events.clone();
        expected.insert(place, token_action());
        expected
    };
    [with_action_at(events.len() - 1), with_action_at(events.len())]
}

/// Sends until nothing is pending, and checks that the service shows everything exactly once, in order.
fn finish_and_check(world: &World, lane: &ConversationRecorder, what: &str) {
    assert!(world.woken() > 0, "{what}: the lane is free again");
    for _ in 0..3 {
        let _ = world.send(lane).unwrap();
        if !lane.has_pending() {
            break;
        }
    }
    assert!(!lane.has_pending(), "{what}");
    world.advance(Duration::from_secs(600));
    let transcript = transcript(&world.api, "c");
    assert!(expected().contains(&transcript), "{what}: {transcript:?}");
    assert!(world.core.recorder().dead_letters().is_empty(), "{what}");
}

#[test]
fn r11_a_send_that_is_dropped_after_any_step_neither_loses_nor_repeats_anything() {
    let mut done = false;
    for steps in 0.. {
        let world = World::new();
        let lane = full_conversation(&world);
        let mut delivery = world.delivery(&lane);
        done = world.drive_n(&mut delivery, steps, healthy()).is_some();
        drop(delivery);
        finish_and_check(&world, &lane, &format!("dropped after {steps} steps"));
        if done {
            assert!(steps > 30, "{steps}");
            break;
        }
    }
    assert!(done);
}

#[test]
fn r11_a_request_that_arrives_after_its_send_was_dropped_is_not_repeated() {
    for dropped in 1.. {
        let world = World::new();
        let lane = full_conversation(&world);
        let mut delivery = world.delivery(&lane);
        let Some(attempt) = hand_out_nth(&world, &mut delivery, dropped) else {
            assert!(dropped > 10);
            break;
        };
        drop(delivery);
        world.act_late(attempt);
        finish_and_check(&world, &lane, &format!("request {dropped} arrives late"));
    }
}

/// Drives until the nth request is handed out; `None` if there are fewer.
fn hand_out_nth<M: Machine>(world: &World, machine: &mut M, nth: usize) -> Option<Attempt> {
    let mut handed_out = 0;
    loop {
        match machine.poll(world.core.now()) {
            Step::Done(_) => return None,
            Step::Wait(duration) => world.advance(duration),
            Step::Send(attempt) => {
                handed_out += 1;
                if handed_out == nth {
                    return Some(attempt);
                }
                let response = world.carry_out(attempt, |_| Fault::None).unwrap();
                machine.handle_response(world.core.now(), response);
            }
        }
    }
}

#[test]
fn r11_a_transport_that_panics_at_any_request_neither_loses_nor_repeats_anything() {
    for kept in [Kept::No, Kept::Yes, Kept::Late] {
        for request in 0.. {
            let world = World::new();
            let lane = full_conversation(&world);
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _ = world.send_with(&lane, nth(request, Fault::Panic(kept)));
            }));
            finish_and_check(&world, &lane, &format!("a panic at request {request}, kept: {kept:?}"));
            if panicked.is_ok() {
                assert!(request > 10);
                break;
            }
        }
    }
}

#[test]
fn r11_dropping_a_send_frees_the_conversation_and_wakes_whoever_waits_for_it() {
    let world = World::new();
    let lane = full_conversation(&world);
    let mut delivery = world.delivery(&lane);
    assert!(matches!(delivery.poll(world.core.now()), Step::Send(_)));
    let waiting = world.core.ticket(&lane);
    assert!(matches!(world.core.next(Scope::Ticket(&waiting)), Next::Wait(_)), "one at a time (R10)");
    let woken = world.woken();
    drop(delivery);
    assert!(world.woken() > woken);
    assert!(matches!(world.core.next(Scope::Ticket(&waiting)), Next::Send { .. }));
}
