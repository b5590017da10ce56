//! R17: after an ambiguous create the conversation is read back; nothing is recorded twice.

mod finding;
mod late_rows;
mod look_timing;
mod rewritten_rows;
mod same_times;

use std::time::Duration;

use agentsight_core::{
    AmbiguousCreate, AttachmentMode, ConversationRecorder, DoubtSettlement, ErrorKind, NewFeedback, RequestFate,
    Sentiment,
};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first, healthy};
use crate::story::{Shown, Tracked, shown, texts};
use crate::world::{Sent, World};

const TRACK: &str = "POST /api/track/";
const UPLOAD: &str = "POST /api/attachments/";
const ACTIONS: &str = "POST /api/action_logs/";
const DETAIL: &str = "GET /api/conversations/1/";
const FEEDBACK: &str = "POST /api/conversation-feedbacks/";

/// A conversation that the service knows, with an event in it.
fn known_conversation(world: &World) -> ConversationRecorder {
    let lane = world.lane("c");
    lane.track_human_message("before").unwrap();
    let _ = world.send(&lane).unwrap();
    world.forget_sent();
    lane
}

/// What the service is to show of [`known_conversation`] and these events.
fn before_and(events: &[Tracked]) -> Vec<Shown> {
    let mut expected = shown(&[Tracked::Question("before".to_owned())]);
    expected.extend(shown(events));
    expected
}

/// Each kind of event, with the route on which it is created.
fn every_kind() -> Vec<(Tracked, &'static str)> {
    let name = "the event".to_owned();
    vec![
        (Tracked::Question(name.clone()), TRACK),
        (Tracked::Answer(name.clone()), TRACK),
        (Tracked::Action(name.clone()), ACTIONS),
        (Tracked::Button(name.clone()), "POST /api/buttons/"),
        (Tracked::Files(name.clone(), 2, AttachmentMode::Base64), UPLOAD),
        (Tracked::Files(name.clone(), 2, AttachmentMode::FormData), UPLOAD),
        (Tracked::AnswerWithFiles(name.clone(), 12, AttachmentMode::Base64), TRACK),
        (Tracked::AnswerWithFiles(name, 12, AttachmentMode::Base64), UPLOAD),
    ]
}

#[test]
fn r17_what_cannot_be_read_back_stays_in_doubt_until_it_can() {
    for look in [Fault::status(403), Fault::status(404), Fault::status(500), Fault::page(), Fault::Refused] {
        for kept in [Kept::Yes, Kept::No] {
            let what = format!("{look:?}, kept: {kept:?}");
            let world = World::new();
            let lane = known_conversation(&world);
            lane.track_human_message("hello").unwrap();
            let faults = |_: usize, sent: &Sent| match sent.route.as_str() {
                TRACK => Fault::Reset(kept),
                DETAIL => look.clone(),
                _ => Fault::None,
            };
            let error = world.send_with(&lane, faults).unwrap_err();
            // A key that is refused is told rather than the answer that was lost before.
            let refused = matches!(look, Fault::Answer { status: 403, .. });
            let kind = if refused { ErrorKind::Forbidden } else { ErrorKind::Transport };
            assert_eq!((error.kind(), error.request_fate()), (kind, RequestFate::MaybeSent), "{what}");
            assert!(error.report().unwrap().in_doubt.is_some(), "{what}");
            assert_eq!(world.count(TRACK), 1, "{what}: not repeated");
            let again = world.send_with(&lane, always(DETAIL, look.clone())).unwrap_err();
            assert_eq!((again.request_fate(), world.count(TRACK)), (RequestFate::MaybeSent, 1), "{what}: {again}");
            world.advance(Duration::from_secs(60));
            assert_eq!(world.send(&lane).unwrap().acknowledged(), 1, "{what}");
            assert_eq!(texts(&world.api, "c"), ["before", "hello"], "{what}");
        }
    }
}

#[test]
fn r17_a_number_that_cannot_be_read_back_is_asked_for_again() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let faults = |_: usize, sent: &Sent| match sent.route.as_str() {
        TRACK => Fault::Reset(Kept::No),
        DETAIL => Fault::status(404),
        _ => Fault::None,
    };
    world.send_with(&lane, faults).unwrap_err();
    world.forget_sent();
    world.advance(Duration::from_secs(2));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(world.routes(), ["POST /api/conversations/", DETAIL, TRACK]);
}

