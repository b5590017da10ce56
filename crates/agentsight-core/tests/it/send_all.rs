//! R10, R14, R15: sending every conversation.

use std::collections::BTreeMap;
use std::time::Duration;

use agentsight_core::{ErrorKind, Job, Next, Scope, SendAllReport};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, healthy};
use crate::story::texts;
use crate::world::{Sent, World};

/// Ten conversations with three messages each.
fn ten_conversations(world: &World) {
    for number in 0..10 {
        let lane = world.lane(&format!("c{number}"));
        for text in ["one", "two", "three"] {
            lane.track_human_message(text).unwrap();
        }
    }
}

/// A fault for every message of one conversation.
fn in_conversation(id: &'static str, fault: Fault) -> impl FnMut(usize, &Sent) -> Fault {
    move |_, sent| {
        let is_message = sent.route == "POST /api/track/" && sent.json["conversation_id"] == id;
        if is_message { fault.clone() } else { Fault::None }
    }
}

fn by_conversation(report: &SendAllReport) -> BTreeMap<&str, Option<ErrorKind>> {
    let outcomes = report.outcomes.iter();
    outcomes
        .map(|outcome| (outcome.conversation_id.as_str(), outcome.result.as_ref().err().map(|e| e.kind())))
        .collect()
}

#[test]
fn r14_everything_is_sent_and_the_report_is_complete() {
    let world = World::new();
    ten_conversations(&world);
    let report = world.send_all(healthy());
    assert_eq!((report.outcomes.len(), report.summary().questions, report.remaining()), (10, 30, 0));
    assert!(report.is_complete());
    assert_eq!(report.into_result().unwrap().len(), 10);
    assert!(world.core.recorder().pending().is_empty());
    for number in 0..10 {
        assert_eq!(texts(&world.api, &format!("c{number}")), ["one", "two", "three"]);
    }
}

#[test]
fn r14_with_nothing_pending_the_report_is_empty_and_complete() {
    let world = World::new();
    let report = world.send_all(healthy());
    assert!(report.outcomes.is_empty() && report.is_complete());
    assert!(report.into_result().unwrap().is_empty());
}

#[test]
fn r10_a_conversation_that_fails_holds_up_no_other() {
    for fault in [Fault::Refused, Fault::status(500), Fault::Timeout(Kept::No), Fault::throttled("5")] {
        let world = World::with_config(|config| config.concurrency(3));
        ten_conversations(&world);
        let report = world.send_all(in_conversation("c4", fault.clone()));
        assert!(!report.is_complete());
        for (id, failure) in by_conversation(&report) {
            assert_eq!(failure.is_some(), id == "c4", "{id} under {fault:?}");
        }
        assert_eq!((report.summary().questions, report.remaining()), (27, 3), "{fault:?}");
        assert!(report.into_result().is_err());
        assert_eq!(world.core.recorder().pending().total(), 3);
        assert!(world.send_all(healthy()).is_complete());
        assert_eq!(texts(&world.api, "c4"), ["one", "two", "three"], "{fault:?}");
    }
}

#[test]
fn r10_a_slow_conversation_holds_up_no_other() {
    let world = World::with_config(|config| config.concurrency(2));
    ten_conversations(&world);
    let start = world.clock.since_start();
    let mut throttled = 0;
    let report = world.send_all(|_: usize, sent: &Sent| {
        if sent.json["conversation_id"] == "c0" && throttled < 2 {
            throttled += 1;
            return Fault::status(503);
        }
        Fault::None
    });
    assert!(report.is_complete());
    let last_of = |id: &str| {
        let sent = world.sent();
        sent.iter().rev().find(|sent| sent.json["conversation_id"] == id).map(|sent| sent.at - start).unwrap()
    };
    assert!(!last_of("c0").is_zero());
    assert!((1..10).all(|number| last_of(&format!("c{number}")).is_zero()));
}

#[test]
fn r15_a_wrong_key_or_endpoint_stops_all_and_everything_stays() {
    for (fault, kind) in [
        (Fault::status(401), ErrorKind::Unauthorized),
        (Fault::status(403), ErrorKind::Forbidden),
        (Fault::status(302), ErrorKind::UnexpectedResponse),
        (Fault::status(405), ErrorKind::UnexpectedResponse),
    ] {
        let world = World::with_config(|config| config.concurrency(2));
        ten_conversations(&world);
        let report = world.send_all(|_: usize, _: &Sent| fault.clone());
        assert_eq!(report.outcomes.len(), 10, "those that were not begun are reported too");
        assert!(by_conversation(&report).values().all(|failure| *failure == Some(kind)), "{kind:?}");
        // A second conversation has to be refused the same way, unless it is the key that is refused.
        let most = if kind == ErrorKind::Unauthorized { 2 } else { 3 };
        assert!(world.sent().len() <= most, "those under way may have asked; nobody asks afterwards");
        assert_eq!((report.remaining(), report.summary().questions), (30, 0));
        assert!(!report.is_complete());
        assert_eq!(report.into_result().unwrap_err().kind(), kind);
        let requests = world.sent().len();
        assert!(by_conversation(&world.send_all(healthy())).values().all(|failure| *failure == Some(kind)));
        assert_eq!(world.sent().len(), requests, "one probe a minute (R16)");
        world.advance(Duration::from_secs(60));
        assert!(world.send_all(healthy()).is_complete());
    }
}

