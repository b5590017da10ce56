//! The requests as the control API shows them.

use agentsight_testkit::{FakeClock, FakeOptions, FakeServer};
use serde_json::{Value, json};

use super::http_client::{control, refused, send, send_with, server, track};

fn numbers(shown: &Value) -> Vec<u64> {
    shown["requests"].as_array().unwrap().iter().map(|request| request["number"].as_u64().unwrap()).collect()
}

#[test]
fn pages_go_forward_and_back() {
    let server = server();
    for _ in 0..5 {
        send(&server, "GET", "/api/me/", "");
    }
    for (query, shown, more) in [
        ("", vec![1, 2, 3, 4, 5], false),
        ("?limit=2", vec![1, 2], true),
        ("?after=2&limit=2", vec![3, 4], true),
        ("?after=4&limit=2", vec![5], false),
        ("?after=3", vec![4, 5], false),
        ("?newest=true&limit=2", vec![5, 4], true),
        ("?newest=true&before=4&limit=3", vec![3, 2, 1], false),
        ("?after=1&before=4", vec![2, 3], false),
        ("?after=4&before=2", vec![], false),
        ("?after=18446744073709551615", vec![], false),
    ] {
        let page = control(&server, "GET", &format!("/requests{query}"), "");
        assert_eq!((numbers(&page), &page["more"]), (shown, &json!(more)), "{query}");
        assert_eq!(page["last"], 5);
    }
}

#[test]
fn what_falls_out_is_counted_and_numbers_go_on() {
    let options = FakeOptions::new().clock(FakeClock::new()).recorded_requests(2);
    let server = FakeServer::builder().options(options).console(true).start().unwrap();
    for _ in 0..3 {
        send(&server, "GET", "/api/me/", "");
    }
    let page = control(&server, "GET", "/requests", "");
    assert_eq!((numbers(&page), &page["forgotten"], &page["last"]), (vec![2, 3], &json!(1), &json!(3)));
    refused(&server, 404, "GET", "/requests/1", "");
    assert_eq!(control(&server, "GET", "/requests/3", "")["number"], 3);
    control(&server, "DELETE", "/requests", "");
    send(&server, "GET", "/api/me/", "");
    assert_eq!(numbers(&control(&server, "GET", "/requests", "")), [4]);
}

#[test]
fn a_key_is_never_shown() {
    let server = server();
    track(&server, &json!({"conversation_id": "a", "sender": "agent", "content": "b"}));
    for path in ["/requests", "/requests/1"] {
        let shown = control(&server, "GET", path, "").to_string();
        assert!(!shown.contains(server.api_key()) && shown.contains("Api-Key [redacted]"), "{shown}");
    }
}

#[test]
fn a_large_body_is_cut_in_the_list_and_whole_by_itself() {
    let server = server();
    let content = "ä".repeat(200_000);
    track(&server, &json!({"conversation_id": "a", "sender": "agent", "content": content}));
    let listed = control(&server, "GET", "/requests", "")["requests"][0].clone();
    assert_eq!((listed["body"].as_str().unwrap().len(), &listed["body_cut"]), (256 * 1024, &json!(true)));
    let whole = control(&server, "GET", "/requests/1", "");
    assert_eq!(whole["body"].as_str().unwrap().len() as u64, whole["body_bytes"].as_u64().unwrap());
    assert!(whole["body"].as_str().unwrap().contains(&content) && whole.get("body_cut").is_none());
    let bare = control(&server, "GET", "/requests?bodies=false", "")["requests"][0].clone();
    assert!(bare.get("body").is_none() && bare["body_bytes"] == whole["body_bytes"]);
}

#[test]
fn a_page_holds_so_many_bytes_of_bodies_and_the_next_one_the_rest() {
    let server = server();
    let body = "x".repeat(300_000);
    for _ in 0..80 {
        send_with(&server, "POST", "/api/nothing/", &["Host: localhost"], body.as_bytes());
    }
    let first = control(&server, "GET", "/requests?limit=1000", "");
    let shown = numbers(&first);
    assert!(first["more"] == true && (10..80).contains(&shown.len()), "{}", shown.len());
    let rest = control(&server, "GET", &format!("/requests?limit=1000&after={}", shown.last().unwrap()), "");
    assert_eq!((shown.len() + numbers(&rest).len(), &rest["more"]), (80, &json!(false)));
}

#[test]
fn bytes_are_shown_as_base64_and_no_answer_as_none() {
    let server = server();
    send_with(&server, "POST", "/api/track/", &["Host: localhost"], b"\xff\xfe");
    control(&server, "POST", "/faults", r#"{"fault": "close_before_applied"}"#);
    let closed = b"GET /api/me/?a=b%20c HTTP/1.1\r\nHost: localhost\r\nX-Odd: \xff\r\n\r\n";
    assert!(super::http_client::send_bytes(&server, closed).is_none());
    let shown = control(&server, "GET", "/requests", "");
    let [first, second] = &shown["requests"].as_array().unwrap()[..] else { panic!("{shown}") };
    assert_eq!((&first["body"], &first["body_base64"]), (&Value::Null, &json!("//4=")));
    assert_eq!((&second["status"], &second["fault"]), (&Value::Null, &json!("closed without an answer, no effect")));
    assert_eq!((&second["query"], &second["answer_bytes"]), (&json!([["a", "b c"]]), &json!(0)));
    assert!(second["headers"].as_array().unwrap().contains(&json!(["x-odd", "\u{fffd}"])));
}

#[test]
fn wrong_parameters_are_refused_by_name() {
    let server = server();
    for (query, told) in [
        ("newst=true", "\"newst\" is no parameter here. Known: after, before, limit, newest, bodies."),
        ("limit=0", "limit must be from 1 to 1000."),
        ("limit=1001", "limit must be from 1 to 1000."),
        ("limit=ten", "limit must be a whole number from 0 on."),
        ("after=-1", "after must be a whole number from 0 on."),
        ("newest=1", "newest must be true or false."),
        ("bodies=", "bodies must be true or false."),
        ("limit=1&limit=2", "limit is given twice."),
    ] {
        assert_eq!(refused(&server, 400, "GET", &format!("/requests?{query}"), ""), told, "{query}");
    }
    assert!(refused(&server, 400, "GET", "/clock?a=b", "").contains("Known: none."));
    refused(&server, 404, "GET", "/requests/first", "");
    refused(&server, 404, "GET", "/requests/0", "");
}
