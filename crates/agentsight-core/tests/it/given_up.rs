//! R11: what becomes of a job that its owner gave up, or keeps for too long.

use std::time::Duration;

use agentsight_core::transport::Attempt;
use agentsight_core::{ConversationRecorder, Job, Next, Scope};

use crate::fault::{Fault, Kept, healthy};
use crate::story::texts;
use crate::worker::Loops;
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// A conversation that the service knows, with one message pending.
fn one_message(world: &World) -> ConversationRecorder {
    let lane = world.lane("c");
    lane.track_human_message("before").unwrap();
    let _ = world.send(&lane).unwrap();
    lane.track_human_message("hello").unwrap();
    lane
}

/// The job of a send that is under way; the send itself is gone.
fn under_way(world: &World, lane: &ConversationRecorder) -> (Job, Attempt) {
    let ticket = world.core.ticket(lane);
    let Next::Send { mut job, .. } = world.core.next(Scope::Ticket(&ticket)) else {
        panic!("it has something to send")
    };
    let attempt = job.attempt().unwrap();
    (job, attempt)
}

#[test]
fn r11_a_send_that_was_aborted_costs_the_next_one_no_more_than_its_own_attempts_time() {
    let attempt_timeout = World::new().core.config().timeouts().attempt;
    // What the service made of the request, when the send was aborted, and what the next one waits at most.
    for (kept, aborted_after, most) in [
        (Kept::Yes, 0, 0),
        (Kept::Yes, 10, 0),
        (Kept::After(SECOND), 0, 15),
        (Kept::No, 0, 15),
        (Kept::No, 10, 5),
        (Kept::No, 14, 2),
    ] {
        let world = World::new();
        let lane = one_message(&world);
        let (job, attempt) = under_way(&world, &lane);
        let begun = world.begin(attempt, |_| Fault::Reset(kept));
        drop(begun);
        world.advance(aborted_after * SECOND);
        drop(job);
        let start = world.clock.since_start();
        assert_eq!(world.send(&lane).unwrap().acknowledged(), 1, "{kept:?}");
        let took = world.clock.since_start() - start;
        assert!(took <= most * SECOND && most * SECOND <= attempt_timeout, "{kept:?}, {aborted_after}: {took:?}");
        assert_eq!(texts(&world.api, "c"), ["before", "hello"], "{kept:?}");
    }
}

#[test]
fn r11_a_send_that_was_aborted_before_its_request_was_written_costs_nothing() {
    let world = World::new();
    let lane = one_message(&world);
    let ticket = world.core.ticket(&lane);
    let Next::Send { job, .. } = world.core.next(Scope::Ticket(&ticket)) else { panic!("it has something to send") };
    drop((job, ticket));
    world.forget_sent();
    let start = world.clock.since_start();
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!((world.routes().len(), world.clock.since_start()), (1, start), "no look");
}

#[test]
fn r11_a_job_that_is_kept_too_long_belongs_to_nobody_and_others_go_on() {
    for kept in [Kept::Yes, Kept::No] {
        let world = World::with_config(|config| config.concurrency(1));
        let lane = one_message(&world);
        let (job, attempt) = under_way(&world, &lane);
        let begun = world.begin(attempt, |_| Fault::Reset(kept));
        let start = world.clock.since_start();
        let mut worker = Loops::worker(&world, 1, healthy());
        let took = worker.run_until(|| !lane.has_pending());
        assert!((20 * SECOND..=22 * SECOND).contains(&took), "the attempt's time and five seconds: {took:?}");
        assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
        assert!(world.clock.since_start() > start);
        // Its owner comes back: nothing is pending any more, so that its word is ignored.
        let tracked = world.core.recorder().stats();
        job.finish(begun.result);
        assert_eq!(world.core.recorder().stats(), tracked);
        worker.run(60 * SECOND);
        assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
    }
}

#[test]
fn r11_a_late_answer_acknowledges_what_is_still_pending() {
    let world = World::new();
    let lane = one_message(&world);
    let (job, attempt) = under_way(&world, &lane);
    let begun = world.begin(attempt, |_| Fault::None);
    world.advance(30 * SECOND);
    assert!(matches!(world.core.next(Scope::Everything), Next::Wait(_)), "from here on it belongs to nobody");
    job.finish(begun.result);
    world.forget_sent();
    let mut worker = Loops::worker(&world, 1, healthy());
    worker.run(60 * SECOND);
    assert!(!lane.has_pending());
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}
