//! R1, R7, R18, R21: what is refused is refused at once, by name; nothing is stored and nothing is sent.

use agentsight_core::{
    AgentMessage, Attachments, ButtonClick, ConversationFilter, ConversationRecorder, ConversationUpdate, Error,
    ErrorKind, HumanMessage, NewAction, NewAttachment, NewConversation, NewFeedback, PagePosition, Sentiment,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::drive::Drive;
use crate::world::World;

/// A secret that no message may show.
const SECRET: &str = "hunter2";

/// Checks one refusal: kind, the named field, no value, nothing stored, nothing sent.
fn check<T>(world: &World, what: &str, field: &str, result: Result<T, Error>) {
    let Err(error) = result else { panic!("{what} is accepted") };
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{what}: {error}");
    assert!(error.to_string().contains(field), "{what}: {error}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{what}: {error}");
    assert!(error.to_string().matches("conversation").count() <= 1, "{what} is named twice: {error}");
    assert!(world.core.recorder().pending().is_empty(), "{what} is stored");
    assert!(world.sent().is_empty());
}

fn long(length: usize) -> String {
    SECRET.chars().cycle().take(length).collect()
}

fn nul() -> String {
    format!("{SECRET}\0")
}

#[test]
fn r7_every_event_that_is_refused() {
    let world = World::new();
    let lane = world.lane("c");
    type Track = fn(&ConversationRecorder) -> Result<(), Error>;
    let table: Vec<(&str, &str, Track)> = vec![
        ("a blank question", "message", |lane| lane.track_human_message("")),
        ("a question of white space", "message", |lane| lane.track_human_message(" \n\t\u{a0}")),
        ("a blank answer", "message", |lane| lane.track_agent_message("  ")),
        ("NUL in a question", "message", |lane| lane.track_human_message(nul())),
        ("NUL in an answer", "message", |lane| lane.track_agent_message(nul())),
        ("a blank action name", "action name", |lane| lane.track_action(" ")),
        ("a long action name", "action name", |lane| lane.track_action(long(256))),
        ("NUL in an action name", "action name", |lane| lane.track_action(nul())),
        ("NUL in a response", "response", |lane| lane.track_action(NewAction::new("a").response(nul()))),
        ("NUL in an error", "error_message", |lane| lane.track_action(NewAction::new("a").error_message(nul()))),
        ("a negative duration", "duration_ms", |lane| lane.track_action(NewAction::new("a").duration_ms(-1.0))),
        ("an endless duration", "duration_ms", |lane| {
            lane.track_action(NewAction::new("a").duration_ms(f64::INFINITY))
        }),
        ("a duration that is none", "duration_ms", |lane| lane.track_action(NewAction::new("a").duration_ms(f64::NAN))),
        ("a list of tools", "tools_used", |lane| lane.track_action(NewAction::new("a").tools_used(json!([SECRET])))),
        ("a blank button event", "button event", |lane| lane.track_button(ButtonClick::new(" ", "l", "v"))),
        ("a blank button label", "button label", |lane| lane.track_button(ButtonClick::new("e", "", "v"))),
        ("a blank button value", "button value", |lane| lane.track_button(ButtonClick::new("e", "l", "\t"))),
        ("a long button event", "button event", |lane| lane.track_button(ButtonClick::new(long(256), "l", "v"))),
        ("a long button label", "button label", |lane| lane.track_button(ButtonClick::new("e", long(256), "v"))),
        ("a long button value", "button value", |lane| lane.track_button(ButtonClick::new("e", "l", long(256)))),
        ("no file", "attachments", |lane| lane.track_attachments(Vec::new())),
        ("no file of a message", "attachments", |lane| {
            lane.track_human_message(HumanMessage::new(SECRET).attachments(Vec::new()))
        }),
        ("bad base64", "attachment 2", |lane| {
            lane.track_attachments([NewAttachment::bytes("x"), NewAttachment::base64("hunter2!")])
        }),
        ("a blank file name", "attachment 1", |lane| lane.track_attachments(NewAttachment::bytes("x").filename(" "))),
        ("a blank MIME type", "attachment 1", |lane| lane.track_attachments(NewAttachment::bytes("x").mime_type(""))),
        ("a file name with a line break", "attachment 1", |lane| {
            lane.track_attachments(NewAttachment::bytes("x").filename(format!("{SECRET}\r\n")))
        }),
        ("a file over 25 MB", "attachment 1", |lane| {
            lane.track_attachments(NewAttachment::bytes(vec![0; 25 * 1024 * 1024 + 1]))
        }),
        ("metadata with NUL", "metadata", |lane| {
            lane.track_human_message(HumanMessage::new(SECRET).metadata(SECRET, nul()))
        }),
        ("a metadata key with NUL", "metadata", |lane| {
            lane.track_agent_message(AgentMessage::new(SECRET).metadata(nul(), 1))
        }),
        ("metadata that is not finite", "metadata", |lane| {
            lane.track_action(NewAction::new("a").metadata(SECRET, f64::NAN))
        }),
        ("metadata that is no object", "metadata", |lane| {
            lane.track_button(ButtonClick::new("e", "l", "v").metadata_from(&json!([SECRET])))
        }),
        ("metadata of files with NUL", "metadata", |lane| {
            lane.track_attachments(Attachments::new([NewAttachment::bytes("x")]).metadata(SECRET, nul()))
        }),
    ];
    for (what, field, track) in &table {
        check(&world, what, field, track(&lane));
    }
    // Nothing is lost either: what was tracked before a refusal stays, and is all that is sent.
    lane.track_human_message("before").unwrap();
    let before = world.core.recorder().pending();
    for (what, _, track) in &table {
        track(&lane).unwrap_err();
        assert_eq!(world.core.recorder().pending().total(), before.total(), "{what}");
    }
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(crate::story::texts(&world.api, "c"), ["before"]);
}

/// An object of so many levels, itself included.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({}), |inner, _| json!({SECRET: inner}))
}

