use agentsight_testkit::{FakeApi, FakeKey, FakeOptions, InvalidSnapshot, Seeded, Snapshot};
use bytes::Bytes;
use http::{Request, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary::request;
use crate::support::Client;

/// Every path that can be read, as far as this service has rows for it.
fn reads(api: &FakeApi) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/api/conversations/?include_deleted=true&page_size=100",
        "/api/conversations/?full=false&page_size=2&ordering=customer_id",
        "/api/conversations/?search=a&env=production",
        "/api/conversations/?has_action=true",
        "/api/conversations/?feedback_sentiment=positive",
        "/api/conversations/metadata-keys/",
        "/api/conversations/metadata-values/?key=a",
        "/api/conversations/message-metadata-keys/",
        "/api/conversations/lookup/?conversation_id=a",
        "/api/buttons/",
        "/api/buttons/stats/",
        "/api/me/",
        "/api/feedbacks/",
        "/api/actions/",
    ]
    .map(str::to_owned)
    .into();
    for feedback in api.feedbacks() {
        paths.push(format!("/api/feedbacks/{}/", feedback.id));
    }
    for action in 2_000_001..=2_000_010 {
        paths.push(format!("/api/actions/{action}/"));
        paths.push(format!("/api/actions/{action}/logs/"));
    }
    for conversation in api.conversations() {
        paths.push(format!("/api/conversations/{}/", conversation.id));
        paths.push(format!("/api/conversations/{}/attachments/", conversation.id));
        for message in conversation.messages() {
            paths.push(format!("/api/track/{}/", message.id));
            paths.extend(message.attachments().iter().map(|file| file.file_url.clone().unwrap()));
        }
    }
    paths
}

fn answers(api: &FakeApi, paths: &[String]) -> Vec<(StatusCode, Bytes)> {
    let answer = |path: &String| {
        let request = Request::get(path).header("authorization", format!("Api-Key {}", api.api_key()));
        let response = api.handle(request.body(Bytes::new()).unwrap());
        (response.status(), response.into_body())
    };
    paths.iter().map(answer).collect()
}

fn through_a_file(snapshot: &Snapshot) -> Snapshot {
    let mut file = Vec::new();
    snapshot.write(&mut file).unwrap();
    Snapshot::read(file.as_slice()).unwrap()
}

proptest! {
    #[test]
    fn a_restored_service_answers_every_read_as_before(requests in prop::collection::vec(request(), 1..24)) {
        let api = FakeApi::new();
        for request in requests {
            let _ = api.handle(request);
        }
        let snapshot = api.snapshot();
        let restored = FakeApi::new();
        restored.restore(&through_a_file(&snapshot)).unwrap();

        prop_assert_eq!(restored.snapshot(), snapshot.clone());
        let paths = reads(&api);
        prop_assert_eq!(answers(&restored, &paths), answers(&api, &paths));
        prop_assert_eq!(restored.files(), api.files());
        prop_assert_eq!(restored.audit().conversations.len(), api.audit().conversations.len());

        // Without a copy in between, the same is written.
        let (mut direct, mut copied) = (Vec::new(), Vec::new());
        api.write_snapshot(&mut direct).unwrap();
        snapshot.write(&mut copied).unwrap();
        prop_assert!(direct == copied);

        // Serialising as a whole gives the same document.
        let value = serde_json::to_value(&snapshot).unwrap();
        prop_assert_eq!(Snapshot::from_json(&value.to_string()).unwrap(), snapshot);
    }

    #[test]
    fn a_restored_service_goes_on_numbering_where_it_was(before in prop::collection::vec(request(), 0..12), after in prop::collection::vec(request(), 1..12)) {
        let api = FakeApi::new();
        for request in before {
            let _ = api.handle(request);
        }
        let restored = FakeApi::new();
        restored.restore(&through_a_file(&api.snapshot())).unwrap();
        for request in after {
            let answer = api.handle(request.clone());
            prop_assert_eq!(restored.handle(request).into_body(), answer.into_body());
        }
        prop_assert_eq!(restored.snapshot(), api.snapshot());
    }
}

#[test]
fn a_snapshot_keeps_the_agents_apart() {
    let keys = ["ags_00000000000000000000000000000001_000001", "ags_00000000000000000000000000000002_000002"];
    let options = FakeOptions::new().key(FakeKey::new(keys[0])).key(FakeKey::new(keys[1]).agent(2));
    let client = Client::with_options(options.clone());
    client.conversation("same");
    client.with_key(keys[1]).conversation("same");

    let restored = Client::with_options(options);
    restored.api.restore(&client.api.snapshot()).unwrap();
    for key in keys {
        let path = "/api/conversations/lookup/?conversation_id=same";
        assert_eq!(restored.with_key(key).get(path).json, client.with_key(key).get(path).json);
    }
}

