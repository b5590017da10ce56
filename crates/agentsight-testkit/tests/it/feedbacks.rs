use std::time::Duration;

use agentsight_model::FeedbackKind;
use agentsight_testkit::{CreateAnswer, FakeClock, FakeKey, FakeOptions, Role};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answered, Client};

fn give(client: &Client, body: Value) -> Value {
    let answered = client.post("/api/feedbacks/", body);
    assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
    answered.json
}

fn refuse(client: &Client, body: Value) -> Value {
    let refused = client.post("/api/feedbacks/", body);
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused:?}");
    refused.json
}

fn change(client: &Client, feedback: &Value, body: Value) -> Answered {
    client.send(Method::PATCH, &format!("/api/feedbacks/{}/", feedback["id"]), Some(body))
}

/// A conversation in development with one message, and feedback of each kind, given in this order.
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) conversation: u64,
    pub(crate) message: u64,
    pub(crate) on_conversation: Value,
    pub(crate) on_agent: Value,
    pub(crate) on_message: Value,
}

pub(crate) fn service() -> Service {
    let clock = FakeClock::default();
    let client = Client::with_options(FakeOptions::new().clock(clock.clone()));
    let conversation = client.conversation_with(json!({"conversation_id": "Support-1", "environment": "dev"}));
    let message = client.message(conversation, "Hello!");
    let give = |body| {
        clock.advance(Duration::from_secs(1));
        give(&client, body)
    };
    let on_conversation = give(json!({
        "kind": "conversation", "conversation_id": "Support-1", "sentiment": "positive", "comment": "Very HELPFUL!",
    }));
    let on_agent = give(json!({"kind": "agent", "agent": 1, "sentiment": "neutral", "environment": "PROD"}));
    let on_message = give(json!({
        "kind": "message", "message": message, "sentiment": "negative", "topic": "style", "reason": "too_bold",
    }));
    Service { client, conversation, message, on_conversation, on_agent, on_message }
}

#[test]
fn feedback_on_a_conversation_has_the_conversations_environment() {
    let Service { conversation, on_conversation, .. } = service();
    let expected = json!({
        "id": on_conversation["id"], "kind": "conversation", "agent": 1, "conversation": conversation,
        "conversation_id": "Support-1", "user": null, "environment": "development",
        "environment_id": on_conversation["environment_id"], "sentiment": "positive", "category": null,
        "comment": "Very HELPFUL!", "created_at": "2025-01-01T00:00:01Z",
    });
    assert!(on_conversation["environment_id"].is_u64());
    assert_eq!(on_conversation, expected);
}

#[test]
fn feedback_on_the_agent_names_its_environment_or_has_none() {
    let Service { client, on_agent, .. } = service();
    let expected = json!({
        "id": on_agent["id"], "kind": "agent", "agent": 1, "conversation": null, "conversation_id": null, "user": null,
        "environment": "production", "environment_id": on_agent["environment_id"], "sentiment": "neutral",
        "category": null, "comment": "", "created_at": "2025-01-01T00:00:02Z",
    });
    assert_eq!(on_agent, expected);
    let nowhere = give(&client, json!({"kind": "agent", "agent": 1, "sentiment": "neutral"}));
    assert_eq!((&nowhere["environment"], &nowhere["environment_id"]), (&Value::Null, &Value::Null));
    let unknown = json!({"kind": "agent", "agent": 1, "sentiment": "neutral", "environment": "staging"});
    assert!(refuse(&client, unknown)["environment"].is_array());
}

#[test]
fn a_vote_on_a_message_has_its_topic_and_reason_and_shows_on_the_message() {
    let Service { client, conversation, message, on_message, .. } = service();
    let expected = json!({
        "id": on_message["id"], "kind": "message", "agent": 1, "conversation": conversation,
        "conversation_id": "Support-1", "user": null, "environment": "development",
        "environment_id": on_message["environment_id"], "sentiment": "negative", "category": null, "comment": "",
        "created_at": "2025-01-01T00:00:03Z", "message": message, "topic": "style", "reason": "too_bold",
    });
    assert_eq!(on_message, expected);
    assert_eq!(client.get(&format!("/api/track/{message}/")).json["feedback"], expected);
    let detail = client.get(&format!("/api/conversations/{conversation}/")).json;
    assert_eq!(detail["messages"][0]["feedback"], expected);
}

