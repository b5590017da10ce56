//! R3, R4, R5: get-or-create and initialize.

use agentsight_core::{Environment, HumanMessage, NewConversation};
use chrono::DateTime;
use serde_json::json;

use crate::drive::Drive;
use crate::fault::{Fault, always};
use crate::story::texts;
use crate::world::{Sent, World};

const UPSERT: &str = "POST /api/conversations/";

#[test]
fn r3_a_registration_is_sent_once() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    let lane = tracker.get_or_create_conversation(NewConversation::new("c").name("Password reset")).unwrap();
    lane.track_human_message("one").unwrap();
    let _ = world.send(&lane).unwrap();
    tracker.get_or_create_conversation(NewConversation::new("c").name("Other")).unwrap();
    lane.track_human_message("two").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(world.routes(), [UPSERT, "POST /api/track/", "POST /api/track/"]);
    let stored = world.api.conversation("c").unwrap();
    assert_eq!((stored.name.as_deref(), stored.is_used), (Some("Password reset"), Some(true)));
}

#[test]
fn r3_registered_again_before_it_was_sent_earlier_values_win_and_gaps_are_filled() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    tracker.get_or_create_conversation(NewConversation::new("c").name("first").metadata("a", 1)).unwrap();
    let again = NewConversation::new("c").name("second").language("en").metadata("b", 2).customer_id("user-1");
    let lane = tracker.get_or_create_conversation(again).unwrap();
    let report = world.send(&lane).unwrap();
    assert_eq!((report.acknowledged(), world.count(UPSERT)), (1, 1));
    let sent = &world.sent()[0].json;
    assert_eq!(
        (&sent["name"], &sent["language"], &sent["customer_id"], &sent["metadata"], &sent["is_used"]),
        (&json!("first"), &json!("en"), &json!("user-1"), &json!({"a": 1}), &json!(true))
    );
}

#[test]
fn r3_a_conversation_that_nobody_registered_is_created_by_its_first_event() {
    let world = World::with(|options| options.environment("staging"), |config| config.environment("staging"));
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let report = world.send(&lane).unwrap();
    assert_eq!(report.items.len(), 1, "the implicit record is no item of the caller's");
    let stored = world.api.conversation("c").unwrap();
    assert_eq!((stored.environment, stored.is_used), (Some(Environment::from("staging")), Some(true)));
    assert_eq!(texts(&world.api, "c"), ["hello"]);
}

#[test]
fn r4_an_initialized_conversation_is_not_used_until_something_is_sent() {
    let world = World::new();
    let machine = world.core.initialize_conversation(NewConversation::new("c").name("n")).unwrap();
    let lane = world.drive(machine).unwrap();
    assert_eq!(world.api.conversation("c").unwrap().is_used, Some(false));
    assert_ne!(
        world.core.recorder().new_tracker().current().conversation_id().as_str(),
        "c",
        "the current one is unchanged"
    );
    assert!(world.send(&lane).unwrap().items.is_empty(), "nothing is pending");
    assert_eq!(world.api.conversation("c").unwrap().is_used, Some(false));
    lane.track_human_message("hello").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(world.api.conversation("c").unwrap().is_used, Some(true));
    lane.track_human_message("again").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(world.count(UPSERT), 2, "once to initialize, once to use");
}

#[test]
fn r3_an_initialized_conversation_that_is_registered_is_marked_used() {
    let world = World::new();
    let machine = world.core.initialize_conversation(NewConversation::new("c").name("n")).unwrap();
    world.drive(machine).unwrap();
    let lane = world.core.recorder().new_tracker().get_or_create_conversation(NewConversation::new("c")).unwrap();
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(world.api.conversation("c").unwrap().is_used, Some(true));
}

#[test]
fn r6_the_time_of_a_record_is_cut_to_microseconds() {
    let world = World::new();
    let at = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
    let _ = world.drive(world.core.initialize_conversation(NewConversation::new("now").at(at)).unwrap()).unwrap();
    let _ = world
        .send(&world.core.recorder().get_or_create_conversation(NewConversation::new("later").at(at)).unwrap())
        .unwrap();
    for sent in world.sent() {
        assert_eq!(sent.json["timestamp"], "2023-11-14T22:13:20.123456+00:00", "{}", sent.json["conversation_id"]);
    }
}

