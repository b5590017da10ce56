//! R20, R21, R24: reading one conversation, managing it, and what every request carries.

use agentsight_core::{ConversationRef, ConversationUpdate, ErrorKind, NewFeedback, RequestFate, Sentiment};
use serde_json::json;

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first};
use crate::world::World;

const LIST: &str = "GET /api/conversations/";
const LOOKUP: &str = "GET /api/conversations/lookup/";
const RENAME: &str = "PATCH /api/conversations/1/rename/";

/// A world in which the service has a conversation `c`, number 1, of which the client knows nothing.
fn world_with_conversation() -> World {
    let elsewhere = World::new();
    let lane = elsewhere.lane("c");
    lane.track_human_message("hello").unwrap();
    let _ = elsewhere.send(&lane).unwrap();
    elsewhere.another_client()
}

fn rename(world: &World, conversation: impl Into<ConversationRef>, name: &str) -> Result<(), agentsight_core::Error> {
    world.drive(world.core.rename_conversation(conversation.into(), name)?).map(drop)
}

#[test]
fn r20_by_number_from_the_detail_route_and_by_text_from_the_list() {
    let world = world_with_conversation();
    let by_number = world.drive(world.core.fetch_conversation(1.into()).unwrap()).unwrap();
    let by_text = world.drive(world.core.fetch_conversation("c".into()).unwrap()).unwrap();
    assert_eq!((by_number.id, by_text.id), (1, 1));
    assert_eq!((by_number.messages().len(), by_text.messages().len()), (1, 1));
    assert_eq!(world.routes(), ["GET /api/conversations/1/", LIST]);
    assert_eq!(world.sent()[1].query, "conversation_id=c");
}

#[test]
fn r20_no_match_is_not_found() {
    let world = world_with_conversation();
    for conversation in [ConversationRef::from(99), ConversationRef::from("unknown")] {
        let fetch = world.core.fetch_conversation(conversation.clone()).unwrap();
        let files = world.core.fetch_conversation_attachments(conversation).unwrap();
        let (fetch, files) = (world.drive(fetch).unwrap_err(), world.drive(files).unwrap_err());
        assert_eq!((fetch.kind(), fetch.operation()), (ErrorKind::NotFound, Some("fetch_conversation")));
        assert_eq!((files.kind(), files.operation()), (ErrorKind::NotFound, Some("fetch_conversation_attachments")));
        assert_eq!(fetch.request_fate(), RequestFate::Answered);
    }
}

#[test]
fn r20_files_by_text_go_through_the_list_first() {
    let world = world_with_conversation();
    let files = world.drive(world.core.fetch_conversation_attachments("c".into()).unwrap()).unwrap();
    assert_eq!(files.conversation_id, "c");
    assert_eq!(world.routes(), [LIST, "GET /api/conversations/1/attachments/"]);
}

#[test]
fn r21_a_text_id_is_looked_up_once() {
    let world = world_with_conversation();
    rename(&world, "c", "first").unwrap();
    rename(&world, "c", "second").unwrap();
    world.drive(world.core.mark_conversation("c".into(), true).unwrap()).unwrap();
    assert_eq!(world.routes(), [LOOKUP, RENAME, RENAME, "POST /api/conversations/1/mark/"]);
    let stored = world.api.conversation("c").unwrap();
    assert_eq!((stored.name.as_deref(), stored.is_marked), (Some("second"), Some(true)));
}

#[test]
fn r21_a_number_is_looked_up_nowhere() {
    let world = world_with_conversation();
    rename(&world, 1, "by number").unwrap();
    assert_eq!(world.routes(), [RENAME]);
}

#[test]
fn r21_a_number_that_a_send_has_learned_is_used() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let _ = world.send(&lane).unwrap();
    world.forget_sent();
    rename(&world, "c", "known").unwrap();
    assert_eq!(world.routes(), [RENAME]);
}

#[test]
fn r21_a_remembered_number_is_forgotten_on_404_and_looked_up_again() {
    let world = world_with_conversation();
    rename(&world, "c", "first").unwrap();
    world.forget_sent();
    let mut machine = world.core.rename_conversation("c".into(), "second").unwrap();
    world.drive_with(&mut machine, first(RENAME, [Fault::status(404)])).unwrap();
    assert_eq!(world.routes(), [RENAME, LOOKUP, RENAME]);
    world.forget_sent();
    let mut machine = world.core.rename_conversation("c".into(), "third").unwrap();
    let error = world.drive_with(&mut machine, always(RENAME, Fault::status(404))).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("rename_conversation")));
    assert_eq!(world.routes(), [RENAME, LOOKUP, RENAME], "once more, not for ever");
    world.forget_sent();
    rename(&world, "c", "fourth").unwrap();
    assert_eq!(world.routes(), [LOOKUP, RENAME], "the number that was not found is forgotten");
}

