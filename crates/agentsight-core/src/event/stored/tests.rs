use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::tests::{button, message};

/// Texts as people write them, and what they could break.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[^\0]{0,12}", Just("\u{1d11e} \"\\\n{}".to_owned())]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), btree_map(text(), inner, 0..4).prop_map(object)]
    })
}

fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.into_iter().collect())
}

fn map() -> impl Strategy<Value = Map<String, Value>> {
    btree_map(text(), value(), 0..4).prop_map(|entries| entries.into_iter().collect())
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // The years 1 to 9999.
    (-62_135_596_800_i64..253_402_300_800, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("within the range"))
}

/// The senders that are known, and words that are not.
fn sender() -> impl Strategy<Value = Sender> {
    prop_oneof![
        Just(Sender::EndUser),
        Just(Sender::Agent),
        Just(Sender::System),
        text().prop_map(|word| serde_json::from_value(json!(word)).expect("any word")),
    ]
}

fn numeric() -> impl Strategy<Value = Numeric> {
    prop_oneof![
        any::<u64>().prop_map(Numeric::from),
        prop::num::f64::NORMAL.prop_map(Numeric::from),
        any::<u32>().prop_map(|whole| serde_json::from_value(json!(format!("{whole}.50"))).expect("a decimal text")),
    ]
}

fn file() -> impl Strategy<Value = PreparedAttachment> {
    let content = prop_oneof![
        vec(any::<u8>(), 0..64).prop_map(|bytes| AttachmentContent::Bytes(Bytes::from(bytes))),
        (text(), any::<u64>()).prop_map(|(path, length)| AttachmentContent::File { path: path.into(), length }),
    ];
    (text(), text(), content).prop_map(|(filename, mime_type, content)| PreparedAttachment {
        filename,
        mime_type,
        content,
    })
}

