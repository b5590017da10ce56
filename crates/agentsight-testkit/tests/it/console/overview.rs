use agentsight_testkit::FakeOptions;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Value, json};

use super::{look, serve};
use crate::support::Client;

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A service whose clock stands at noon of the tenth of March.
fn on_the_tenth_of_march() -> Client {
    let client = Client::with_options(FakeOptions::new());
    client.api.clock().set(at("2026-03-10T12:00:00Z"));
    client
}

fn say(client: &Client, conversation: u64, time: &str, sender: &str, content: &str) {
    let body = json!({ "conversation": conversation, "timestamp": time, "sender": sender, "content": content });
    assert_eq!(client.post("/api/track/", body).status, StatusCode::CREATED);
}

fn act(client: &Client, body: Value) {
    let answered = client.post("/api/action_logs/", body);
    assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
}

#[test]
fn the_numbers_are_those_of_what_was_stored() {
    let client = on_the_tenth_of_march();
    let first = client.conversation_with(json!({
        "conversation_id": "a", "timestamp": "2026-03-09T10:00:00Z", "device": "mobile", "language": "de",
    }));
    say(&client, first, "2026-03-09T10:00:00Z", "end_user", "Hello?");
    say(&client, first, "2026-03-09T10:00:04Z", "end_user", "Anybody?");
    let lookup = json!({"conversation": first, "timestamp": "2026-03-09T10:00:05Z", "action_name": "lookup"});
    let mut done = lookup.clone();
    done["duration_ms"] = json!(100);
    act(&client, done);
    let mut failed = lookup;
    failed["started_at"] = json!("2026-03-09T10:00:05Z");
    failed["ended_at"] = json!("2026-03-09T10:00:05.300Z");
    failed["error_message"] = json!("timeout");
    act(&client, failed);
    let usage = json!({"prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100, "embedding_tokens": 5});
    act(
        &client,
        json!({"conversation": first, "timestamp": "2026-03-09T10:00:06Z", "action_name": "token_usage", "metadata": usage}),
    );
    say(&client, first, "2026-03-09T10:00:10Z", "agent", "Here I am.");
    say(&client, first, "2026-03-10T08:00:00Z", "end_user", "Thanks.");
    say(&client, first, "2026-03-10T08:00:02Z", "agent", "Welcome.");
    client.post("/api/conversation-feedbacks/", json!({ "conversation_id": "a", "sentiment": "positive" }));
    // One that is too old, and one that is deleted.
    let old = client.conversation_with(json!({ "conversation_id": "old", "timestamp": "2026-01-01T00:00:00Z" }));
    say(&client, old, "2026-01-01T00:00:00Z", "end_user", "Long ago");
    let gone = client.conversation_with(json!({ "conversation_id": "gone", "timestamp": "2026-03-09T10:00:00Z" }));
    say(&client, gone, "2026-03-09T10:00:00Z", "end_user", "Never mind");
    client.send(http::Method::DELETE, &format!("/api/conversations/{gone}/delete/"), None);

    let overview = look(&serve(&client.api), "/__testkit/inspector/overview?days=2").json();
    assert_eq!(
        overview,
        json!({
            "first": "2026-03-09",
            "last": "2026-03-10",
            "conversations": 1,
            "deleted": 1,
            "buttons": 0,
            "files": 0,
            "response_time": { "count": 2, "mean_ms": 6000, "median_ms": 2000 },
            "tokens": { "prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100, "embedding_tokens": 5 },
            "tools": [{ "name": "lookup", "count": 2, "errors": 1, "mean_ms": 200.0 }],
            "devices": [{ "name": "mobile", "count": 1 }],
            "languages": [{ "name": "de", "count": 1 }],
            "environments": [{ "name": "production", "count": 1 }],
            "sentiments": [{ "name": "positive", "count": 1 }],
            "feedbacks": { "conversation": 1, "agent": 0, "message": 0 },
            "agent_feedbacks": [],
            "days": [
                { "date": "2026-03-09", "conversations": 1, "end_user": 2, "agent": 1, "actions": 2, "tokens": 100 },
                { "date": "2026-03-10", "conversations": 0, "end_user": 1, "agent": 1, "actions": 0, "tokens": 0 },
            ],
        })
    );
}

#[test]
fn every_feedback_counts_whatever_it_is_about() {
    let client = on_the_tenth_of_march();
    let conversation = client.conversation_with(json!({ "conversation_id": "a", "timestamp": "2026-03-09T10:00:00Z" }));
    let body =
        json!({ "conversation": conversation, "sender": "agent", "content": "b", "timestamp": "2026-03-09T10:00:00Z" });
    let message = client.post("/api/track/", body).json["id"].clone();
    let gone = client.conversation("gone");
    for feedback in [
        json!({ "kind": "conversation", "conversation": conversation, "sentiment": "negative" }),
        json!({ "kind": "conversation", "conversation": gone, "sentiment": "negative" }),
        json!({ "kind": "message", "message": message, "sentiment": "positive", "topic": "tone" }),
        json!({ "kind": "agent", "agent": 1, "sentiment": "positive", "environment": "PROD", "comment": "Kind." }),
        json!({ "kind": "agent", "agent": 1, "sentiment": "neutral" }),
    ] {
        assert_eq!(client.post("/api/feedbacks/", feedback).status, StatusCode::CREATED);
    }
    client.send(http::Method::DELETE, &format!("/api/conversations/{gone}/delete/"), None);
    let overview = look(&serve(&client.api), "/__testkit/inspector/overview").json();
    assert_eq!(
        overview["sentiments"],
        json!([
            { "name": "positive", "count": 2 },
            { "name": "negative", "count": 1 },
            { "name": "neutral", "count": 1 },
        ])
    );
    assert_eq!(overview["feedbacks"], json!({ "conversation": 1, "agent": 2, "message": 1 }));
    let on_agents = overview["agent_feedbacks"].as_array().unwrap();
    let said: Vec<_> = on_agents.iter().map(|row| (&row["sentiment"], &row["environment"], &row["comment"])).collect();
    assert_eq!(
        said,
        [(&json!("neutral"), &Value::Null, &json!("")), (&json!("positive"), &json!("production"), &json!("Kind."))]
    );
}

#[test]
fn one_stamp_far_ahead_hides_nothing() {
    let client = on_the_tenth_of_march();
    let server = serve(&client.api);
    let last = || look(&server, "/__testkit/inspector/overview?days=7").json()["last"].clone();
    let far = client.conversation_with(json!({ "conversation_id": "far", "timestamp": "9999-12-31T00:00:00Z" }));
    say(&client, far, "9999-12-31T00:00:00Z", "end_user", "Where everything is still to come, that is shown");
    assert_eq!(last(), "9999-12-31");
    let old = client.conversation_with(json!({ "conversation_id": "old", "timestamp": "2026-01-02T00:00:00Z" }));
    assert_eq!(last(), "2026-01-02");
    say(&client, old, "9999-12-31T00:00:00Z", "end_user", "A conversation of January that lasts");
    assert_eq!(last(), "2026-01-02");
    say(&client, old, "2026-03-08T00:00:00Z", "end_user", "And of this week");
    assert_eq!(last(), "2026-03-10");
}

#[test]
fn an_overview_follows_what_is_stored() {
    let client = on_the_tenth_of_march();
    let server = serve(&client.api);
    let conversations = || look(&server, "/__testkit/inspector/overview").json()["conversations"].clone();
    assert_eq!(conversations(), 0);
    client.conversation("a");
    assert_eq!((conversations(), conversations()), (json!(1), json!(1)));
    client.conversation("b");
    assert_eq!(conversations(), 2);
}

#[test]
fn the_days_end_where_something_happened_when_nothing_did_lately() {
    let client = on_the_tenth_of_march();
    client.conversation_with(json!({ "conversation_id": "a", "timestamp": "2024-02-29T23:00:00Z" }));
    let overview = look(&serve(&client.api), "/__testkit/inspector/overview?days=7").json();
    assert_eq!((&overview["first"], &overview["last"]), (&json!("2024-02-23"), &json!("2024-02-29")));
    assert_eq!((&overview["conversations"], overview["days"].as_array().unwrap().len()), (&json!(1), 7));
}

#[test]
fn the_days_are_a_number_that_can_be_drawn() {
    let server = serve(&on_the_tenth_of_march().api);
    for days in ["0", "367", "-1", "many", ""] {
        let refused = look(&server, &format!("/__testkit/inspector/overview?days={days}"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{days}");
        assert!(refused.json()["error"].as_str().unwrap().contains("366"), "{days}");
    }
    let year = look(&server, "/__testkit/inspector/overview?days=366").json();
    assert_eq!(year["days"].as_array().unwrap().len(), 366);
}
