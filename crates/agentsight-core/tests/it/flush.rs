//! R27: a flush returns when everything tracked before is final, when nothing more can come of waiting, or at its time.

use std::time::Duration;

use agentsight_core::{
    AmbiguousCreate, ConfigBuilder, ConversationRecorder, ErrorKind, FlushReport, Health, NewConversation, TokenUsage,
};

use crate::fault::{Fault, Faults, Kept, healthy};
use crate::story::texts;
use crate::worker::Loops;
use crate::world::{Sent, World};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// A client that sends nothing by itself for an hour.
fn lazy_world() -> World {
    World::with_config(lazy)
}

fn lazy(config: ConfigBuilder) -> ConfigBuilder {
    config.delivery_delay(HOUR)
}

/// The loops of a flush: those of a worker, or those that the flush brings along.
fn loops<'a>(world: &'a World, has_worker: bool, faults: impl Faults + 'a) -> Loops<'a> {
    match has_worker {
        true => Loops::worker(world, 4, faults),
        false => Loops::new(world, 4, faults),
    }
}

fn track_in(world: &World, conversations: usize) -> Vec<ConversationRecorder> {
    let lanes = (0..conversations).map(|number| world.lane(&format!("c{number}"))).collect::<Vec<_>>();
    lanes.iter().for_each(|lane| lane.track_human_message("hello").unwrap());
    lanes
}

#[test]
fn r27_it_skips_the_delay_and_returns_when_everything_is_final() {
    for has_worker in [true, false] {
        let world = lazy_world();
        track_in(&world, 20);
        world.lane("c3").track_token_usage(TokenUsage::new(1, 1));
        world.lane("tokens alone").track_token_usage(TokenUsage::new(1, 1));
        let mut loops = loops(&world, has_worker, |_, _: &Sent| Fault::Slow(SECOND));
        if has_worker {
            loops.run(60 * SECOND);
            assert!(world.sent().is_empty());
        }
        let (report, took) = loops.flush(HOUR);
        assert!(took < 20 * SECOND, "{took:?}");
        assert_eq!((report.acknowledged, report.pending, report.timed_out), (22, 0, false));
        assert!(report.is_complete() && report.into_result().is_ok());
        let (report, took) = loops.flush(HOUR);
        assert_eq!((report.acknowledged, took), (0, Duration::ZERO), "there is nothing more");
    }
}

#[test]
fn r27_it_skips_our_own_backoff_from_before() {
    for has_worker in [true, false] {
        let world = lazy_world();
        let lanes = track_in(&world, 1);
        let refused = world.send_with(&lanes[0], |_: usize, _: &Sent| Fault::Refused);
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Connect);
        assert_eq!(world.core.recorder().health(), Health::Healthy, "four attempts do not make the service rest");
        let (report, took) = loops(&world, has_worker, healthy()).flush(60 * SECOND);
        assert_eq!((report.acknowledged, took), (1, Duration::ZERO));
    }
}

#[test]
fn r27_it_does_not_skip_the_backoff_of_its_own_attempts() {
    for has_worker in [true, false] {
        let world = lazy_world();
        track_in(&world, 1);
        let mut loops = loops(&world, has_worker, |_, _: &Sent| Fault::Refused);
        let (report, took) = loops.flush(10 * SECOND);
        assert_eq!((report.timed_out, report.pending, took), (true, 1, 10 * SECOND));
        let times: Vec<_> = world.sent().iter().map(|sent| sent.at).collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "each attempt waits for its time: {times:?}");
        assert!(times.len() <= 4 + 10, "four attempts, then the service rests: {}", times.len());
    }
}

