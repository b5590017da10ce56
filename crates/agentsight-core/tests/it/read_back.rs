//! R17: after an ambiguous create the conversation is read back; nothing is recorded twice.

use std::time::Duration;

use agentsight_core::{
    AmbiguousCreate, AttachmentMode, ConversationLane, DoubtSettlement, ErrorKind, ItemKind, Machine, NewAction,
    NewAttachment, NewFeedback, RequestFate, Sentiment, Step, TokenUsage,
};
use agentsight_testkit::{CreateAnswer, TimestampPrecision};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first, healthy};
use crate::story::{Tracked, shown, texts, transcript};
use crate::world::{Sent, World};

const TRACK: &str = "POST /api/track/";
const UPLOAD: &str = "POST /api/attachments/";
const ACTIONS: &str = "POST /api/action_logs/";
const DETAIL: &str = "GET /api/conversations/1/";
const FEEDBACK: &str = "POST /api/conversation-feedbacks/";

/// A conversation that the service knows, with an event in it.
fn known_conversation(world: &World) -> ConversationLane {
    let lane = world.lane("c");
    lane.track_human_message("before").unwrap();
    let _ = world.send(&lane).unwrap();
    world.forget_sent();
    lane
}

fn before_and(events: &[Tracked]) -> Vec<crate::story::Shown> {
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
        (Tracked::Files(name.clone(), 2, AttachmentMode::Base64), "POST /api/attachments/"),
        (Tracked::Files(name.clone(), 2, AttachmentMode::FormData), "POST /api/attachments/"),
        (Tracked::AnswerWithFiles(name.clone(), 12, AttachmentMode::Base64), TRACK),
        (Tracked::AnswerWithFiles(name, 12, AttachmentMode::Base64), "POST /api/attachments/"),
    ]
}

#[test]
fn r17_what_was_stored_is_found_and_not_repeated_and_what_was_not_is_sent_again_once() {
    for (event, route) in every_kind() {
        for (fault, looks, repeated) in [
            (Fault::Reset(Kept::Yes), 1, 0),
            (Fault::Reset(Kept::No), 1, 1),
            (Fault::status(500).kept(Kept::Yes), 1, 0),
            (Fault::status(502), 1, 1),
            (Fault::page().kept(Kept::Yes), 1, 0),
            (Fault::page(), 1, 1),
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
        let report = world.send_with(&lane, first("POST /api/attachments/", faults)).unwrap();
        assert_eq!(report.acknowledged(), 1);
        assert_eq!(world.count("POST /api/attachments/"), 3, "batch {batch} is not repeated");
        assert_eq!(transcript(&world.api, "c"), before_and(&[event]));
    }
}

#[test]
fn r17_the_second_look_comes_one_attempts_time_after_the_timeout() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let start = world.clock.since_start();
    let _ = world.send_with(&lane, first(TRACK, [Fault::Timeout(Kept::Late)])).unwrap();
    let looks: Vec<_> = world.sent().iter().filter(|sent| sent.route == DETAIL).map(|sent| sent.at - start).collect();
    assert_eq!(looks.iter().map(Duration::as_secs).collect::<Vec<_>>(), [15, 30]);
}

#[test]
fn r17_the_second_look_comes_one_attempts_time_after_a_timeout_that_is_late_itself() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let start = world.clock.since_start();
    // The request leaves long after it was handed out: an executor that is busy, a machine that was asleep.
    let stalled = |request, _: &Sent| match request {
        0 => {
            world.advance(Duration::from_secs(20));
            Fault::Timeout(Kept::Late)
        }
        _ => Fault::None,
    };
    assert_eq!(world.send_with(&lane, stalled).unwrap().acknowledged(), 1);
    let looks: Vec<_> = world.sent().iter().filter(|sent| sent.route == DETAIL).map(|sent| sent.at - start).collect();
    assert_eq!(looks.iter().map(Duration::as_secs).collect::<Vec<_>>(), [35, 50]);
}

#[test]
fn r17_a_look_whose_answer_is_slow_tells_what_was_there_when_it_was_asked() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let mut delivery = world.delivery(&lane);
    let mut looks = 0;
    let report = loop {
        match delivery.poll(world.core.now()) {
            Step::Done(result) => break result.unwrap(),
            Step::Wait(duration) => world.advance(duration),
            Step::Send(attempt) if attempt.request.uri().path() == "/api/track/" => {
                let failure = world.carry_out(attempt, |_| Fault::Timeout(Kept::Late)).unwrap_err();
                delivery.handle_failure(world.core.now(), failure);
            }
            Step::Send(attempt) => {
                let answer = world.carry_out(attempt, |_| Fault::None).unwrap();
                looks += 1;
                // The first answer comes when a second look would be due, and does not show what arrived meanwhile.
                world.advance(Duration::from_secs(if looks == 1 { 20 } else { 0 }));
                delivery.handle_response(world.core.now(), answer);
            }
        }
    };
    assert_eq!((report.acknowledged(), looks, world.count(TRACK)), (1, 2, 1));
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}

