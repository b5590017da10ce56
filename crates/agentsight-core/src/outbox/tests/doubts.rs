//! How long what is in doubt waits, and when a caller hears of it (R16, R17).

use std::time::Duration;

use super::service::{Fate, Keeping};
use super::world::{World, described};
use crate::config::{AmbiguousCreate, ConfigBuilder};
use crate::error::{Error, ErrorKind};
use crate::outbox::{Health, Job, JobOutcome, LaneKey, Next, Scope, TicketId};
use crate::wire::{Failure, Meaning, PartOutcome};

const LOST: Fate = Fate::Failed(Keeping::Never);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A conversation with one event, and a caller who sends it; the job of the event is out.
fn with_a_job(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> (World, LaneKey, TicketId, Job) {
    let mut world = World::new(|builder| configure(builder.delivery_delay(Duration::ZERO)));
    let lane = world.lane("a");
    world.track(lane, "a1");
    world.run(Fate::Acknowledged);
    let ticket = world.outbox.ticket(lane, world.now());
    let job = world.take_when_due();
    (world, lane, ticket, job)
}

/// The answer of this status, which may have come after the service acted on the request.
fn doubtful(status: u16, retry_after: Option<u64>) -> Failure {
    let status = http::StatusCode::from_u16(status).expect("a status");
    let error = Error::from_answer(status, b"", retry_after.map(seconds));
    Failure { error, meaning: Meaning::MaybeActedOn { is_busy: false } }
}

fn fail(world: &mut World, job: &Job, failure: Failure) {
    world.outbox.answered(world.now(), job, JobOutcome::Sent(vec![PartOutcome::Failed(failure)]));
}

fn fail_look(world: &mut World, job: &Job, failure: Failure) {
    world.outbox.answered(world.now(), job, JobOutcome::Looked(Err(failure)));
}

#[test]
fn r16_a_look_waits_as_long_as_the_service_asks_and_the_caller_no_longer_than_a_call() {
    for (asked, is_over) in [(1, false), (60, false), (61, true)] {
        let (mut world, _, ticket, job) = with_a_job(|builder| builder);
        fail(&mut world, &job, doubtful(500, Some(asked)));
        assert_eq!(world.outbox.is_over(ticket), is_over, "{asked}");
        let failed = world.clock;
        assert_eq!(described(&world.take_when_due()), "look at a");
        assert!(world.clock - failed >= seconds(asked), "{asked}");
    }
}

#[test]
fn r16_only_429_and_503_with_retry_after_make_the_whole_service_rest() {
    for (status, asked, rests) in
        [(500, Some(30), false), (502, Some(30), false), (503, Some(30), true), (503, None, false), (429, None, true)]
    {
        let (mut world, _, _, job) = with_a_job(|builder| builder);
        let failure = Failure { meaning: Meaning::NotActedOn, ..doubtful(status, asked) };
        fail(&mut world, &job, failure);
        let is_resting = matches!(world.outbox.health(world.now()), Health::Resting { .. });
        assert_eq!(is_resting, rests, "{status} {asked:?}");
    }
}

#[test]
fn r17_a_caller_hears_of_it_when_so_many_looks_in_a_row_have_failed() {
    for most in [1, 2, 4] {
        let (mut world, lane, ticket, job) = with_a_job(|builder| builder.max_attempts(most));
        world.finish(&job, LOST);
        let mut looks = 0;
        while !world.outbox.is_over(ticket) {
            let job = world.take_when_due();
            assert_eq!(described(&job), "look at a");
            fail_look(&mut world, &job, doubtful(500, None));
            looks += 1;
        }
        assert_eq!(looks, most);
        let outcome = world.outbox.close(ticket).expect("a ticket").outcomes.remove(0);
        assert_eq!((outcome.in_doubt.is_some(), outcome.remaining), (true, 1));
        assert!(world.outbox.in_doubt(lane).is_some(), "it is not sent again");
        let jobs = world.drain();
        let (last, looks) = jobs.split_last().expect("jobs");
        assert!(last == "a1" && looks.iter().all(|job| job == "look at a"), "until it can be looked for: {jobs:?}");
    }
}

#[test]
fn r17_a_look_that_fails_for_good_is_not_repeated_within_the_call() {
    for (fate, kind) in [(Fate::Hopeless, ErrorKind::Server), (Fate::KeyRefused, ErrorKind::Unauthorized)] {
        let (mut world, _, ticket, job) = with_a_job(|builder| builder);
        world.finish(&job, LOST);
        assert_eq!(world.run(fate), "look at a");
        assert!(world.outbox.is_over(ticket), "{fate:?}");
        let outcome = world.outbox.close(ticket).expect("a ticket").outcomes.remove(0);
        assert_eq!(outcome.error.map(|error| error.kind()), Some(kind), "what was lost, or what the caller can mend");
    }
}

#[test]
fn r16_a_look_that_is_told_to_come_much_later_ends_the_call() {
    for (asked, is_over) in [(59, false), (60, false), (61, true)] {
        let (mut world, _, ticket, job) = with_a_job(|builder| builder);
        world.finish(&job, LOST);
        let look = world.take_when_due();
        fail_look(&mut world, &look, doubtful(500, Some(asked)));
        assert_eq!(world.outbox.is_over(ticket), is_over, "{asked}");
    }
}

#[test]
fn r16_a_refused_look_stops_everything_unless_the_key_has_changed_meanwhile() {
    for is_changed in [false, true] {
        let (mut world, _, _, job) = with_a_job(|builder| builder);
        world.finish(&job, LOST);
        let look = world.take_when_due();
        if is_changed {
            let key = crate::config::ApiKey::new("ags_2a2b3c4d5e6f7890abcdef1234567890_a1b2c3").expect("a key");
            world.outbox.set_api_key(key);
        }
        world.finish(&look, Fate::KeyRefused);
        let is_refused = matches!(world.outbox.health(world.now()), Health::Refused { .. });
        assert_eq!(is_refused, !is_changed);
    }
}

#[test]
fn r17_a_caller_hears_at_once_of_what_an_earlier_process_left_in_doubt_and_is_held() {
    let hold = |builder: ConfigBuilder| builder.ambiguous_create(AmbiguousCreate::Hold);
    let (mut world, lane, _, _) = with_a_job(hold);
    world.restart();
    let ticket = world.outbox.ticket(lane, world.now());
    assert!(matches!(world.outbox.next(world.now(), Scope::Ticket(ticket)), Next::Idle));
    assert!(world.outbox.in_doubt(lane).is_some());
}

#[test]
fn r27_a_flush_hears_at_once_that_something_is_held() {
    for has_flush in [true, false] {
        let hold = |builder: ConfigBuilder| builder.ambiguous_create(AmbiguousCreate::Hold);
        let (mut world, _, _, _) = with_a_job(hold);
        world.restart();
        let flush = has_flush.then(|| world.outbox.begin_flush(world.now()));
        world.outbox.take_wake();
        assert!(matches!(world.next(), Next::Idle));
        assert_eq!(world.outbox.take_wake(), has_flush, "somebody may sleep until this moment");
        assert!(flush.is_none_or(|flush| world.outbox.is_flushed(flush, world.now())));
    }
}

#[test]
fn r16_an_explicit_call_does_not_come_earlier_than_the_service_asked_and_waits_no_longer_than_a_call() {
    for (asked, is_over) in [(30, false), (60, false), (61, true)] {
        let (mut world, lane, _, job) = with_a_job(|builder| builder.max_attempts(1));
        let failure = Failure { meaning: Meaning::NotActedOn, ..doubtful(500, Some(asked)) };
        fail(&mut world, &job, failure);
        let failed = world.clock;
        let ticket = world.outbox.ticket(lane, world.now());
        assert_eq!(world.outbox.is_over(ticket), is_over, "{asked}");
        world.take_when_due();
        assert!(world.clock - failed >= seconds(asked), "{asked}");
    }
}

#[test]
fn r16_an_explicit_call_waits_for_a_rest_of_the_service_no_longer_than_a_call() {
    for (asked, is_over) in [(60, false), (61, true)] {
        let (mut world, lane, first, job) = with_a_job(|builder| builder.max_attempts(2));
        let other = world.lane("b");
        world.track(other, "b1");
        fail(&mut world, &job, Failure { meaning: Meaning::NotActedOn, ..doubtful(503, Some(asked)) });
        assert!(world.outbox.is_over(first), "the time of this call has begun before");
        for lane in [lane, other] {
            let ticket = world.outbox.ticket(lane, world.now());
            assert_eq!(world.outbox.is_over(ticket), is_over, "{asked}");
        }
    }
}

#[test]
fn r16_a_rest_that_outlasts_the_call_that_is_under_way_ends_it() {
    for (asked, is_over) in [(5, false), (30, true)] {
        let (mut world, _, first, job) = with_a_job(|builder| builder);
        fail(&mut world, &job, Failure { meaning: Meaning::NotActedOn, ..doubtful(500, Some(50)) });
        assert!(!world.outbox.is_over(first), "ten seconds of its time would be left");
        world.pass(seconds(40));
        let other = world.lane("b");
        world.track(other, "b1");
        world.outbox.ticket(other, world.now());
        let job = world.take();
        assert_eq!(described(&job), "record of b");
        fail(&mut world, &job, Failure { meaning: Meaning::NotActedOn, ..doubtful(503, Some(asked)) });
        assert_eq!(world.outbox.is_over(first), is_over, "{asked}");
    }
}

#[test]
fn r27_a_flush_of_a_refused_key_waits_for_the_probe_that_is_due() {
    let (mut world, _, _, job) = with_a_job(|builder| builder);
    world.finish(&job, Fate::KeyRefused);
    let flush = world.outbox.begin_flush(world.now());
    assert!(world.outbox.is_flushed(flush, world.now()), "the next probe is not due");
    world.pass(seconds(60));
    assert!(!world.outbox.is_flushed(flush, world.now()), "it is due");
    let probe = world.take();
    assert!(!world.outbox.is_flushed(flush, world.now()), "it is out");
    world.finish(&probe, Fate::KeyRefused);
    assert!(world.outbox.is_flushed(flush, world.now()));
}

#[test]
fn r27_the_last_flush_that_ends_brings_the_delay_back() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.track(lane, "a1");
    (0..2).for_each(|_| {
        world.outbox.begin_flush(world.now());
    });
    world.outbox.end_flush();
    assert_eq!(world.run(Fate::Acknowledged), "record of a");
    assert_eq!(world.clock, Duration::ZERO, "one is left");
    world.outbox.end_flush();
    let other = world.lane("b");
    world.track(other, "b1");
    assert_eq!(described(&world.take_when_due()), "a1", "its turn goes on");
    assert_eq!(world.wait(), Some(Duration::from_millis(500)));
}

