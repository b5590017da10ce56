//! What each route of the control API does, and what it refuses.

use serde_json::{Value, json};

use super::http_client::{control, refused, send, send_with, server, track};
use agentsight_testkit::FakeServer;

fn say(server: &FakeServer, conversation: &str, content: &str, second: u32) {
    let body = json!({
        "conversation_id": conversation,
        "sender": "end_user",
        "content": content,
        "timestamp": format!("2026-01-01T00:00:{second:02}Z"),
    });
    assert_eq!(track(server, &body), 201);
}

/// The conversations, requests and rules that there are, and whether the clock was moved.
fn held(server: &FakeServer) -> (usize, usize, usize, bool) {
    let faults = control(server, "GET", "/faults", "");
    (
        server.api().conversations().len(),
        server.requests().len(),
        faults["rules"].as_array().unwrap().len(),
        control(server, "GET", "/clock", "")["now"] != "2025-01-01T00:00:00Z",
    )
}

/// A server that has been used.
fn used() -> FakeServer {
    let server = server();
    say(&server, "a", "Hello!", 1);
    control(&server, "POST", "/faults", r#"{"fault": "silence", "path": "/nowhere/"}"#);
    control(&server, "POST", "/clock", r#"{"advance_ms": 1000}"#);
    assert_eq!(held(&server), (1, 1, 1, true));
    server
}

#[test]
fn a_reset_makes_the_service_as_it_was_but_for_what_is_kept() {
    for (body, left) in [
        ("", (0, 0, 0, false)),
        ("{}", (0, 0, 0, false)),
        (r#"{"keep": []}"#, (0, 0, 0, false)),
        (r#"{"keep": ["faults"]}"#, (0, 0, 1, false)),
        (r#"{"keep": ["clock"]}"#, (0, 0, 0, true)),
        (r#"{"keep": ["conversations"]}"#, (1, 0, 0, false)),
        (r#"{"keep": ["conversations", "clock", "faults", "faults"]}"#, (1, 0, 1, true)),
    ] {
        let server = used();
        assert_eq!(control(&server, "POST", "/reset", body), json!({"reset": true}));
        assert_eq!(held(&server), left, "{body}");
        assert_eq!(server.audit().traffic.requests, 0, "{body}");
    }
}

#[test]
fn numbers_begin_again_after_a_reset() {
    let server = used();
    let before = control(&server, "GET", "/requests", "");
    server.reset();
    assert_eq!(held(&server), (0, 0, 0, false));
    say(&server, "a", "Hello!", 1);
    let after = control(&server, "GET", "/requests", "");
    assert_eq!(after["requests"][0]["number"], 1);
    assert_eq!(after["requests"][0]["answer"], before["requests"][0]["answer"], "the same numbers");
}

#[test]
fn a_request_that_is_still_to_take_effect_is_forgotten_with_the_conversations() {
    for (keep, stored) in [("", 0), ("conversations", 1)] {
        let server = server();
        control(&server, "POST", "/faults", r#"{"fault": "status", "status": 504, "applied_late_ms": 5000}"#);
        assert_eq!(track(&server, &json!({"conversation_id": "late", "sender": "agent", "content": "a"})), 504);
        let keep: Vec<&str> = Some(keep).filter(|keep| !keep.is_empty()).into_iter().collect();
        control(&server, "POST", "/reset", &json!({ "keep": keep }).to_string());
        control(&server, "POST", "/clock", r#"{"advance_ms": 60000}"#);
        assert_eq!(server.api().conversations().len(), stored);
    }
}

#[test]
fn faults_are_added_replaced_shown_and_taken_away() {
    let server = server();
    let me = || send(&server, "GET", "/api/me/", "").status;
    control(&server, "POST", "/faults", r#"{"fault": "status", "status": 503, "times": 2}"#);
    control(&server, "POST", "/faults", r#"{"fault": "status", "status": 502, "nth": 3}"#);
    assert_eq!([me(), me(), me(), me()], [503, 503, 502, 200]);
    let counts: Vec<(u64, u64)> = control(&server, "GET", "/faults", "")["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (rule["seen"].as_u64().unwrap(), rule["met"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [(4, 2), (4, 1)]);

    let shown = control(&server, "PUT", "/faults", r#"{"rules": [{"fault": "html_page", "times": "always"}]}"#);
    assert_eq!(shown["rules"].as_array().unwrap().len(), 1);
    assert_eq!(control(&server, "GET", "/faults", ""), shown);
    assert!(send(&server, "GET", "/api/me/", "").header("content-type").unwrap().starts_with("text/html"));

    assert_eq!(control(&server, "DELETE", "/faults", ""), json!({"rules": [], "mix": null}));
    assert_eq!(me(), 200);
    control(
        &server,
        "PUT",
        "/faults",
        r#"{"mix": {"seed": 1, "percent": 100, "faults": [{"fault": "status", "status": 500}]}}"#,
    );
    assert_eq!(me(), 500);
}

#[test]
fn wrong_faults_are_refused_and_change_nothing() {
    let server = server();
    control(&server, "POST", "/faults", r#"{"fault": "silence", "path": "/nowhere/"}"#);
    let before = control(&server, "GET", "/faults", "");
    for (method, body, told) in [
        ("POST", "", "fault: is missing"),
        ("POST", "[]", "The body must be a JSON object."),
        ("POST", "null", "must be a JSON object"),
        ("POST", "{", "line 1, column 1: EOF while parsing an object"),
        ("POST", r#"{"fault": "status", "status": 700}"#, "status: must be from 200 to 599"),
        ("POST", r#"{"fault": "silence", "seen": 1}"#, "\"seen\" is no field here"),
        ("PUT", r#"{"rules": [{"fault": "silence"}, {"fault": "silence", "nth": -1}]}"#, "rules[1].nth: invalid"),
        ("PUT", r#"{"rules": {}}"#, "rules: invalid type: map, expected a sequence"),
    ] {
        let error = refused(&server, 400, method, "/faults", body);
        assert!(error.contains(told), "{body}: {error}");
    }
    let latin = send_with(
        &server,
        "POST",
        "/__testkit/faults",
        &["Host: localhost", "Content-Type: application/json"],
        b"{\"fault\": \"\xff\"}",
    );
    assert_eq!((latin.status, latin.error().as_str()), (400, "The body must be UTF-8."));
    assert_eq!(control(&server, "GET", "/faults", ""), before);
}

#[test]
fn the_clock_is_set_stopped_started_and_moved() {
    let server = server();
    assert_eq!(control(&server, "GET", "/clock", ""), json!({"now": "2025-01-01T00:00:00Z", "runs": false}));
    let set = control(&server, "PUT", "/clock", r#"{"now": "2026-08-17T12:00:00.25+02:00"}"#);
    assert_eq!(set, json!({"now": "2026-08-17T10:00:00.250Z", "runs": false}));
    assert_eq!(control(&server, "POST", "/clock", r#"{"advance_ms": 750}"#)["now"], "2026-08-17T10:00:01Z");
    let body = json!({"conversation_id": "a", "sender": "agent", "content": "b"});
    let stamped = send(&server, "POST", "/api/track/", &body.to_string()).json();
    assert_eq!(stamped["timestamp"], "2026-08-17T10:00:01Z");

    let machines = FakeServer::builder().console(true).start().unwrap();
    assert_eq!(control(&machines, "GET", "/clock", "")["runs"], true);
    let stopped = control(&machines, "PUT", "/clock", r#"{"runs": false, "now": "2026-08-17T10:00:00Z"}"#);
    assert_eq!(stopped, json!({"now": "2026-08-17T10:00:00Z", "runs": false}));
    assert_eq!(control(&machines, "GET", "/clock", ""), stopped);
    assert_eq!(control(&machines, "PUT", "/clock", r#"{"runs": true}"#)["runs"], true);
}

#[test]
fn wrong_times_are_refused_and_change_nothing() {
    let server = server();
    for (method, body, told) in [
        ("PUT", "", "Give now, runs or both."),
        ("PUT", r#"{"now": null}"#, "Give now, runs or both."),
        ("PUT", r#"{"now": "yesterday"}"#, "now: "),
        ("PUT", r#"{"now": 5}"#, "now: invalid type"),
        ("PUT", r#"{"time": "2026-08-17T10:00:00Z"}"#, "unknown field `time`, expected `now` or `runs`"),
        ("PUT", r#"{"now": "1969-12-31T23:59:59Z"}"#, "the years 1970 to 9998"),
        ("PUT", r#"{"now": "9999-01-01T00:00:00Z", "runs": false}"#, "the years 1970 to 9998"),
        ("POST", "", "missing field `advance_ms`"),
        ("POST", r#"{"advance_ms": -1}"#, "advance_ms: invalid value"),
        ("POST", r#"{"advance_ms": 18446744073709551615}"#, "the years 1970 to 9998"),
        ("POST", r#"{"advance_ms": 1} {}"#, "trailing characters"),
    ] {
        let error = refused(&server, 400, method, "/clock", body);
        assert!(error.contains(told), "{body}: {error}");
    }
    assert_eq!(control(&server, "GET", "/clock", "")["now"], "2025-01-01T00:00:00Z");
}

#[test]
fn an_audit_is_paged_and_picks_conversations() {
    let server = server();
    for conversation in ["a", "b", "c"] {
        say(&server, conversation, "second", 2);
        say(&server, conversation, "first", 1);
    }
    let ids = |query: &str| {
        let audit = control(&server, "GET", &format!("/audit{query}"), "");
        assert_eq!((&audit["overall"]["accepted"], &audit["overall"]["reordered"]), (&json!(6), &json!(3)), "of all");
        let shown = audit["conversations"].as_array().unwrap();
        let ids: Vec<String> = shown.iter().map(|row| row["conversation_id"].as_str().unwrap().to_owned()).collect();
        (ids.concat(), audit["more"].as_bool().unwrap())
    };
    assert_eq!(ids(""), ("abc".to_owned(), false));
    assert_eq!(ids("?limit=2"), ("ab".to_owned(), true));
    assert_eq!(ids("?limit=2&after=2"), ("c".to_owned(), false));
    assert_eq!(ids("?conversation_id=b"), ("b".to_owned(), false));
    assert_eq!(ids("?conversation_id=unknown"), (String::new(), false));

    let audit = control(&server, "GET", "/audit?limit=1&events=true", "");
    let row = &audit["conversations"][0];
    assert_eq!(
        row["reordered"][0],
        json!({"arrived": 2, "belongs": 1, "type": "question", "timestamp": "2026-01-01T00:00:01Z"})
    );
    assert_eq!(row["events"].as_array().unwrap().len(), 2);
    assert!(!audit.to_string().contains("second"), "no content");
    assert!(
        refused(&server, 400, "GET", "/audit?conversation=a", "")
            .contains("Known: conversation_id, after, limit, events, findings.")
    );
}

#[test]
fn an_audit_of_findings_leaves_out_the_conversations_in_which_all_is_well() {
    let server = server();
    let found = |query: &str| {
        let audit = control(&server, "GET", &format!("/audit?findings=true{query}"), "");
        let rows = audit["conversations"].as_array().unwrap();
        let ids: Vec<String> = rows.iter().map(|row| row["conversation_id"].as_str().unwrap().to_owned()).collect();
        (ids.join(","), audit["more"].as_bool().unwrap(), audit["overall"]["conversations"].as_u64().unwrap())
    };
    for conversation in ["well", "late", "doubled", "early"] {
        say(&server, conversation, "words", 2);
    }
    assert_eq!(found(""), (String::new(), false, 4));
    say(&server, "late", "words", 1);
    say(&server, "doubled", "words", 2);
    assert_eq!(found(""), ("late,doubled".to_owned(), false, 4));
    assert_eq!(found("&limit=1"), ("late".to_owned(), true, 4));
    assert_eq!(found("&after=2"), ("doubled".to_owned(), false, 4));
    assert_eq!(found("&conversation_id=well"), (String::new(), false, 4));
    // Too early is what comes before the service wants it, even where nothing is stored.
    let refused = r#"{"fault": "retry_after", "seconds": 30, "times": 2}"#;
    control(&server, "POST", "/faults", refused);
    let body = json!({"conversation_id": "early", "sender": "agent", "content": "b"});
    assert_eq!([track(&server, &body), track(&server, &body)], [429, 429]);
    assert_eq!(found("").0, "late,doubled,early");
    let audit = control(&server, "GET", "/audit?conversation_id=early", "");
    assert_eq!(
        (&audit["overall"]["requests"], &audit["conversations"][0]["traffic"]["requests"]),
        (&json!(8), &json!(3))
    );
    assert_eq!(audit["conversations"][0]["traffic"]["early"], 1);
}

#[test]
fn r16_a_request_that_came_too_early_is_in_the_audit() {
    let server = server();
    control(&server, "POST", "/faults", r#"{"fault": "retry_after", "seconds": 30}"#);
    let body = json!({"conversation_id": "a", "sender": "agent", "content": "b"});
    assert_eq!([track(&server, &body), track(&server, &body)], [429, 201]);
    let overall = control(&server, "GET", "/audit", "")["overall"].clone();
    assert_eq!(overall["early"], 1);
    assert_eq!(overall["early_requests"][0]["not_before"], "2025-01-01T00:00:30Z");
}

fn check(server: &FakeServer, events: Value) -> Value {
    let expected = json!({"expected": [{"conversation_id": "a", "events": events}]});
    control(server, "POST", "/audit", &expected.to_string())
}

#[test]
fn what_was_tracked_is_compared_with_what_arrived() {
    let server = server();
    let file = json!({"filename": "a.txt", "mime_type": "text/plain", "data": "YQ=="});
    say(&server, "a", "Hello!", 1);
    let number = server.api().conversation("a").unwrap().id;
    let post = |path: &str, body: Value| {
        let answer = send(&server, "POST", path, &body.to_string());
        assert!((200..300).contains(&answer.status), "{answer:?}");
    };
    let stamped = |second: u32| format!("2026-01-01T00:00:{second:02}Z");
    post("/api/action_logs/", json!({"conversation": number, "action_name": "lookup", "timestamp": stamped(2)}));
    post(
        "/api/buttons/",
        json!({"conversation": number, "button_event": "click", "label": "Buy", "value": "1", "timestamp": stamped(3)}),
    );
    post(
        "/api/attachments/",
        json!({"conversation": number, "sender": "end_user", "timestamp": stamped(4), "attachments": [file]}),
    );
    post("/api/action_logs/", json!({"conversation": number, "action_name": "token_usage", "timestamp": stamped(5)}));

    let right = json!([
        {"kind": "question", "text": " Hello! ", "timestamp": "2026-01-01T01:00:01+01:00"},
        {"kind": "action", "text": "lookup"},
        {"kind": "button"},
        {"kind": "attachments", "files": ["a.txt"]},
        {"kind": "token_usage"},
    ]);
    let compared = check(&server, right.clone());
    assert_eq!(
        compared,
        json!({"exactly_once_in_order": true, "missing": [], "differing": 0, "differences": [], "text": null})
    );
    let any_file = json!({"kind": "attachments", "files": [null]});
    for (place, other, is_right) in [
        (3, any_file, true),
        (3, json!({"kind": "attachments", "files": ["b.txt"]}), false),
        (3, json!({"kind": "attachments"}), false),
        (0, json!({"kind": "answer", "text": "Hello!"}), false),
        (0, json!({"kind": "question", "text": "Hello?"}), false),
        (0, json!({"kind": "question", "timestamp": "2026-01-01T00:00:01.000001Z"}), false),
        (4, json!({"kind": "action", "text": "lookup"}), false),
    ] {
        let mut events = right.clone();
        events[place] = other;
        let compared = check(&server, events.clone());
        assert_eq!(compared["exactly_once_in_order"], is_right, "{events}");
        if !is_right {
            assert_eq!(compared["differences"][0]["position"], place + 1);
            assert_eq!(compared["missing"][0]["position"], place + 1);
            assert!(compared["text"].as_str().unwrap().contains("conversation \"a\": 5 tracked, 5 arrived"));
        }
    }
}

#[test]
fn conversations_that_are_not_named_have_to_be_empty_unless_they_are_allowed() {
    let server = server();
    say(&server, "a", "Hello!", 1);
    say(&server, "b", "Hello!", 1);
    let named =
        json!([{"conversation_id": "a", "events": []}, {"conversation_id": "a", "events": [{"kind": "question"}]}]);
    let compared = |allow: bool| {
        let body = json!({"expected": named, "allow_others": allow}).to_string();
        control(&server, "POST", "/audit", &body)
    };
    assert_eq!(compared(true)["exactly_once_in_order"], true);
    let strict = compared(false);
    assert_eq!(
        (&strict["exactly_once_in_order"], &strict["differences"][0]["conversation_id"]),
        (&json!(false), &json!("b"))
    );
}

#[test]
fn a_wrong_expectation_is_refused_by_its_place() {
    let server = server();
    for (body, told) in [
        ("", "missing field `expected`"),
        (r#"{"expected": {}}"#, "expected: invalid type: map, expected a sequence"),
        (r#"{"expected": [{"events": []}]}"#, "expected[0]: missing field `conversation_id`"),
        (r#"{"expected": [{"conversation_id": "a", "events": [{}]}]}"#, "expected[0].events[0]: missing field `kind`"),
        (
            r#"{"expected": [{"conversation_id": "a", "events": [{"kind": "conversation"}]}]}"#,
            "expected[0].events[0].kind: unknown variant `conversation`, expected one of `question`, ",
        ),
        (
            r#"{"expected": [{"conversation_id": "a", "events": [{"kind": "answer", "content": "b"}]}]}"#,
            "expected[0].events[0].content: unknown field `content`, expected one of `kind`, `timestamp`, `text`, `files`",
        ),
        (
            r#"{"expected": [{"conversation_id": "a", "events": [{"kind": "answer", "timestamp": "now"}]}]}"#,
            "expected[0].events[0].timestamp: ",
        ),
    ] {
        let error = refused(&server, 400, "POST", "/audit", body);
        assert!(error.starts_with(told), "{body}: {error}");
    }
}

#[test]
fn a_verification_names_each_kind_of_problem() {
    let server = server();
    send(&server, "GET", "/api/conversation/", "");
    send(&server, "DELETE", "/api/me/", "");
    send(&server, "GET", "/api/conversations/?devise=mobile", "");
    track(&server, &json!({"conversation_id": "a", "sender": "agent", "content": "b", "mood": 1}));
    let shown = control(&server, "GET", "/verification", "");
    assert_eq!((&shown["ok"], &shown["checked"], &shown["problems"]), (&json!(false), &json!(4), &json!(4)));
    let problems: Vec<Value> = shown["undocumented"].as_array().unwrap().clone();
    let kinds: Vec<&str> = problems.iter().map(|problem| problem["problem"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["route", "method", "parameter", "field"]);
    assert_eq!((&problems[0]["name"], &problems[0]["nearest"]), (&Value::Null, &json!("/api/conversations/")));
    assert_eq!((&problems[2]["name"], &problems[2]["nearest"]), (&json!("devise"), &json!("device")));

    control(&server, "DELETE", "/requests", "");
    send(&server, "GET", "/api/nowhere/", "");
    let shown = control(&server, "GET", "/verification", "");
    assert_eq!(shown["undocumented"][0]["request"], 5, "the number, not the position");
    control(&server, "DELETE", "/requests", "");
    assert_eq!(control(&server, "GET", "/verification", "")["ok"], true);
}

#[test]
fn a_snapshot_that_is_put_back_answers_every_read_as_before() {
    let server = server();
    say(&server, "a", "Hello!", 1);
    say(&server, "b", "Bonjour !", 2);
    let read = |path: &str| send(&server, "GET", path, "").json();
    let paths = ["/api/conversations/", "/api/conversations/1/", "/api/conversations/?conversation_id=b"];
    let before = paths.map(read);
    let snapshot = control(&server, "GET", "/snapshot", "");
    control(&server, "POST", "/reset", "");
    assert_eq!(read("/api/conversations/")["count"], 0);
    assert_eq!(control(&server, "PUT", "/snapshot", &snapshot.to_string()), json!({"conversations": 2}));
    assert_eq!(paths.map(read), before);
    assert_eq!(control(&server, "GET", "/snapshot", ""), snapshot);
}

#[test]
fn what_is_no_snapshot_is_refused_and_changes_nothing() {
    let server = server();
    say(&server, "a", "Hello!", 1);
    let before = control(&server, "GET", "/snapshot", "");
    for body in [
        "",
        "[]",
        "{\"format\": \"agentsight-fake/2\"}",
        r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": 5}]}"#,
        r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": "x"}, {"conversation_id": "x"}]}"#,
    ] {
        refused(&server, 400, "PUT", "/snapshot", body);
    }
    assert_eq!(control(&server, "GET", "/snapshot", ""), before);
}

#[test]
fn what_is_not_there_and_what_has_no_body_say_so() {
    let server = server();
    for path in ["/nothing", "/faults/1", "/requests/1/2", "/reset/now"] {
        assert!(refused(&server, 404, "GET", path, "").contains("GET /__testkit/ lists"), "{path}");
    }
    assert_eq!(refused(&server, 400, "DELETE", "/faults", "{}"), "DELETE takes no body.");
    assert_eq!(refused(&server, 400, "GET", "/clock", "{}"), "GET takes no body.");
    assert_eq!(control(&server, "GET", "/clock/", ""), control(&server, "GET", "/clock", ""));
    assert_eq!(send(&server, "GET", "/__testkit", "").json(), send(&server, "GET", "/__testkit/", "").json());
}
