//! What crosses the socket between the asynchronous client and a server.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../../../../tests/wire/mod.rs"]
mod shared;

use std::sync::Arc;
use std::time::Duration;

use agentsight_http_async::{
    AgentSight, AttachmentMode, Attachments, ConversationFilter, ErrorKind, HumanMessage, NewAttachment,
    NewConversation, ReqwestTransport,
};
use mockito::{Matcher, Server, ServerGuard};

use self::shared::{EMPTY_PAGE, ERROR_ANSWERS, KEY, VirtualClock, config};

fn client(server: &ServerGuard) -> (AgentSight, Arc<VirtualClock>) {
    let clock = Arc::new(VirtualClock::default());
    let config = config(server.url());
    let transport = ReqwestTransport::new(&config).expect("a transport");
    (
        AgentSight::builder(config)
            .context(clock.context())
            .transport(transport)
            .build()
            .expect("a client with a transport of its own"),
        clock,
    )
}

#[tokio::test]
async fn r24_a_read_carries_the_key_and_no_content_type() {
    let mut server = Server::new_async().await;
    let list = server
        .mock("GET", "/api/conversations/")
        .match_query(Matcher::UrlEncoded("device".into(), "mobile".into()))
        .match_header("authorization", format!("Api-Key {KEY}").as_str())
        .match_header("accept", "application/json")
        .match_header("user-agent", Matcher::Regex(r"^agentsight-rust/\d+\.\d+\.\d+ \(reqwest\)$".into()))
        .match_header("content-type", Matcher::Missing)
        .with_body(EMPTY_PAGE)
        .create_async()
        .await;
    let (sight, _) = client(&server);
    let page =
        sight.api().fetch_conversations(&ConversationFilter::new().device("mobile")).await.expect("an empty page");
    assert_eq!(page.count, 0);
    list.assert_async().await;
}

#[tokio::test]
async fn every_shape_of_an_error_body_is_understood() {
    for answer in ERROR_ANSWERS {
        let mut server = Server::new_async().await;
        server
            .mock("GET", "/api/conversations/")
            .with_status(answer.status)
            .with_header("content-type", answer.content_type)
            .with_body(answer.body)
            .create_async()
            .await;
        let (sight, _) = client(&server);
        let error = sight.api().fetch_conversations(&ConversationFilter::new()).await.expect_err("an error answer");
        answer.check(&error);
    }
}

#[tokio::test]
async fn r16_a_503_is_repeated_no_earlier_than_it_says() {
    let mut server = Server::new_async().await;
    let busy = server
        .mock("GET", "/api/conversations/")
        .with_status(503)
        .with_header("retry-after", "3")
        .with_body("busy")
        .expect(2)
        .create_async()
        .await;
    let ready = server.mock("GET", "/api/conversations/").with_body(EMPTY_PAGE).expect(1).create_async().await;
    let (sight, clock) = client(&server);
    assert!(sight.api().fetch_conversations(&ConversationFilter::new()).await.is_ok());
    assert!(clock.elapsed() >= Duration::from_secs(6), "{:?}", clock.elapsed());
    busy.assert_async().await;
    ready.assert_async().await;
}