#[test]
fn r27_it_never_skips_what_the_service_asked_for() {
    for has_worker in [true, false] {
        // The whole service asked for it.
        let world = lazy_world();
        let lanes = track_in(&world, 3);
        world.send_with(&lanes[0], |_: usize, _: &Sent| Fault::throttled("20")).unwrap_err();
        world.forget_sent();
        let start = world.clock.since_start();
        let mut loops = loops(&world, has_worker, healthy());
        let (report, took) = loops.flush(5 * SECOND);
        assert_eq!((report.timed_out, report.pending, took), (true, 3, 5 * SECOND));
        assert!(world.sent().is_empty());
        assert_eq!(report.into_result().unwrap_err().kind(), ErrorKind::RateLimited);
        let (report, _) = loops.flush(60 * SECOND);
        assert!(report.is_complete());
        assert!(world.sent().iter().all(|sent| sent.at - start >= 20 * SECOND));
        // One conversation was told to wait.
        let world = lazy_world();
        let lanes = track_in(&world, 1);
        world.send_with(&lanes[0], |_: usize, _: &Sent| Fault::throttled("70").with_status(500)).unwrap_err();
        let (report, took) = self::loops(&world, has_worker, healthy()).flush(100 * SECOND);
        assert_eq!((report.acknowledged, took), (1, 70 * SECOND));
    }
}

#[test]
fn r27_while_the_service_rests_it_sends_a_probe_a_second_and_returns_soon_after_the_outage() {
    for has_worker in [true, false] {
        let world = lazy_world();
        track_in(&world, 30);
        let end = world.clock.since_start() + 20 * SECOND;
        let faults = move |_: usize, sent: &Sent| if sent.at < end { Fault::Refused } else { Fault::None };
        let (report, took) = loops(&world, has_worker, faults).flush(60 * SECOND);
        assert!(report.is_complete(), "{report:?}");
        assert!(took >= 20 * SECOND && took < 60 * SECOND, "{took:?}");
        let during = world.sent().iter().filter(|sent| sent.at < end).count();
        assert!(during <= 8 + 20, "{during} requests");
    }
}