#[test]
fn r15_a_stop_in_the_middle_lets_every_lane_end_with_what_it_was_at() {
    let world = World::with_config(|config| config.concurrency(4));
    ten_conversations(&world);
    let report = world.send_all(|index: usize, _: &Sent| if index >= 10 { Fault::status(401) } else { Fault::None });
    let answered_well = 10 - 4;
    assert_eq!(report.summary().questions, answered_well);
    assert_eq!(report.remaining(), 30 - answered_well);
    assert!(world.sent().len() <= 10 + 4, "at most one request of each lane was under way: {}", world.sent().len());
    world.advance(Duration::from_secs(60));
    assert!(world.send_all(healthy()).is_complete());
    for number in 0..10 {
        assert_eq!(texts(&world.api, &format!("c{number}")), ["one", "two", "three"]);
    }
}

#[test]
fn r28_a_rejection_is_not_complete_and_an_error() {
    let world = World::new();
    ten_conversations(&world);
    let report = world.send_all(in_conversation("c4", Fault::status(422)));
    assert!(!report.is_complete());
    assert_eq!((report.summary().questions, report.summary().errors, report.remaining()), (27, 3, 0));
    assert_eq!(report.into_result().unwrap_err().kind(), ErrorKind::Rejected);
}

/// Every job that can be out at once.
fn jobs(world: &World, scope: Scope<'_>) -> Vec<Job> {
    let next = || match world.core.next(scope) {
        Next::Send { job, .. } => Some(job),
        Next::Wait(_) | Next::Idle => None,
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn r10_as_many_jobs_are_out_as_are_configured_or_as_there_are_conversations() {
    for (concurrency, width) in [(3, 3), (16, 10)] {
        let world = World::with_config(|config| config.concurrency(concurrency));
        ten_conversations(&world);
        let ticket = world.core.ticket_for_all();
        let mut running = jobs(&world, Scope::Ticket(&ticket));
        assert_eq!(running.len(), width);
        drop(running.pop());
        assert_eq!(jobs(&world, Scope::Ticket(&ticket)).len(), 1, "the place is free again");
    }
}

#[test]
fn r15_once_the_key_is_refused_no_job_is_handed_out() {
    let world = World::with_config(|config| config.concurrency(2));
    ten_conversations(&world);
    let lane = world.lane("c0");
    let error = world.send_with(&lane, |_: usize, _: &Sent| Fault::status(401)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    let ticket = world.core.ticket_for_all();
    assert!(ticket.is_over() && jobs(&world, Scope::Ticket(&ticket)).is_empty());
    assert!(jobs(&world, Scope::Everything).is_empty());
    world.advance(Duration::from_secs(60));
    assert_eq!(jobs(&world, Scope::Everything).len(), 1, "one probe");
}

#[test]
fn r16_a_new_key_is_tried_at_once_and_a_late_answer_to_the_old_one_refuses_nothing() {
    let world = World::new();
    ten_conversations(&world);
    let ticket = world.core.ticket_for_all();
    let mut old = jobs(&world, Scope::Ticket(&ticket));
    old.truncate(2);
    let refuse = |job: Job| {
        let mut job = job;
        let attempt = job.attempt().unwrap();
        job.finish(world.carry_out(attempt, |_| Fault::status(401)));
    };
    refuse(old.remove(0));
    assert!(jobs(&world, Scope::Everything).is_empty());
    world.core.set_api_key(world.core.config().api_key().unwrap().clone()).unwrap();
    refuse(old.remove(0));
    assert!(world.send_all(healthy()).is_complete());
}

#[test]
fn r14_a_conversation_that_was_finished_when_the_key_was_refused_is_a_success() {
    let world = World::new();
    let (finished, refused) = (world.lane("finished"), world.lane("refused"));
    finished.track_human_message("hello").unwrap();
    refused.track_human_message("hello").unwrap();
    let mut first = world.delivery(&finished);
    let mut second = world.delivery(&refused);
    assert!(world.drive_n(&mut first, 6, healthy()).is_none(), "all answered, not yet polled again");
    assert!(world.drive_with(&mut second, always("POST /api/conversations/", Fault::status(401))).is_err());
    assert_eq!(world.drive_with(&mut first, healthy()).unwrap().remaining, 0);
}

#[test]
fn r16_a_closed_port_costs_a_few_requests_however_many_conversations_wait() {
    let world = World::new();
    for number in 0..1_000 {
        world.lane(&format!("c{number}")).track_human_message("hello").unwrap();
    }
    let start = world.clock.since_start();
    let report = world.send_all(|_: usize, _: &Sent| Fault::Refused);
    assert_eq!((report.outcomes.len(), report.remaining()), (1_000, 1_000));
    assert!(world.sent().len() <= 16 + 9, "{} requests", world.sent().len());
    assert!(world.clock.since_start() - start < Duration::from_secs(1), "it returns with the first rest");
    world.advance(Duration::from_secs(1));
    assert!(world.send_all(healthy()).is_complete(), "a probe finds out, and the others follow");
}

#[test]
fn r16_a_busy_service_is_asked_by_nobody_until_its_time_has_come() {
    let world = World::new();
    for number in 0..300 {
        world.lane(&format!("c{number}")).track_human_message("hello").unwrap();
    }
    let report = world.send_all(|_: usize, _: &Sent| Fault::throttled("600"));
    assert!(by_conversation(&report).values().all(|failure| *failure == Some(ErrorKind::RateLimited)));
    let waits = report.outcomes.iter().map(|outcome| outcome.result.as_ref().unwrap_err().retry_after().unwrap());
    assert!(waits.into_iter().all(|wait| wait == Duration::from_secs(600)));
    assert!(world.sent().len() <= 16, "{} requests", world.sent().len());
    world.advance(Duration::from_secs(600));
    assert!(world.send_all(healthy()).is_complete());
}