#[test]
fn r21_an_unknown_text_id_is_not_found_under_the_name_of_the_call() {
    let world = world_with_conversation();
    let error = rename(&world, "unknown", "n").unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("rename_conversation")));
    assert_eq!(world.routes(), [LOOKUP]);
}

#[test]
fn r21_only_the_given_fields_travel_and_names_are_trimmed() {
    let world = world_with_conversation();
    let update = ConversationUpdate::new().name("  trimmed ").language("en").metadata("tier", "vip");
    let updated = world.drive(world.core.update_conversation(1.into(), update).unwrap()).unwrap();
    assert_eq!(updated.name.as_deref(), Some("trimmed"));
    assert_eq!(world.sent()[0].json, json!({"name": "trimmed", "language": "en", "metadata": {"tier": "vip"}}));
    rename(&world, 1, "\ttrimmed too ").unwrap();
    assert_eq!(world.sent()[1].json, json!({"name": "trimmed too"}));
}

#[test]
fn r21_a_deletion_is_repeated_safely_and_a_second_one_is_not_found() {
    let world = world_with_conversation();
    let deleted = world.drive(world.core.delete_conversation("c".into()).unwrap()).unwrap();
    assert_eq!(deleted.id, 1);
    let again = world.core.delete_conversation(1.into()).unwrap();
    assert_eq!(world.drive(again).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn r16_a_change_whose_answer_was_lost_is_made_again() {
    for fault in [Fault::Reset(Kept::Yes), Fault::Timeout(Kept::Yes), Fault::status(502).kept(Kept::Yes)] {
        let world = world_with_conversation();
        let mut machine = world.core.rename_conversation(1.into(), "new").unwrap();
        world.drive_with(&mut machine, first(RENAME, [fault])).unwrap();
        assert_eq!(world.count(RENAME), 2);
        assert_eq!(world.api.conversation("c").unwrap().name.as_deref(), Some("new"));
    }
}

#[test]
fn r21_feedback_names_its_conversation_as_it_was_given() {
    let world = world_with_conversation();
    let feedback = || NewFeedback::new(Sentiment::Positive).comment("Very helpful!");
    for (conversation, expected) in [
        (
            ConversationRef::from("c"),
            json!({"sentiment": "positive", "conversation_id": "c", "comment": "Very helpful!"}),
        ),
        (ConversationRef::from(1), json!({"sentiment": "positive", "conversation": 1, "comment": "Very helpful!"})),
    ] {
        world.drive(world.core.submit_feedback(conversation, feedback()).unwrap()).unwrap();
        assert_eq!(world.sent().last().unwrap().json, expected);
    }
    assert_eq!(world.sent().len(), 2, "no lookup");
    let blank = NewFeedback::new(Sentiment::Negative).comment("  ");
    world.drive(world.core.submit_feedback(1.into(), blank).unwrap()).unwrap();
    assert_eq!(world.sent().last().unwrap().json, json!({"sentiment": "negative", "conversation": 1}));
}

#[test]
fn r24_every_request_carries_the_key_what_it_accepts_and_who_asks() {
    let world = World::with_config(|config| config.user_agent_suffix("my-app/1.4"));
    let lane = world.lane("c");
    crate::story::track_all(&lane, &crate::story::one_of_everything());
    let _ = world.send(&lane).unwrap();
    world.drive(world.core.me()).unwrap();
    rename(&world, "c", "n").unwrap();
    world.drive(world.core.delete_conversation(1.into()).unwrap()).unwrap();
    for sent in world.sent() {
        let header = |name: &str| sent.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("authorization"), Some(format!("Api-Key {}", world.api.api_key())), "{}", sent.route);
        assert!(sent.headers["authorization"].is_sensitive(), "{}", sent.route);
        assert_eq!(header("accept").as_deref(), Some("application/json"), "{}", sent.route);
        let agent = format!("agentsight-rust/{} (virtual) my-app/1.4", env!("CARGO_PKG_VERSION"));
        assert_eq!(header("user-agent"), Some(agent), "{}", sent.route);
        let with_body = sent.route.starts_with("POST") || sent.route.starts_with("PATCH");
        assert_eq!(header("content-type").is_some(), with_body, "{}", sent.route);
        assert!(sent.route.ends_with('/'), "{}", sent.route);
    }
}

#[test]
fn r16_a_call_that_is_dropped_in_the_middle_leaves_nothing_behind() {
    for steps in 0..8 {
        let world = world_with_conversation();
        let mut machine = world.core.rename_conversation("c".into(), "new").unwrap();
        let _ = world.drive_n(&mut machine, steps, crate::fault::healthy());
        drop(machine);
        rename(&world, "c", "newer").unwrap();
        assert_eq!(world.api.conversation("c").unwrap().name.as_deref(), Some("newer"), "{steps}");
    }
}
