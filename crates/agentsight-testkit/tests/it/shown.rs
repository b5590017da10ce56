//! What answers show otherwise than it is stored.

use std::time::Duration;

use agentsight_testkit::{CreateAnswer, FakeOptions};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::Client;

const HIDDEN: Duration = Duration::from_millis(400);

fn question(client: &Client, conversation: &str) -> Value {
    let body = json!({"conversation_id": conversation, "content": "Hello!", "sender": "end_user"});
    let answered = client.post("/api/track/", body);
    assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
    answered.json
}

fn file(client: &Client, conversation: &str, message: Option<u64>, name: &str) -> Value {
    let answered = client.post(
        "/api/attachments/",
        json!({
            "conversation_id": conversation, "timestamp": "2025-01-01T00:00:00Z", "message": message,
            "attachments": [{"filename": name, "mime_type": "text/plain", "data": "aGk="}],
        }),
    );
    assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
    answered.json
}

fn button(client: &Client, conversation: &str) -> Value {
    let click = json!({"conversation_id": conversation, "button_event": "e", "label": "l", "value": "v"});
    client.post("/api/buttons/", click).json
}

#[test]
fn r17_a_conversation_is_missing_from_reads_for_the_time_given() {
    let client = Client::with_options(FakeOptions::new().visible_after(HIDDEN));
    let number = client.conversation("a");
    let detail = format!("/api/conversations/{number}/");
    let paths = [&*detail, "/api/conversations/lookup/?conversation_id=a", &format!("{detail}attachments/")];
    let statuses = || paths.map(|path| client.get(path).status.as_u16());
    let count = || client.get("/api/conversations/").json["count"].clone();
    assert_eq!((statuses(), count()), ([404; 3], json!(0)));

    client.api.clock().advance(HIDDEN - Duration::from_micros(1));
    assert_eq!((statuses(), count()), ([404; 3], json!(0)));
    client.api.clock().advance(Duration::from_micros(1));
    assert_eq!((statuses(), count()), ([200; 3], json!(1)));
}

