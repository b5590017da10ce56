//! R16: when a request is repeated, and how long is waited before.

use std::time::Duration;

use agentsight_core::{ConversationFilter, ErrorKind, RequestFate};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first};
use crate::world::{Sent, World};

const LIST: &str = "GET /api/conversations/";
const TRACK: &str = "POST /api/track/";

/// Reads one page under these faults in turn; answers how it went.
fn read(world: &World, faults: impl IntoIterator<Item = Fault>) -> Result<(), agentsight_core::Error> {
    let mut machine = world.core.fetch_conversations(&ConversationFilter::new()).unwrap();
    world.drive_with(&mut machine, first(LIST, faults)).map(drop)
}

/// The waits between requests.
fn waits(world: &World) -> Vec<Duration> {
    world.sent().windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

#[test]
fn r16_a_read_is_repeated_after_everything_transient() {
    for fault in [
        Fault::Refused,
        Fault::ConnectTimeout,
        Fault::Reset(Kept::Yes),
        Fault::Timeout(Kept::Yes),
        Fault::status(408),
        Fault::status(425),
        Fault::status(429),
        Fault::status(500),
        Fault::status(502),
        Fault::status(503),
        Fault::status(504),
        Fault::page(),
    ] {
        let world = World::new();
        read(&world, [fault.clone()]).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(world.sent().len(), 2, "{fault:?}");
    }
}

#[test]
fn r16_nothing_final_is_repeated() {
    for status in [302, 400, 401, 402, 403, 404, 405, 409, 410, 413, 422] {
        let world = World::new();
        let error = read(&world, [Fault::status(status)]).unwrap_err();
        assert_eq!((world.sent().len(), error.attempts()), (1, 1), "{status}");
        assert_eq!((error.status().unwrap().as_u16(), error.request_fate()), (status, RequestFate::Answered));
        assert_eq!(error.operation(), Some("fetch_conversations"));
    }
}

#[test]
fn r16_four_attempts_with_growing_jitter_by_default() {
    let world = World::new();
    let error = read(&world, vec![Fault::Refused; 9]).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), world.sent().len()), (ErrorKind::Connect, 4, 4));
    for (wait, most) in waits(&world).into_iter().zip([250, 500, 1000]) {
        assert!(wait <= Duration::from_millis(most), "{wait:?} of at most {most} ms");
    }
    assert!(waits(&world).iter().any(|wait| !wait.is_zero()), "full jitter, not none");
}

#[test]
fn r16_retry_after_in_seconds_or_as_a_date_is_never_undercut() {
    for date in [false, true] {
        let world = World::new();
        let value = if date {
            (world.clock.utc() + TimeDelta::seconds(7)).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
        } else {
            "7".to_owned()
        };
        read(&world, [Fault::throttled(value)]).unwrap();
        assert_eq!(waits(&world), [Duration::from_secs(7)]);
    }
}

#[test]
fn r16_a_retry_after_beyond_the_deadline_stops_the_lane_at_once() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let error = world.send_with(&lane, always(TRACK, Fault::throttled("61"))).unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(61))));
    assert_eq!((world.count(TRACK), error.attempts(), error.report().unwrap().remaining), (1, 1, 1));
    assert_eq!(error.detail().as_deref(), Some("Request was throttled."));
    world.advance(error.retry_after().unwrap());
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
}

#[test]
fn r16_an_endless_retry_after_does_not_overflow() {
    let world = World::new();
    let error = read(&world, [Fault::throttled("99999999999999999999999")]).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
}

#[test]
fn r16_one_attempt_repeats_nothing() {
    let world = World::with_config(|config| config.max_attempts(1));
    assert_eq!(read(&world, vec![Fault::Refused; 2]).unwrap_err().attempts(), 1);
}

#[test]
fn r16_the_last_attempt_gets_only_the_time_that_is_left() {
    let world = World::with_config(|config| config.max_attempts(9).call_timeout(Duration::from_secs(40)));
    let start = world.clock.since_start();
    let error = read(&world, vec![Fault::Timeout(Kept::No); 9]).unwrap_err();
    assert_eq!((error.kind(), error.request_fate()), (ErrorKind::DeadlineExceeded, RequestFate::MaybeSent));
    let timeouts: Vec<u64> = world.sent().iter().map(|sent| sent.timeout.as_secs()).collect();
    assert_eq!(timeouts[..2], [15, 15]);
    assert!(timeouts[2] < 11, "{timeouts:?}");
    assert!(world.clock.since_start() - start <= Duration::from_secs(40));
}

#[test]
fn r16_jitter_can_be_replayed() {
    let schedule = || {
        let world = World::new();
        read(&world, vec![Fault::status(503); 9]).unwrap_err();
        waits(&world)
    };
    assert_eq!(schedule(), schedule());
}

fn transient() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Refused),
        Just(Fault::ConnectTimeout),
        Just(Fault::Reset(Kept::No)),
        Just(Fault::Timeout(Kept::No)),
        Just(Fault::status(500)),
        (0..90_u32).prop_map(|seconds| Fault::throttled(seconds.to_string())),
        (0..90_u32).prop_map(|seconds| Fault::throttled(seconds.to_string()).with_status(503)),
    ]
}

proptest! {
    #[test]
    fn r16_attempts_waits_and_deadline_hold_for_every_sequence_of_faults(
        faults in prop::collection::vec(transient(), 0..12),
        attempts in 1..8_u32,
        call_seconds in 1..120_u64,
    ) {
        let call = Duration::from_secs(call_seconds);
        let world = World::with_config(|config| config.max_attempts(attempts).call_timeout(call));
        let start = world.clock.since_start();
        let result = read(&world, faults.clone());
        let sent = world.sent();
        prop_assert!(sent.len() <= attempts as usize);
        prop_assert!(world.clock.since_start() - start <= call);
        prop_assert!(sent.iter().all(|sent| sent.at + sent.timeout <= start + call));
        let asked = |fault: &Fault| match fault {
            Fault::Answer { retry_after: Some(seconds), .. } => Duration::from_secs(seconds.parse().unwrap()),
            _ => Duration::ZERO,
        };
        for (wait, fault) in waits(&world).iter().zip(&faults) {
            prop_assert!(*wait >= asked(fault), "{:?} after {:?}", wait, fault);
        }
        match result {
            Ok(()) => prop_assert_eq!(sent.len(), faults.len() + 1),
            Err(error) => {
                prop_assert_eq!(error.attempts() as usize, sent.len());
                let last = &faults[sent.len() - 1];
                let gave_up_early = sent.len() < attempts as usize;
                if gave_up_early && !asked(last).is_zero() {
                    prop_assert_eq!(error.retry_after(), Some(asked(last)));
                } else if gave_up_early {
                    prop_assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
                }
            }
        }
    }
}

#[test]
fn r16_every_logical_call_has_its_own_time() {
    let world = World::new();
    let lane = world.lane("c");
    for number in 0..10 {
        lane.track_human_message(format!("{number}")).unwrap();
    }
    let mut last = String::new();
    let slow = |_: usize, sent: &Sent| {
        let content = sent.json["content"].to_string();
        let is_first = sent.route == TRACK && content != last;
        last = content;
        if is_first { Fault::throttled("30") } else { Fault::None }
    };
    assert_eq!(world.send_with(&lane, slow).unwrap().acknowledged(), 10, "five minutes, thirty seconds a call");
}
