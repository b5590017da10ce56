//! R11: a delivery may be dropped, or panic, anywhere: nothing is lost and nothing is repeated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use agentsight_core::transport::Attempt;
use agentsight_core::{ConversationLane, Machine, NewConversation, Step};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, healthy, nth};
use crate::story::{Shown, one_of_everything, shown, some_tokens, token_action, track_all, transcript};
use crate::world::World;

/// A conversation with a record, one event of every kind and token counters.
fn full_conversation(world: &World) -> ConversationLane {
    let lane = world.core.new_tracker().get_or_create_conversation(NewConversation::new("c").name("n")).unwrap();
    track_all(&lane, &one_of_everything());
    lane.track_token_usage(some_tokens());
    lane
}

fn expected() -> Vec<Shown> {
    let mut expected = shown(&one_of_everything());
    expected.insert(expected.len() - 1, token_action());
    expected
}

/// Sends until nothing is pending, and checks that the service shows everything exactly once, in order.
fn finish_and_check(world: &World, lane: &ConversationLane, what: &str) {
    assert!(world.released() > 0, "{what}: the lane is free again");
    for _ in 0..3 {
        let _ = world.send(lane).unwrap();
        if !lane.has_pending() {
            break;
        }
    }
    assert!(!lane.has_pending(), "{what}");
    world.advance(Duration::from_secs(600));
    assert_eq!(transcript(&world.api, "c"), expected(), "{what}");
    assert!(world.core.dead_letters().is_empty(), "{what}");
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
fn r11_dropping_a_delivery_releases_the_lane() {
    let world = World::new();
    let lane = full_conversation(&world);
    let delivery = world.delivery(&lane);
    assert!(world.core.begin_delivery(&lane, agentsight_core::StopSignal::new()).is_none(), "one at a time (R10)");
    drop(delivery);
    assert_eq!(world.released(), 1);
    assert!(world.core.begin_delivery(&lane, agentsight_core::StopSignal::new()).is_some());
}