#[test]
fn r17_an_event_that_a_person_found_missing_is_sent_by_the_next_send() {
    let world = World::with_config(|config| config.ambiguous_create(AmbiguousCreate::Hold));
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let mut delivery = world.delivery(&lane);
    let _ = world.drive_n(&mut delivery, 1, healthy());
    drop(delivery);
    assert!(lane.settle_doubt(DoubtSettlement::NotDelivered));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}

#[test]
fn r17_an_event_in_doubt_can_be_settled_by_hand_when_no_send_has_its_conversation() {
    let world = World::with_config(|config| config.ambiguous_create(AmbiguousCreate::Hold).max_pending(2));
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    lane.track_human_message("after").unwrap();
    assert!(!lane.settle_doubt(DoubtSettlement::Delivered), "nothing is in doubt yet");
    let mut delivery = world.delivery(&lane);
    let _ = world.drive_n(&mut delivery, 2, healthy());
    assert!(!lane.settle_doubt(DoubtSettlement::Delivered), "its answer may still come");
    drop(delivery);
    assert_eq!(world.send(&lane).unwrap_err().report().unwrap().remaining, 2, "held");
    assert!(lane.settle_doubt(DoubtSettlement::Delivered));
    assert!(!lane.settle_doubt(DoubtSettlement::Delivered));
    lane.track_human_message("its place is free").unwrap();
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
    assert_eq!(texts(&world.api, "c"), ["before", "hello", "after", "its place is free"]);
}

#[test]
fn r17_resend_sends_again_without_a_look() {
    let world = World::with_config(|config| config.ambiguous_create(AmbiguousCreate::Resend));
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let _ = world.send_with(&lane, first(TRACK, [Fault::Reset(Kept::Yes)])).unwrap();
    assert_eq!((world.count(TRACK), world.count(DETAIL)), (2, 0));
    assert_eq!(texts(&world.api, "c"), ["before", "hello", "hello"], "the price of resending");
    lane.track_human_message("more").unwrap();
    let mut delivery = world.delivery(&lane);
    world.drive_n(&mut delivery, 1, healthy());
    drop(delivery);
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1, "also what an earlier send left in doubt");
}

#[test]
fn r17_hold_neither_looks_nor_sends() {
    let world = World::with_config(|config| config.ambiguous_create(AmbiguousCreate::Hold));
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    lane.track_human_message("after").unwrap();
    for send in 0..3 {
        let error = world.send_with(&lane, first(TRACK, [Fault::Reset(Kept::Yes)])).unwrap_err();
        assert_eq!((error.kind(), error.request_fate()), (ErrorKind::Transport, RequestFate::MaybeSent), "send {send}");
        assert_eq!(error.report().unwrap().remaining, 2);
        assert_eq!((world.count(TRACK), world.count(DETAIL)), (1, 0), "send {send}");
    }
}

#[test]
fn r17_feedback_is_never_repeated_once_the_service_may_have_seen_it() {
    for (fault, kind, fate, requests) in [
        (Fault::Reset(Kept::No), ErrorKind::Transport, RequestFate::MaybeSent, 1),
        (Fault::Timeout(Kept::No), ErrorKind::Timeout, RequestFate::MaybeSent, 1),
        (Fault::status(500), ErrorKind::Server, RequestFate::MaybeSent, 1),
        (Fault::status(504), ErrorKind::Server, RequestFate::MaybeSent, 1),
        (Fault::status(408), ErrorKind::Server, RequestFate::MaybeSent, 1),
        (Fault::page(), ErrorKind::UnexpectedResponse, RequestFate::MaybeSent, 1),
        (Fault::status(400), ErrorKind::Rejected, RequestFate::Answered, 1),
        (Fault::status(429), ErrorKind::RateLimited, RequestFate::Answered, 4),
        (Fault::status(503), ErrorKind::Server, RequestFate::Answered, 4),
        (Fault::Refused, ErrorKind::Connect, RequestFate::NotSent, 4),
    ] {
        let world = World::new();
        known_conversation(&world);
        let feedback = NewFeedback::new(Sentiment::Positive);
        let mut machine = world.core.submit_feedback("c".into(), feedback).unwrap();
        let error = world.drive_with(&mut machine, always(FEEDBACK, fault.clone())).unwrap_err();
        assert_eq!(
            (error.kind(), error.request_fate(), world.count(FEEDBACK)),
            (kind, fate, requests),
            "{fault:?}: {error}"
        );
        assert_eq!(usize::try_from(error.attempts()), Ok(requests), "{fault:?}");
    }
}
