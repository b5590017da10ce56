//! Which messages were there before an event: the mark of message ids (R17).

use super::service::Fate;
use super::world::World;
use crate::outbox::{Cargo, Errand, Job, JobOutcome, LaneKey};
use crate::wire::{PartOutcome, Receipt};

/// A conversation that the service has, without any event.
fn known() -> (World, LaneKey) {
    let mut world = World::new(|builder| builder);
    let lane = world.lane("a");
    world.register(lane, "a", "n");
    world.run(Fate::Acknowledged);
    (world, lane)
}

/// The mark with which the next event leaves; the service gives its message this id.
fn mark_and_give(world: &mut World, lane: LaneKey, message: u64) -> Option<u64> {
    world.track(lane, "event");
    let job = world.take_when_due();
    let receipt = Receipt { message: Some(message), ..Receipt::default() };
    let mark = mark_of(&job);
    world.outbox.answered(world.now(), &job, JobOutcome::Sent(vec![PartOutcome::Acknowledged(receipt)]));
    mark
}

fn mark_of(job: &Job) -> Option<u64> {
    match &job.errand {
        Errand::Send { shipments, .. } => match &shipments[0].cargo {
            Cargo::Event(event) => event.floor,
            Cargo::Record(_) => panic!("a record"),
        },
        Errand::Look { .. } => panic!("a look"),
    }
}

#[test]
fn r17_the_mark_is_the_highest_id_that_was_told() {
    let (mut world, lane) = known();
    let marks: Vec<_> = [10, 30, 31].map(|message| mark_and_give(&mut world, lane, message)).into();
    assert_eq!(marks, [None, Some(10), Some(30)]);
}

#[test]
fn r17_ids_that_fall_restart_the_mark_each_time() {
    let (mut world, lane) = known();
    let marks: Vec<_> = [10, 11, 3, 4, 2, 9].map(|message| mark_and_give(&mut world, lane, message)).into();
    assert_eq!(marks, [None, Some(10), Some(11), Some(3), Some(4), Some(2)]);
}

#[test]
fn r17_a_mark_from_before_a_reset_means_nothing() {
    let (mut world, lane) = known();
    mark_and_give(&mut world, lane, 100);
    world.track(lane, "lost");
    let lost = world.take_when_due();
    assert_eq!(mark_of(&lost), Some(100));
    // While it is out, another conversation shows that the service was reset.
    let other = world.lane("b");
    world.register(other, "b", "n");
    world.run(Fate::Acknowledged);
    assert_eq!(mark_and_give(&mut world, other, 7), Some(100));
    world.finish(&lost, Fate::NotActedOn);
    assert_eq!(mark_of(&world.take_when_due()), None, "its mark is one of the life before");
}
