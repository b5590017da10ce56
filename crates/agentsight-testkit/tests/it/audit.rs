use agentsight_core::ItemKind;
use agentsight_model::{AgentMessage, ButtonClick, HumanMessage, NewAction};
use agentsight_testkit::{Expected, ExpectedEvent, Fault};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, StatusCode};
use serde_json::json;
use std::time::Duration;

use crate::support::Client;

fn say(client: &Client, sender: &str, content: &str, second: u32) {
    let body = json!({
        "conversation_id": "a",
        "sender": sender,
        "content": content,
        "timestamp": format!("2025-01-01T00:00:{second:02}Z"),
    });
    assert_eq!(client.post("/api/track/", body).status, StatusCode::CREATED);
}

fn me() -> Request<Bytes> {
    Request::get("/api/me/").body(Bytes::new()).unwrap()
}

#[test]
fn every_stored_event_is_accepted_with_its_kind() {
    let client = Client::new();
    say(&client, "end_user", "Hello", 1);
    say(&client, "agent", "Hi", 2);
    client.post(
        "/api/action_logs/",
        json!({ "conversation_id": "a", "action_name": "lookup", "timestamp": "2025-01-01T00:00:03Z" }),
    );
    client.post("/api/buttons/", json!({ "conversation_id": "a", "button_event": "e", "label": "Yes", "value": "y", "timestamp": "2025-01-01T00:00:04Z" }));
    let file = json!({ "filename": "a.txt", "mime_type": "text/plain", "data": "YQ==" });
    client.post(
        "/api/attachments/",
        json!({ "conversation_id": "a", "timestamp": "2025-01-01T00:00:05Z", "attachments": [file] }),
    );

    let audit = client.api.audit();
    let kinds: Vec<ItemKind> = audit.conversation("a").unwrap().accepted.iter().map(|event| event.kind).collect();
    use ItemKind::{Action, Answer, Attachments, Button, Question};
    assert_eq!(kinds, [Question, Answer, Action, Button, Attachments]);
    let by_hand = Expected::new().conversation("a").question("Hello").answer("Hi").action("lookup");
    audit.assert_exactly_once_in_order(&by_hand.button("Yes").attachments(["a.txt"]));
    let drafts = Expected::new()
        .conversation("a")
        .event(&HumanMessage::new("Hello"))
        .event(&AgentMessage::new("Hi"))
        .event(&NewAction::new("lookup"))
        .event(&ButtonClick::new("e", "Yes", "y"))
        .attachments(["a.txt"]);
    audit.assert_exactly_once_in_order(&drafts);
    audit.assert_exactly_once_in_order(&Expected::from_transcript("a", &client.api.transcript("a")));
}

#[test]
fn r17_the_same_event_twice_is_a_duplicate() {
    let client = Client::new();
    say(&client, "end_user", "Hello", 1);
    say(&client, "end_user", "Hello", 1);
    let audit = client.api.audit();
    assert_eq!((audit.accepted, audit.duplicated, audit.reordered), (2, 1, 0));
    let difference = audit.check(&Expected::new().conversation("a").question("Hello")).unwrap_err();
    assert_eq!(difference.first_position("a"), Some(2));
}

#[test]
fn r6_an_event_behind_a_later_one_is_reordered() {
    let client = Client::new();
    say(&client, "end_user", "second", 2);
    say(&client, "agent", "first", 1);
    let audit = client.api.audit();
    let found = audit.conversation("a").unwrap().reordered[0];
    assert_eq!((found.arrived, found.belongs), (2, 1));
    assert!(audit.check(&Expected::new().conversation("a").answer("first").question("second")).is_err());
}

#[test]
fn what_was_tracked_and_did_not_arrive_is_missing() {
    let client = Client::new();
    say(&client, "agent", "Hi", 2);
    let expected = Expected::new().conversation("a").question("Hello").answer("Hi").conversation("b").token_usage();
    let audit = client.api.audit().against(&expected);
    let missing: Vec<(&str, usize)> =
        audit.missing.iter().map(|missing| (missing.conversation_id.as_str(), missing.position)).collect();
    assert_eq!(missing, [("a", 1), ("b", 1)]);
}

#[test]
fn an_event_that_is_described_vaguely_takes_none_that_another_needs() {
    let client = Client::new();
    say(&client, "end_user", "Hello", 1);
    say(&client, "end_user", "Anybody?", 2);
    let vague = Expected::new().conversation("a").event(ExpectedEvent::new(ItemKind::Question)).question("Hello");
    assert_eq!(client.api.audit().against(&vague).missing, []);
    assert!(client.api.audit().check(&vague).is_err(), "they are not in order");
}

#[test]
fn what_is_missing_is_told_for_each_conversation() {
    let client = Client::new();
    say(&client, "agent", "Hi", 2);
    let expected = Expected::new().conversation("a").answer("Hi").conversation("b").question("Hello");
    let audit = client.api.audit().against(&expected);
    assert_eq!((audit.missing_of("a").count(), audit.missing_of("b").count()), (0, 1));
}

