//! How long a conversation rests, and the service (R16).

use std::time::Duration;

use super::service::Fate;
use super::world::{World, described};
use crate::error::ErrorKind;
use crate::outbox::{Health, Next, Scope};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// How long a conversation rests each time it stops.
fn rests(id: &str, stops: usize) -> Vec<Duration> {
    let mut world = World::new(|builder| builder);
    let lane = world.lane(id);
    world.track(lane, "a1");
    world.run(Fate::Acknowledged);
    let stop = |_| {
        world.run(Fate::Hopeless);
        world.wait().expect("a rest")
    };
    (0..stops).map(stop).collect()
}

#[test]
fn r16_a_conversation_rests_a_second_and_twice_as_long_each_time_up_to_a_minute() {
    let longest = [1, 2, 4, 8, 16, 32, 60, 60, 60].map(seconds);
    let rests_of_a = rests("a", longest.len());
    for (rest, longest) in rests_of_a.iter().zip(longest) {
        assert!(*rest >= longest / 2 && *rest <= longest, "{rests_of_a:?}");
    }
    assert_eq!(rests_of_a, rests("a", longest.len()), "a schedule can be replayed");
    assert_ne!(rests_of_a, rests("b", longest.len()), "conversations do not come all at once");
    let distinct: std::collections::BTreeSet<_> = rests_of_a[6..].iter().collect();
    assert_eq!(distinct.len(), 3, "jitter differs from stop to stop: {rests_of_a:?}");
}

#[test]
fn r16_a_delivered_event_ends_the_growth() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.track(lane, "a1");
    world.track(lane, "a2");
    world.run(Fate::Acknowledged);
    (0..4).for_each(|_| {
        world.run(Fate::Hopeless);
    });
    assert_eq!(world.run(Fate::Acknowledged), "a1");
    assert_eq!(world.run(Fate::Hopeless), "a2");
    assert!(world.wait().expect("a rest") <= seconds(1));
}

#[test]
fn r16_no_rest_is_shorter_than_the_service_asks() {
    for asked in [2, 30, 90, 600] {
        let mut world = World::new(|builder| builder);
        let lane = world.lane("a");
        world.track(lane, "a1");
        world.run(Fate::Acknowledged);
        world.run(Fate::Busy(asked));
        assert_eq!(
            world.outbox.health(world.now()),
            Health::Resting { remaining: seconds(asked), because: ErrorKind::Server }
        );
        let failed = world.clock;
        let job = world.take_when_due();
        assert!(world.clock - failed >= seconds(asked), "{:?} of {asked}", world.clock - failed);
        assert_eq!(described(&job), "a1");
    }
}

#[test]
fn r16_a_flush_does_not_skip_what_the_service_asks() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.track(lane, "a1");
    let flush = world.outbox.begin_flush(world.now());
    assert_eq!(described(&world.take()), "record of a", "nor does it wait for the delay");
    world.outbox.end_flush();
    assert!(!world.outbox.is_flushed(flush, world.now()));

    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.track(lane, "a1");
    world.run(Fate::Acknowledged);
    world.run(Fate::Busy(30));
    world.outbox.begin_flush(world.now());
    assert!(world.wait() >= Some(seconds(30)));
}

/// A world in which this many conversations have one event each.
fn crowd(count: usize, concurrency: usize) -> World {
    let mut world = World::new(|builder| builder.concurrency(concurrency).delivery_delay(Duration::ZERO));
    for place in 0..count {
        let lane = world.lane(&format!("c{place}"));
        world.track(lane, &format!("event {place}"));
    }
    world
}

#[test]
fn r16_after_five_failures_one_probe_a_second_of_conversations_in_turn() {
    let mut world = crowd(8, 16);
    let jobs: Vec<_> = (0..5).map(|_| world.take()).collect();
    jobs.iter().for_each(|job| world.finish(job, Fate::NotActedOn));
    assert_eq!(world.wait(), Some(seconds(1)));
    let mut probed = std::collections::BTreeSet::new();
    for _ in 0..8 {
        world.pass(seconds(1));
        let probe = world.take();
        assert!(matches!(world.next(), Next::Wait(_)), "one at a time");
        probed.insert(described(&probe));
        world.finish(&probe, Fate::NotActedOn);
    }
    assert!(probed.len() >= 6, "in turn: {probed:?}");
    world.pass(seconds(1));
    let probe = world.take();
    world.finish(&probe, Fate::Acknowledged);
    assert_eq!(world.outbox.health(world.now()), Health::Healthy);
    world.pass(seconds(60));
    assert!((0..8).all(|_| matches!(world.next(), Next::Send { .. })), "everybody goes on");
}

#[test]
fn r16_a_conversation_that_fails_while_the_service_rests_stops() {
    let mut world = crowd(6, 16);
    let jobs: Vec<_> = (0..6).map(|_| world.take()).collect();
    jobs.iter().for_each(|job| world.finish(job, Fate::NotActedOn));
    let stops = |place: usize| {
        let lane = world.outbox.book().lanes().key(&format!("c{place}")).expect("a lane");
        world.outbox.schedule(lane).sending.as_ref().map_or(0, |sending| sending.stops)
    };
    let stops: Vec<u32> = (0..6).map(stops).collect();
    assert_eq!(stops, [0, 0, 0, 0, 1, 1], "the fifth failure makes the service rest");
}

#[test]
fn r16_a_thousand_conversations_against_a_closed_port_cost_few_requests() {
    let mut world = crowd(1_000, 16);
    let ticket = world.outbox.ticket_for_all(world.now());
    let mut requests = 0;
    while !world.outbox.is_over(ticket) {
        let mut jobs = Vec::new();
        loop {
            match world.outbox.next(world.now(), Scope::Ticket(ticket)) {
                Next::Send { job, .. } => jobs.push(job),
                Next::Wait(Some(until)) if jobs.is_empty() => world.pass(until.saturating_sub(world.clock)),
                _ => break,
            }
        }
        requests += jobs.len();
        jobs.iter().for_each(|job| world.finish(job, Fate::NotActedOn));
    }
    assert!(requests <= 16 + 9, "{requests} requests");
    assert_eq!(world.outbox.close(ticket).expect("a ticket").outcomes.len(), 1_000);
    assert_eq!(world.outbox.stats().0.pending, 1_000, "nothing is dropped");
}

#[test]
fn r16_a_late_answer_to_an_old_key_refuses_nothing() {
    let mut world = crowd(2, 16);
    let (first, second) = (world.take(), world.take());
    world.finish(&first, Fate::KeyRefused);
    assert_eq!(world.wait(), Some(seconds(20)), "the other job is out");
    let key = crate::config::ApiKey::new("ags_2a2b3c4d5e6f7890abcdef1234567890_a1b2c3").expect("a key");
    world.outbox.set_api_key(key.clone());
    assert!(world.outbox.take_wake());
    world.finish(&second, Fate::KeyRefused);
    assert_eq!(world.outbox.health(world.now()), Health::Healthy);
    let again = world.take();
    assert_eq!((described(&again).as_str(), again.key.map(|key| key.header())), ("record of c1", Some(key.header())));
}
