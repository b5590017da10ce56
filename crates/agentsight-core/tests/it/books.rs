//! R28: the books of a client balance at every moment, and its health says what keeps it from sending.

use std::time::Duration;

use agentsight_core::{
    Config, ConversationRecorder, ErrorKind, Health, Machine, NewConversation, Stats, Step, TokenUsage,
};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, healthy};
use crate::story::{one_of_everything, some_tokens, track_all};
use crate::worker::Loops;
use crate::world::{Sent, World};

const TRACK: &str = "POST /api/track/";
const UPSERT: &str = "POST /api/conversations/";
const SECOND: Duration = Duration::from_secs(1);

/// The books, which balance, and agree with what can be counted elsewhere.
#[track_caller]
fn books(world: &World) -> Stats {
    let recorder = world.core.recorder();
    let stats = recorder.stats();
    let taken = stats.tracked + stats.restored + stats.requeued;
    assert_eq!(taken, stats.acknowledged + stats.rejected + stats.discarded + stats.pending, "{stats:?}");
    assert_eq!(stats.dead_letters as usize, recorder.dead_letters().len());
    let items = |id: &str| recorder.conversation(id).unwrap().get_tracked_data_summary().items.len();
    let waits: usize = recorder.pending().conversations.iter().map(|waits| items(waits.conversation_id.as_str())).sum();
    assert_eq!(stats.pending as usize, waits, "{stats:?}");
    assert_eq!(
        stats.pending_bytes > 0,
        recorder.pending().conversations.iter().any(|waits| {
            let summary =
                recorder.conversation(waits.conversation_id.as_str()).unwrap().get_tracked_data_summary().summary;
            summary.total > summary.conversation
        })
    );
    stats
}

/// Sends step by step; the books balance after each.
fn send_step_by_step(world: &World, lane: &ConversationRecorder, fault: impl Fn(&Sent) -> Fault) {
    let mut delivery = world.delivery(lane);
    loop {
        books(world);
        match delivery.poll(world.core.now()) {
            Step::Done(_) => break,
            Step::Wait(time) => world.advance(time),
            Step::Send(attempt) => {
                books(world);
                let result = world.carry_out(attempt, &fault);
                match result {
                    Ok(response) => delivery.handle_response(world.core.now(), response),
                    Err(failure) => delivery.handle_failure(world.core.now(), failure),
                }
            }
        }
    }
    books(world);
}

fn refuse(what: &'static str) -> impl Fn(&Sent) -> Fault {
    move |sent| if sent.json.to_string().contains(what) { Fault::status(422) } else { Fault::None }
}

#[test]
fn r28_the_books_balance_at_every_step_of_a_story() {
    let world = World::new();
    assert_eq!(books(&world), Stats::default());
    let recorder = world.core.recorder();
    let lane = world.lane("c");
    // Everything is tracked, the tokens too, and some of it is refused.
    recorder.get_or_create_conversation(NewConversation::new("c")).unwrap();
    track_all(&lane, &one_of_everything());
    lane.track_token_usage(some_tokens());
    assert_eq!(books(&world).tracked, 8, "the record and seven events; tokens are none yet");
    send_step_by_step(&world, &lane, refuse("database_lookup"));
    let stats = books(&world);
    assert_eq!((stats.tracked, stats.acknowledged, stats.rejected, stats.pending), (9, 8, 1, 0));
    assert_eq!((stats.pending_bytes, stats.dead_letters), (0, 1));
    // What was refused is put back, refused again, and discarded.
    recorder.requeue(&recorder.dead_letters()[0]).unwrap();
    assert_eq!((books(&world).requeued, books(&world).pending), (1, 1));
    send_step_by_step(&world, &lane, refuse("database_lookup"));
    assert_eq!((books(&world).rejected, books(&world).pending), (2, 0));
    assert_eq!(recorder.discard(&recorder.dead_letters()[0]).unwrap(), 1);
    assert_eq!((books(&world).discarded, books(&world).dead_letters), (0, 0), "it was not pending");
    // Half a send, given up with a request under way.
    lane.track_human_message("one").unwrap();
    lane.track_human_message("two").unwrap();
    let mut delivery = world.delivery(&lane);
    assert!(world.drive_n(&mut delivery, 2, healthy()).is_none());
    books(&world);
    drop(delivery);
    assert_eq!(books(&world).pending, 2);
    send_step_by_step(&world, &lane, |_| Fault::None);
    assert_eq!(books(&world).pending, 0);
}

