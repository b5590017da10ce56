//! R16, R25: outages with traffic going on cost nothing but time.

use std::time::Duration;

use agentsight_core::{ErrorKind, Health};
use agentsight_testkit::{Expected, RateLimit};

use crate::fault::{Fault, Kept};
use crate::worker::Loops;
use crate::world::{Sent, World};

const SECOND: Duration = Duration::from_secs(1);
const CONVERSATIONS: usize = 50;
/// How many messages each conversation tracks during the outage, and some before and after.
const ROUNDS: u32 = 8;

fn id(conversation: usize) -> String {
    format!("c{conversation}")
}

/// What goes wrong with every request of an outage.
fn outages() -> [(&'static str, Fault); 5] {
    [
        ("refused connections", Fault::Refused),
        ("silence", Fault::Timeout(Kept::No)),
        ("503", Fault::status(503)),
        ("502", Fault::status(502)),
        ("502 of a proxy in front of a service that works", Fault::status(502).kept(Kept::Yes)),
    ]
}

/// An outage of this length while 50 conversations go on.
fn go_through(what: &str, fault: &Fault, length: Duration) {
    let what = format!("{what} for {length:?}");
    let world = World::new();
    let (start, end) = (world.clock.since_start() + 2 * SECOND, world.clock.since_start() + 2 * SECOND + length);
    let lanes: Vec<_> = (0..CONVERSATIONS).map(|number| world.lane(&id(number))).collect();
    let mut tracked = 0;
    let mut track = || {
        for lane in &lanes {
            lane.track_human_message(format!("message {tracked}")).unwrap();
        }
        tracked += 1;
    };
    let mut worker =
        Loops::worker(
            &world,
            16,
            |_, sent: &Sent| {
                if (start..end).contains(&sent.at) { fault.clone() } else { Fault::None }
            },
        );
    track();
    worker.run(2 * SECOND);
    for _ in 0..ROUNDS {
        track();
        worker.run(length / ROUNDS);
    }
    track();
    worker.run(end.saturating_sub(world.clock.since_start()));
    check_restraint(&what, &world, start, end);
    worker.run(60 * SECOND);
    let pending = world.core.recorder().pending();
    assert!(pending.is_empty(), "{what}: {} of {} wait", pending.total(), pending.conversations.len());
    let expected = (0..CONVERSATIONS).fold(Expected::new(), |expected, number| {
        let conversation = expected.conversation(id(number));
        (0..tracked).fold(conversation, |events, text| events.question(format!("message {text}"))).into()
    });
    world.api.audit().assert_exactly_once_in_order(&expected);
    let stats = world.core.recorder().stats();
    assert_eq!((stats.acknowledged, stats.rejected), (tracked * CONVERSATIONS as u64, 0), "{what}");
    assert_eq!(world.core.recorder().health(), Health::Healthy, "{what}");
}

/// Once the service rests, there are at most two requests in any second.
fn check_restraint(what: &str, world: &World, start: Duration, end: Duration) {
    let during = world.sent().into_iter().map(|sent| sent.at).filter(|at| (start..end).contains(at));
    // Those that were under way when the service began to rest, and what it took to begin.
    let resting: Vec<_> = during.skip(16 + 9).collect();
    let crowded = resting.windows(3).find(|three| three[2] - three[0] < SECOND);
    assert!(crowded.is_none(), "{what}: three requests within a second: {crowded:?}");
    assert!(resting.len() as u64 <= 2 * (end - start).as_secs(), "{what}: {} requests", resting.len());
}

#[test]
fn r16_an_outage_of_seconds_loses_doubles_and_reorders_nothing() {
    outages().iter().for_each(|(what, fault)| go_through(what, fault, 4 * SECOND));
}

#[test]
fn r16_an_outage_of_a_minute_loses_doubles_and_reorders_nothing() {
    outages().iter().for_each(|(what, fault)| go_through(what, fault, 60 * SECOND));
}

#[test]
fn r16_an_outage_of_an_hour_loses_doubles_and_reorders_nothing() {
    outages().iter().for_each(|(what, fault)| go_through(what, fault, 3_600 * SECOND));
}

#[test]
fn r16_after_one_conversation_was_told_to_come_later_nobody_asks_earlier() {
    let world = World::new();
    let start = world.clock.since_start();
    for number in 0..CONVERSATIONS {
        world.lane(&id(number)).track_human_message("hello").unwrap();
    }
    let mut throttled = false;
    let mut worker = Loops::worker(&world, 4, |_, sent: &Sent| {
        let is_chosen = sent.route == "POST /api/track/" && sent.json["conversation_id"] == "c7";
        if is_chosen && !std::mem::replace(&mut throttled, true) { Fault::throttled("600") } else { Fault::None }
    });
    worker.run(10 * SECOND);
    let told = world.sent().len();
    assert!(matches!(world.core.recorder().health(), Health::Resting { because: ErrorKind::RateLimited, .. }));
    for minute in 0..9 {
        world.lane(&id(minute)).track_human_message("meanwhile").unwrap();
        worker.run(60 * SECOND);
    }
    assert_eq!(world.sent().len(), told, "nobody asks for ten minutes");
    worker.run(120 * SECOND);
    assert!(world.core.recorder().pending().is_empty());
    let first = world.sent()[told].at - start;
    assert!(first >= 600 * SECOND, "{first:?}");
}

#[test]
fn r16_a_service_with_a_rate_limit_is_never_asked_early() {
    // A request every ten seconds, and a hundred at once.
    let limit = RateLimit::new(100, 1_000 * SECOND);
    let world = World::with_options(|options| options.rate_limit(limit));
    let mut worker = Loops::worker(&world, 16, |_, _: &Sent| Fault::Slow(SECOND / 10));
    for number in 0..CONVERSATIONS {
        (0..4).for_each(|text| world.lane(&id(number)).track_human_message(text.to_string()).unwrap());
    }
    worker.run(3_600 * SECOND);
    assert!(world.core.recorder().pending().is_empty());
    let audit = world.api.audit();
    assert_eq!(audit.traffic.early, 0, "{:?}", audit.early);
    let expected = (0..CONVERSATIONS).fold(Expected::new(), |expected, number| {
        (0..4).fold(expected.conversation(id(number)), |events, text| events.question(text.to_string())).into()
    });
    audit.assert_exactly_once_in_order(&expected);
}

#[test]
fn r16_a_worker_asks_a_closed_port_once_a_second_however_many_conversations_wait() {
    for fault in [Fault::Refused, Fault::ConnectTimeout] {
        let world = World::new();
        for number in 0..1_000 {
            world.lane(&id(number)).track_human_message("hello").unwrap();
        }
        let mut worker = Loops::worker(&world, 16, |_, _: &Sent| fault.clone());
        worker.run(60 * SECOND);
        assert!(world.sent().len() <= 16 + 9 + 60, "{fault:?}: {} requests", world.sent().len());
        worker.set_faults(crate::fault::healthy());
        let end = world.clock.since_start();
        let took = worker.run_until(|| world.core.recorder().stats().pending == 0);
        assert!(took <= 60 * SECOND, "{fault:?}: {took:?}");
        let first = world.sent().iter().filter(|sent| sent.at >= end).map(|sent| sent.at - end).min().unwrap();
        assert!(first <= 11 * SECOND, "{fault:?}: the probe under way, and a second: {first:?}");
    }
}

#[test]
fn r16_of_a_service_that_rests_each_probe_asks_for_another_conversation() {
    let world = World::new();
    for number in 0..CONVERSATIONS {
        world.lane(&id(number)).track_human_message("hello").unwrap();
    }
    let mut worker = Loops::worker(&world, 1, |_, _: &Sent| Fault::Refused);
    worker.run(30 * SECOND);
    let sent = world.sent();
    let asked: Vec<_> = sent.iter().filter_map(|sent| sent.json["conversation_id"].as_str()).collect();
    let different: std::collections::BTreeSet<_> = asked.iter().collect();
    assert!(different.len() + 1 >= asked.len(), "{asked:?}");
}