#[test]
fn what_is_no_snapshot_is_refused_with_its_place() {
    for (text, shown) in [
        ("", "line 1, column 0: EOF while parsing a value"),
        ("{\"format\": \"agentsight-fake/1\",\n \"actions\": [}", "line 2, column 14: expected value"),
        ("7", "line 1, column 1: expected a snapshot, which is an object"),
        (
            "{}",
            "format: expected \"agentsight-fake/1\": this is no snapshot, or one of a version that is not known here",
        ),
        (
            r#"{"format": "agentsight-fake/2"}"#,
            "line 1, column 31: format: expected \"agentsight-fake/1\": this is no snapshot, or one of a version that \
             is not known here",
        ),
        (
            r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": "secret", "messages": [{"sender": "secret"}]}]}"#,
            "line 1, column 113: conversations[0].messages[0].sender: expected one of end_user, agent",
        ),
        (
            r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": "a", "name": ["secret"]}]}"#,
            "line 1, column 83: conversations[0].name: expected a string",
        ),
        (
            r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": "a", "id": 0}]}"#,
            "line 1, column 83: conversations[0].id: expected a number from 1 to 9007199254740991",
        ),
        (
            r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": "a", "id": 9007199254740992}]}"#,
            "line 1, column 98: conversations[0].id: expected a number from 1 to 9007199254740991",
        ),
        (
            r#"{"format": "agentsight-fake/1", "numbers": {"conversation": 18446744073709551615}}"#,
            "line 1, column 81: numbers.conversation: expected a number up to 9007199254740991",
        ),
        (r#"{"format": "agentsight-fake/1"} more"#, "line 1, column 33: trailing characters"),
    ] {
        let invalid = Snapshot::from_json(text).unwrap_err();
        assert_eq!(invalid.to_string(), shown, "{text}");
        let read = Snapshot::read(text.as_bytes()).unwrap_err();
        let read = read.get_ref().unwrap().downcast_ref::<InvalidSnapshot>().unwrap();
        assert_eq!((read.path(), read.problem()), (invalid.path(), invalid.problem()));
    }
}

#[test]
fn a_snapshot_that_contradicts_itself_changes_nothing() {
    let message = |id: u64| json!({ "id": id, "timestamp": "2026-08-17T10:32:33Z", "sender": "agent", "content": "x" });
    let document = |conversations: Value| json!({ "format": "agentsight-fake/1", "conversations": conversations });
    let client = Client::new();
    client.conversation("before");
    for (conversations, path) in [
        (json!([{"id": 1, "conversation_id": "a"}, {"id": 1, "conversation_id": "b"}]), "conversations[1].id"),
        (json!([{"conversation_id": "a"}, {"conversation_id": "a"}]), "conversations[1].conversation_id"),
        (json!([{"conversation_id": "a", "messages": [message(7), message(7)]}]), "conversations[0].messages[1].id"),
        (
            json!([{"conversation_id": "a", "messages": [{"timestamp": "2026-08-17T10:32:33Z", "sender": "agent",
                "content": "x", "attachments": [{"filename": "a.png", "mime_type": "image/png", "size_bytes": 7}]}]}]),
            "conversations[0].messages[0].attachments[0].data",
        ),
    ] {
        let document = document(conversations).to_string().replace("\"conversations\"", "\n\"conversations\"");
        let snapshot = Snapshot::from_json(&document).unwrap();
        let invalid = client.api.restore(&snapshot).unwrap_err();
        assert_eq!((invalid.path(), invalid.position()), (path, None));
        assert_eq!(invalid.located_in(&document).position().map(|(line, _)| line), Some(2));
        assert_eq!(client.api.conversations().len(), 1);
    }
}

#[test]
fn rows_without_a_number_get_one_beyond_all_that_are_given() {
    let text = r#"{"format": "agentsight-fake/1", "conversations": [{"conversation_id": "b", "id": 70},
        {"conversation_id": "a", "messages": [{"timestamp": "2026-08-17T10:32:33Z", "sender": "agent", "content": "x"},
        {"timestamp": "2026-08-17T10:32:34Z", "sender": "agent", "content": "y", "id": 7000000}]}]}"#;
    let client = Client::new();
    client.api.restore(&Snapshot::from_json(text).unwrap()).unwrap();
    let numbers: Vec<u64> = client.api.transcript("a").iter().map(|message| message.id).collect();
    assert_eq!(numbers, [7_000_001, 7_000_000]);
    assert_eq!(client.api.conversation("a").unwrap().id, 71);
    assert_eq!(client.message(71, "z"), 7_000_002);
    assert_eq!(client.conversation("c"), 72);
}

