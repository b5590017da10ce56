//! Rounds of attempts, refusals, and poison (R15).

use std::time::Duration;

use super::service::{Fate, Keeping};
use super::world::World;
use crate::config::ConfigBuilder;
use crate::error::ErrorKind;
use crate::event::tests::{action, message};
use crate::outbox::notice::Notice;
use crate::outbox::{Cargo, Errand, Health, LaneKey};

const FAILED: Fate = Fate::Failed(Keeping::Never);
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// A conversation whose record is acknowledged, with one event that waits.
fn with_one_event(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> (World, LaneKey) {
    let mut world = World::new(|builder| configure(builder.delivery_delay(Duration::ZERO)));
    let lane = world.lane("a");
    world.track(lane, "a1");
    assert_eq!(world.run(Fate::Acknowledged), "record of a");
    (world, lane)
}

/// One round of one attempt in which the service fails on the event that comes next, and shows that it has it not.
fn fail_once(world: &mut World, event: &str) {
    assert_eq!(world.run(FAILED), event);
    assert_eq!(world.run(Fate::Acknowledged), "look at a");
    assert_eq!(world.run(Fate::Acknowledged), "look at a", "only the second one is conclusive");
}

/// Another conversation delivers an event.
fn deliver(world: &mut World, event: crate::event::Event) {
    let lane = world.lane("b");
    world.try_track(lane, event, None).expect("room");
    let is_due = |world: &World| world.outbox.has_work(lane);
    while is_due(world) {
        let job = world.take_when_due();
        let fate = if super::world::described(&job).starts_with('a') { FAILED } else { Fate::Acknowledged };
        world.finish(&job, fate);
    }
}

#[test]
fn r15_a_round_is_so_many_attempts_and_then_the_conversation_stops() {
    let (mut world, lane) = with_one_event(|builder| builder.max_attempts(3));
    let ticket = world.outbox.ticket(lane, world.now());
    for attempt in 1..=3 {
        assert!(!world.outbox.is_over(ticket));
        let job = world.take_when_due();
        assert_eq!(job.attempt, attempt);
        world.finish(&job, Fate::NotActedOn);
    }
    assert!(world.outbox.is_over(ticket), "an explicit call reports it");
    let outcomes = world.outbox.close(ticket).expect("a ticket").outcomes;
    assert_eq!(outcomes[0].error.as_ref().map(crate::Error::kind), Some(ErrorKind::Connect));
    assert_eq!(outcomes[0].remaining, 1);
    assert_eq!(world.take_when_due().attempt, 1, "the next round");
    assert_eq!(world.outbox.stats().0.retries, 3);
}

#[test]
fn r15_refusals_are_about_the_item_the_conversation_or_everything() {
    let table: [(Fate, &[&str], Health); 4] = [
        (Fate::Refused, &["a1 Rejected"], Health::Healthy),
        (Fate::ConversationRefused, &[], Health::Healthy),
        (Fate::Hopeless, &[], Health::Healthy),
        (Fate::KeyRefused, &[], Health::Refused { because: ErrorKind::Unauthorized }),
    ];
    for (fate, letters, health) in table {
        let (mut world, lane) = with_one_event(|builder| builder);
        world.track(lane, "a2");
        world.run(fate);
        assert_eq!(world.letters(), letters, "{fate:?}");
        assert_eq!(world.outbox.health(world.now()), health, "{fate:?}");
        let is_at_once = matches!(world.next(), crate::outbox::Next::Send { .. });
        assert_eq!(is_at_once, !letters.is_empty(), "{fate:?}: a refused item does not keep the others");
    }
}

#[test]
fn r15_everything_rests_when_a_second_conversation_is_refused_in_the_same_way() {
    let (mut world, _) = with_one_event(|builder| builder);
    let lane = world.lane("b");
    world.track(lane, "b1");
    world.run(Fate::ConversationRefused);
    assert_eq!(world.outbox.health(world.now()), Health::Healthy);
    assert_eq!(world.run(Fate::ConversationRefused), "record of b");
    assert_eq!(world.outbox.health(world.now()), Health::Refused { because: ErrorKind::Forbidden });
    assert_eq!(world.wait(), Some(Duration::from_secs(60)), "one probe a minute");
}

#[test]
fn r12_a_conversation_that_is_not_known_is_created_again_once_for_an_event() {
    let (mut world, lane) = with_one_event(|builder| builder);
    world.track(lane, "a2");
    world.run(Fate::UnknownConversation);
    assert_eq!(world.run(Fate::Acknowledged), "record of a");
    assert_eq!(world.run(Fate::UnknownConversation), "a1");
    assert_eq!(world.letters(), ["a1 Rejected"]);
    world.run(Fate::UnknownConversation);
    assert_eq!(world.drain(), ["record of a", "a2"], "for each event");
}

#[test]
fn r15_a_refused_record_parks_the_conversation_until_it_is_corrected() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.register(lane, "a", "wrong");
    world.track(lane, "a1");
    world.run(Fate::Refused);
    assert_eq!((world.letters(), world.wait()), (vec!["wrong Rejected".to_owned()], None));
    let ticket = world.outbox.ticket(lane, world.now());
    assert!(world.outbox.is_over(ticket), "nothing can come of waiting");
    world.register(lane, "a", "right");
    assert_eq!(world.letters(), [""; 0]);
    assert_eq!(world.drain(), ["record of a", "a1"]);
    assert_eq!(world.service.name("a"), Some("right"));
}

