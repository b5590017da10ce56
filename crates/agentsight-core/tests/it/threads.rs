//! R10, R11: many threads track and send at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use agentsight_core::TokenUsage;
use agentsight_testkit::FakeApi;

use crate::drive::Drive;
use crate::fault::{Fault, Kept, healthy};
use crate::world::{Sent, World};

const THREADS: usize = 8;
const CONVERSATIONS: usize = 30;
const ROUNDS: usize = 6;

fn id(conversation: usize) -> String {
    format!("c{conversation}")
}

/// Every thread tracks one message a round in every conversation.
fn track(world: &World, thread: usize) {
    for round in 0..ROUNDS {
        for conversation in 0..CONVERSATIONS {
            let lane = world.lane(&id(conversation));
            lane.track_human_message(format!("{conversation} {thread} {round}")).unwrap();
            lane.track_token_usage(TokenUsage::new(1, 0));
        }
    }
}

/// Checks that every conversation holds every thread's messages once, in each thread's order, and no one else's.
fn check(api: &FakeApi) {
    for conversation in 0..CONVERSATIONS {
        let messages = api.transcript(id(conversation).as_str());
        let (tokens, texts): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.action_name.is_some());
        assert_eq!(texts.len(), THREADS * ROUNDS, "{conversation}");
        for thread in 0..THREADS {
            let own = format!("{conversation} {thread} ");
            let rounds: Vec<_> = texts.iter().filter_map(|message| message.content.strip_prefix(&own)).collect();
            assert_eq!(rounds, (0..ROUNDS).map(|round| round.to_string()).collect::<Vec<_>>(), "{conversation}");
        }
        let mut numbers: Vec<(i64, u64)> =
            texts.iter().map(|message| (message.timestamp.timestamp_micros(), message.id)).collect();
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0].0 < pair[1].0), "every stamp is its own");
        assert!(numbers.windows(2).all(|pair| pair[0].1 < pair[1].1), "sent in the order of time");
        let count =
            |message: &agentsight_core::Message| message.metadata.as_ref()?.as_map()?.get("prompt_tokens")?.as_u64();
        assert_eq!(tokens.iter().filter_map(count).sum::<u64>(), (THREADS * ROUNDS) as u64, "{conversation}");
    }
}

#[test]
fn r10_what_many_threads_track_while_others_send_is_neither_misfiled_nor_lost_nor_repeated() {
    for fault in [Fault::None, Fault::Reset(Kept::Yes), Fault::Reset(Kept::No), Fault::status(429)] {
        // Each thread moves the clock for all: no attempt may run out of time meanwhile.
        let day = Duration::from_secs(86_400);
        let world = World::with_config(|config| config.attempt_timeout(day).call_timeout(day));
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let trackers: Vec<_> = (0..THREADS)
                .map(|thread| {
                    scope.spawn({
                        let world = &world;
                        move || track(world, thread)
                    })
                })
                .collect();
            let senders: Vec<_> = (0..3).map(|_| scope.spawn(|| send_until(&world, &done, &fault))).collect();
            for tracker in trackers {
                tracker.join().unwrap();
            }
            done.store(true, Ordering::SeqCst);
            for sender in senders {
                sender.join().unwrap();
            }
        });
        assert!(world.send_all(healthy()).is_complete());
        assert!(world.core.recorder().pending().is_empty() && world.core.recorder().dead_letters().is_empty());
        check(&world.api);
    }
}

/// Sends whatever is pending, again and again; every seventh request meets the fault.
fn send_until(world: &World, done: &AtomicBool, fault: &Fault) {
    let mut requests = 0;
    while !done.load(Ordering::SeqCst) {
        for conversation in world.core.recorder().pending().conversations {
            let lane = world.lane(conversation.conversation_id.as_str());
            let _ = world.drive_with(&mut world.delivery(&lane), |_: usize, _: &Sent| {
                requests += 1;
                if requests % 7 == 0 { fault.clone() } else { Fault::None }
            });
        }
    }
}

#[test]
fn r10_tracking_waits_neither_for_a_send_of_its_own_conversation_nor_for_another() {
    let world = World::new();
    let (one, other) = (world.lane("one"), world.lane("other"));
    one.track_human_message("before").unwrap();
    let mut delivery = world.delivery(&one);
    let _ = world.drive_n(&mut delivery, 4, healthy());
    // A request of `one` is under way for as long as the delivery is not driven on.
    thread::scope(|scope| {
        scope.spawn(|| one.track_human_message("meanwhile").unwrap());
        scope.spawn(|| other.track_human_message("elsewhere").unwrap());
        scope.spawn(|| assert!(world.core.recorder().pending().total() <= 3));
    });
    assert_eq!(world.core.recorder().pending().total(), 3);
    drop(delivery);
    assert!(world.send_all(healthy()).is_complete());
}
