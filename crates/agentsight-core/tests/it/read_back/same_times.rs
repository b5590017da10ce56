//! Two programs, or one that has forgotten the conversation meanwhile, record under the same explicit time.

use agentsight_core::{ButtonClick, ConversationRecorder, HumanMessage};
use chrono::{DateTime, Utc};

use super::TRACK;
use crate::fault::{Fault, Kept, first};
use crate::story::{Tracked, transcript_as_created};
use crate::world::World;

const BUTTONS: &str = "POST /api/buttons/";

fn ten_o_clock() -> DateTime<Utc> {
    "2024-12-31T10:00:00Z".parse().unwrap()
}

fn say(lane: &ConversationRecorder, text: &str) {
    lane.track_human_message(HumanMessage::new(text).at(ten_o_clock())).unwrap();
}

fn click(lane: &ConversationRecorder, label: &str) {
    lane.track_button(ButtonClick::new("click", label, "1").at(ten_o_clock())).unwrap();
}

/// A message or a click, and the route on which it is created.
type Kind = (fn(&ConversationRecorder, &str), &'static str);

fn kinds() -> [Kind; 2] {
    [(say, TRACK), (click, BUTTONS)]
}

/// What the conversation holds, in the order in which the service stored it.
fn stored(world: &World) -> Vec<String> {
    transcript_as_created(&world.api, "c").into_iter().map(|shown| shown.text).collect()
}

#[test]
fn r17_the_row_of_another_program_under_the_same_time_is_not_taken_for_ours() {
    for (track, route) in kinds() {
        for kept in [Kept::No, Kept::Yes, Kept::Late] {
            for has_history in [false, true] {
                let world = World::new();
                let other = world.another_client();
                let lane = world.lane("c");
                if has_history {
                    Tracked::Question("before".to_owned()).track(&lane).unwrap();
                    let _ = world.send(&lane).unwrap();
                }
                let theirs = other.lane("c");
                track(&theirs, "theirs");
                let _ = other.send(&theirs).unwrap();
                track(&lane, "ours");
                let report = world.send_with(&lane, first(route, [Fault::Reset(kept)])).unwrap();
                assert_eq!((report.acknowledged(), report.remaining), (1, 0), "{route}, {kept:?}");
                let stored = stored(&world);
                assert_eq!(stored.iter().filter(|text| *text == "ours").count(), 1, "{route}, {kept:?}: {stored:?}");
                assert_eq!(stored.iter().filter(|text| *text == "theirs").count(), 1, "{route}, {kept:?}: {stored:?}");
            }
        }
    }
}

#[test]
fn r17_the_row_of_another_program_that_came_after_our_request_is_not_taken_for_ours() {
    for (track, route) in kinds() {
        let world = World::new();
        let other = world.another_client();
        let (lane, theirs) = (world.lane("c"), other.lane("c"));
        track(&theirs, "theirs");
        track(&lane, "ours");
        let mut is_lost = false;
        let report = world.send_with(&lane, |_: usize, sent: &crate::world::Sent| {
            if sent.route == route && !std::mem::replace(&mut is_lost, true) {
                let _ = other.send(&theirs).unwrap();
                return Fault::Reset(Kept::No);
            }
            Fault::None
        });
        assert_eq!(report.unwrap().acknowledged(), 1);
        assert_eq!(stored(&world), ["theirs", "ours"], "{route}");
    }
}

#[test]
fn r17_what_was_recorded_before_the_conversation_was_forgotten_is_not_taken_for_what_comes_later() {
    for (track, route) in kinds() {
        for (later, kept) in [("second", Kept::No), ("second", Kept::Yes), ("first", Kept::No), ("first", Kept::Yes)] {
            let world = World::with_config(|config| config.max_idle_conversations(1));
            {
                let lane = world.lane("c");
                track(&lane, "first");
                let _ = world.send(&lane).unwrap();
            }
            for id in ["x", "y", "z"] {
                let lane = world.lane(id);
                lane.track_human_message("hello").unwrap();
                let _ = world.send(&lane).unwrap();
            }
            let lane = world.lane("c");
            track(&lane, later);
            let report = world.send_with(&lane, first(route, [Fault::Reset(kept)])).unwrap();
            assert_eq!((report.acknowledged(), report.remaining), (1, 0), "{route}, {later}, {kept:?}");
            assert_eq!(stored(&world), ["first", later], "{route}, {kept:?}");
        }
    }
}
