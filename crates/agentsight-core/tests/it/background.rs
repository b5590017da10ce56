//! R25: a worker delivers what is tracked, without being asked to.

use std::rc::Rc;
use std::time::Duration;

use agentsight_core::{NewConversation, Next, Scope, TokenUsage};

use crate::fault::{Fault, Kept, healthy};
use crate::story::texts;
use crate::worker::Loops;
use crate::world::{Sent, World};

const TRACK: &str = "POST /api/track/";
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// The conversation and the time, since `start`, of every message that was sent.
fn messages(world: &World, start: Duration) -> Vec<(String, Duration)> {
    let sent = world.sent().into_iter().filter(|sent| sent.route == TRACK);
    sent.map(|sent| (sent.json["conversation_id"].as_str().unwrap().to_owned(), sent.at - start)).collect()
}

#[test]
fn r25_what_is_tracked_is_sent_once_the_delay_is_over_and_not_earlier() {
    for delay in [500, 1, 60_000].map(Duration::from_millis) {
        let world = World::with_config(|config| config.delivery_delay(delay));
        let lane = world.lane("c");
        let mut worker = Loops::worker(&world, 2, healthy());
        worker.settle();
        lane.track_human_message("hello").unwrap();
        worker.run(delay - MILLISECOND);
        assert!(world.sent().is_empty(), "{delay:?}");
        worker.run(MILLISECOND);
        assert_eq!(texts(&world.api, "c"), ["hello"], "{delay:?}");
    }
    let delay = World::new().core.config().delivery_delay();
    assert_eq!(delay, Duration::from_millis(500), "unless configured otherwise");
}

#[test]
fn r25_without_a_delay_it_is_sent_at_once() {
    let world = World::with_config(|config| config.delivery_delay(Duration::ZERO));
    let mut worker = Loops::worker(&world, 1, healthy());
    worker.settle();
    for text in ["one", "two"] {
        world.lane("c").track_human_message(text).unwrap();
        worker.settle();
    }
    assert_eq!(texts(&world.api, "c"), ["one", "two"]);
}

#[test]
fn r25_the_delay_begins_with_the_first_pending_event_and_later_ones_travel_with_it() {
    let world = World::new();
    let (lane, start) = (world.lane("c"), world.clock.since_start());
    let mut worker = Loops::worker(&world, 1, healthy());
    for text in ["one", "two", "three"] {
        lane.track_human_message(text).unwrap();
        worker.run(200 * MILLISECOND);
    }
    assert!(messages(&world, start).iter().all(|(_, at)| *at == 500 * MILLISECOND), "{:?}", messages(&world, start));
    assert_eq!(texts(&world.api, "c"), ["one", "two", "three"]);
}

#[test]
fn r25_a_busy_conversation_gets_100_items_a_turn_and_then_comes_the_next() {
    let world = World::with_config(|config| config.concurrency(1));
    let busy = world.lane("busy");
    (0..250).for_each(|number| busy.track_human_message(number.to_string()).unwrap());
    for id in ["a", "b"] {
        world.lane(id).track_human_message("hello").unwrap();
    }
    let start = world.clock.since_start();
    let mut worker = Loops::worker(&world, 1, healthy());
    worker.run(SECOND);
    let sent = messages(&world, start);
    let turns = sent.chunk_by(|one, other| one.0 == other.0).map(|turn| (turn[0].0.as_str(), turn.len()));
    assert_eq!(turns.collect::<Vec<_>>(), [("busy", 100), ("a", 1), ("b", 1), ("busy", 150)]);
}

#[test]
fn r25_the_turns_of_two_busy_conversations_take_turns() {
    let world = World::with_config(|config| config.concurrency(1));
    for id in ["a", "b"] {
        let lane = world.lane(id);
        (0..150).for_each(|number| lane.track_human_message(number.to_string()).unwrap());
    }
    let start = world.clock.since_start();
    let mut worker = Loops::worker(&world, 1, healthy());
    worker.run(SECOND);
    let sent = messages(&world, start);
    let turns = sent.chunk_by(|one, other| one.0 == other.0).map(|turn| (turn[0].0.as_str(), turn.len()));
    assert_eq!(turns.collect::<Vec<_>>(), [("a", 100), ("b", 100), ("a", 50), ("b", 50)]);
}

#[test]
fn r25_while_nothing_is_to_be_done_there_is_no_timer_and_nobody_asks() {
    let world = World::new();
    let lane = world.lane("c");
    let parked = world.core.recorder();
    parked.get_or_create_conversation(NewConversation::new("parked").environment("staging")).unwrap();
    world.lane("parked").track_human_message("waits for a person").unwrap();
    let mut worker = Loops::worker(&world, 4, healthy());
    for round in 0..3 {
        lane.track_human_message(round.to_string()).unwrap();
        worker.run(SECOND);
        assert_eq!(worker.next_moment(), None, "round {round}");
        assert!(matches!(world.core.next(Scope::Everything), Next::Idle | Next::Wait(None)));
        let asked = worker.asked();
        worker.run(3_600 * SECOND);
        assert_eq!(worker.asked(), asked, "round {round}");
    }
    assert_eq!(texts(&world.api, "c"), ["0", "1", "2"]);
}