#[test]
fn r4_what_was_created_at_once_is_marked_as_used_with_the_values_it_was_created_with() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.outbox.initialized(lane, agentsight_model::NewConversation::new("a").name("n"), 7);
    world.track(lane, "a1");
    let job = world.take_when_due();
    let Errand::Send { shipments, .. } = &job.errand else { panic!("a look") };
    let Cargo::Record(record) = &shipments[0].cargo else { panic!("no record") };
    assert_eq!(record.conversation.as_ref().and_then(|conversation| conversation.name.as_deref()), Some("n"));
    world.finish(&job, Fate::Acknowledged);
    assert!(!world.register(lane, "a", "n"), "it was not created bare");
}

#[test]
fn r15_a_corrected_record_keeps_its_time() {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.register(lane, "a", "wrong");
    world.run(Fate::Refused);
    let stamp = |world: &World| world.outbox.book().lane(lane).and_then(|lane| lane.registration.stamp);
    let before = stamp(&world);
    world.pass(Duration::from_secs(5));
    world.register(lane, "a", "right");
    assert!(before.is_some() && stamp(&world) == before);
}

/// A conversation with a refused event whose record is refused later: the service has forgotten it.
fn parked_late() -> (World, LaneKey) {
    let (mut world, lane) = with_one_event(|builder| builder);
    world.run(Fate::Refused);
    world.pass(Duration::from_secs(1));
    world.track(lane, "a2");
    world.add_tokens(lane, 5);
    world.run(Fate::UnknownConversation);
    assert_eq!(world.run(Fate::Refused), "record of a");
    assert_eq!(world.letters(), ["a1 Rejected", " Rejected"]);
    (world, lane)
}

#[test]
fn r15_a_refused_event_that_is_put_back_into_a_parked_conversation_waits_with_the_others() {
    let (mut world, _) = parked_late();
    let (event, _) = world.outbox.held_letters().remove(0);
    world.outbox.requeue(event, world.now());
    let flush = world.outbox.begin_flush(world.now());
    assert!(world.outbox.is_flushed(flush, world.now()), "nothing can come of waiting");
    let (record, _) = world.outbox.held_letters().remove(0);
    world.outbox.requeue(record, world.now());
    assert!(!world.outbox.is_flushed(flush, world.now()));
    assert_eq!(world.drain(), ["record of a", "a1", "token_usage 5", "a2"]);
}

#[test]
fn r15_a_parked_conversation_that_is_given_up_leaves_nothing_behind() {
    let (mut world, lane) = parked_late();
    let (record, _) = world.outbox.held_letters().remove(1);
    assert_eq!(world.outbox.discard(record), Some(2), "the record and the event that waited");
    assert!(world.outbox.waiting.is_zero(), "{:?}", world.outbox.waiting);
    assert!(!world.outbox.has_work(lane));
    world.track(lane, "a3");
    assert_eq!(world.drain(), ["record of a", "a3"], "it can be used again");
}