#[test]
fn r28_a_parked_conversation_stays_in_the_books() {
    for ending in ["corrected", "put back", "discarded"] {
        let world = World::new();
        let recorder = world.core.recorder();
        let new = |environment: &str| NewConversation::new("c").environment(environment.to_owned());
        let lane = recorder.get_or_create_conversation(new("staging")).unwrap();
        lane.track_human_message("one").unwrap();
        lane.track_token_usage(some_tokens());
        send_step_by_step(&world, &lane, |_| Fault::None);
        let stats = books(&world);
        assert_eq!((stats.tracked, stats.rejected, stats.pending), (2, 1, 1), "the record is refused");
        lane.track_human_message("two").unwrap();
        lane.track_token_usage(TokenUsage::new(1, 1));
        assert_eq!(books(&world).pending, 2);
        let letter = recorder.dead_letters().remove(0);
        match ending {
            "corrected" => drop(recorder.get_or_create_conversation(new("production")).unwrap()),
            "put back" => recorder.requeue(&letter).unwrap(),
            _ => assert_eq!(recorder.discard(&letter).unwrap(), 3),
        }
        let stats = books(&world);
        send_step_by_step(&world, &lane, |_| Fault::None);
        let after = books(&world);
        match ending {
            "corrected" => assert_eq!((stats.tracked, after.acknowledged, after.pending), (4, 4, 0)),
            "put back" => assert_eq!((stats.requeued, after.rejected, after.pending), (1, 2, 2)),
            _ => assert_eq!((stats.discarded, after.acknowledged, after.pending), (2, 0, 0)),
        }
    }
}

#[test]
fn r28_a_record_that_nobody_registered_is_in_the_books_if_it_is_refused() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    send_step_by_step(&world, &lane, |sent| if sent.route == UPSERT { Fault::status(422) } else { Fault::None });
    let stats = books(&world);
    assert_eq!((stats.tracked, stats.rejected, stats.pending, stats.dead_letters), (2, 1, 1, 1));
    world.core.recorder().get_or_create_conversation(NewConversation::new("c")).unwrap();
    send_step_by_step(&world, &lane, |_| Fault::None);
    assert_eq!(books(&world).pending, 0);
}

#[test]
fn r28_the_books_balance_under_a_worker_with_every_fault() {
    let faults = [
        Fault::None,
        Fault::Refused,
        Fault::Slow(SECOND),
        Fault::status(422),
        Fault::Reset(Kept::Yes),
        Fault::status(500),
        Fault::None,
        Fault::throttled("3"),
        Fault::Timeout(Kept::Late),
        Fault::status(403),
        Fault::status(503),
    ];
    let world = World::new();
    let mut worker = Loops::worker(&world, 4, move |index, sent: &Sent| match &faults[index % faults.len()] {
        // No conversation is to park.
        Fault::Answer { status: 422, .. } if sent.route == UPSERT => Fault::None,
        fault => fault.clone(),
    });
    for round in 0..200 {
        let lane = world.lane(&format!("c{}", round % 7));
        lane.track_human_message(round.to_string()).unwrap();
        lane.track_token_usage(TokenUsage::new(1, 1));
        books(&world);
        worker.run(SECOND);
        books(&world);
    }
    worker.set_faults(healthy());
    worker.run(120 * SECOND);
    let stats = books(&world);
    assert!(stats.pending == 0 && stats.rejected > 0 && stats.acknowledged > 200, "{stats:?}");
}

#[test]
fn r28_retries_and_what_happened_last_are_told() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let refused = |index: usize, _: &Sent| if index < 2 { Fault::Refused } else { Fault::None };
    let _ = world.send_with(&lane, refused).unwrap();
    let stats = books(&world);
    assert_eq!(stats.retries, 2);
    assert_eq!(stats.last_success, Some(world.clock.utc()));
    let error = stats.last_error.unwrap();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(error.at <= world.clock.utc() && !error.text.is_empty() && !error.text.contains("hello"));
}