/// A field that is an object, and a way to give it.
type Object<'a> = (&'a str, &'a dyn Fn(&World, &Value) -> Result<(), Error>);

#[test]
fn r7_every_object_is_refused_for_the_same_reasons() {
    let tools = NewAction::new("a");
    let table: [Object<'_>; 9] = [
        ("tools_used", &|world, object| world.lane("c").track_action(tools.clone().tools_used(object.clone()))),
        ("metadata", &|world, object| {
            world.lane("c").track_human_message(HumanMessage::new("m").metadata_from(object))
        }),
        ("metadata", &|world, object| {
            world.lane("c").track_agent_message(AgentMessage::new("m").metadata_from(object))
        }),
        ("metadata", &|world, object| world.lane("c").track_action(NewAction::new("a").metadata_from(object))),
        ("metadata", &|world, object| {
            world.lane("c").track_button(ButtonClick::new("e", "l", "v").metadata_from(object))
        }),
        ("metadata", &|world, object| {
            let file = NewAttachment::bytes("x");
            world.lane("c").track_attachments(Attachments::new([file]).metadata_from(object))
        }),
        ("metadata", &|world, object| {
            let conversation = NewConversation::new("c").metadata_from(object);
            world.core.initialize_conversation(conversation.clone())?;
            world.core.recorder().get_or_create_conversation(conversation).map(drop)
        }),
        ("metadata", &|world, object| {
            let update = ConversationUpdate::new().metadata_from(object);
            world.core.update_conversation(1.into(), update).map(drop)
        }),
        ("metadata", &|world, object| {
            let feedback = NewFeedback::new(Sentiment::Positive).metadata_from(object);
            world.core.submit_feedback("c".into(), feedback).map(drop)
        }),
    ];
    for (index, (field, give)) in table.iter().enumerate() {
        let world = World::new();
        for (object, problem) in [
            (json!([SECRET]), "object"),
            (json!(SECRET), "object"),
            (nested(65), "64 levels"),
            (nested(123), "64 levels"),
            (json!({nul(): 1}), "NUL"),
            (json!({SECRET: nul()}), "NUL"),
            (json!({SECRET: [{"a": {nul(): 1}}]}), "NUL"),
        ] {
            let what = format!("{field} {index}, {problem}");
            check(&world, &what, field, give(&world, &object));
            check(&world, &what, problem, give(&world, &object));
        }
        give(&world, &nested(64)).unwrap();
        give(&world, &json!({})).unwrap();
    }
}

#[test]
fn r7_what_is_nested_as_deep_as_allowed_can_be_read_back() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_action(NewAction::new("a").tools_used(nested(64)).metadata_from(&nested(64))).unwrap();
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    world.drive(world.core.fetch_conversation("c".into()).unwrap()).unwrap();
}

/// A field that is a time, and a way to give it.
type Time<'a> = (&'a str, fn(&World, DateTime<Utc>) -> Result<(), Error>);