#[tokio::test]
async fn r16_a_429_is_repeated_no_earlier_than_it_says() {
    let mut server = Server::new_async().await;
    let conversation = r#"{"id": 42, "conversation_id": "c"}"#;
    server
        .mock("POST", "/api/conversations/")
        .with_status(429)
        .with_header("retry-after", "7")
        .with_body(r#"{"detail": "Request was throttled. Expected available in 7 seconds."}"#)
        .expect(1)
        .create_async()
        .await;
    let created = server
        .mock("POST", "/api/conversations/")
        .with_status(201)
        .with_body(conversation)
        .expect(1)
        .create_async()
        .await;
    let (sight, clock) = client(&server);
    let chat = sight.tracker().get_or_create_conversation(NewConversation::new("c")).expect("a valid conversation");
    assert!(chat.send().await.is_ok());
    assert!(clock.elapsed() >= Duration::from_secs(7), "{:?}", clock.elapsed());
    created.assert_async().await;
}

#[tokio::test]
async fn r16_a_wait_beyond_the_deadline_stops_at_once_and_keeps_everything() {
    let mut server = Server::new_async().await;
    let throttled = server
        .mock("POST", "/api/conversations/")
        .with_status(429)
        .with_header("retry-after", "3600")
        .expect(1)
        .create_async()
        .await;
    let (sight, clock) = client(&server);
    let chat = sight.tracker().get_or_create_conversation(NewConversation::new("c")).expect("a valid conversation");
    let error = chat.send().await.expect_err("throttled for an hour");
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(3_600))));
    assert_eq!(error.report().map(|report| report.remaining), Some(1));
    assert_eq!(clock.elapsed(), Duration::ZERO);
    throttled.assert_async().await;
}

#[tokio::test]
async fn r17_a_create_that_is_answered_500_is_looked_for_before_it_would_be_repeated() {
    let mut server = Server::new_async().await;
    let (sight, _) = client(&server);
    let conversation = r#"{"id": 42, "conversation_id": "c"}"#;
    server.mock("POST", "/api/conversations/").with_status(201).with_body(conversation).create_async().await;
    let failed =
        server.mock("POST", "/api/track/").with_status(500).with_body("<h1>oops</h1>").expect(1).create_async().await;
    let kept = r#"{"id": 42, "conversation_id": "c", "messages":
        [{"id": 101, "timestamp": "1970-01-01T00:00:00Z", "sender": "end_user", "content": "hi"}]}"#;
    let looked = server.mock("GET", "/api/conversations/42/").with_body(kept).expect(1).create_async().await;
    let chat = sight.conversation("c").expect("a valid id");
    chat.track_human_message("hi").expect("a message");
    let report = chat.send().await.expect("found");
    assert_eq!((report.summary.questions, report.remaining), (1, 0));
    failed.assert_async().await;
    looked.assert_async().await;
}

#[tokio::test]
async fn r13_a_message_and_its_files_cross_byte_by_byte() {
    let mut server = Server::new_async().await;
    server
        .mock("POST", "/api/conversations/")
        .with_status(201)
        .with_body(r#"{"id": 42, "conversation_id": "c"}"#)
        .create_async()
        .await;
    let message = server
        .mock("POST", "/api/track/")
        .match_header("content-type", "application/json")
        .match_header("authorization", format!("Api-Key {KEY}").as_str())
        .match_body(Matcher::PartialJsonString(
            r#"{"conversation": 42, "conversation_id": "c", "sender": "end_user", "content": "look"}"#.into(),
        ))
        .with_status(201)
        .with_body(r#"{"id": 101}"#)
        .expect(1)
        .create_async()
        .await;
    let files = server
        .mock("POST", "/api/attachments/")
        .match_header("content-type", Matcher::Regex("^multipart/form-data; boundary=[^ ;]+$".into()))
        .match_header("transfer-encoding", Matcher::Missing)
        .match_body(Matcher::Regex(
            "(?s)^--[^\r\n]+\r\n.*; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\none\r\ntwo\r\n--.*--\r\n$"
                .into(),
        ))
        .with_status(201)
        .with_body(r#"{"message": 101, "attachments": []}"#)
        .expect(1)
        .create_async()
        .await;
    let (sight, _) = client(&server);
    let chat = sight.conversation("c").expect("a valid id");
    let file = NewAttachment::bytes("one\r\ntwo").filename("a.txt");
    let file = Attachments::new([file]).mode(AttachmentMode::FormData);
    chat.track_human_message(HumanMessage::new("look").attachments(file)).expect("a message");
    let report = chat.send().await.expect("everything is answered");
    assert_eq!((report.rejected(), report.remaining), (0, 0));
    message.assert_async().await;
    files.assert_async().await;
}
