//! Whose a job is, and what comes of one that nobody ends (R11).

use std::time::Duration;

use super::service::{Fate, Keeping};
use super::world::{World, described};
use crate::outbox::{Job, LaneKey, Next};

/// A conversation with the job of its first event out.
fn with_a_job() -> (World, LaneKey, Job) {
    let mut world = World::new(|builder| builder.delivery_delay(Duration::ZERO));
    let lane = world.lane("a");
    world.track(lane, "a1");
    world.run(Fate::Acknowledged);
    let job = world.take();
    assert_eq!((described(&job).as_str(), job.timeout), ("a1", Duration::from_secs(15)));
    (world, lane, job)
}

#[test]
fn r11_a_job_belongs_to_whoever_took_it_for_its_time_and_five_seconds() {
    let (mut world, lane, _) = with_a_job();
    assert_eq!(world.wait(), Some(Duration::from_secs(20)));
    world.pass(Duration::from_millis(19_999));
    assert!(matches!(world.next(), Next::Wait(Some(_))));
    assert!(world.outbox.in_doubt(lane).is_none());
    world.pass(Duration::from_millis(1));
    assert_eq!(described(&world.take_when_due()), "look at a", "what it planned is in doubt");
    assert!(world.outbox.in_doubt(lane).is_some());
}

#[test]
fn r11_a_late_answer_still_acknowledges_what_is_pending() {
    let (mut world, _, job) = with_a_job();
    let outcome = world.service.carry_out(&job, Fate::Acknowledged, world.clock);
    world.outbox.abandoned(world.now(), job.id, true);
    world.outbox.take_wake();
    world.end(&job, Fate::Acknowledged, outcome);
    assert!(world.outbox.take_wake(), "a caller may wait for it");
    assert_eq!((world.outbox.stats().0.pending, world.wait()), (0, None));
}

#[test]
fn r11_a_late_answer_is_ignored_otherwise() {
    for fate in [Fate::Refused, Fate::KeyRefused, Fate::NotActedOn, Fate::Failed(Keeping::Never)] {
        let (mut world, _, job) = with_a_job();
        let outcome = world.service.carry_out(&job, fate, world.clock);
        world.outbox.abandoned(world.now(), job.id, true);
        world.end(&job, fate, outcome);
        assert_eq!(world.drain(), ["look at a", "look at a", "a1"], "{fate:?}");
        assert_eq!((world.rows("a"), world.letters().len()), (vec!["a1"], 0), "{fate:?}");
    }
}

#[test]
fn r11_a_late_answer_while_somebody_looks_is_ignored_and_the_look_finds_it() {
    let (mut world, _, job) = with_a_job();
    let outcome = world.service.carry_out(&job, Fate::Acknowledged, world.clock);
    world.outbox.abandoned(world.now(), job.id, true);
    let look = world.take_when_due();
    world.end(&job, Fate::Acknowledged, outcome);
    assert_eq!(world.outbox.stats().0.pending, 1);
    world.finish(&look, Fate::Acknowledged);
    assert_eq!((world.outbox.stats().0.acknowledged, world.wait()), (1, None));
    assert_eq!(world.rows("a"), ["a1"]);
}

#[test]
fn r11_a_second_answer_to_the_same_job_changes_nothing() {
    let (mut world, _, job) = with_a_job();
    world.finish(&job, Fate::Acknowledged);
    let before = world.outbox.stats();
    world.outbox.answered(world.now(), &job, crate::outbox::JobOutcome::Sent(Vec::new()));
    world.outbox.abandoned(world.now(), job.id, true);
    assert_eq!(world.outbox.stats().0, before.0);
}

#[test]
fn r11_what_never_reached_the_transport_is_not_in_doubt() {
    let (mut world, lane, job) = with_a_job();
    world.finish(&job, Fate::NeverLeft);
    assert!(world.outbox.in_doubt(lane).is_none());
    assert_eq!(world.drain(), ["a1"]);
}

#[test]
fn r11_a_look_is_conclusive_only_after_the_time_of_the_attempt() {
    let (mut world, _, job) = with_a_job();
    world.pass(Duration::from_secs(1));
    world.finish(&job, Fate::Abandoned(Keeping::Late(Duration::from_secs(13))));
    assert_eq!(world.drain(), ["look at a", "look at a"], "it is found at last");
    assert_eq!((world.rows("a"), world.clock), (vec!["a1"], Duration::from_secs(15)));
}

#[test]
fn r17_a_look_after_a_failure_is_conclusive_after_the_read_back_delay() {
    let (mut world, _, job) = with_a_job();
    world.finish(&job, Fate::Failed(Keeping::Late(Duration::from_secs(2))));
    assert_eq!(world.drain(), ["look at a", "look at a"]);
    assert_eq!((world.rows("a"), world.clock), (vec!["a1"], Duration::from_secs(2)));
}

#[test]
fn r17_a_look_after_a_timeout_is_conclusive_after_one_more_attempts_time() {
    let (mut world, _, job) = with_a_job();
    world.pass(Duration::from_secs(15));
    world.finish(&job, Fate::TimedOut(Keeping::Late(Duration::from_secs(14))));
    assert_eq!(world.drain(), ["look at a", "look at a"]);
    assert_eq!((world.rows("a"), world.clock), (vec!["a1"], Duration::from_secs(30)));
}

#[test]
fn r12_a_registration_after_a_bare_creation_is_counted() {
    let (mut world, lane, job) = with_a_job();
    world.finish(&job, Fate::Acknowledged);
    assert!(!world.outbox.register(lane, agentsight_model::NewConversation::new("a"), world.now()).expect("room"));
    assert!(world.register(lane, "a", "too late") && world.register(lane, "a", "again"));
    let (stats, _) = world.outbox.stats();
    assert_eq!((stats.late_registrations, stats.pending, world.wait()), (2, 0, None));
}