#[test]
fn r28_a_registration_that_came_too_late_is_counted() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let _ = world.send(&lane).unwrap();
    world.core.recorder().get_or_create_conversation(NewConversation::new("c")).unwrap();
    assert_eq!(books(&world).late_registrations, 0, "it says no more than the id");
    world.core.recorder().get_or_create_conversation(NewConversation::new("c").name("late")).unwrap();
    assert_eq!(books(&world).late_registrations, 1);
}

#[test]
fn r28_a_disabled_client_counts_what_it_was_given() {
    let world = World::with_whole_config(Config::builder().enabled(false).build().unwrap());
    assert_eq!(world.core.recorder().health(), Health::Closed);
    let lane = world.lane("c");
    track_all(&lane, &one_of_everything());
    lane.track_token_usage(some_tokens());
    assert_eq!(books(&world).pending, 7);
    let report = world.send(&lane).unwrap();
    assert!(report.disabled);
    let stats = books(&world);
    assert_eq!((stats.tracked, stats.acknowledged, stats.pending), (8, 8, 0));
}

#[test]
fn r16_after_a_new_key_everything_is_tried_at_once_however_long_it_was_refused() {
    for (status, conversations) in [(401, 1), (401, 3), (403, 2), (302, 3)] {
        for moment in [1_800, 1_810, 1_820, 1_830, 1_840, 1_850] {
            let what = format!("{status}, {conversations} conversations, {moment} s");
            let world = World::new();
            for number in 0..conversations {
                world.lane(&format!("c{number}")).track_human_message("hello").unwrap();
            }
            let mut worker = Loops::worker(&world, 4, |_, _: &Sent| Fault::status(status));
            worker.run(moment * SECOND);
            assert_eq!(health(&world).0, "refused", "{what}");
            assert!((15..40).contains(&world.sent().len()), "{what}: {} requests", world.sent().len());
            worker.set_faults(healthy());
            world.core.set_api_key(world.core.config().api_key().unwrap().clone()).unwrap();
            worker.settle();
            assert!(world.core.recorder().pending().is_empty(), "{what}: {:?}", world.core.recorder().pending());
        }
    }
}

/// The health as a word.
fn health(world: &World) -> (&'static str, Option<ErrorKind>) {
    match world.core.recorder().health() {
        Health::Healthy => ("healthy", None),
        Health::Resting { because, .. } => ("resting", Some(because)),
        Health::Refused { because, .. } => ("refused", Some(because)),
        _ => ("closed", None),
    }
}

#[test]
fn r28_health_is_that_of_the_service_and_comes_back() {
    let world = World::new();
    let lane = world.lane("c");
    let mut worker = Loops::worker(&world, 2, |_, _: &Sent| Fault::Refused);
    assert_eq!(health(&world), ("healthy", None));
    lane.track_human_message("one").unwrap();
    worker.run(30 * SECOND);
    assert_eq!(health(&world), ("resting", Some(ErrorKind::Connect)));
    worker.set_faults(healthy());
    worker.run(60 * SECOND);
    assert_eq!(health(&world), ("healthy", None));
    // The service asks for time.
    worker.set_faults(|_, _: &Sent| Fault::throttled("600"));
    lane.track_human_message("two").unwrap();
    worker.run(SECOND);
    let Health::Resting { remaining, because, .. } = world.core.recorder().health() else { panic!("it rests") };
    assert_eq!((remaining, because), (600 * SECOND - SECOND / 2, ErrorKind::RateLimited));
    worker.set_faults(healthy());
    worker.run(600 * SECOND);
    assert_eq!(health(&world), ("healthy", None));
    // The key is refused, and replaced.
    worker.set_faults(|_, _: &Sent| Fault::status(401));
    lane.track_human_message("three").unwrap();
    worker.run(SECOND);
    assert_eq!(health(&world), ("refused", Some(ErrorKind::Unauthorized)));
    worker.set_faults(healthy());
    worker.run(10 * SECOND);
    assert_eq!(health(&world), ("refused", Some(ErrorKind::Unauthorized)), "one probe a minute");
    world.core.set_api_key(world.core.config().api_key().unwrap().clone()).unwrap();
    worker.settle();
    assert_eq!(health(&world), ("healthy", None));
    assert!(world.core.recorder().pending().is_empty());
    assert_eq!(world.count(TRACK), 5);
}
