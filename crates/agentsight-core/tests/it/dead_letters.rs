//! R15: what was refused can be looked at, put back and discarded.

use agentsight_core::{
    ConversationRecorder, DeadLetter, DeadLetterReason, Environment, ErrorKind, ItemKind, NewConversation,
};

use crate::fault::{Fault, first};
use crate::story::{some_tokens, texts};
use crate::world::World;

const TRACK: &str = "POST /api/track/";

/// Two messages, of which the service refuses the first.
fn refused_message(world: &World) -> (ConversationRecorder, DeadLetter) {
    let lane = world.lane("c");
    lane.track_human_message("first").unwrap();
    lane.track_human_message("second").unwrap();
    let report = world.send_with(&lane, first(TRACK, [Fault::body(400, r#"{"content": ["first is bad"]}"#)])).unwrap();
    assert_eq!((report.acknowledged(), report.rejected(), report.remaining), (1, 1, 0));
    (lane, world.core.recorder().dead_letters().remove(0))
}

/// A conversation whose record is refused: the service knows no such environment.
fn refused_record(world: &World) -> (ConversationRecorder, DeadLetter) {
    let new = NewConversation::new("c").environment("staging").name("kept");
    let lane = world.core.recorder().new_tracker().get_or_create_conversation(new).unwrap();
    lane.track_human_message("hello").unwrap();
    assert_eq!(world.send(&lane).unwrap_err().kind(), ErrorKind::Rejected);
    (lane, world.core.recorder().dead_letters().remove(0))
}

#[test]
fn r15_a_dead_letter_that_is_put_back_is_sent_again_under_its_own_time() {
    let world = World::new();
    let (lane, letter) = refused_message(&world);
    world.core.recorder().requeue(&letter).unwrap();
    assert!(world.core.recorder().dead_letters().is_empty());
    assert_eq!(world.core.recorder().pending().total(), 1);
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    let shown = world.api.transcript("c");
    let shown: Vec<_> = shown.iter().map(|message| (message.content.as_str(), message.timestamp)).collect();
    assert_eq!(shown[0], ("first", letter.timestamp));
    assert_eq!(shown.len(), 2);
}

#[test]
fn r15_a_dead_letter_is_put_back_or_discarded_once() {
    let world = World::new();
    let (_, letter) = refused_message(&world);
    assert_eq!(world.core.recorder().discard(&letter).unwrap(), 1);
    assert_eq!(world.core.recorder().discard(&letter).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(world.core.recorder().requeue(&letter).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(world.core.recorder().dead_letters().is_empty() && world.core.recorder().pending().is_empty());
}

#[test]
fn r15_a_refused_record_parks_its_conversation_until_a_registration_corrects_it() {
    let world = World::new();
    let (lane, letter) = refused_record(&world);
    assert_eq!(
        (letter.kind, letter.reason, letter.preview.as_str()),
        (ItemKind::Conversation, DeadLetterReason::Rejected, "kept")
    );
    assert!(world.api.conversations().is_empty(), "its transcript must not land under another environment");
    let corrected = NewConversation::new("c").environment("production");
    world.core.recorder().new_tracker().get_or_create_conversation(corrected).unwrap();
    assert!(world.core.recorder().dead_letters().is_empty());
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
    let stored = world.api.conversation("c").unwrap();
    assert_eq!((stored.environment, stored.name.as_deref()), (Some(Environment::Production), Some("kept")));
}

#[test]
fn r14_a_parked_conversation_with_nothing_pending_sends_an_empty_report() {
    let world = World::new();
    let lane = world
        .core
        .recorder()
        .new_tracker()
        .get_or_create_conversation(NewConversation::new("c").environment("staging"));
    let lane = lane.unwrap();
    let error = world.send(&lane).unwrap_err();
    assert_eq!((error.kind(), error.report().unwrap().rejected()), (ErrorKind::Rejected, 1));
    assert!(world.send(&lane).unwrap().items.is_empty());
    lane.track_human_message("hello").unwrap();
    assert_eq!(world.send(&lane).unwrap_err().report().unwrap().remaining, 1);
}

#[test]
fn r15_a_refused_record_that_is_put_back_is_tried_again() {
    let world = World::new();
    let (lane, letter) = refused_record(&world);
    world.core.recorder().requeue(&letter).unwrap();
    assert_eq!(world.core.recorder().pending().total(), 2);
    assert_eq!(world.send(&lane).unwrap_err().kind(), ErrorKind::Rejected);
    assert_eq!(world.core.recorder().dead_letters().len(), 1, "one letter for a record");
}

#[test]
fn r15_discarding_a_record_discards_what_is_pending_in_its_conversation() {
    let world = World::new();
    let (lane, letter) = refused_record(&world);
    lane.track_human_message("more").unwrap();
    lane.track_token_usage(some_tokens());
    assert_eq!(world.core.recorder().discard(&letter).unwrap(), 3, "the record and two messages");
    assert!(world.core.recorder().pending().is_empty(), "{:?}", world.core.recorder().pending());
    assert!(!lane.has_pending());
    let report = world.send(&lane).unwrap();
    assert!(report.items.is_empty());
    assert!(world.api.conversations().is_empty());
    lane.track_human_message("a fresh start").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(texts(&world.api, "c"), ["a fresh start"]);
}

#[test]
fn r23_dead_letters_take_no_place_of_what_waits() {
    let world = World::with_config(|config| config.max_pending(2));
    let (lane, letter) = refused_message(&world);
    for text in ["third", "fourth"] {
        lane.track_human_message(text).unwrap();
    }
    let error = lane.track_human_message("fifth").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QueueFull);
    assert!(error.to_string().contains("max_pending"), "{error}");
    world.core.recorder().requeue(&letter).unwrap();
    assert_eq!(world.core.recorder().pending().total(), 3, "what is put back is never refused");
}

#[test]
fn r23_the_oldest_dead_letters_make_room_and_are_counted() {
    let world = World::with_config(|config| config.max_dead_letters(3));
    let (kept, _) = refused_record(&world);
    let lane = world.lane("other");
    for number in 0..5 {
        lane.track_human_message(format!("{number}")).unwrap();
    }
    let refused = crate::fault::always(TRACK, Fault::status(422));
    assert_eq!(world.send_with(&lane, refused).unwrap().rejected(), 5);
    let letters = world.core.recorder().dead_letters();
    let previews: Vec<&str> = letters.iter().map(|letter| letter.preview.as_str()).collect();
    assert_eq!(previews, ["kept", "3", "4"], "the letter of a record stays");
    assert_eq!(world.core.recorder().stats().dead_letters_dropped, 3);
    drop(kept);
}

#[test]
fn r15_dead_letters_come_oldest_first_and_show_no_content_in_debug() {
    let world = World::new();
    let lane = world.lane("c");
    for text in ["one secret", "two secrets", "three secrets"] {
        lane.track_human_message(text).unwrap();
    }
    let report =
        world.send_with(&lane, crate::fault::always(TRACK, Fault::body(400, r#"{"content": "one secret"}"#))).unwrap();
    assert_eq!(report.rejected(), 3);
    let letters = world.core.recorder().dead_letters();
    let previews: Vec<&str> = letters.iter().map(|letter| letter.preview.as_str()).collect();
    assert_eq!(previews, ["one secret", "two secrets", "three secrets"]);
    let shown = format!("{letters:?} {report:?}");
    assert!(!shown.contains("secret"), "{shown}");
}