#[test]
fn r4_the_number_of_an_initialized_conversation_is_remembered() {
    let world = World::new();
    let machine = world.core.initialize_conversation("c".into()).unwrap();
    world.drive(machine).unwrap();
    world.drive(world.core.rename_conversation("c".into(), "n").unwrap()).unwrap();
    assert_eq!(world.routes(), [UPSERT, "PATCH /api/conversations/1/rename/"], "no lookup");
}

#[test]
fn r3_a_registration_while_the_first_event_creates_the_conversation_is_sent_too() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let report = world.send_with(&lane, |index: usize, _: &Sent| {
        if index == 0 {
            world.core.recorder().new_tracker().get_or_create_conversation("c".into()).unwrap();
        }
        Fault::None
    });
    assert_eq!(report.unwrap().acknowledged(), 2);
    assert_eq!(world.routes(), [UPSERT, UPSERT, "POST /api/track/"]);
    assert!(world.core.recorder().pending().is_empty());
}

#[test]
fn r6_the_report_shows_the_record_with_the_time_that_was_sent() {
    let world = World::new();
    let lane = world.core.recorder().new_tracker().get_or_create_conversation("c".into()).unwrap();
    let earlier = world.clock.utc() - chrono::TimeDelta::hours(1);
    let report = world.send_with(&lane, |_: usize, _: &Sent| {
        lane.track_human_message(HumanMessage::new("back-filled").at(earlier)).unwrap();
        Fault::None
    });
    let sent = serde_json::to_value(report.unwrap().items[0].timestamp).unwrap();
    let stored = world.api.conversation("c").unwrap().started_at;
    assert_eq!(sent, serde_json::to_value(stored).unwrap());
}

#[test]
fn r4_a_failed_initialization_leaves_nothing_behind() {
    let world = World::new();
    let mut machine = world.core.initialize_conversation(NewConversation::new("c")).unwrap();
    world.drive_with(&mut machine, always(UPSERT, Fault::Refused)).unwrap_err();
    assert!(world.core.recorder().pending().is_empty());
    assert_eq!(world.count(UPSERT), 4, "an upsert is safe to repeat");
}

#[test]
fn r5_an_upsert_that_is_repeated_keeps_the_environment() {
    let world = World::with_options(|options| options.environment("staging"));
    let lane = world
        .core
        .recorder()
        .new_tracker()
        .get_or_create_conversation(NewConversation::new("c").environment("staging").name("n"))
        .unwrap();
    lane.track_human_message("one").unwrap();
    let _ = world.send(&lane).unwrap();
    lane.track_human_message("two").unwrap();
    let gone = crate::fault::first("POST /api/track/", [Fault::status(404)]);
    let _ = world.send_with(&lane, gone).unwrap();
    let upserts: Vec<_> = world.sent().into_iter().filter(|sent| sent.route == UPSERT).collect();
    assert_eq!(upserts.len(), 2);
    for upsert in upserts {
        assert_eq!((&upsert.json["environment"], &upsert.json["name"]), (&json!("staging"), &json!("n")));
    }
}

#[test]
fn r5_without_any_word_the_environment_is_development() {
    let config = agentsight_core::Config::builder().api_key(World::new().api.api_key()).build().unwrap();
    let world = World::with_whole_config(config);
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(world.api.conversation("c").unwrap().environment, Some(Environment::Development));
}

#[test]
fn r15_what_is_registered_while_the_bare_record_is_refused_is_not_refused_with_it() {
    let world = World::with_config(|config| config.max_pending(2));
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let core = world.core.clone();
    let report = world.send_with(&lane, move |request: usize, _: &Sent| {
        if request > 0 {
            return Fault::None;
        }
        let _ = core.recorder().get_or_create_conversation(NewConversation::new("c").name("corrected")).unwrap();
        Fault::status(400)
    });
    assert_eq!(report.unwrap().acknowledged(), 2, "the record and the message");
    for text in ["its place", "and its place"] {
        lane.track_human_message(text).unwrap();
    }
}