#[test]
fn a_vote_on_a_message_is_given_once_and_a_repeat_changes_it() {
    let Service { client, message, on_message, .. } = service();
    let vote = |body: Value| {
        let mut vote = json!({"kind": "message", "message": message, "sentiment": "positive"});
        vote.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        client.post("/api/feedbacks/", vote)
    };
    let repeated = vote(json!({}));
    let mut expected = on_message.clone();
    expected["sentiment"] = json!("positive");
    assert_eq!((repeated.status, &repeated.json), (StatusCode::OK, &expected), "what is left out keeps its value");
    let changed = vote(json!({"comment": "Better", "topic": "tone", "reason": null}));
    expected["comment"] = json!("Better");
    expected["topic"] = json!("tone");
    expected["reason"] = Value::Null;
    assert_eq!((changed.status, &changed.json), (StatusCode::OK, &expected));
    assert_eq!(client.get("/api/feedbacks/?kind=message").json["count"], 1);
}

#[test]
fn feedback_of_the_other_kinds_is_never_merged() {
    let client = Client::new();
    let conversation = client.conversation("a");
    for _ in 0..2 {
        give(&client, json!({"kind": "conversation", "conversation": conversation, "sentiment": "neutral"}));
        give(&client, json!({"kind": "agent", "agent": 1, "sentiment": "neutral"}));
    }
    assert_eq!(client.api.feedbacks().len(), 4);
}

#[test]
fn a_conversation_shows_what_is_said_of_it_and_not_the_votes_on_its_messages() {
    let Service { client, conversation, on_conversation, .. } = service();
    let row = client.get(&format!("/api/conversations/{conversation}/")).json;
    assert_eq!((&row["feedback_count"], &row["feedbacks"][0]["id"]), (&json!(1), &on_conversation["id"]));
    assert_eq!(client.get("/api/conversations/?feedback_sentiment=negative").json["count"], 0);
    assert_eq!(client.get("/api/conversations/?feedback_sentiment=positive").json["count"], 1);
}

#[test]
fn feedback_given_by_the_older_route_is_in_the_list() {
    let client = Client::new();
    client.conversation("a");
    let body = json!({"sentiment": "positive", "conversation_id": "a", "metadata": {"rating": 5}});
    let older = client.post("/api/conversation-feedbacks/", body).json;
    let row = client.get(&format!("/api/feedbacks/{}/", older["id"])).json;
    assert_eq!((&row["kind"], &row["conversation_id"]), (&json!("conversation"), &json!("a")));
    assert!(row.get("metadata").is_none() && row.get("source").is_none(), "{row}");
}

#[test]
fn one_feedback_comes_with_its_ticket() {
    let Service { client, on_agent, .. } = service();
    let mut expected = on_agent.clone();
    expected["ticket"] = Value::Null;
    assert_eq!(client.get(&format!("/api/feedbacks/{}/", on_agent["id"])).json, expected);
    assert_eq!(client.get("/api/feedbacks/99/").status, StatusCode::NOT_FOUND);
}

#[test]
fn feedback_on_the_product_is_not_for_keys() {
    let Service { client, .. } = service();
    assert_eq!(client.get("/api/feedbacks/?kind=product").status, StatusCode::FORBIDDEN);
    let given = client.post("/api/feedbacks/", json!({"kind": "product", "sentiment": "positive"}));
    assert_eq!(given.status, StatusCode::FORBIDDEN);
    assert_eq!(client.api.feedbacks().len(), 3);
}

