use http::StatusCode;
use serde_json::json;

use crate::support::Client;

#[test]
fn a_new_conversation_is_201_and_an_existing_one_200_with_the_same_number() {
    let client = Client::new();
    let first = client.post("/api/conversations/", json!({"conversation_id": "a"}));
    let second = client.post("/api/conversations/", json!({"conversation_id": "a"}));
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(first.json["conversation_id"], "a");
}

#[test]
fn the_detail_route_answers_the_transcript() {
    let client = Client::new();
    let number = client.conversation("a");
    client.message(number, "Hello!");
    let detail = client.get(&format!("/api/conversations/{number}/"));
    assert_eq!(detail.status, StatusCode::OK);
    assert_eq!(detail.json["messages"][0]["content"], "Hello!");
}

#[test]
fn the_list_route_answers_the_envelope_of_old_and_new_services() {
    let client = Client::new();
    for text in ["a", "b", "c"] {
        client.conversation(text);
    }
    let page = client.get("/api/conversations/?page_size=2&full=false").json;
    assert_eq!(page["count"], 3);
    assert_eq!(page["results"].as_array().unwrap().len(), 2);
    assert_eq!(page["next"], "http://fake.test/api/conversations/?page_size=2&full=false&page=2");
    assert_eq!(page["previous"], json!(null));
    assert_eq!([&page["page_size"], &page["total_pages"], &page["current_page"]], [2, 2, 1]);
}