#[test]
fn r16_the_look_does_not_come_earlier_than_retry_after() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let start = world.clock.since_start();
    let busy = Fault::throttled("20").with_status(500);
    assert_eq!(world.send_with(&lane, first(TRACK, [busy.kept(Kept::Yes)])).unwrap().acknowledged(), 1);
    let look = world.sent().into_iter().find(|sent| sent.route == DETAIL).unwrap();
    assert_eq!((look.at - start).as_secs(), 20);

    lane.track_human_message("later").unwrap();
    let closed = Fault::throttled("61").with_status(502);
    let error = world.send_with(&lane, first(TRACK, [closed.kept(Kept::Yes)])).unwrap_err();
    assert_eq!((error.kind(), error.retry_after().map(|wait| wait.as_secs())), (ErrorKind::Server, Some(61)));
    assert!(error.report().unwrap().in_doubt.is_some());
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(texts(&world.api, "c"), ["before", "hello", "later"]);
}

#[test]
fn r16_a_look_that_is_told_to_come_much_later_says_when() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let mut faults = [Fault::Reset(Kept::Yes), Fault::throttled("600")].into_iter();
    let error = world.send_with(&lane, move |_, _: &Sent| faults.next().unwrap_or(Fault::None)).unwrap_err();
    assert_eq!((error.kind(), error.retry_after().map(|wait| wait.as_secs())), (ErrorKind::RateLimited, Some(600)));
    assert_eq!(error.delivery(), RequestFate::MaybeSent);
    assert!(error.report().unwrap().in_doubt.is_some());
    world.advance(Duration::from_secs(600));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}

#[test]
fn r17_the_second_look_is_no_earlier_where_the_calls_time_cut_the_attempt_short() {
    for (route, tracked, allowed) in [
        (TRACK, (|lane| lane.track_human_message("hello")) as fn(&ConversationLane) -> _, 15),
        (UPLOAD, |lane| lane.track_attachments(NewAttachment::bytes("page").filename("scan.txt")), 45),
    ] {
        let world = World::new();
        let lane = known_conversation(&world);
        tracked(&lane).unwrap();
        // Most of the call's time is over when the last attempt begins.
        let busy = Fault::throttled(if route == TRACK { "55" } else { "170" });
        let _ = world.send_with(&lane, first(route, [busy, Fault::Timeout(Kept::Late)])).unwrap();
        let sent = world.sent();
        let attempt = sent.iter().filter(|sent| sent.route == route).nth(1).unwrap();
        assert!(attempt.timeout < Duration::from_secs(allowed), "{:?}", attempt.timeout);
        let second_look = sent.iter().filter(|sent| sent.route == DETAIL).nth(1).unwrap();
        assert_eq!((second_look.at - attempt.at).as_secs(), 2 * allowed);
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
        for already_known in [true, false] {
            let what = format!("{event:?}, another event known: {already_known}");
            let world = coarse_world();
            let lane = if already_known { known_conversation(&world) } else { world.lane("c") };
            event.track(&lane).unwrap();
            lane.track_human_message("after").unwrap();
            let error = world.send_with(&lane, first(route, [Fault::Reset(Kept::Yes)])).unwrap_err();
            assert_eq!((error.kind(), error.delivery()), (ErrorKind::Transport, RequestFate::MaybeSent), "{what}");
            let report = error.report().unwrap();
            assert_eq!((report.remaining, report.acknowledged()), (2, 0), "{what}");
            assert!(report.in_doubt.is_some(), "{what}");
            assert!(world.core.pending().conversations[0].in_doubt, "{what}");
            for _ in 0..3 {
                let error = world.send(&lane).unwrap_err();
                assert_eq!(
                    (error.kind(), error.delivery()),
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
            assert_eq!((error.kind(), error.delivery()), (kind, RequestFate::MaybeSent), "{what}");
            assert!(error.report().unwrap().in_doubt.is_some(), "{what}");
            assert_eq!(world.count(TRACK), 1, "{what}: not repeated");
            let again = world.send_with(&lane, always(DETAIL, look.clone())).unwrap_err();
            assert_eq!((again.delivery(), world.count(TRACK)), (RequestFate::MaybeSent, 1), "{what}: {again}");
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
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Transport, RequestFate::MaybeSent), "send {send}");
        assert_eq!(error.report().unwrap().remaining, 2);
        assert_eq!((world.count(TRACK), world.count(DETAIL)), (1, 0), "send {send}");
    }
}

#[test]
fn r17_two_token_actions_of_one_moment_are_told_apart() {
    let world = World::with_options(|options| options.create_answer(CreateAnswer::Minimal));
    let lane = known_conversation(&world);
    lane.track_human_message("one").unwrap();
    lane.track_human_message("two").unwrap();
    lane.track_token_usage(TokenUsage::new(100, 25));
    world.send_with(&lane, always(TRACK, Fault::Refused)).unwrap_err();
    lane.track_token_usage(TokenUsage::new(7, 3));
    let report = world.send_with(&lane, first(ACTIONS, [Fault::None, Fault::Reset(Kept::No)])).unwrap();
    assert_eq!(report.summary.actions, 2);
    let messages = world.api.transcript("c").into_iter();
    let counts = messages.filter_map(|message| message.metadata?.as_map()?.get("prompt_tokens")?.as_u64());
    assert_eq!(counts.collect::<Vec<_>>(), [100, 7]);
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
            (error.kind(), error.delivery(), world.count(FEEDBACK)),
            (kind, fate, requests),
            "{fault:?}: {error}"
        );
        assert_eq!(usize::try_from(error.attempts()), Ok(requests), "{fault:?}");
    }
}
