use agentsight_testkit::FakeOptions;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::Client;

fn conversations(count: usize) -> Client {
    let client = Client::new();
    for number in 0..count {
        client.conversation(&format!("c{number}"));
    }
    client
}

fn ids(page: &Value) -> Vec<&str> {
    page["results"].as_array().unwrap().iter().map(|row| row["conversation_id"].as_str().unwrap()).collect()
}

#[test]
fn the_envelope_has_the_keys_of_old_and_new_services() {
    let page = conversations(3).get("/api/conversations/?page_size=2&full=false").json;
    let keys: Vec<&String> = page.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 7);
    assert_eq!((&page["count"], &page["previous"]), (&json!(3), &Value::Null));
    assert_eq!([&page["page_size"], &page["total_pages"], &page["current_page"]], [2, 2, 1]);
    assert_eq!(ids(&page), ["c2", "c1"]);
}

#[test]
fn next_and_previous_are_absolute_and_keep_the_other_parameters() {
    let client = conversations(5);
    let at = |page: u32| client.get(&format!("/api/conversations/?name=&page={page}&page_size=2&full=false")).json;
    let address =
        |page: u32| json!(format!("http://fake.test/api/conversations/?name=&page_size=2&full=false&page={page}"));
    assert_eq!(at(1)["next"], address(2));
    assert_eq!(at(2)["next"], address(3));
    assert_eq!(at(2)["previous"], "http://fake.test/api/conversations/?name=&page_size=2&full=false");
    assert_eq!((&at(3)["next"], &at(3)["previous"]), (&Value::Null, &address(2)));
}

#[test]
fn following_next_gives_every_row_once() {
    let client = conversations(7);
    let mut seen = Vec::new();
    let mut next = Some("/api/conversations/?page_size=3".to_owned());
    while let Some(path) = next {
        let page = client.get(&path).json;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        next = page["next"].as_str().map(|address| address.strip_prefix("http://fake.test").unwrap().to_owned());
    }
    assert_eq!(seen, ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]);
}

#[test]
fn a_page_out_of_range_is_404() {
    let client = conversations(3);
    for page in ["0", "3", "-1", "two", "99999999999999999999"] {
        let answered = client.get(&format!("/api/conversations/?page_size=2&page={page}"));
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{page}");
        assert_eq!(answered.json, json!({"detail": "Invalid page."}));
    }
    assert_eq!(conversations(0).get("/api/conversations/?page=1").json["results"], json!([]));
}

#[test]
fn a_page_has_15_rows_unless_the_request_or_the_options_say_otherwise_and_at_most_100() {
    let client = conversations(120);
    for (query, rows) in
        [("", 15), ("page_size=7", 7), ("page_size=0", 15), ("page_size=x", 15), ("page_size=500", 100)]
    {
        let page = client.get(&format!("/api/conversations/?full=false&{query}")).json;
        assert_eq!(ids(&page).len(), rows, "{query}");
        assert_eq!(page["page_size"], rows);
    }
    let old = Client::with_options(FakeOptions::new().page_size(10));
    assert_eq!(old.get("/api/conversations/").json["page_size"], 10);
}

#[test]
fn without_pagination_the_answer_is_a_bare_array_of_everything() {
    let all = conversations(120).get("/api/conversations/?paginate=false&full=false").json;
    assert_eq!(all.as_array().unwrap().len(), 120);
}