#[test]
fn the_fields_of_feedback_are_checked_and_all_named() {
    let Service { client, message, .. } = service();
    let on_message = |field: &str, value: Value| {
        let mut body = json!({"kind": "message", "message": message, "sentiment": "neutral"});
        body[field] = value;
        body
    };
    let conversation = |field: &str, value: Value| {
        let mut body = json!({"kind": "conversation", "conversation_id": "Support-1", "sentiment": "neutral"});
        body[field] = value;
        body
    };
    for (body, fields) in [
        (json!({}), &["kind", "sentiment"][..]),
        (json!({"kind": "thread"}), &["kind", "sentiment"]),
        (json!({"kind": "conversation"}), &["conversation", "sentiment"]),
        (json!({"kind": "agent"}), &["agent", "sentiment"]),
        (json!({"kind": "message"}), &["message", "sentiment"]),
        (on_message("message", json!("x")), &["message"]),
        (on_message("message", json!("")), &["message"]),
        (on_message("message", json!(null)), &["message"]),
        (on_message("topic", json!("two words")), &["topic"]),
        (on_message("topic", json!("")), &["topic"]),
        (on_message("reason", json!("x".repeat(51))), &["reason"]),
        (on_message("environment", json!("production")), &["environment"]),
        (conversation("comment", json!("é".repeat(5_001))), &["comment"]),
        (conversation("topic", json!("style")), &["topic"]),
        (conversation("conversation", json!([])), &["conversation"]),
    ] {
        let refused = refuse(&client, body.clone());
        assert_eq!(refused.as_object().unwrap().keys().collect::<Vec<_>>(), fields, "{body}");
    }
    let refused = refuse(&client, conversation("sentiment", json!("meh")));
    assert_eq!(refused, json!({"sentiment": ["\"meh\" is not a valid choice."]}));
    let refused = refuse(&client, conversation("environment", json!("production")));
    assert_eq!(refused, json!({"environment": ["Derived from the conversation."]}));
    assert_eq!(client.api.feedbacks().len(), 3);
}

#[test]
fn feedback_on_what_is_not_there_or_is_another_agents_is_400_that_names_it() {
    const STRANGER: &str = "ags_00000000000000000000000000000002_000002";
    let keys = FakeOptions::new().key(FakeKey::new("ags_00000000000000000000000000000001_000001"));
    let client = Client::with_options(keys.key(FakeKey::new(STRANGER).agent(2)));
    let conversation = client.conversation("a");
    let message = client.message(conversation, "Hello!");
    let feedback = give(&client, json!({"kind": "conversation", "conversation": conversation, "sentiment": "neutral"}));
    let stranger = client.with_key(STRANGER);
    for (body, field) in [
        (json!({"kind": "conversation", "conversation": conversation}), "conversation"),
        (json!({"kind": "conversation", "conversation_id": "a"}), "conversation_id"),
        (json!({"kind": "message", "message": message}), "message"),
        (json!({"kind": "message", "message": 99}), "message"),
        (json!({"kind": "agent", "agent": 1}), "agent"),
    ] {
        let mut body = body;
        body["sentiment"] = json!("neutral");
        assert!(refuse(&stranger, body)[field].is_array(), "{field}");
    }
    let path = format!("/api/feedbacks/{}/", feedback["id"]);
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        assert_eq!(stranger.send(method, &path, None).status, StatusCode::NOT_FOUND);
    }
    assert_eq!(stranger.get("/api/feedbacks/").json["count"], 0);
    assert_eq!(client.get(&path).status, StatusCode::OK);
}

#[test]
fn a_patch_changes_what_it_names_as_far_as_the_kind_has_it() {
    let Service { client, on_conversation, on_agent, on_message, .. } = service();
    let changed = change(&client, &on_conversation, json!({"sentiment": "neutral", "kind": "agent"}));
    let mut expected = on_conversation.clone();
    expected["sentiment"] = json!("neutral");
    assert_eq!((changed.status, &changed.json), (StatusCode::OK, &expected), "and keeps its kind and its comment");
    assert_eq!(change(&client, &on_conversation, json!({"comment": null})).json["comment"], "");
    assert_eq!(change(&client, &on_agent, json!({"environment": "dev"})).json["environment"], "development");
    let changed = change(&client, &on_message, json!({"topic": "tone", "reason": null})).json;
    assert_eq!((&changed["topic"], &changed["reason"]), (&json!("tone"), &Value::Null));
    for (feedback, field) in [
        (&on_conversation, "topic"),
        (&on_conversation, "environment"),
        (&on_agent, "reason"),
        (&on_message, "environment"),
    ] {
        let refused = change(&client, feedback, json!({field: "production"}));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.json[field].is_array(), "{refused:?}");
    }
    for sentiment in [json!(null), json!("meh")] {
        assert!(change(&client, &on_agent, json!({"sentiment": sentiment})).json["sentiment"].is_array());
    }
}