#[test]
fn r7_every_time_is_refused_for_the_same_reasons() {
    let table: [Time<'_>; 11] = [
        ("at", |world, at| world.lane("c").track_human_message(HumanMessage::new("m").at(at))),
        ("at", |world, at| world.lane("c").track_agent_message(AgentMessage::new("m").at(at))),
        ("at", |world, at| world.lane("c").track_action(NewAction::new("a").at(at))),
        ("started_at", |world, at| world.lane("c").track_action(NewAction::new("a").started_at(at))),
        ("ended_at", |world, at| world.lane("c").track_action(NewAction::new("a").ended_at(at))),
        ("at", |world, at| world.lane("c").track_button(ButtonClick::new("e", "l", "v").at(at))),
        ("at", |world, at| world.lane("c").track_attachments(Attachments::new([NewAttachment::bytes("x")]).at(at))),
        ("at", |world, at| {
            let files = Attachments::new([NewAttachment::bytes("x")]).at(at);
            world.lane("c").track_human_message(HumanMessage::new("m").attachments(files))
        }),
        ("at", |world, at| {
            world.core.recorder().get_or_create_conversation(NewConversation::new("c").at(at)).map(drop)
        }),
        ("at", |world, at| world.core.initialize_conversation(NewConversation::new("c").at(at)).map(drop)),
        ("at", |world, at| {
            let conversation = NewConversation::new("c").at(at);
            world.core.recorder().new_tracker().get_or_create_conversation(conversation).map(drop)
        }),
    ];
    for (index, (field, give)) in table.iter().enumerate() {
        let world = World::new();
        let now = world.clock.utc();
        let year = |year: i32| format!("{year:04}-01-01T00:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let in_milliseconds = DateTime::from_timestamp(now.timestamp_millis(), 0).unwrap();
        for (time, problem) in [
            (now + TimeDelta::days(1) + TimeDelta::nanoseconds(1), "a day ahead"),
            (in_milliseconds, "milliseconds"),
            (DateTime::<Utc>::MAX_UTC, "a day ahead"),
            (year(0), "year"),
            (DateTime::<Utc>::MIN_UTC, "year"),
        ] {
            let what = format!("{field} {index}, {time:?}");
            check(&world, &what, &format!("{field} "), give(&world, time));
            check(&world, &what, problem, give(&world, time));
        }
        for time in [year(1), now, now + TimeDelta::days(1)] {
            give(&world, time).unwrap();
        }
    }
}

#[test]
fn r7_what_is_just_within_the_limits_is_accepted_verbatim() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_action(long(255)).unwrap();
    lane.track_action("ü".repeat(255)).unwrap();
    lane.track_button(ButtonClick::new("e", format!("  {}  ", "l".repeat(251)), "v")).unwrap();
    lane.track_human_message("  kept as it is\n").unwrap();
    lane.track_action(NewAction::new("a").duration_ms(0)).unwrap();
    let report = world.send(&lane).unwrap();
    assert_eq!((report.acknowledged(), report.rejected()), (5, 0));
    assert_eq!(world.api.transcript("c")[3].content, "  kept as it is\n");
}

