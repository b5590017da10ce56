use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answered, Client};

fn conversation() -> (Client, u64) {
    let client = Client::new();
    let number = client.conversation("a");
    (client, number)
}

fn call(client: &Client, method: Method, number: u64, action: &str, body: Value) -> Answered {
    client.send(method, &format!("/api/conversations/{number}/{action}/"), Some(body))
}

#[test]
fn rename_answers_the_new_name() {
    let (client, number) = conversation();
    let renamed = call(&client, Method::PATCH, number, "rename", json!({"name": " Resolved "}));
    assert_eq!(renamed.json, json!({"id": number, "conversation_id": "a", "name": "Resolved"}));
    assert_eq!(client.api.conversation("a").unwrap().name.as_deref(), Some("Resolved"));
}

#[test]
fn rename_needs_a_name_of_at_most_255_characters() {
    let (client, number) = conversation();
    for body in [json!({}), json!({"name": "  "}), json!({"name": null})] {
        let refused = call(&client, Method::PATCH, number, "rename", body);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json, json!({"detail": "Field 'name' cannot be empty."}));
    }
    let refused = call(&client, Method::PATCH, number, "rename", json!({"name": "x".repeat(256)}));
    assert!(refused.json["name"].is_array());
}

#[test]
fn mark_answers_the_new_state() {
    let (client, number) = conversation();
    for is_marked in [true, false] {
        let marked = call(&client, Method::POST, number, "mark", json!({"is_marked": is_marked}));
        assert_eq!(marked.json, json!({"id": number, "conversation_id": "a", "is_marked": is_marked}));
        assert_eq!(client.api.conversation("a").unwrap().marked(), is_marked);
    }
}

#[test]
fn mark_needs_a_truth_value() {
    let (client, number) = conversation();
    let refused = call(&client, Method::POST, number, "mark", json!({}));
    assert_eq!(refused.json, json!({"detail": "Missing field 'is_marked'."}));
    for value in [json!(null), json!("perhaps"), json!(2)] {
        let refused = call(&client, Method::POST, number, "mark", json!({"is_marked": value}));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.json["is_marked"].is_array());
    }
}

#[test]
fn update_answers_the_given_fields_and_their_names() {
    let (client, number) = conversation();
    let body = json!({
        "name": "N", "is_marked": true, "customer_id": "c", "device": "Mobile", "language": "en", "metadata": {"a": {"b": 1}},
    });
    let updated = call(&client, Method::PATCH, number, "update", body.clone());
    let mut expected = body;
    expected["id"] = json!(number);
    expected["conversation_id"] = json!("a");
    expected["updated_fields"] = json!(["name", "is_marked", "customer_id", "device", "language", "metadata"]);
    assert_eq!((updated.status, updated.json), (StatusCode::OK, expected));
    let one = call(&client, Method::PATCH, number, "update", json!({"language": "de", "agent": 9}));
    assert_eq!(
        one.json,
        json!({"id": number, "conversation_id": "a", "language": "de", "updated_fields": ["language"]})
    );
    assert_eq!(client.api.conversation("a").unwrap().agent, Some(1));
}

#[test]
fn update_replaces_the_whole_metadata() {
    let (client, number) = conversation();
    for metadata in [json!({"a": 1, "b": 2}), json!({"c": 3})] {
        call(&client, Method::PATCH, number, "update", json!({"metadata": metadata}));
        assert_eq!(client.get(&format!("/api/conversations/{number}/")).json["metadata"], metadata);
    }
}

#[test]
fn update_moves_a_conversation_to_its_new_customer() {
    let (client, number) = conversation();
    for customer in ["first", "second"] {
        call(&client, Method::PATCH, number, "update", json!({"customer_id": customer}));
    }
    let count =
        |customer: &str| client.get(&format!("/api/conversations/?customer_id={customer}")).json["count"].clone();
    assert_eq!([count("first"), count("second")], [0, 1]);
}

#[test]
fn update_changes_all_fields_or_none() {
    let (client, number) = conversation();
    for body in [
        json!({}),
        json!({"conversation_id": "b", "started_at": "2020-01-01T00:00:00Z", "deleted_at": null}),
        json!({"language": "de", "name": "x".repeat(256)}),
        json!({"language": "de", "is_marked": null}),
        json!({"language": "de", "metadata": []}),
    ] {
        assert_eq!(call(&client, Method::PATCH, number, "update", body).status, StatusCode::BAD_REQUEST);
    }
    let row = client.api.conversation("a").unwrap();
    assert_eq!((row.language, row.name), (None, None));
}

#[test]
fn delete_is_soft_and_a_second_one_is_404() {
    let (client, number) = conversation();
    let deleted = call(&client, Method::DELETE, number, "delete", json!({}));
    let expected =
        json!({"id": number, "conversation_id": "a", "is_deleted": true, "deleted_at": "2025-01-01T00:00:00Z"});
    assert_eq!((deleted.status, deleted.json), (StatusCode::OK, expected));
    assert_eq!(call(&client, Method::DELETE, number, "delete", json!({})).status, StatusCode::NOT_FOUND);
    assert!(client.api.conversation("a").unwrap().deleted());
}

#[test]
fn delete_by_the_detail_route_answers_the_row() {
    let (client, number) = conversation();
    let path = format!("/api/conversations/{number}/");
    let deleted = client.send(Method::DELETE, &path, None);
    assert_eq!((deleted.status, &deleted.json["is_deleted"]), (StatusCode::OK, &json!(true)));
    assert_eq!(deleted.json["name"], Value::Null);
    assert_eq!(client.send(Method::DELETE, &path, None).status, StatusCode::NOT_FOUND);
}

#[test]
fn a_deleted_conversation_can_still_be_managed_by_its_number() {
    let (client, number) = conversation();
    call(&client, Method::DELETE, number, "delete", json!({}));
    for (method, action, body) in [
        (Method::PATCH, "rename", json!({"name": "N"})),
        (Method::POST, "mark", json!({"is_marked": true})),
        (Method::PATCH, "update", json!({"language": "de"})),
    ] {
        assert_eq!(call(&client, method, number, action, body).status, StatusCode::OK, "{action}");
    }
}

#[test]
fn managing_what_is_not_there_is_404() {
    let client = Client::new();
    for (method, action, body) in [
        (Method::PATCH, "rename", json!({"name": "N"})),
        (Method::POST, "mark", json!({"is_marked": true})),
        (Method::PATCH, "update", json!({"language": "de"})),
        (Method::DELETE, "delete", json!({})),
        (Method::GET, "attachments", json!({})),
    ] {
        assert_eq!(call(&client, method, 99, action, body).status, StatusCode::NOT_FOUND, "{action}");
    }
}