fn files() -> impl Strategy<Value = PreparedAttachments> {
    let mode = prop_oneof![Just(AttachmentMode::Base64), Just(AttachmentMode::FormData)];
    (vec(file(), 1..4), mode, sender(), map(), any::<bool>()).prop_map(
        |(files, mode, sender, metadata, has_own_metadata)| PreparedAttachments {
            files,
            mode,
            sender,
            metadata,
            has_own_metadata,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let message = (sender(), text(), map(), option::of(files().prop_map(Box::new)))
        .prop_map(|(sender, content, metadata, files)| MessageEvent { sender, content, metadata, files })
        .prop_map(Event::Message);
    let times = (option::of(instant()), option::of(instant()), option::of(numeric()));
    let texts = (option::of(text()), option::of(text()));
    let action = (text(), times, option::of(map()), texts, map()).prop_map(
        |(name, (started_at, ended_at, duration_ms), tools_used, (response, error_message), metadata)| {
            Event::Action(Box::new(ActionEvent {
                name,
                started_at,
                ended_at,
                duration_ms,
                tools_used,
                response,
                error_message,
                metadata,
            }))
        },
    );
    let button = (text(), text(), text(), map()).prop_map(|(event, label, value, metadata)| {
        Event::Button(Box::new(ButtonEvent { event, label, value, metadata }))
    });
    prop_oneof![message, action, button, files().prop_map(|files| Event::Attachments(Box::new(files)))]
}

fn conversation() -> impl Strategy<Value = NewConversation> {
    let texts = (text(), vec(option::of(text()), 7));
    (texts, option::of(map()), option::of(instant())).prop_map(|((id, texts), metadata, at)| {
        let mut texts = texts.into_iter();
        let mut next = move || texts.next().flatten();
        let mut conversation = NewConversation::new(id);
        conversation.customer_id = next();
        conversation.customer_ip_address = next();
        conversation.device = next().map(Device::from);
        conversation.source = next();
        conversation.language = next();
        conversation.name = next();
        conversation.environment = next().map(Environment::from);
        conversation.metadata = metadata.map(MetadataDraft::from).unwrap_or_default();
        conversation.at = at;
        conversation
    })
}

proptest! {
    #[test]
    fn stored_events_are_read_back_as_they_were(event in event()) {
        let stored = store_event(&event).expect("every path is Unicode");
        prop_assert_eq!(restore_event(stored).expect("our own form"), event.clone());
    }

    #[test]
    fn an_event_that_was_read_back_weighs_the_same(event in event()) {
        let stored = store_event(&event).expect("every path is Unicode");
        prop_assert_eq!(restore_event(stored).expect("our own form").weight(), event.weight());
    }

    #[test]
    fn stored_conversations_are_read_back_as_they_were(conversation in conversation()) {
        let stored = store_conversation(&conversation).expect("checked metadata");
        prop_assert_eq!(restore_conversation(stored).expect("our own form"), conversation);
    }

    #[test]
    fn no_stored_form_makes_it_panic(kind in "message|action|button|attachments|base64", value in value()) {
        let _ = restore_event(json!({"v": 1, "event": value}));
        let _ = restore_event(json!({"v": 1, "event": {kind: value}}));
        let _ = restore_conversation(json!({"v": 1, "conversation": value}));
        let _ = restore_event(value);
    }
}

/// The form of version 1. If this fails, what an earlier version has stored cannot be read any more.
#[test]
fn version_1_is_read_for_ever() {
    assert_eq!(
        store_event(&button("confirm", "OK", "1")).ok(),
        Some(json!({"v": 1, "event": {"button": {"event": "confirm", "label": "OK", "value": "1", "metadata": {}}}}))
    );
    let with_files = json!({"v": 1, "event": {"message": {
        "sender": "end_user", "content": "see", "metadata": {"a": 1}, "files": {
            "files": [
                {"filename": "a.txt", "mime_type": "text/plain", "content": {"base64": "aGVsbG8="}},
                {"filename": "b.txt", "mime_type": "text/plain", "content": {"path": {"path": "b.txt", "length": 5}}},
            ],
            "mode": "form_data", "sender": "agent", "metadata": {}, "has_own_metadata": false,
        },
    }}});
    let action = json!({"v": 1, "event": {"action": {
        "name": "lookup", "started_at": "2025-03-01T09:00:00.000001Z", "ended_at": null, "duration_ms": 1.5,
        "tools_used": {"database": "PostgreSQL"}, "response": "found", "error_message": null, "metadata": {},
    }}});
    for form in [with_files, action] {
        let event = restore_event(form.clone()).expect("version 1");
        assert_eq!(store_event(&event).ok(), Some(form));
    }
    let form = json!({"v": 1, "conversation": {
        "conversation_id": "c", "customer_id": "u", "customer_ip_address": "203.0.113.9", "device": "mobile",
        "source": "web", "language": "en", "name": "n", "environment": "production", "metadata": {"a": [1]},
        "at": "2025-03-01T09:00:00Z",
    }});
    let conversation = restore_conversation(form.clone()).expect("version 1");
    assert_eq!(store_conversation(&conversation).ok(), Some(form));
}

#[test]
fn what_is_not_the_stored_form_is_an_error_that_shows_no_content() {
    let sound = || store_event(&message("hunter2")).expect("a message");
    let with = |pointer: &str, value: Value| {
        let mut stored = sound();
        *stored.pointer_mut(pointer).expect("a part of the form") = value;
        stored
    };
    let no_files = json!({"files": [], "mode": "base64", "sender": "agent", "metadata": {}, "has_own_metadata": false});
    let file = |content: Value| {
        let file = json!({"filename": "a", "mime_type": "b", "content": content});
        json!({"files": [file], "mode": "base64", "sender": "agent", "metadata": {}, "has_own_metadata": false})
    };
    for (stored, named) in [
        (with("/v", json!(2)), "version 2"),
        (with("/v", json!("1")), "no version"),
        (json!({"event": {}}), "no version"),
        (json!(null), "no version"),
        (json!({"v": 1}), "cannot be read"),
        (json!({"v": 1, "event": {"hunter2": {}}}), "cannot be read"),
        (with("/event/message/content", json!(7)), "event.message.content"),
        (with("/event/message/metadata", json!("hunter2")), "event.message.metadata"),
        (with("/event/message/files", no_files), "no file"),
        (with("/event/message/files", file(json!({"base64": "hunter2"}))), "base64"),
        (with("/event/message/files", file(json!({"path": "hunter2"}))), "event.message.files"),
        (json!({"v": 1, "event": {"message": {"content": "hunter2", "more": "hunter2"}}}), "event.message"),
    ] {
        let error = restore_event(stored.clone()).expect_err("not the form");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(named) && !shown.contains("hunter2"), "{stored}: {shown}");
    }
    let newer = restore_conversation(json!({"v": 2, "conversation": 7})).expect_err("another version");
    assert!(newer.to_string().contains("version 2"), "{newer}");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_unicode_cannot_be_stored() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let content = AttachmentContent::File { path: OsStr::from_bytes(b"hunter2\xff").into(), length: 1 };
    let file = PreparedAttachment { filename: "a".to_owned(), mime_type: "b".to_owned(), content };
    let event = Event::Attachments(Box::new(PreparedAttachments {
        files: vec![file],
        mode: AttachmentMode::FormData,
        sender: Sender::EndUser,
        metadata: Map::new(),
        has_own_metadata: false,
    }));
    let error = store_event(&event).expect_err("not Unicode");
    assert!(error.to_string().contains("path") && !error.to_string().contains("hunter2"), "{error}");
}
