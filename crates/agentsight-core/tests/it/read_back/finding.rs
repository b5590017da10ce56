//! What a look finds, and what its absence proves.

use std::time::Duration;

use agentsight_core::{AttachmentMode, ErrorKind, ItemKind, NewAction, RequestFate};
use agentsight_testkit::TimestampPrecision;

use super::{ACTIONS, DETAIL, TRACK, UPLOAD, before_and, every_kind, known_conversation};
use crate::fault::{Fault, Kept, first};
use crate::story::{Tracked, texts, transcript};
use crate::world::World;

#[test]
fn r17_what_was_stored_is_found_and_not_repeated_and_what_was_not_is_sent_again_once() {
    for (event, route) in every_kind() {
        for (fault, looks, repeated) in [
            (Fault::Reset(Kept::Yes), 1, 0),
            (Fault::Reset(Kept::Late), 2, 0),
            (Fault::Reset(Kept::No), 2, 1),
            (Fault::status(500).kept(Kept::Yes), 1, 0),
            (Fault::status(502).kept(Kept::Late), 2, 0),
            (Fault::status(502), 2, 1),
            (Fault::page().kept(Kept::Yes), 1, 0),
            (Fault::page(), 2, 1),
            (Fault::Timeout(Kept::Yes), 1, 0),
            (Fault::Timeout(Kept::Late), 2, 0),
            (Fault::Timeout(Kept::No), 2, 1),
        ] {
            let what = format!("{event:?}, {fault:?}");
            let world = World::new();
            let lane = known_conversation(&world);
            event.track(&lane).unwrap();
            let report = world.send_with(&lane, first(route, [fault])).unwrap();
            assert_eq!((report.acknowledged(), report.remaining), (1, 0), "{what}");
            assert_eq!(world.count(DETAIL), looks, "{what}");
            assert_eq!(world.sent().len(), event.requests() + looks + repeated, "{what}");
            world.advance(Duration::from_secs(600));
            assert_eq!(transcript(&world.api, "c"), before_and(std::slice::from_ref(&event)), "{what}");
        }
    }
}

#[test]
fn r17_every_batch_of_a_messages_files_is_found_by_name_and_size() {
    for batch in 0..3 {
        let world = World::new();
        let lane = known_conversation(&world);
        let event = Tracked::AnswerWithFiles("look".to_owned(), 25, AttachmentMode::Base64);
        event.track(&lane).unwrap();
        let mut faults = vec![Fault::None; batch];
        faults.push(Fault::Reset(Kept::Yes));
        let report = world.send_with(&lane, first(UPLOAD, faults)).unwrap();
        assert_eq!(report.acknowledged(), 1);
        assert_eq!(world.count(UPLOAD), 3, "batch {batch} is not repeated");
        assert_eq!(transcript(&world.api, "c"), before_and(&[event]));
    }
}

#[test]
fn r17_of_two_equal_messages_each_is_found_for_itself() {
    let world = World::new();
    let lane = known_conversation(&world);
    for text in ["yes", "yes", "yes"] {
        lane.track_human_message(text).unwrap();
    }
    let faults = [Fault::Reset(Kept::Yes), Fault::Reset(Kept::No), Fault::Reset(Kept::Yes)];
    let report = world.send_with(&lane, first(TRACK, faults)).unwrap();
    assert_eq!(report.acknowledged(), 3);
    assert_eq!(texts(&world.api, "c"), ["before", "yes", "yes", "yes"]);
}

#[test]
fn r17_text_that_the_service_trims_is_found() {
    let world = World::with_options(|options| options.trim_text(true));
    let lane = known_conversation(&world);
    lane.track_human_message("  hello\n").unwrap();
    let _ = world.send_with(&lane, first(TRACK, [Fault::Reset(Kept::Yes)])).unwrap();
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}

/// A service that keeps fewer digits of a time than it was given.
fn coarse_world() -> World {
    let world = World::with_options(|options| options.timestamp_precision(TimestampPrecision::Milliseconds));
    world.clock.advance(Duration::from_micros(123_456));
    world
}

#[test]
fn r17_where_times_are_not_kept_an_event_stays_in_doubt_and_is_never_repeated() {
    for (event, route) in every_kind().into_iter().filter(|(event, _)| event.requests() == 1) {
        {
            let what = format!("{event:?}");
            let world = coarse_world();
            let lane = known_conversation(&world);
            event.track(&lane).unwrap();
            lane.track_human_message("after").unwrap();
            let error = world.send_with(&lane, first(route, [Fault::Reset(Kept::Yes)])).unwrap_err();
            assert_eq!((error.kind(), error.request_fate()), (ErrorKind::Transport, RequestFate::MaybeSent), "{what}");
            let report = error.report().unwrap();
            assert_eq!((report.remaining, report.acknowledged()), (2, 0), "{what}");
            assert!(report.in_doubt.is_some(), "{what}");
            assert!(world.core.recorder().pending().conversations[0].in_doubt, "{what}");
            for _ in 0..3 {
                let error = world.send(&lane).unwrap_err();
                assert_eq!(
                    (error.kind(), error.request_fate()),
                    (ErrorKind::UnexpectedResponse, RequestFate::MaybeSent),
                    "{what}"
                );
            }
            assert_eq!(world.sent().iter().filter(|sent| sent.route == route).count(), 1, "{what}: never repeated");
        }
    }
}

#[test]
fn r17_a_message_known_to_show_another_time_makes_absence_meaningless() {
    let world = coarse_world();
    world.clock.advance(Duration::from_micros(544));
    let lane = world.lane("c");
    // The first shows its own time by chance; the second tells that times are not kept.
    lane.track_human_message("one").unwrap();
    world.clock.advance(Duration::from_micros(300));
    lane.track_human_message("two").unwrap();
    let _ = world.send(&lane).unwrap();
    world.clock.advance(Duration::from_micros(300));
    lane.track_action(NewAction::new("three")).unwrap();
    let error = world.send_with(&lane, first(ACTIONS, [Fault::Reset(Kept::No)])).unwrap_err();
    assert_eq!(error.report().unwrap().in_doubt.as_ref().map(|item| item.kind), Some(ItemKind::Action));
    assert_eq!(world.count(ACTIONS), 1);
}
