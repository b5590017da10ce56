//! R10, R14, R15: sending every conversation.

use std::collections::BTreeMap;

use agentsight_core::{ErrorKind, SendAllReport, StopSignal};

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
    assert!(world.core.pending().is_empty());
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
        assert_eq!(world.core.pending().total(), 3);
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
            return Fault::throttled("20");
        }
        Fault::None
    });
    assert!(report.is_complete());
    let last_of = |id: &str| {
        let sent = world.sent();
        sent.iter().rev().find(|sent| sent.json["conversation_id"] == id).map(|sent| sent.at - start).unwrap()
    };
    assert_eq!(last_of("c0").as_secs(), 40);
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
        assert!(world.sent().len() <= 2, "those under way may have asked; nobody asks afterwards");
        assert_eq!((report.remaining(), report.summary().questions), (30, 0));
        assert!(!report.is_complete());
        assert_eq!(report.into_result().unwrap_err().kind(), kind);
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
    assert!(world.send_all(healthy()).is_complete());
    for number in 0..10 {
        assert_eq!(texts(&world.api, &format!("c{number}")), ["one", "two", "three"]);
    }
}

#[test]
fn r14_a_rejection_is_not_complete_and_not_an_error() {
    let world = World::new();
    ten_conversations(&world);
    let report = world.send_all(in_conversation("c4", Fault::status(422)));
    assert!(!report.is_complete());
    assert_eq!((report.summary().questions, report.summary().errors, report.remaining()), (27, 3, 0));
    assert!(report.into_result().is_ok());
}

#[test]
fn r10_as_many_run_at_once_as_are_configured_or_as_there_are() {
    for (concurrency, width) in [(3, 3), (16, 10)] {
        let world = World::with_config(|config| config.concurrency(concurrency));
        ten_conversations(&world);
        let mut dispatcher = world.core.dispatcher();
        assert_eq!(dispatcher.width(), width);
        let running: Vec<_> = std::iter::from_fn(|| dispatcher.next_lane()).collect();
        assert_eq!(running.len(), width);
        dispatcher.finished(&running[0], world.send(&running[0]));
        assert_eq!(dispatcher.next_lane().is_some(), concurrency < 10);
    }
}

#[test]
fn r15_once_all_have_to_stop_no_lane_is_handed_out() {
    let world = World::with_config(|config| config.concurrency(2));
    ten_conversations(&world);
    let mut dispatcher = world.core.dispatcher();
    let lane = dispatcher.next_lane().unwrap();
    let mut delivery = world.core.begin_delivery(&lane, dispatcher.stop_signal()).unwrap();
    let result = world.drive_with(&mut delivery, |_: usize, _: &Sent| Fault::status(401));
    dispatcher.finished(&lane, result);
    assert_eq!(dispatcher.stop_signal().reason(), Some(ErrorKind::Unauthorized));
    assert!(dispatcher.next_lane().is_none());
}

#[test]
fn r14_a_conversation_that_was_finished_when_another_one_stopped_all_is_a_success() {
    let world = World::new();
    let (finished, refused) = (world.lane("finished"), world.lane("refused"));
    finished.track_human_message("hello").unwrap();
    refused.track_human_message("hello").unwrap();
    let stop = StopSignal::new();
    let mut first = world.core.begin_delivery(&finished, stop.clone()).unwrap();
    let mut second = world.core.begin_delivery(&refused, stop).unwrap();
    assert!(world.drive_n(&mut first, 6, healthy()).is_none(), "all answered, not yet polled again");
    assert!(world.drive_with(&mut second, always("POST /api/conversations/", Fault::status(401))).is_err());
    assert_eq!(world.drive_with(&mut first, healthy()).unwrap().remaining, 0);
}