#[test]
fn h9_a_caller_is_woken_by_what_others_did_for_it_and_not_by_its_own() {
    for has_other in [false, true] {
        let mut world = World::new(|builder| builder.delivery_delay(Duration::ZERO));
        let lane = world.lane("a");
        world.track(lane, "a1");
        let ticket = world.outbox.ticket(lane, world.now());
        if has_other {
            world.outbox.ticket(lane, world.now());
        }
        let Next::Send { job, .. } = world.outbox.next(world.now(), Scope::Ticket(ticket)) else { panic!("no job") };
        world.outbox.take_wake();
        world.finish(&job, Fate::Acknowledged);
        assert_eq!(world.outbox.take_wake(), has_other);
    }
}

#[test]
fn r16_nobody_is_woken_at_the_end_of_a_rest_for_nothing() {
    let mut world = World::new(|builder| builder);
    let failure = doubtful(503, Some(30));
    world.outbox.service.failed(world.clock, &failure.error, Some(seconds(30)), false);
    assert!(matches!(world.next(), Next::Wait(None)));
    let lane = world.lane("a");
    world.track(lane, "a1");
    assert_eq!(world.wait(), Some(seconds(30)));
}

#[test]
fn r27_what_is_tracked_after_a_caller_began_to_wait_does_not_end_the_wait() {
    let mut world = World::new(|builder| builder.delivery_delay(Duration::ZERO));
    let lane = world.lane("a");
    world.track_at(lane, "asked for", 10);
    let ticket = world.outbox.ticket(lane, world.now());
    world.track_at(lane, "later, but happened before", 5);
    assert_eq!(world.run(Fate::Acknowledged), "record of a");
    assert_eq!(world.run(Fate::Acknowledged), "later, but happened before");
    assert!(!world.outbox.is_over(ticket));
    assert_eq!(world.run(Fate::Acknowledged), "asked for");
    assert!(world.outbox.is_over(ticket));
}