/// Two of each kind of row, by their numbers, created in the conversation of that number.
fn two_of_each(client: &Client, conversation: u64) -> Vec<Vec<u64>> {
    let create = |path: &str, field: &str, body: Value| {
        let answered = client.post(path, body);
        assert_eq!(answered.status, StatusCode::CREATED, "{path} {:?}", answered.json);
        answered.json.pointer(field).unwrap().as_u64().unwrap()
    };
    let file = json!({ "filename": "a", "mime_type": "a/b", "data": "" });
    let upload = json!({ "conversation": conversation, "timestamp": "2026-08-17T10:32:33Z", "attachments": [file] });
    let click = json!({ "conversation": conversation, "button_event": "e", "label": "l", "value": "v" });
    let run = json!({ "conversation": conversation, "action_name": "lookup" });
    let verdict = json!({ "conversation": conversation, "sentiment": "neutral" });
    let twice = |create: &dyn Fn(&str) -> u64| vec![create("first"), create("second")];
    vec![
        twice(&|name| client.conversation(name)),
        twice(&|name| client.message(conversation, name)),
        twice(&|name| create("/api/actions/", "/id", json!({ "name": name }))),
        twice(&|_| create("/api/action_logs/", "/id", run.clone())),
        twice(&|_| create("/api/buttons/", "/id", click.clone())),
        twice(&|_| create("/api/attachments/", "/attachments/0/id", upload.clone())),
        twice(&|_| create("/api/conversation-feedbacks/", "/id", verdict.clone())),
    ]
}

#[test]
fn the_greatest_numbers_leave_room_to_count_on_in_the_gaps_before_them() {
    const GREATEST: u64 = (1 << 53) - 1;
    let numbers = ["conversation", "message", "action", "action_log", "button", "file", "feedback"];
    let all: Value = numbers.iter().map(|name| ((*name).to_owned(), json!(GREATEST))).collect();
    let message =
        json!({ "id": GREATEST, "timestamp": "2026-08-17T10:32:33Z", "sender": "agent", "content": "greatest" });
    for document in [
        json!({ "format": "agentsight-fake/1", "numbers": all }),
        json!({ "format": "agentsight-fake/1", "conversations": [
            { "id": GREATEST, "conversation_id": "greatest", "messages": [message] }, { "id": 1, "conversation_id": "low" }
        ] }),
    ] {
        let client = Client::new();
        client.api.restore(&Snapshot::from_json(&document.to_string()).unwrap()).unwrap();
        let conversation = client.conversation("a");
        for rows in two_of_each(&client, conversation) {
            assert!(rows[0] != rows[1] && rows.iter().all(|number| *number < GREATEST), "{rows:?}");
        }
        let again = Client::new();
        again.api.restore(&through_a_file(&client.api.snapshot())).unwrap();
        assert_eq!(again.api.snapshot(), client.api.snapshot());
        assert!(again.conversation("once more") > 0);
    }
}

#[test]
fn what_is_nested_too_deep_is_refused_wherever_it_comes_in() {
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
    let client = Client::new();
    let number = client.conversation("a");
    for levels in [64, 65, 100] {
        let (is_fine, deep) = (levels <= 64, nested(levels));
        let problem = json!(["Ensure this field has no more than 64 levels of nesting."]);
        for (field, value) in
            [("metadata", deep.clone()), ("metadata", json!(deep.to_string())), ("tools_used", deep.clone())]
        {
            let mut body = json!({ "conversation": number, "action_name": "lookup" });
            body[field] = value;
            let answered = client.post("/api/action_logs/", body);
            assert_eq!(answered.status.is_success(), is_fine, "{levels} {:?}", answered.json);
            assert!(is_fine || answered.status == StatusCode::BAD_REQUEST && answered.json[field] == problem);
        }
        let seed = json!({ "conversation_id": format!("seed-{levels}"), "metadata": deep });
        let document = json!({ "format": "agentsight-fake/1", "conversations": [seed] });
        let seeded = client.api.seed(&seed.to_string()).map(drop);
        let read = Snapshot::from_json(&document.to_string()).map(drop);
        for (refused, path) in [(seeded, "metadata"), (read, "conversations[0].metadata")] {
            match refused {
                Ok(()) => assert!(is_fine, "{levels}"),
                Err(invalid) => {
                    assert!(!is_fine, "{invalid}");
                    assert_eq!(
                        (invalid.path(), invalid.problem()),
                        (path, "expected no more than 64 levels of nesting")
                    );
                }
            }
        }
    }
    assert_eq!(through_a_file(&client.api.snapshot()), client.api.snapshot());
}

