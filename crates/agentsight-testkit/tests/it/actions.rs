use agentsight_testkit::{CreateAnswer, FakeKey, FakeOptions};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answered, Client};

fn create(client: &Client, body: Value) -> u64 {
    let answered = client.post("/api/actions/", body);
    assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
    answered.json["id"].as_u64().unwrap()
}

fn perform(client: &Client, name: &str) -> Value {
    let answered = client.post("/api/action_logs/", json!({"action_name": name, "conversation_id": "a"}));
    assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
    answered.json
}

fn change(client: &Client, number: u64, body: Value) -> Answered {
    client.send(Method::PATCH, &format!("/api/actions/{number}/"), Some(body))
}

/// The names on the first page of a list, in order.
fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/api/actions/?{query}")).json;
    let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
    page["results"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn an_action_is_answered_with_its_row() {
    let client = Client::new();
    let body = json!({"name": "search", "display_name": "Search the web", "description": "Asks a search engine."});
    let created = client.post("/api/actions/", body);
    let expected = json!({
        "id": created.json["id"], "name": "search", "display_name": "Search the web",
        "description": "Asks a search engine.", "agent": 1,
    });
    assert_eq!((created.status, &created.json), (StatusCode::CREATED, &expected));
    let path = format!("/api/actions/{}/", expected["id"]);
    assert_eq!(client.get(&path).json, expected);
    assert_eq!(client.get("/api/actions/").json["results"], json!([expected]));
}

#[test]
fn an_action_is_shown_by_its_name_unless_it_is_given_another() {
    let created = Client::new().post("/api/actions/", json!({"name": "search"})).json;
    assert_eq!((&created["display_name"], &created["description"]), (&json!("search"), &json!("")));
}

#[test]
fn the_first_run_of_an_action_creates_it_and_is_among_its_logs() {
    let client = Client::new();
    let (first, other, second) = (perform(&client, "search"), perform(&client, "mail"), perform(&client, "search"));
    let row = client.get(&format!("/api/actions/{}/", first["action"])).json;
    let expected =
        json!({"id": first["action"], "name": "search", "display_name": "search", "description": "", "agent": 1});
    assert_eq!(row, expected);
    let logs = |number: &Value| client.get(&format!("/api/actions/{number}/logs/")).json;
    assert_eq!(logs(&first["action"]), json!([first, second]));
    assert_eq!(logs(&other["action"]), json!([other]));
}

#[test]
fn a_declared_action_is_adopted_by_its_first_run() {
    let client = Client::new();
    let number = create(&client, json!({"name": "search"}));
    assert_eq!(client.get(&format!("/api/actions/{number}/logs/")).json, json!([]));
    assert_eq!(perform(&client, "search")["action"], number);
}

#[test]
fn a_deleted_message_takes_its_log_along() {
    let client = Client::new();
    let log = perform(&client, "search");
    client.send(Method::DELETE, &format!("/api/track/{}/", log["message"]), None);
    assert_eq!(client.get(&format!("/api/actions/{}/logs/", log["action"])).json, json!([]));
}

#[test]
fn an_agent_has_one_action_of_a_name() {
    let client = Client::new();
    create(&client, json!({"name": "search"}));
    perform(&client, "mail");
    for name in ["search", "mail"] {
        let refused = client.post("/api/actions/", json!({"name": name}));
        let text = format!("An action named \"{name}\" already exists for this agent.");
        assert_eq!((refused.status, refused.json), (StatusCode::BAD_REQUEST, json!({"name": [text]})));
    }
    assert_eq!(client.get("/api/actions/").json["count"], 2);
}

#[test]
fn agents_can_use_the_same_name_and_do_not_see_each_others_actions() {
    const FIRST: &str = "ags_00000000000000000000000000000001_000001";
    const SECOND: &str = "ags_00000000000000000000000000000002_000002";
    let options = FakeOptions::new().key(FakeKey::new(FIRST)).key(FakeKey::new(SECOND).agent(2));
    let first = Client::with_options(options);
    let second = first.with_key(SECOND);
    let (own, other) = (create(&first, json!({"name": "search"})), create(&second, json!({"name": "search"})));
    assert_ne!(own, other);
    for path in [format!("/api/actions/{other}/"), format!("/api/actions/{other}/logs/")] {
        assert_eq!(first.get(&path).status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(change(&first, other, json!({"name": "x"})).status, StatusCode::NOT_FOUND);
    assert_eq!(first.get("/api/actions/").json["count"], 1);
}

#[test]
fn a_patch_changes_what_it_names() {
    let client = Client::new();
    let number = create(&client, json!({"name": "search", "description": "Old"}));
    let changed = change(&client, number, json!({"display_name": "Search", "description": "New"}));
    let expected = json!({"id": number, "name": "search", "display_name": "Search", "description": "New", "agent": 1});
    assert_eq!((changed.status, changed.json), (StatusCode::OK, expected));
    assert_eq!(change(&client, number, json!({"agent": 9, "id": 9})).json["agent"], 1);
}

#[test]
fn a_new_name_is_what_later_runs_are_found_by() {
    let client = Client::new();
    let number = create(&client, json!({"name": "search"}));
    assert_eq!(change(&client, number, json!({"name": "find"})).json["name"], "find");
    assert_eq!(perform(&client, "find")["action"], number);
    assert_ne!(perform(&client, "search")["action"], number);
    let refused = change(&client, number, json!({"name": "search"}));
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json["name"].is_array());
    assert_eq!(change(&client, number, json!({"name": "find"})).status, StatusCode::OK, "its own name is free");
}

#[test]
fn an_action_cannot_be_deleted() {
    let client = Client::new();
    let number = create(&client, json!({"name": "search"}));
    let refused = client.send(Method::DELETE, &format!("/api/actions/{number}/"), None);
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.json, json!({"detail": "Method \"DELETE\" not allowed."}));
    assert_eq!(client.get(&format!("/api/actions/{number}/")).status, StatusCode::OK);
}

#[test]
fn actions_are_filtered_by_every_parameter() {
    let client = Client::new();
    create(&client, json!({"name": "search_orders", "display_name": "Find an order"}));
    create(&client, json!({"name": "search", "display_name": "Look around", "description": "Also for ORDERS."}));
    create(&client, json!({"name": "mail"}));
    for (query, expected) in [
        ("name=search", &["search"][..]),
        ("name=SEARCH", &[]),
        ("name__icontains=SEARCH", &["search_orders", "search"]),
        ("display_name=FIND", &["search_orders"]),
        ("search=order", &["search_orders", "search"]),
        ("search=mail&name=search", &[]),
        ("unknown=1", &["search_orders", "search", "mail"]),
    ] {
        assert_eq!(names(&client, query), expected, "{query}");
    }
}

#[test]
fn actions_are_ordered_by_name_display_name_or_number() {
    let client = Client::new();
    for (name, display_name) in [("b", "z"), ("c", "x"), ("a", "y")] {
        create(&client, json!({"name": name, "display_name": display_name}));
    }
    for (ordering, expected) in [
        ("name", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("display_name", ["c", "a", "b"]),
        ("id", ["b", "c", "a"]),
        ("-id", ["a", "c", "b"]),
        ("agent", ["b", "c", "a"]),
    ] {
        assert_eq!(names(&client, &format!("ordering={ordering}")), expected, "{ordering}");
    }
}

#[test]
fn actions_come_in_pages() {
    let client = Client::new();
    for number in 0..5 {
        create(&client, json!({"name": format!("action_{number}")}));
    }
    let page = client.get("/api/actions/?page=2&page_size=2").json;
    assert_eq!((&page["count"], &page["total_pages"], &page["current_page"]), (&json!(5), &json!(3), &json!(2)));
    assert_eq!(names(&client, "page=3&page_size=2"), ["action_4"]);
    assert_eq!(client.get("/api/actions/?page=4&page_size=2").status, StatusCode::NOT_FOUND);
}

#[test]
fn the_fields_of_a_declared_action_are_checked() {
    let client = Client::new();
    let number = create(&client, json!({"name": "search"}));
    for (field, value) in [
        ("name", json!("  ")),
        ("name", json!(null)),
        ("name", json!("x".repeat(256))),
        ("display_name", json!("x".repeat(256))),
        ("description", json!({})),
    ] {
        let mut body = json!({"name": "mail"});
        body[field] = value;
        for refused in [client.post("/api/actions/", body.clone()), change(&client, number, body)] {
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{field}");
            assert_eq!(refused.json.as_object().unwrap().keys().collect::<Vec<_>>(), [field]);
        }
    }
    assert!(client.post("/api/actions/", json!({})).json["name"].is_array());
    assert_eq!(names(&client, ""), ["search"]);
}

#[test]
fn a_create_can_answer_the_number_only() {
    let client = Client::with_options(FakeOptions::new().create_answer(CreateAnswer::Minimal));
    let created = client.post("/api/actions/", json!({"name": "search"})).json;
    assert_eq!(created.as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
}