#[test]
fn c4_what_is_refused_and_what_is_in_doubt_is_worth_a_line_in_the_log() {
    let (mut world, _) = parked_late();
    let notices = world.outbox.take_notices();
    assert!(matches!(notices[..], [Notice::EventRefused { .. }, Notice::RecordRefused { .. }]), "{notices:?}");
    assert!(world.outbox.take_notices().is_empty());
}

#[test]
fn r15_an_event_is_poison_after_five_rounds_while_its_route_works() {
    for (rounds, is_delivered, route_works) in [(5, true, true), (4, true, true), (5, false, true), (5, true, false)] {
        let (mut world, _) = with_one_event(|builder| builder.max_attempts(1));
        fail_once(&mut world, "a1");
        if is_delivered {
            deliver(&mut world, if route_works { message("b1") } else { action("b1") });
        }
        while world.letters().is_empty() && failed_rounds(&world) < rounds {
            let job = world.take_when_due();
            let is_look = super::world::described(&job).starts_with("look");
            world.finish(&job, if is_look { Fate::Acknowledged } else { FAILED });
        }
        assert!(world.clock < TEN_MINUTES);
        let is_poison = rounds == 5 && is_delivered && route_works;
        let expected: &[&str] = if is_poison { &["a1 Poison"] } else { &[] };
        assert_eq!(
            world.letters(),
            expected,
            "{rounds} rounds, {is_delivered}, {route_works}, {}",
            failed_rounds(&world)
        );
    }
}

#[test]
fn r15_an_event_alone_is_poison_after_ten_minutes_in_which_its_conversation_can_be_read() {
    for (poison_after, is_readable) in [(Some(5), true), (Some(5), false), (None, true)] {
        let (mut world, lane) = with_one_event(|builder| builder.max_attempts(1).poison_after(poison_after));
        world.track(lane, "a2");
        let mut looks = 0;
        while world.letters().is_empty() && world.clock < 4 * TEN_MINUTES {
            let job = world.take_when_due();
            let is_look = super::world::described(&job).starts_with("look");
            assert!(!is_look || world.clock >= TEN_MINUTES, "a short outage is none of the item's doing");
            looks += u32::from(is_look);
            let fate = if is_look && is_readable { Fate::Acknowledged } else { Fate::ConversationRefused };
            world.finish(&job, fate);
        }
        if poison_after.is_some() && is_readable {
            assert_eq!(world.letters(), ["a1 Poison"]);
            assert!(world.clock >= TEN_MINUTES && world.clock < 2 * TEN_MINUTES, "{:?}", world.clock);
            assert_eq!(looks, 1);
            assert_eq!(world.run(Fate::Acknowledged), "a2", "the conversation goes on");
        } else {
            assert_eq!(world.letters(), [""; 0]);
            assert_eq!(looks > 0, poison_after.is_some());
        }
    }
}

#[test]
fn r15_a_poisoned_event_that_is_put_back_has_all_its_rounds_again() {
    let (mut world, lane) = with_one_event(|builder| builder.max_attempts(1).poison_after(Some(1)));
    world.track(lane, "a2");
    deliver(&mut world, message("b1"));
    while world.letters().is_empty() {
        let job = world.take_when_due();
        let is_failing = super::world::described(&job) == "a1";
        world.finish(&job, if is_failing { FAILED } else { Fate::Acknowledged });
        if !is_failing && world.letters().is_empty() {
            let event = message(&format!("b at {:?}", world.clock));
            deliver(&mut world, event);
        }
    }
    let (letter, _) = world.outbox.held_letters().remove(0);
    assert!(world.outbox.requeue(letter, world.now()));
    assert_eq!(failed_rounds(&world), 0);
    assert_eq!(world.drain(), ["a1", "a2"], "under its own time");
    assert!(!world.outbox.requeue(letter, world.now()), "it is gone");
}

fn failed_rounds(world: &World) -> u32 {
    let book = world.outbox.book();
    let lane = book.lanes().key("a").and_then(|key| book.lane(key)).expect("a lane");
    lane.iter().next().map_or(u32::MAX, |entry| entry.item.failed_rounds)
}
