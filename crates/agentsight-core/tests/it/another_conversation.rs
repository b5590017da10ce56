//! R12: an answer that names another conversation than the one that was asked for is never used.

use std::time::Duration;

use agentsight_core::{ConversationRef, ConversationUpdate, Error, ErrorKind, NewFeedback, RequestFate, Sentiment};

use crate::drive::Drive;
use crate::fault::{Fault, Faults, Kept, always, first};
use crate::story::texts;
use crate::world::{Sent, World};

const UPSERT: &str = "POST /api/conversations/";
const TRACK: &str = "POST /api/track/";
const LIST: &str = "GET /api/conversations/";
const LOOKUP: &str = "GET /api/conversations/lookup/";
const DETAIL: &str = "GET /api/conversations/1/";
const FILES: &str = "GET /api/conversations/1/attachments/";
const RENAME: &str = "PATCH /api/conversations/1/rename/";
const DELETE: &str = "DELETE /api/conversations/1/delete/";
const FEEDBACK: &str = "POST /api/conversation-feedbacks/";

/// The row of another conversation, as every route spells it.
const OTHER: &str = r#"{"id": 7, "conversation_id": "other", "name": "n", "is_marked": true}"#;
/// Another conversation under the number that was asked for.
const SAME_NUMBER: &str = r#"{"id": 1, "conversation_id": "other", "name": "n", "is_marked": true}"#;
/// The conversation that was asked for under another number.
const SAME_ID: &str = r#"{"id": 7, "conversation_id": "c", "name": "n", "is_marked": true}"#;

/// A world in which the service has a conversation `c`, number 1, of which the client knows nothing.
fn world_with_conversation() -> World {
    let elsewhere = World::new();
    let lane = elsewhere.lane("c");
    lane.track_human_message("hello").unwrap();
    let _ = elsewhere.send(&lane).unwrap();
    elsewhere.another_client()
}

fn check(error: &Error, what: &str) {
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{what}: {error}");
    assert!(error.to_string().contains("another conversation"), "{what}: {error}");
    assert!(!error.to_string().contains("other\""), "{what}: {error}");
}

type Change = fn(&World, ConversationRef, &mut dyn FnMut(usize, &Sent) -> Fault) -> Result<(), Error>;

/// Every call that changes a conversation, with its route for number 1.
fn changes() -> [(&'static str, Change); 4] {
    [
        (RENAME, |world, conversation, faults| {
            let mut machine = world.core.rename_conversation(conversation, "n")?;
            world.drive_with(&mut machine, faults).map(drop)
        }),
        ("POST /api/conversations/1/mark/", |world, conversation, faults| {
            let mut machine = world.core.mark_conversation(conversation, true)?;
            world.drive_with(&mut machine, faults).map(drop)
        }),
        ("PATCH /api/conversations/1/update/", |world, conversation, faults| {
            let mut machine = world.core.update_conversation(conversation, ConversationUpdate::new().name("n"))?;
            world.drive_with(&mut machine, faults).map(drop)
        }),
        (DELETE, |world, conversation, faults| {
            let mut machine = world.core.delete_conversation(conversation)?;
            world.drive_with(&mut machine, faults).map(drop)
        }),
    ]
}

fn rename(world: &World, mut faults: impl Faults) -> Result<(), Error> {
    changes()[0].1(world, "c".into(), &mut faults)
}

#[test]
fn r12_an_upsert_that_names_another_conversation_files_no_event_there() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let error = world.send_with(&lane, always(UPSERT, Fault::body(201, OTHER))).unwrap_err();
    check(&error, "an upsert");
    assert_eq!(
        (world.count(TRACK), world.core.recorder().pending().total()),
        (0, 1),
        "nothing is sent, nothing is lost"
    );
    world.advance(Duration::from_secs(60));
    let report = world.send(&lane).unwrap();
    assert_eq!((report.acknowledged(), texts(&world.api, "c")), (1, vec!["hello".to_owned()]));
}

#[test]
fn r12_an_initialization_that_names_another_conversation_remembers_no_number() {
    let world = World::new();
    let mut machine = world.core.initialize_conversation("c".into()).unwrap();
    check(&world.drive_with(&mut machine, always(UPSERT, Fault::body(201, OTHER))).unwrap_err(), "an initialization");
    world.forget_sent();
    rename(&world, always(RENAME, Fault::None)).unwrap_err();
    assert_eq!(world.routes(), [LOOKUP], "no number is known");
}

