//! What the service shows in another form than it was given.

use std::time::Duration;

use super::{before_and, every_kind, known_conversation};
use crate::fault::{Fault, Kept, first, healthy};
use crate::story::{texts, transcript};
use crate::worker::Loops;
use crate::world::{Sent, World};

const TRACK: &str = super::TRACK;

#[test]
fn r17_empty_forms_instead_of_null_are_nothing() {
    for (event, route) in every_kind() {
        for kept in [Kept::Yes, Kept::No] {
            let world = World::with_options(|options| options.empty_forms(true));
            let lane = known_conversation(&world);
            event.track(&lane).unwrap();
            let report = world.send_with(&lane, first(route, [Fault::Reset(kept)])).unwrap();
            assert_eq!((report.acknowledged(), report.remaining), (1, 0), "{event:?}, {kept:?}");
            assert_eq!(transcript(&world.api, "c"), before_and(std::slice::from_ref(&event)), "{event:?}, {kept:?}");
        }
    }
}

#[test]
fn r17_files_are_known_by_their_sizes_whatever_the_service_made_of_their_names() {
    for (event, route) in
        every_kind().into_iter().filter(|(event, route)| event.requests() > 1 || *route == super::UPLOAD)
    {
        for kept in [Kept::Yes, Kept::No] {
            let world = World::with_options(|options| options.rewrite_file_names(true));
            let lane = known_conversation(&world);
            event.track(&lane).unwrap();
            let report = world.send_with(&lane, first(route, [Fault::Reset(kept)])).unwrap();
            assert_eq!((report.acknowledged(), report.remaining), (1, 0), "{event:?}, {kept:?}");
            let files = transcript(&world.api, "c").into_iter().map(|shown| shown.files.len()).sum::<usize>();
            let given: usize = before_and(std::slice::from_ref(&event)).iter().map(|shown| shown.files.len()).sum();
            assert_eq!(files, given, "{event:?}, {kept:?}");
            assert_eq!(world.sent().iter().filter(|sent| sent.route == route).count(), {
                let own = if route == TRACK { 1 } else { event.requests() - usize::from(event.requests() == 3) };
                own + usize::from(kept == Kept::No)
            });
        }
    }
}

#[test]
fn r17_ids_that_start_again_are_those_of_a_service_that_was_reset() {
    for kept in [Kept::Yes, Kept::No] {
        for id in ["c", "d"] {
            let world = World::new();
            let lane = known_conversation(&world);
            (0..20).for_each(|number| lane.track_human_message(number.to_string()).unwrap());
            let _ = world.send(&lane).unwrap();
            world.api.reset_conversations();
            let lane = world.lane(id);
            for text in ["one", "two", "three"] {
                lane.track_human_message(text).unwrap();
                world.advance(Duration::from_secs(1));
            }
            // The old id of the conversation is unknown: the first attempt is answered so, the second is lost.
            let mut left = 1;
            let lose_one = |_: usize, sent: &Sent| {
                let is_sent =
                    sent.route == TRACK && sent.json["conversation"] == 1 && world.api.conversation(1_u64).is_some();
                if is_sent && std::mem::take(&mut left) > 0 { Fault::Reset(kept) } else { Fault::None }
            };
            assert_eq!(world.send_with(&lane, lose_one).unwrap().acknowledged(), 3, "{id}, {kept:?}");
            assert_eq!(texts(&world.api, id), ["one", "two", "three"], "{id}, {kept:?}");
        }
    }
}

#[test]
fn r17_after_a_reset_every_lost_answer_is_found_again() {
    let world = World::new();
    let lane = known_conversation(&world);
    (0..20).for_each(|number| lane.track_human_message(number.to_string()).unwrap());
    let _ = world.send(&lane).unwrap();
    world.api.reset_conversations();
    let mut worker = Loops::worker(&world, 2, |index, _: &Sent| match index % 3 {
        2 => Fault::Reset(Kept::Yes),
        _ => Fault::None,
    });
    for number in 0..10 {
        lane.track_human_message(format!("after {number}")).unwrap();
        world.lane("new").track_human_message(format!("new {number}")).unwrap();
        worker.run(Duration::from_secs(5));
    }
    worker.set_faults(healthy());
    worker.run(Duration::from_secs(60));
    assert_eq!(texts(&world.api, "c"), (0..10).map(|number| format!("after {number}")).collect::<Vec<_>>());
    assert_eq!(texts(&world.api, "new"), (0..10).map(|number| format!("new {number}")).collect::<Vec<_>>());
}