#[test]
fn r7_a_file_that_cannot_be_read_is_refused_when_it_is_tracked() {
    let world = World::new();
    let lane = world.lane("c");
    let error = lane.track_attachments(NewAttachment::path(format!("{SECRET}.txt"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    let path = format!("attachment 1: the file cannot be read ({SECRET}.txt);");
    assert!(error.to_string().contains(&path), "the application is told which file: {error}");
    assert!(world.core.recorder().pending().is_empty());
}

#[test]
fn r1_conversation_ids_are_checked_everywhere_and_kept_verbatim() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    for id in [String::new(), "  ".to_owned(), long(256), nul()] {
        check(&world, "a handle", "conversation_id", world.core.recorder().conversation(id.clone()));
        check(&world, "a registration", "conversation_id", tracker.get_or_create_conversation(id.clone().into()));
        check(&world, "an initialization", "conversation_id", world.core.initialize_conversation(id.clone().into()));
        check(&world, "a fetch", "conversation_id", world.core.fetch_conversation(id.clone().into()));
        check(&world, "files", "conversation_id", world.core.fetch_conversation_attachments(id.clone().into()));
        check(&world, "a rename", "conversation_id", world.core.rename_conversation(id.clone().into(), "n"));
        check(&world, "a mark", "conversation_id", world.core.mark_conversation(id.clone().into(), true));
        check(&world, "a deletion", "conversation_id", world.core.delete_conversation(id.clone().into()));
        let feedback = NewFeedback::new(Sentiment::Positive);
        check(&world, "feedback", "conversation_id", world.core.submit_feedback(id.into(), feedback));
    }
    let id = " ü/?#%&\n\"' ";
    let lane = world.lane(id);
    lane.track_human_message("hello").unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(world.api.conversations()[0].conversation_id, id);
}

#[test]
fn r7_every_registration_that_is_refused() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    let new = || NewConversation::new("c");
    for (field, conversation) in [
        ("customer_id", new().customer_id(long(256))),
        ("device", new().device(long(256))),
        ("source", new().source(long(256))),
        ("language", new().language(nul())),
        ("name", new().name(long(256))),
        ("environment", new().environment(long(256))),
        ("customer_ip_address", new().customer_ip_address(SECRET)),
        ("customer_ip_address", new().customer_ip_address("999.1.1.1")),
        ("metadata", new().metadata(SECRET, nul())),
        ("metadata", new().metadata_from(&SECRET)),
    ] {
        check(&world, field, field, tracker.get_or_create_conversation(conversation.clone()));
        check(&world, field, field, world.core.initialize_conversation(conversation));
    }
    for address in ["203.0.113.9", "2001:db8::1"] {
        tracker.get_or_create_conversation(NewConversation::new(address).customer_ip_address(address)).unwrap();
    }
}

#[test]
fn r21_every_change_that_is_refused() {
    let world = World::new();
    let update = ConversationUpdate::new;
    for (what, field, result) in [
        ("no field", "field", world.core.update_conversation(1.into(), update()).map(drop)),
        ("a blank name", "name", world.core.update_conversation(1.into(), update().name(" ")).map(drop)),
        ("a long name", "name", world.core.update_conversation(1.into(), update().name(long(256))).map(drop)),
        ("a long device", "device", world.core.update_conversation(1.into(), update().device(long(256))).map(drop)),
        ("NUL", "language", world.core.update_conversation(1.into(), update().language(nul())).map(drop)),
        ("metadata", "metadata", world.core.update_conversation(1.into(), update().metadata("a", nul())).map(drop)),
        ("a blank new name", "name", world.core.rename_conversation(1.into(), "\t").map(drop)),
        ("a long new name", "name", world.core.rename_conversation(1.into(), &long(256)).map(drop)),
        ("NUL in a new name", "name", world.core.rename_conversation(1.into(), &nul()).map(drop)),
    ] {
        check(&world, what, field, result);
    }
}

#[test]
fn r7_every_feedback_that_is_refused() {
    let world = World::new();
    let positive = || NewFeedback::new(Sentiment::Positive);
    for (field, feedback) in [
        ("sentiment", NewFeedback::new(Sentiment::from("meh".to_owned()))),
        ("comment", positive().comment(long(5001))),
        ("comment", positive().comment(nul())),
        ("metadata", positive().metadata("a", nul())),
    ] {
        check(&world, field, field, world.core.submit_feedback("c".into(), feedback));
    }
    assert!(world.core.submit_feedback("c".into(), positive().comment(long(5000))).is_ok());
}

#[test]
fn r18_a_filter_that_cannot_be_sent_is_an_error_and_not_a_wrong_query() {
    let world = World::new();
    let filter = ConversationFilter::new;
    for (what, field, filter) in [
        ("page 0", "page", filter().page(0)),
        ("no rows a page", "page_size", filter().page_size(0)),
        ("too many rows a page", "page_size", filter().page_size(101)),
        ("a blank text", "name", filter().name("  ")),
        ("a comma in metadata", "metadata", filter().metadata("a", "hunter2,b:c")),
        ("a colon in a key", "metadata", filter().metadata("a:b", SECRET)),
        ("a text that reads as a number", "metadata", filter().metadata("a", "42")),
        ("a text that reads as a bool", "metadata", filter().metadata("a", "true")),
        ("a text that reads as null", "metadata", filter().metadata("a", "null")),
        ("an extra that has a setter", "page_size", filter().extra("page_size", "7")),
        ("a blank extra", "a is blank", filter().extra("a", " ")),
    ] {
        check(&world, what, field, world.core.fetch_conversations(&filter));
        check(&world, what, field, world.drive(world.core.pages(&filter)));
    }
    let nowhere = PagePosition::new(0, None);
    check(&world, "a position before the first page", "page", world.drive(world.core.pages(&filter()).resume(nowhere)));
}
