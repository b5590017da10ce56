//! When a look comes, and when a second one.

use std::time::Duration;

use agentsight_core::{ConversationRecorder, ErrorKind, Machine, NewAttachment, RequestFate, Step};

use super::{DETAIL, TRACK, UPLOAD, known_conversation};
use crate::fault::{Fault, Kept, first};
use crate::story::texts;
use crate::world::{Sent, World};

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
    world.advance(Duration::from_secs(61));
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
    assert_eq!(error.request_fate(), RequestFate::MaybeSent);
    assert!(error.report().unwrap().in_doubt.is_some());
    world.advance(Duration::from_secs(600));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}

#[test]
fn r17_the_second_look_is_no_earlier_where_the_calls_time_cut_the_attempt_short() {
    for (route, tracked, allowed) in [
        (TRACK, (|lane| lane.track_human_message("hello")) as fn(&ConversationRecorder) -> _, 15),
        (UPLOAD, |lane| lane.track_attachments(NewAttachment::bytes("page").filename("scan.txt")), 45),
    ] {
        let world = World::new();
        let lane = known_conversation(&world);
        tracked(&lane).unwrap();
        // Most of the call's time is over when the last attempt begins.
        let long = Duration::from_secs(if route == TRACK { 55 } else { 170 });
        let mut attempts = 0;
        let slow_to_refuse = |_: usize, sent: &Sent| {
            attempts += usize::from(sent.route == route);
            match attempts {
                1 => {
                    world.clock.advance(long);
                    Fault::Refused
                }
                2 if sent.route == route => Fault::Timeout(Kept::Late),
                _ => Fault::None,
            }
        };
        let _ = world.send_with(&lane, slow_to_refuse).unwrap();
        let sent = world.sent();
        let attempt = sent.iter().filter(|sent| sent.route == route).nth(1).unwrap();
        assert!(attempt.timeout < Duration::from_secs(allowed), "{:?}", attempt.timeout);
        let second_look = sent.iter().filter(|sent| sent.route == DETAIL).nth(1).unwrap();
        assert_eq!((second_look.at - attempt.at).as_secs(), 2 * allowed);
    }
}

#[test]
fn r16_no_send_waits_for_a_conversation_that_was_asked_to_wait_longer_than_a_call_takes() {
    let world = World::new();
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    let busy = Fault::throttled("600").with_status(500);
    let error = world.send_with(&lane, first(TRACK, [busy])).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
    world.advance(Duration::from_secs(100));
    let requests = world.sent().len();
    let error = world.send(&lane).unwrap_err();
    assert_eq!((error.retry_after(), world.sent().len()), (Some(Duration::from_secs(500)), requests));
    world.advance(Duration::from_secs(500));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
}
