use agentsight_testkit::{FakeOptions, UnknownConversation};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Client;

fn message(fields: Value) -> Value {
    let mut body = json!({"content": "Hello!", "sender": "end_user"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

#[test]
fn a_message_is_answered_with_what_was_stored() {
    let client = Client::new();
    let number = client.conversation("a");
    let answered = client.post(
        "/api/track/",
        message(json!({
            "timestamp": "2026-11-21T02:03:12.648346+00:00", "conversation_id": "a", "metadata": {"n": 1},
            "conversation": number,
        })),
    );
    assert_eq!(answered.status, StatusCode::CREATED);
    let expected = json!({
        "id": answered.json["id"], "conversation": number, "timestamp": "2026-11-21T02:03:12.648346Z",
        "sender": "end_user", "content": "Hello!", "action_name": null, "metadata": {"n": 1}, "attachments": [],
        "action_logs": [], "button": null, "feedback": null,
    });
    assert_eq!(answered.json, expected);
    let path = format!("/api/track/{}/", answered.json["id"]);
    assert_eq!(client.get(&path).json, expected);
}

#[test]
fn messages_are_ordered_by_time_and_then_by_number() {
    let client = Client::new();
    for (content, second) in [("c", 3), ("a", 1), ("b", 1)] {
        let stamp = format!("2026-01-01T00:00:0{second}Z");
        client.post("/api/track/", message(json!({"conversation_id": "x", "content": content, "timestamp": stamp})));
    }
    let contents: Vec<String> = client.api.transcript("x").into_iter().map(|message| message.content).collect();
    assert_eq!(contents, ["a", "b", "c"]);
}

#[test]
fn an_event_without_a_stamp_gets_the_time_of_the_service() {
    let answered = Client::new().post("/api/track/", message(json!({"conversation_id": "x"})));
    assert_eq!(answered.json["timestamp"], "2025-01-01T00:00:00Z");
}

#[test]
fn a_text_id_that_is_not_known_is_created_in_use_unless_it_is_to_be_refused() {
    let client = Client::new();
    assert_eq!(
        client.post("/api/track/", message(json!({"conversation": null, "conversation_id": "new"}))).status,
        StatusCode::CREATED
    );
    assert!(client.api.conversation("new").unwrap().used());

    let strict = Client::with_options(FakeOptions::new().unknown_conversation(UnknownConversation::Refuse));
    let refused = strict.post("/api/track/", message(json!({"conversation": null, "conversation_id": "new"})));
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json["conversation"].is_array());
    assert!(strict.api.conversations().is_empty());
}

#[test]
fn the_number_wins_over_a_text_id_that_disagrees() {
    let client = Client::new();
    let (first, _) = (client.conversation("first"), client.conversation("second"));
    for text in ["second", "None", "unknown"] {
        let answered = client.post("/api/track/", message(json!({"conversation": first, "conversation_id": text})));
        assert_eq!(answered.json["conversation"], first);
    }
    assert_eq!(client.api.conversations().len(), 2);
}

#[test]
fn the_word_none_for_a_number_falls_back_to_the_text_id() {
    let client = Client::new();
    let number = client.conversation("a");
    let by_text = client.post("/api/track/", message(json!({"conversation": "None", "conversation_id": "a"})));
    assert_eq!(by_text.json["conversation"], number);
    let by_word = client.post("/api/track/", message(json!({"conversation": number.to_string()})));
    assert_eq!(by_word.json["conversation"], number);
    for body in [json!({"conversation": "None"}), json!({"conversation": "None", "conversation_id": "None"})] {
        let refused = client.post("/api/track/", message(body));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json, json!({"conversation": ["A valid integer is required."]}));
    }
}

#[test]
fn an_event_without_a_conversation_or_with_an_unknown_number_is_400_that_names_it() {
    let client = Client::new();
    for body in [json!({}), json!({"conversation": 99}), json!({"conversation": -1}), json!({"conversation": [1]})] {
        let refused = client.post("/api/track/", message(body.clone()));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(refused.json["conversation"].is_array(), "{body}");
    }
}

#[test]
fn a_message_needs_words_and_a_known_sender() {
    let client = Client::new();
    for (body, field) in [
        (json!({"content": " \n "}), "content"),
        (json!({"content": null}), "content"),
        (json!({"content": {"text": "x"}}), "content"),
        (json!({"sender": "system"}), "sender"),
        (json!({"sender": 1}), "sender"),
        (json!({"metadata": "text"}), "metadata"),
    ] {
        let mut body = message(body);
        body["conversation_id"] = json!("a");
        let refused = client.post("/api/track/", body);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json.as_object().unwrap().keys().collect::<Vec<_>>(), [field]);
    }
    assert!(client.api.conversations().is_empty(), "a refused event creates nothing");
}

#[test]
fn content_has_no_limit_and_is_kept_as_it_is_unless_texts_are_trimmed() {
    let long = format!(" {}\n", "x".repeat(200_000));
    for (trim, kept) in [(false, long.as_str()), (true, long.trim())] {
        let client = Client::with_options(FakeOptions::new().trim_text(trim));
        let answered = client.post("/api/track/", message(json!({"conversation_id": "a", "content": long})));
        assert_eq!(answered.json["content"], kept);
    }
}

#[test]
fn a_patch_replaces_the_metadata_of_a_message() {
    let client = Client::new();
    let number = client.conversation("a");
    let path = format!("/api/track/{}/", client.message(number, "Hello!"));
    for metadata in [json!({"a": 1, "b": 2}), json!({"c": 3}), Value::Null] {
        let answered = client.send(Method::PATCH, &path, Some(json!({"metadata": metadata})));
        assert_eq!((answered.status, &answered.json["metadata"]), (StatusCode::OK, &metadata));
        assert_eq!(answered.json["content"], "Hello!");
    }
    let refused = client.send(Method::PATCH, &path, Some(json!({"metadata": 7})));
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_message_can_be_deleted_once() {
    let client = Client::new();
    let number = client.conversation("a");
    let path = format!("/api/track/{}/", client.message(number, "Hello!"));
    let deleted = client.send(Method::DELETE, &path, None);
    assert_eq!((deleted.status, deleted.response.body().len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(client.send(Method::DELETE, &path, None).status, StatusCode::NOT_FOUND);
    assert!(client.api.transcript("a").is_empty());
}