#[test]
fn r17_a_row_of_a_transcript_is_missing_from_reads_and_its_create_is_answered_at_once() {
    let client = Client::with_options(FakeOptions::new().visible_after(HIDDEN));
    let number = client.conversation("a");
    let first = question(&client, "a")["id"].clone();
    client.api.clock().advance(HIDDEN);
    let second = question(&client, "a");
    button(&client, "a");
    assert_eq!(second["content"], "Hello!");

    let detail = || client.get(&format!("/api/conversations/{number}/")).json;
    let message = format!("/api/track/{}/", second["id"]);
    let shown = detail();
    assert_eq!((shown["messages"].as_array().map(Vec::len), &shown["messages"][0]["id"]), (Some(1), &first));
    assert_eq!(shown["message_count"], 1);
    assert_eq!(client.get(&message).status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/api/buttons/").json["count"], 0);
    assert_eq!(client.get("/api/buttons/stats/").json, json!([]));
    assert_eq!(client.api.transcript("a").len(), 3, "it is stored");

    client.api.clock().advance(HIDDEN);
    assert_eq!((&detail()["message_count"], detail()["messages"][1]["id"] == second["id"]), (&json!(3), true));
    assert_eq!(client.get(&message).status, StatusCode::OK);
    assert_eq!(client.get("/api/buttons/").json["count"], 1);
    assert_eq!(client.get("/api/buttons/stats/").json[0]["count"], 1);
}

#[test]
fn r17_a_file_is_missing_from_a_message_that_is_shown() {
    let client = Client::with_options(FakeOptions::new().visible_after(HIDDEN));
    let number = client.conversation("a");
    let message = question(&client, "a")["id"].as_u64();
    client.api.clock().advance(HIDDEN);
    assert_eq!(file(&client, "a", message, "a.txt")["attachments"][0]["filename"], "a.txt");
    let total = || client.get(&format!("/api/conversations/{number}/attachments/")).json["total_attachments"].clone();
    let on_message = || client.get(&format!("/api/track/{}/", message.unwrap())).json["attachments"].clone();
    assert_eq!((total(), on_message()), (json!(0), json!([])));
    client.api.clock().advance(HIDDEN);
    assert_eq!((total(), on_message().as_array().map(Vec::len)), (json!(1), Some(1)));
}

#[test]
fn r17_rows_that_are_never_shown_and_rows_that_are_gone_are_no_trouble() {
    let client = Client::with_options(FakeOptions::new().visible_after(Duration::MAX));
    client.conversation("a");
    client.api.clock().advance(Duration::from_secs(1_000_000));
    assert_eq!(client.get("/api/conversations/").json["count"], 0);
    client.api.restore(&client.api.snapshot()).unwrap();
    assert_eq!(client.get("/api/conversations/").json["count"], 1, "what is restored is shown");
    client.conversation("b");
    client.api.reset_conversations();
    assert_eq!(client.get("/api/conversations/").json["count"], 0);
}

#[test]
fn r17_empty_values_stand_for_null() {
    let client = Client::with_options(FakeOptions::new().empty_forms(true));
    let number = client.conversation("a");
    question(&client, "a");
    file(&client, "a", None, "a.txt");
    button(&client, "a");
    let messages = client.get(&format!("/api/conversations/{number}/")).json["messages"].clone();
    let of = |place: usize| messages[place].as_object().unwrap();
    for place in 0..3 {
        assert_eq!((&of(place)["action_name"], &of(place)["metadata"]), (&json!(""), &json!({})));
        assert_eq!(of(place).contains_key("attachments"), place == 1);
    }
    assert_eq!((&of(0)["button"], &of(2)["button"]["value"]), (&json!({}), &json!("v")));
    assert_eq!(client.api.transcript("a").len(), 3, "it is stored as ever");
}

#[test]
fn r17_file_names_are_shown_as_a_file_store_rewrites_them_and_stored_as_sent() {
    let client = Client::with_options(FakeOptions::new().rewrite_file_names(true));
    let number = client.conversation("a");
    let name = "Caf\u{e9} Menu.PDF";
    let (shown, created) = ("Cafe\u{301}_Menu.pdf", file(&client, "a", None, name));
    assert_eq!(created["attachments"][0]["filename"], shown);
    let listed = client.get(&format!("/api/conversations/{number}/attachments/")).json;
    assert_eq!(listed["attachments"][0]["filename"], shown);
    let url = listed["attachments"][0]["file_url"].as_str().unwrap().replace("http://fake.test", "");
    let saved = client.get(&url).response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(saved.contains("Cafe%CC%81_Menu.pdf"), "{saved}");
    assert_eq!(client.api.files()[0].filename, name);
}

#[test]
fn r17_a_service_that_is_set_up_anew_numbers_its_rows_from_the_beginning_and_keeps_its_clock() {
    let client = Client::new();
    let before = (client.conversation("a"), question(&client, "a")["id"].clone());
    client.api.clock().advance(HIDDEN);
    let now = client.api.clock().now();
    client.api.reset_conversations();
    assert!(client.api.conversations().is_empty() && !client.api.requests().is_empty());
    assert_eq!(client.api.clock().now(), now);
    assert_eq!((client.conversation("b"), question(&client, "b")["id"].clone()), before);
}

#[test]
fn r17_minimal_answers_to_clicks_and_actions_do_not_name_their_message() {
    let client = Client::with_options(FakeOptions::new().create_answer(CreateAnswer::Minimal));
    let action = client.post("/api/action_logs/", json!({"conversation_id": "a", "action_name": "n"})).json;
    for answer in [button(&client, "a"), action] {
        assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
    }
    let answer = file(&client, "a", None, "a.txt");
    assert!(answer["message"].is_u64());
}
