//! R15: one item that the service always fails on keeps nothing else from being delivered, and is set aside in the end.

use std::time::Duration;

use agentsight_core::{ConversationRecorder, DeadLetterReason};

use crate::drive::Drive;
use crate::fault::Fault;
use crate::story::texts;
use crate::worker::Loops;
use crate::world::{Sent, World};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Every attempt on the message `bad` meets the fault.
fn on_the_bad_one(fault: Fault) -> impl FnMut(usize, &Sent) -> Fault + Clone {
    move |_, sent| if sent.json["content"] == "bad" { fault.clone() } else { Fault::None }
}

/// 122 messages in 61 conversations, the first of which is bad.
fn many(world: &World) {
    for number in 0..61 {
        let lane = world.lane(&format!("c{number}"));
        lane.track_human_message(if number == 0 { "bad" } else { "first" }).unwrap();
        lane.track_human_message("second").unwrap();
    }
}

fn alone(world: &World) -> ConversationRecorder {
    let lane = world.lane("c");
    lane.track_human_message("before").unwrap();
    let _ = world.send(&lane).unwrap();
    lane.track_human_message("bad").unwrap();
    lane.track_human_message("after").unwrap();
    lane
}

#[track_caller]
fn is_set_aside(world: &World) {
    let letters = world.core.recorder().dead_letters();
    let shown: Vec<_> = letters.iter().map(|letter| (letter.reason, letter.preview.as_str())).collect();
    assert_eq!(shown, [(DeadLetterReason::Poison, "bad")]);
    assert!(world.core.recorder().pending().is_empty());
}

/// What a service or something in front of it answers to one message for ever.
fn endless() -> [Fault; 5] {
    [302, 403, 500, 502, 426].map(Fault::status)
}

#[test]
fn r15_ten_send_all_with_one_job_at_a_time_deliver_everything_else() {
    for fault in endless() {
        for concurrency in [1, 16] {
            let what = format!("{fault:?}, {concurrency}");
            let world = World::with_config(|config| config.concurrency(concurrency));
            many(&world);
            let delivered = world.send_all(on_the_bad_one(fault.clone())).summary().questions;
            assert_eq!(delivered, 120, "{what}: whatever is not behind it is delivered at once");
            let more = world.lane("c5");
            for round in 1..10 {
                more.track_human_message(format!("more {round}")).unwrap();
                let _ = world.send_all(on_the_bad_one(fault.clone()));
                assert!(!more.has_pending(), "{what}: round {round}");
            }
            is_set_aside(&world);
            assert_eq!(texts(&world.api, "c0"), ["second"], "{what}");
        }
    }
}

#[test]
fn r15_a_message_that_is_refused_as_its_conversation_would_be_is_set_aside_without_other_traffic() {
    for fault in [302, 403, 426].map(Fault::status) {
        let world = World::with_config(|config| config.concurrency(1));
        many(&world);
        let mut delivered = 0;
        for _ in 0..10 {
            delivered += world.send_all(on_the_bad_one(fault.clone())).summary().questions;
        }
        assert_eq!(delivered, 121, "{fault:?}");
        is_set_aside(&world);
    }
}

#[test]
fn r15_a_worker_with_one_job_at_a_time_delivers_everything_else() {
    for fault in endless() {
        let world = World::with_config(|config| config.concurrency(1));
        many(&world);
        let mut worker = Loops::worker(&world, 1, on_the_bad_one(fault.clone()));
        worker.run(3 * SECOND);
        assert_eq!(world.core.recorder().pending().total(), 2, "{fault:?}: itself and what is behind it");
        for _ in 0..10 {
            world.lane("c5").track_human_message("more").unwrap();
            worker.run(MINUTE);
        }
        is_set_aside(&world);
    }
}

#[test]
fn r15_alone_in_its_send_it_is_set_aside_once_the_conversation_could_be_read_for_ten_minutes() {
    for fault in [500, 502].map(Fault::status) {
        for concurrency in [1, 16] {
            let world = World::with_config(|config| config.concurrency(concurrency));
            let lane = alone(&world);
            let start = world.clock.since_start();
            while lane.has_pending() {
                let passed = world.clock.since_start() - start;
                assert!(passed < 30 * MINUTE, "{fault:?}, {concurrency}");
                let _ = world.send_with(&lane, on_the_bad_one(fault.clone()));
                world.advance(MINUTE);
            }
            let passed = world.clock.since_start() - start;
            assert!(passed >= 10 * MINUTE, "{passed:?}");
            is_set_aside(&world);
            assert_eq!(texts(&world.api, "c"), ["before", "after"]);
        }
    }
}

#[test]
fn r15_alone_under_a_worker_it_is_set_aside_in_the_end() {
    for fault in endless() {
        let world = World::with_config(|config| config.concurrency(1));
        let _lane = alone(&world);
        let mut worker = Loops::worker(&world, 1, on_the_bad_one(fault.clone()));
        worker.run(9 * MINUTE);
        assert!(world.core.recorder().dead_letters().is_empty(), "{fault:?}: it may be an outage");
        worker.run(60 * MINUTE);
        is_set_aside(&world);
        assert_eq!(texts(&world.api, "c"), ["before", "after"], "{fault:?}");
    }
}

#[test]
fn r15_an_outage_of_hours_sets_nothing_aside() {
    for fault in [Fault::status(500), Fault::status(403), Fault::status(302), Fault::Refused, Fault::status(503)] {
        let world = World::with_config(|config| config.concurrency(1));
        let _lane = alone(&world);
        world.lane("other").track_human_message("hello").unwrap();
        let mut worker = Loops::worker(&world, 1, |_, _: &Sent| fault.clone());
        worker.run(180 * MINUTE);
        assert!(world.core.recorder().dead_letters().is_empty(), "{fault:?}");
        worker.set_faults(crate::fault::healthy());
        worker.run(2 * MINUTE);
        assert!(world.core.recorder().pending().is_empty(), "{fault:?}");
        assert_eq!(texts(&world.api, "c"), ["before", "bad", "after"], "{fault:?}");
    }
}