#[test]
fn r17_a_file_that_hangs_twice_under_one_message_is_a_duplicate() {
    let client = Client::new();
    say(&client, "end_user", "Look", 1);
    let message = client.api.transcript("a")[0].id;
    let number = client.api.audit().conversation("a").unwrap().number;
    let upload = |name: &str, data: &str| {
        let file = json!({ "filename": name, "mime_type": "text/plain", "data": data });
        let timestamp = "2025-01-01T00:00:01Z";
        let files =
            json!({ "conversation": number, "message": message, "timestamp": timestamp, "attachments": [file] });
        assert_eq!(client.post("/api/attachments/", files).status, StatusCode::CREATED);
    };
    upload("a.txt", "YQ==");
    upload("b.txt", "YQ==");
    upload("a.txt", "YWE=");
    assert_eq!(client.api.audit().duplicated, 0);
    upload("a.txt", "YQ==");

    let audit = client.api.audit();
    assert_eq!((audit.accepted, audit.duplicated), (1, 1));
    let twice = audit.conversation("a").unwrap().duplicated[0];
    assert_eq!((twice.kind, twice.first, twice.again, twice.file), (ItemKind::Question, 1, 1, Some(4)));
    assert!(audit.to_string().contains("question 1 has file 4 twice"), "{audit}");
}

#[test]
fn a_conversation_that_is_not_expected_has_to_be_empty_unless_others_are_allowed() {
    let client = Client::new();
    client.conversation("empty");
    client.api.audit().assert_exactly_once_in_order(&Expected::new());
    say(&client, "agent", "Hi", 2);
    assert!(client.api.audit().check(&Expected::new()).is_err());
    client.api.audit().assert_exactly_once_in_order(&Expected::new().allow_others());
}

#[test]
fn the_difference_shows_both_columns_marks_the_first_and_stays_short() {
    let client = Client::new();
    let mut expected = Expected::new().conversation("a");
    for number in 0..60 {
        say(&client, "end_user", &format!("arrived {number}"), number);
        expected = expected.question(if number < 10 { format!("arrived {number}") } else { "lost ".repeat(100) });
    }
    let shown = client.api.audit().check(&expected).unwrap_err().to_string();
    assert!(shown.contains("> ") && shown.contains("arrived 10") && shown.contains("lost"), "{shown}");
    assert!(shown.lines().count() < 20 && shown.len() < 2_000, "{shown}");
}

#[test]
fn r16_a_request_before_the_retry_after_has_passed_is_early() {
    let client = Client::new();
    let _ = client.api.react(me(), Some(Fault::retry_after(30)));
    client.api.clock().advance(Duration::from_secs(29));
    let _ = client.api.handle(me());
    let audit = client.api.audit();
    assert_eq!(audit.traffic.early, 1);
    assert_eq!((audit.early[0].not_before - audit.early[0].at).num_seconds(), 1);
}

#[test]
fn r16_after_an_endless_retry_after_every_request_is_early() {
    for seconds in [i64::MAX as u64, u64::MAX] {
        let client = Client::new();
        let _ = client.api.react(me(), Some(Fault::retry_after(seconds)));
        client.api.clock().advance(Duration::from_secs(1_000_000_000));
        let _ = client.api.handle(me());
        let audit = client.api.audit();
        assert_eq!((audit.traffic.early, audit.early[0].not_before), (1, DateTime::<Utc>::MAX_UTC), "{seconds}");
    }
}

#[test]
fn r16_an_answer_holds_back_its_own_conversation_or_its_path() {
    let client = Client::new();
    let of = |id: &str| Request::get(format!("/api/conversations/?conversation_id={id}")).body(Bytes::new()).unwrap();
    let _ = client.api.react(of("a"), Some(Fault::retry_after(30)));
    let _ = client.api.react(me(), Some(Fault::retry_after(30)));
    let _ = client.api.handle(of("b"));
    let _ = client.api.handle(Request::get("/api/actions/").body(Bytes::new()).unwrap());
    assert_eq!(client.api.audit().traffic.early, 0);
    let _ = client.api.handle(of("a"));
    assert_eq!(client.api.audit().traffic.early, 1);
}

#[test]
fn r16_a_request_after_the_retry_after_is_not_early_be_it_seconds_or_a_date() {
    let client = Client::new();
    let date = client.api.clock().now() + Duration::from_secs(30);
    for fault in [Fault::retry_after(30), Fault::retry_after_date(date)] {
        let _ = client.api.react(me(), Some(fault));
        client.api.clock().advance(Duration::from_secs(30));
    }
    let _ = client.api.handle(me());
    assert_eq!(client.api.audit().traffic.early, 0);
}

#[test]
fn r10_parallel_requests_are_seen_inside_a_conversation_and_overall() {
    let client = Client::new();
    let number = client.conversation("a");
    let request = |path: &str| Request::get(path).body(Bytes::new()).unwrap();
    let by_text = client.api.begin(&request("/api/conversations/?conversation_id=a"));
    let by_number = client.api.begin(&request(&format!("/api/conversations/{number}/")));
    let other = client.api.begin(&request("/api/conversations/?conversation_id=b"));
    drop((by_text, by_number, other));
    let audit = client.api.audit();
    assert_eq!(audit.conversation("a").unwrap().traffic.most_parallel, 2);
    assert_eq!(audit.traffic.most_parallel, 3);
}

#[test]
fn bytes_in_and_out_are_those_of_the_bodies() {
    let client = Client::new();
    let body = json!({ "conversation_id": "a" });
    let answered = client.post("/api/conversations/", body.clone());
    let traffic = client.api.audit().conversation("a").unwrap().traffic.clone();
    assert_eq!(traffic.requests, 1);
    assert_eq!(traffic.bytes_in, body.to_string().len() as u64);
    assert_eq!(traffic.bytes_out, answered.response.body().len() as u64);
}

#[test]
fn an_audit_shows_no_content() {
    let client = Client::new();
    say(&client, "end_user", "private words", 1);
    let audit = client.api.audit();
    let shown = format!("{audit} {audit:?} {}", serde_json::to_string(&audit).unwrap());
    assert!(!shown.contains("private"), "{shown}");
    assert!(shown.contains("1 accepted"), "{shown}");
}