#[test]
fn r10_loops_have_at_most_as_many_jobs_as_are_configured_and_one_of_a_conversation() {
    let world = World::with_config(|config| config.concurrency(3));
    for id in 0..10 {
        let lane = world.lane(&format!("c{id}"));
        (0..3).for_each(|number| lane.track_human_message(number.to_string()).unwrap());
    }
    let start = world.clock.since_start();
    let mut worker = Loops::worker(&world, 5, |_, _: &Sent| Fault::Slow(SECOND));
    let mut most = 0;
    while !world.core.recorder().pending().is_empty() {
        worker.run(100 * MILLISECOND);
        most = most.max(worker.busy());
    }
    assert_eq!(most, 3);
    // Each conversation takes four requests of a second.
    let took = world.clock.since_start() - start;
    assert!(took < 17 * SECOND, "four turns of three conversations: {took:?}");
    for id in 0..10 {
        let own = format!("c{id}");
        let sent = world.sent();
        let times: Vec<_> =
            sent.iter().filter(|sent| sent.json["conversation_id"] == own.as_str()).map(|s| s.at).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= SECOND), "{own}: {times:?}");
    }
}

#[test]
fn r25_a_caller_gets_what_the_worker_sent() {
    for loops in [1, 4] {
        let world = World::with_config(|config| config.delivery_delay(3_600 * SECOND));
        let lanes = ["a", "b"].map(|id| world.lane(id));
        let mut worker = Loops::worker(&world, loops, |_, _: &Sent| Fault::Slow(SECOND));
        worker.settle();
        for lane in &lanes {
            lane.track_human_message("one").unwrap();
            lane.track_token_usage(TokenUsage::new(1, 2));
            lane.track_human_message("two").unwrap();
        }
        worker.settle();
        assert!(world.sent().is_empty(), "it is early");
        let ticket = world.core.ticket(&lanes[0]);
        let took = worker.wait_for(None, || ticket.is_over());
        assert_eq!(took, 4 * SECOND, "the record, two messages and the tokens, without the delay");
        let report = ticket.into_report().unwrap();
        assert_eq!((report.summary.questions, report.summary.actions, report.remaining), (2, 1, 0));
        let ticket = world.core.ticket_for_all();
        worker.wait_for(None, || ticket.is_over());
        let report = ticket.into_reports();
        assert_eq!((report.outcomes.len(), report.summary().questions), (1, 2));
        assert!(report.is_complete());
    }
}

#[test]
fn r25_a_caller_that_waits_is_told_when_the_worker_met_a_refusal() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let mut worker = Loops::worker(&world, 2, |_, _: &Sent| Fault::status(401));
    let ticket = world.core.ticket(&lane);
    worker.wait_for(None, || ticket.is_over());
    assert_eq!(ticket.into_report().unwrap_err().kind(), agentsight_core::ErrorKind::Unauthorized);
}

/// What comes of a caller's wait while a worker begins or ends at some moment.
fn while_the_worker_changes(changes: impl Fn(&World, &mut Loops<'_>)) {
    let world = World::new();
    let lane = world.lane("c");
    let slow = || |_: usize, _: &Sent| Fault::Slow(SECOND);
    for text in ["one", "two", "three"] {
        lane.track_human_message(text).unwrap();
    }
    let ticket = Rc::new(world.core.ticket(&lane));
    let mut loops = Loops::new(&world, 0, slow());
    loops.add_caller(&ticket);
    changes(&world, &mut loops);
    loops.wait_for(None, || ticket.is_over());
    drop(loops);
    let report = Rc::into_inner(ticket).unwrap().into_report().unwrap();
    assert_eq!((report.acknowledged(), report.remaining), (3, 0));
    assert_eq!(texts(&world.api, "c"), ["one", "two", "three"]);
}

#[test]
fn r25_a_worker_that_begins_takes_over_from_the_callers_that_wait() {
    for milliseconds in (0..4_500).step_by(250) {
        while_the_worker_changes(|world, loops| {
            loops.run(milliseconds * MILLISECOND);
            world.core.set_worker(true);
            loops.run(1_500 * MILLISECOND);
            assert_eq!(loops.busy(), 0, "the caller carries out what it had begun, and begins nothing");
            loops.add_loop();
        });
    }
}

#[test]
fn r25_callers_take_over_from_a_worker_that_ends() {
    for milliseconds in (0..4_500).step_by(250) {
        while_the_worker_changes(|world, loops| {
            let mut worker = Loops::worker(world, 1, |_, _: &Sent| Fault::Slow(SECOND));
            loops.settle();
            worker.run(milliseconds * MILLISECOND);
            // What it had begun is given up: the caller looks for it.
            drop(worker);
            world.core.set_worker(false);
            loops.settle();
        });
    }
}

#[test]
fn r25_a_worker_whose_transport_fails_keeps_everything_and_goes_on() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("one").unwrap();
    lane.track_human_message("two").unwrap();
    let faults = [Fault::Refused, Fault::Reset(Kept::Yes), Fault::status(503), Fault::Timeout(Kept::Late)];
    let mut faults = faults.into_iter();
    let mut worker = Loops::worker(&world, 1, move |_, _: &Sent| faults.next().unwrap_or(Fault::None));
    worker.run_until(|| world.core.recorder().pending().is_empty());
    assert_eq!(texts(&world.api, "c"), ["one", "two"]);
}
