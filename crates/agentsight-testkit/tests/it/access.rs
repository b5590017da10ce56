use agentsight_testkit::{FakeApi, FakeKey, FakeOptions, KeyState, Role};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::support::Client;

const WRITER: &str = "ags_00000000000000000000000000000001_000001";
const READER: &str = "ags_00000000000000000000000000000002_000002";
const STRANGER: &str = "ags_00000000000000000000000000000003_000003";

fn service() -> Client {
    Client::with_options(
        FakeOptions::new()
            .key(FakeKey::new(READER).role(Role::Read))
            .key(FakeKey::new(WRITER))
            .key(FakeKey::new(STRANGER).agent(2)),
    )
}

#[test]
fn a_request_without_a_key_is_401_and_says_which_scheme() {
    let request = Request::get("/api/conversations/").body(Bytes::new()).unwrap();
    let response = FakeApi::new().handle(request);
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Api-Key");
    assert_eq!(response.body(), r#"{"detail":"Authentication credentials were not provided."}"#);
}

#[test]
fn another_authorization_scheme_is_no_credential() {
    let request = Request::get("/api/me/").header("authorization", format!("Bearer {WRITER}")).body(Bytes::new());
    let response = FakeApi::new().handle(request.unwrap());
    assert_eq!(response.body(), r#"{"detail":"Authentication credentials were not provided."}"#);
}

#[test]
fn a_key_of_another_shape_or_unknown_is_401() {
    for key in ["ags_123", "ags_0000000000000000000000000000000g_000001", &WRITER.replace('1', "9")] {
        let answered = service().with_key(key).get("/api/conversations/");
        assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answered.json["detail"], "Invalid API key.");
    }
}

#[test]
fn a_key_that_is_no_longer_good_is_401_and_says_why() {
    for (state, text) in [
        (KeyState::Revoked, "API key is inactive, expired or revoked."),
        (KeyState::Unlinked, "API key is not linked to any agent."),
        (KeyState::Unsubscribed, "Agent does not have an active subscription or development phase."),
    ] {
        let client = Client::with_options(FakeOptions::new().key(FakeKey::new(WRITER).state(state)));
        let answered = client.with_key(WRITER).get("/api/me/");
        assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answered.json["detail"], text);
    }
}

#[test]
fn a_read_key_reads_and_every_write_is_403() {
    let service = service();
    let number = service.conversation("a");
    let reader = service.with_key(READER);
    for path in ["/api/conversations/", "/api/conversations/lookup/?conversation_id=a", "/api/me/"] {
        assert_eq!(reader.get(path).status, StatusCode::OK, "{path}");
    }
    for (method, path) in [
        (Method::POST, "/api/conversations/".to_owned()),
        (Method::POST, "/api/track/".to_owned()),
        (Method::POST, "/api/action_logs/".to_owned()),
        (Method::POST, "/api/buttons/".to_owned()),
        (Method::POST, "/api/attachments/".to_owned()),
        (Method::POST, "/api/conversation-feedbacks/".to_owned()),
        (Method::PATCH, format!("/api/conversations/{number}/rename/")),
        (Method::PATCH, format!("/api/conversations/{number}/update/")),
        (Method::POST, format!("/api/conversations/{number}/mark/")),
        (Method::DELETE, format!("/api/conversations/{number}/delete/")),
        (Method::DELETE, format!("/api/conversations/{number}/")),
    ] {
        let answered = reader.send(method, &path, Some(json!({})));
        assert_eq!(answered.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answered.json["detail"], "You do not have permission to perform this action.");
    }
}

#[test]
fn another_agents_rows_look_like_rows_that_are_not_there() {
    let service = service();
    let number = service.conversation("a");
    let message = service.message(number, "Hello!");
    let stranger = service.with_key(STRANGER);
    for path in [
        format!("/api/conversations/{number}/"),
        format!("/api/conversations/{number}/attachments/"),
        format!("/api/track/{message}/"),
        "/api/conversations/lookup/?conversation_id=a".to_owned(),
    ] {
        assert_eq!(stranger.get(&path).status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(stranger.get("/api/conversations/").json["count"], 0);
    let tracked = json!({"conversation": number, "content": "Hello!", "sender": "agent"});
    assert_eq!(stranger.post("/api/track/", tracked).status, StatusCode::BAD_REQUEST);
}

#[test]
fn agents_can_use_the_same_text_id() {
    let service = service();
    let own = service.conversation("a");
    let other = service.with_key(STRANGER).conversation("a");
    assert_ne!(own, other);
    assert_eq!(service.get("/api/conversations/").json["count"], 1);
}

#[test]
fn me_tells_the_agent_the_role_and_the_environments() {
    let options = FakeOptions::new().key(FakeKey::new(READER).role(Role::Read).agent(7)).environment("Staging");
    let me = Client::with_options(options).with_key(READER).get("/api/me/").json;
    assert_eq!((me["agent_id"].as_u64(), me["role"].as_str()), (Some(7), Some("read")));
    let slugs: Vec<&str> =
        me["environments"].as_array().unwrap().iter().map(|row| row["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["production", "development", "staging"]);
    assert!(me["capabilities"].is_array() && me["agent_name"].is_string());
}