#[test]
fn r12_a_service_that_trims_an_id_names_the_same_conversation() {
    let world = World::new();
    let lane = world.lane(" c ");
    lane.track_human_message("hello").unwrap();
    let answer = Fault::body(201, r#"{"id": 1, "conversation_id": "c"}"#).kept(Kept::Yes);
    assert_eq!(world.send_with(&lane, first(UPSERT, [answer])).unwrap().acknowledged(), 1);
    for nothing in [r#"{"id": 1}"#, r#"{"id": 1, "conversation_id": null}"#, r#"{"id": 1, "conversation_id": 1}"#] {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_human_message("hello").unwrap();
        let answer = Fault::body(201, nothing).kept(Kept::Yes);
        assert_eq!(world.send_with(&lane, first(UPSERT, [answer])).unwrap().acknowledged(), 1, "{nothing}");
    }
}

#[test]
fn r12_a_lookup_that_names_another_conversation_changes_nothing() {
    for (route, change) in changes() {
        let world = world_with_conversation();
        let error = change(&world, "c".into(), &mut always(LOOKUP, Fault::body(200, OTHER))).unwrap_err();
        check(&error, route);
        assert_eq!(world.count(LOOKUP), world.sent().len(), "{route}: no row is touched");
        world.forget_sent();
        change(&world, "c".into(), &mut always(LOOKUP, Fault::None)).unwrap();
        assert_eq!(world.routes(), [LOOKUP, route], "the wrong number was not remembered");
    }
}

#[test]
fn r12_a_change_that_was_made_elsewhere_is_no_success_and_its_number_is_forgotten() {
    for (route, change) in changes() {
        for answer in [OTHER, SAME_NUMBER, SAME_ID] {
            let world = world_with_conversation();
            change(&world, "c".into(), &mut always(route, Fault::body(200, answer)))
                .map_err(|error| check(&error, route))
                .unwrap_err();
            world.forget_sent();
            change(&world, "c".into(), &mut always(route, Fault::None)).unwrap();
            assert_eq!(world.routes(), [LOOKUP, route], "{answer}");
        }
        let world = world_with_conversation();
        check(&change(&world, 1.into(), &mut always(route, Fault::body(200, OTHER))).unwrap_err(), route);
        let by_number = change(&world, 1.into(), &mut always(route, Fault::body(200, SAME_NUMBER)));
        assert!(by_number.is_ok(), "{route}: a number says nothing of the text id");
    }
}

#[test]
fn r12_a_deletion_is_not_settled_by_the_row_of_another_conversation() {
    const DELETED: &str = r#"{"id": 7, "conversation_id": "other", "is_deleted": true}"#;
    let world = world_with_conversation();
    let faults = |_: usize, sent: &Sent| match sent.route.as_str() {
        DELETE if world.count(DELETE) == 0 => Fault::Reset(Kept::No),
        DELETE => Fault::status(404),
        DETAIL => Fault::body(200, DELETED),
        _ => Fault::None,
    };
    let mut machine = world.core.delete_conversation("c".into()).unwrap();
    assert_eq!(world.drive_with(&mut machine, faults).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(world.count(DETAIL) > 0);
}

#[test]
fn r12_a_fetch_returns_no_other_conversation() {
    let list = r#"{"count": 1, "next": null, "previous": null, "results": [{"id": 7, "conversation_id": "other"}]}"#;
    for (conversation, route, body) in [
        (ConversationRef::from(1), DETAIL, OTHER),
        (ConversationRef::from(1), DETAIL, SAME_ID),
        (ConversationRef::from("c"), LIST, list),
    ] {
        let world = world_with_conversation();
        let mut machine = world.core.fetch_conversation(conversation.clone()).unwrap();
        let error = world.drive_with(&mut machine, always(route, Fault::body(200, body))).unwrap_err();
        check(&error, body);
        assert_eq!(error.operation(), Some("fetch_conversation"));
    }
}

#[test]
fn r12_no_files_of_another_conversation_are_returned() {
    const OTHER_FILES: &str = r#"{"conversation": 7, "conversation_id": "other", "attachments": []}"#;
    const SAME_NUMBER_FILES: &str = r#"{"conversation": 1, "conversation_id": "other", "attachments": []}"#;
    for (conversation, body, is_other) in [
        (ConversationRef::from(1), OTHER_FILES, true),
        (ConversationRef::from("c"), OTHER_FILES, true),
        (ConversationRef::from("c"), SAME_NUMBER_FILES, true),
        (ConversationRef::from(1), SAME_NUMBER_FILES, false),
    ] {
        let world = world_with_conversation();
        let mut machine = world.core.fetch_conversation_attachments(conversation.clone()).unwrap();
        match world.drive_with(&mut machine, always(FILES, Fault::body(200, body))) {
            Ok(files) => assert!(!is_other, "{conversation:?} {files:?}"),
            Err(error) => {
                check(&error, body);
                assert!(is_other, "{conversation:?}");
            }
        }
    }
}

#[test]
fn r12_feedback_on_another_conversation_may_have_been_kept_and_is_not_repeated() {
    for (conversation, body) in [
        (ConversationRef::from(1), r#"{"id": 3, "sentiment": "positive", "conversation": 7}"#),
        (ConversationRef::from("c"), r#"{"id": 3, "sentiment": "positive", "conversation_id": "other"}"#),
    ] {
        let world = world_with_conversation();
        let mut machine = world.core.submit_feedback(conversation, NewFeedback::new(Sentiment::Positive)).unwrap();
        let error = world.drive_with(&mut machine, always(FEEDBACK, Fault::body(201, body))).unwrap_err();
        check(&error, body);
        assert_eq!((error.request_fate(), world.count(FEEDBACK)), (RequestFate::MaybeSent, 1));
    }
}

#[test]
fn r12_an_event_is_not_looked_for_in_another_conversation() {
    for answer in [OTHER, SAME_NUMBER, SAME_ID] {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_human_message("hello").unwrap();
        let faults = |_: usize, sent: &Sent| match sent.route.as_str() {
            TRACK => Fault::Reset(Kept::Yes),
            DETAIL => Fault::body(200, answer),
            _ => Fault::None,
        };
        world.send_with(&lane, faults).unwrap_err();
        assert_eq!(
            (world.count(TRACK), world.core.recorder().pending().total()),
            (1, 1),
            "{answer}: it stays in doubt"
        );
        assert_eq!(world.send(&lane).unwrap().acknowledged(), 1, "{answer}");
        assert_eq!(texts(&world.api, "c"), ["hello"], "{answer}");
    }
}