#[test]
fn an_answer_of_the_detail_route_can_be_seeded_elsewhere() {
    let client = Client::new();
    let number = client.conversation_with(json!({
        "conversation_id": "export", "metadata": {"a": {"b": 1.5}}, "device": "watch", "environment": "dev",
        "timestamp": "2026-08-17T10:32:33.5Z", "is_used": false, "language": "ar", "customer_ip_address": "::1",
    }));
    client.message(number, "مرحبا");
    let body = json!({ "conversation": number, "action_name": "lookup", "duration_ms": 1.5, "error_msg": "no", "tools_used": {"db": 1} });
    client.post("/api/action_logs/", body);
    client.post("/api/buttons/", json!({ "conversation": number, "button_event": "e", "label": "l", "value": "v" }));
    let message = client.message(number, "last");
    client.post(
        "/api/feedbacks/",
        json!({ "kind": "message", "message": message, "sentiment": "neutral", "topic": "t" }),
    );
    client.post(
        "/api/conversation-feedbacks/",
        json!({ "conversation": number, "sentiment": "negative", "comment": "no" }),
    );
    client.post(&format!("/api/conversations/{number}/mark/"), json!({ "is_marked": true }));
    let detail = |client: &Client| client.get(&format!("/api/conversations/{number}/")).json;

    let other = Client::new();
    let seeded = other.api.seed(&detail(&client).to_string()).unwrap();
    assert_eq!(seeded, Seeded::Added(number));
    assert_eq!(detail(&other), detail(&client));
}

#[test]
fn what_is_there_already_is_not_seeded_again() {
    let client = Client::new();
    let number = client.conversation_with(json!({ "conversation_id": "a", "name": "first" }));
    let changes = client.api.changes();
    assert_eq!(client.api.seed(r#"{"conversation_id": "a", "name": "second"}"#).unwrap(), Seeded::Present(number));
    assert_eq!(client.api.conversation("a").unwrap().name.as_deref(), Some("first"));
    assert_eq!(client.api.changes(), changes);
    // Numbers are given here.
    assert_eq!(client.api.seed(r#"{"conversation_id": "b", "id": 737}"#).unwrap(), Seeded::Added(number + 1));
    assert_ne!(client.api.changes(), changes);
}

#[test]
fn a_seed_that_the_service_would_not_have_stored_is_refused() {
    let api = FakeApi::new();
    for (line, shown) in [
        (
            r#"{"conversation_id": " "}"#,
            "line 1, column 23: conversation_id: expected 1 to 255 characters, not blank and without NUL",
        ),
        (r#"{"name": "x"}"#, "line 1, column 13: missing field `conversation_id`"),
        (
            r#"{"conversation_id": "a", "environment": "staging"}"#,
            "line 1, column 49: environment: expected one of production, development; the service can be given more",
        ),
        (
            r#"{"conversation_id": "a", "customer_ip_address": "1.2.3"}"#,
            "line 1, column 55: customer_ip_address: expected an IPv4 or IPv6 address",
        ),
        (
            r#"{"conversation_id": "a", "messages": [{"timestamp": "now"}]}"#,
            "line 1, column 58: messages[0].timestamp: Datetime has wrong format. Use one of these formats instead: \
             YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
        ),
        (
            r#"{"conversation_id": "a", "feedbacks": [{"sentiment": "meh"}]}"#,
            "line 1, column 59: feedbacks[0].sentiment: expected one of positive, neutral, negative",
        ),
        (
            r#"{"conversation_id": "a", "messages": [{"timestamp": "2026-08-17T10:32:33Z", "sender": "agent", "content": "",
                "attachments": [{"filename": "a.png", "mime_type": "image/png", "file_url": "https://x.example/"}]}]}"#,
            "line 2, column 113: messages[0].attachments[0].data: the content is missing: an export has only an address, which expires. Add \
             it as base64, or take the attachment out",
        ),
    ] {
        assert_eq!(api.seed(line).unwrap_err().to_string(), shown, "{line}");
    }
    assert!(api.conversations().is_empty());
    assert_eq!(api.changes(), 0);
}