#[test]
fn a_deleted_feedback_is_gone_for_good() {
    let Service { client, message, on_conversation, on_agent, on_message, .. } = service();
    for feedback in [&on_conversation, &on_agent, &on_message] {
        let path = format!("/api/feedbacks/{}/", feedback["id"]);
        let deleted = client.send(Method::DELETE, &path, None);
        assert_eq!((deleted.status, deleted.response.body().len()), (StatusCode::NO_CONTENT, 0));
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            assert_eq!(client.send(method, &path, None).status, StatusCode::NOT_FOUND);
        }
    }
    assert!(client.api.feedbacks().is_empty());
    assert_eq!(client.api.conversation("Support-1").unwrap().feedback_count, Some(0));
    assert_eq!(client.get(&format!("/api/track/{message}/")).json["feedback"], Value::Null);
    let again = json!({"kind": "message", "message": message, "sentiment": "neutral"});
    assert_eq!(give(&client, again)["topic"], Value::Null, "a new vote does not remember the old one");
}

#[test]
fn a_deleted_message_takes_its_vote_along() {
    let Service { client, message, on_message, .. } = service();
    client.send(Method::DELETE, &format!("/api/track/{message}/"), None);
    assert_eq!(client.get(&format!("/api/feedbacks/{}/", on_message["id"])).status, StatusCode::NOT_FOUND);
}

#[test]
fn a_read_key_reads_feedback_and_actions_and_changes_none() {
    const READER: &str = "ags_00000000000000000000000000000002_000002";
    let writer = FakeKey::new("ags_00000000000000000000000000000001_000001");
    let options = FakeOptions::new().key(writer).key(FakeKey::new(READER).role(Role::Read));
    let client = Client::with_options(options);
    let feedback = give(&client, json!({"kind": "agent", "agent": 1, "sentiment": "neutral"}));
    let action = client.post("/api/actions/", json!({"name": "search"})).json;
    let (feedback, action) = (format!("/api/feedbacks/{}/", feedback["id"]), format!("/api/actions/{}/", action["id"]));
    let reader = client.with_key(READER);
    for path in ["/api/feedbacks/", "/api/actions/", &feedback, &action, &format!("{action}logs/")] {
        assert_eq!(reader.get(path).status, StatusCode::OK, "{path}");
    }
    for (method, path) in [
        (Method::POST, "/api/feedbacks/"),
        (Method::PATCH, &feedback),
        (Method::DELETE, &feedback),
        (Method::POST, "/api/actions/"),
        (Method::PATCH, &action),
    ] {
        assert_eq!(reader.send(method, path, Some(json!({}))).status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[test]
fn what_the_fake_holds_can_be_looked_at_by_kind() {
    let Service { client, .. } = service();
    let kinds: Vec<Option<FeedbackKind>> = client.api.feedbacks().into_iter().map(|feedback| feedback.kind).collect();
    let expected = [FeedbackKind::Conversation, FeedbackKind::Agent, FeedbackKind::Message];
    assert_eq!(kinds, expected.map(Some));
}

#[test]
fn a_create_can_answer_the_number_only() {
    let client = Client::with_options(FakeOptions::new().create_answer(CreateAnswer::Minimal));
    let conversation = client.conversation("a");
    let message = client.message(conversation, "Hello!");
    for body in [json!({"kind": "agent", "agent": 1}), json!({"kind": "message", "message": message})] {
        let mut body = body;
        body["sentiment"] = json!("neutral");
        assert_eq!(give(&client, body).as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
    }
}