#[test]
fn r27_what_only_a_person_can_move_is_not_waited_for() {
    type Stuck = (fn(ConfigBuilder) -> ConfigBuilder, Fault, &'static str, ErrorKind);
    let stuck: [Stuck; 3] = [
        (lazy, Fault::status(422), "POST /api/conversations/", ErrorKind::Rejected),
        (lazy, Fault::status(401), "POST /api/conversations/", ErrorKind::Unauthorized),
        (
            |config| lazy(config).ambiguous_create(AmbiguousCreate::Hold),
            Fault::Reset(Kept::Yes),
            "POST /api/track/",
            ErrorKind::Rejected,
        ),
    ];
    for (config, fault, route, kind) in stuck {
        for has_worker in [true, false] {
            let what = format!("{fault:?}, worker: {has_worker}");
            let world = World::with_config(config);
            track_in(&world, 1);
            let faults = |_: usize, sent: &Sent| if sent.route == route { fault.clone() } else { Fault::None };
            let mut loops = loops(&world, has_worker, faults);
            for again in [false, true] {
                let (report, took) = loops.flush(HOUR);
                assert_eq!((report.pending, report.timed_out, took), (1, false, Duration::ZERO), "{what}, {again}");
                assert_eq!(report.into_result().unwrap_err().kind(), kind, "{what}");
            }
        }
    }
}

#[test]
fn r27_it_is_over_for_a_conversation_that_is_parked_and_waits_for_the_others() {
    let world = lazy_world();
    world.core.recorder().get_or_create_conversation(NewConversation::new("parked").environment("staging")).unwrap();
    world.lane("parked").track_human_message("waits for a person").unwrap();
    track_in(&world, 10);
    let mut loops = loops(&world, true, |_, _: &Sent| Fault::Slow(SECOND));
    let (report, took) = loops.flush(HOUR);
    assert!(took >= 2 * SECOND, "{took:?}");
    assert_eq!((report.acknowledged, report.rejected, report.pending), (10, 1, 1));
    world.core.recorder().get_or_create_conversation(NewConversation::new("parked").environment("production")).unwrap();
    let (report, _) = loops.flush(HOUR);
    assert_eq!((report.acknowledged, report.pending), (2, 0), "it moves again");
}

#[test]
fn r27_what_is_tracked_meanwhile_does_not_prolong_it() {
    for has_worker in [true, false] {
        let world = lazy_world();
        let lanes = track_in(&world, 2);
        let mut loops = loops(&world, has_worker, |_, _: &Sent| Fault::Slow(SECOND));
        loops.settle();
        let flush = world.core.begin_flush(HOUR);
        let start = world.clock.since_start();
        let mut tracked = 0;
        while !flush.is_over() {
            loops.run(SECOND / 2);
            lanes[0].track_human_message(format!("more {tracked}")).unwrap();
            world.lane(&format!("new {tracked}")).track_human_message("more").unwrap();
            tracked += 1;
        }
        let took = world.clock.since_start() - start;
        assert!(took <= 3 * SECOND, "{took:?}");
        let report = flush.into_report();
        assert!(!report.timed_out && report.pending > 0, "{report:?}");
        assert_eq!(texts(&world.api, "c1"), ["hello"]);
    }
}

#[test]
fn r27_a_silent_service_does_not_hold_it_beyond_its_time() {
    for has_worker in [true, false] {
        let world = lazy_world();
        track_in(&world, 40);
        let mut loops = loops(&world, has_worker, |_, _: &Sent| Fault::Timeout(Kept::No));
        for seconds in [5, 1, 0, 30] {
            let (report, took) = loops.flush(seconds * SECOND);
            assert_eq!((report.timed_out, report.pending, took), (true, 40, seconds * SECOND));
            let kind = report.into_result().unwrap_err().kind();
            assert!(matches!(kind, ErrorKind::DeadlineExceeded | ErrorKind::Timeout), "{kind:?}");
        }
        loops.set_faults(healthy());
        let (report, _) = loops.flush(120 * SECOND);
        assert_eq!(report.pending, 0, "{report:?}");
        for number in 0..40 {
            assert_eq!(texts(&world.api, &format!("c{number}")), ["hello"]);
        }
    }
}

#[test]
fn r27_several_flushes_at_once_each_wait_for_what_came_before_them() {
    for has_worker in [true, false] {
        let world = lazy_world();
        let one_after_another = |_: usize, _: &Sent| Fault::Slow(SECOND);
        let mut loops = loops(&world, has_worker, one_after_another);
        let start = world.clock.since_start();
        let mut flushes = Vec::new();
        for number in 0..5 {
            world.lane("c").track_human_message(number.to_string()).unwrap();
            flushes.push(world.core.begin_flush(HOUR));
        }
        let short = world.core.begin_flush(SECOND);
        let mut ends = Vec::new();
        for flush in flushes {
            loops.wait_for(None, || flush.is_over());
            ends.push((world.clock.since_start() - start).as_secs());
            assert!(!flush.into_report().timed_out);
        }
        assert_eq!(ends, [2, 3, 4, 5, 6], "the record and each message take a second");
        assert!(short.time_left().is_zero());
        drop(short);
        world.lane("c").track_human_message("later").unwrap();
        loops.run(60 * SECOND);
        assert!(world.lane("c").has_pending(), "with the last flush the delay is back");
    }
}

#[test]
fn r27_a_disabled_client_is_flushed_at_once() {
    let world = World::with_whole_config(agentsight_core::Config::builder().enabled(false).build().unwrap());
    track_in(&world, 3);
    let (report, took) = loops(&world, false, healthy()).flush(HOUR);
    assert_eq!((report.acknowledged, report.pending, took), (3, 0, Duration::ZERO));
    assert_eq!(report.health, Health::Closed);
}

#[test]
fn r27_the_report_says_whether_anything_was_refused() {
    let world = lazy_world();
    track_in(&world, 2);
    let refuse_one = |_: usize, sent: &Sent| match sent.json["conversation_id"].as_str() {
        Some("c0") if sent.route == "POST /api/track/" => Fault::status(422),
        _ => Fault::None,
    };
    let (report, _): (FlushReport, _) = loops(&world, true, refuse_one).flush(HOUR);
    assert_eq!((report.acknowledged, report.rejected, report.pending), (1, 1, 0));
    assert!(!report.is_complete());
    assert_eq!(report.into_result().unwrap_err().kind(), ErrorKind::Rejected);
}
