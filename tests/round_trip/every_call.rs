//! Everything that can be tracked, read and managed, once: what to give to a client, and what has to come of it.
//!
//! Every event has an explicit time and the service's clock stands still, so that both clients have to send the very
//! requests, and arrive at the very results, that `every_call.json` holds.

use std::fs;
use std::path::{Path, PathBuf};

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ButtonClick, ConversationRecorder, ConversationUpdate, Environment,
    Error, HumanMessage, NewAction, NewAttachment, NewConversation, NewFeedback, Sender, Sentiment, TokenUsage,
};
use agentsight_testkit::{FakeClock, FakeOptions, FakeServer, RecordedRequest};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) const ID: &str = "support-123";

/// A service whose clock stands still.
pub(crate) fn serve() -> FakeServer {
    let options = FakeOptions::new().clock(FakeClock::at(at(3_600)));
    FakeServer::builder().options(options).start().expect("a free port")
}

/// A conversation that nobody has used yet.
pub(crate) fn lobby() -> NewConversation {
    NewConversation::new("lobby").device("desktop").at(at(0))
}

/// A conversation with every field.
pub(crate) fn conversation() -> NewConversation {
    NewConversation::new(ID)
        .customer_id("user-456")
        .customer_ip_address("203.0.113.7")
        .device("mobile")
        .source("web")
        .language("en-US")
        .name("Password reset")
        .environment(Environment::Production)
        .metadata("user_tier", "premium")
        .metadata("visits", 3)
        .at(at(0))
}

/// One event of every kind.
pub(crate) fn track(chat: &ConversationRecorder) -> Result<(), Error> {
    let pictures = [
        NewAttachment::bytes(b"\x89PNG\r\n\x1a\n").filename("screen.png"),
        NewAttachment::base64("aGVsbG8=").filename("note.txt").mime_type("text/plain"),
    ];
    let question = HumanMessage::new("How do I reset my password?").metadata("message_id", "m-1");
    chat.track_human_message(question.attachments(Attachments::new(pictures)).at(at(1)))?;
    let looked_up = NewAction::new("database_lookup")
        .started_at(at(2))
        .ended_at(at(2) + TimeDelta::milliseconds(150))
        .duration_ms(150)
        .tools_used(json!({"database": "PostgreSQL"}))
        .response("User found");
    chat.track_action(looked_up.metadata("rows", 1).at(at(2)))?;
    chat.track_action(NewAction::new("send_mail").error_message("The mailbox is full").at(at(3)))?;
    chat.track_button(ButtonClick::new("confirmed", "Send again", "mail-1").metadata("place", "footer").at(at(4)))?;
    let note = NewAttachment::bytes(b"{\"steps\": 2}").filename("steps \u{201c}new\u{201d}.json");
    let by_form = Attachments::new([note]).mode(AttachmentMode::FormData).sender(Sender::Agent);
    chat.track_attachments(by_form.metadata("kind", "guide").at(at(5)))?;
    chat.track_attachments(Attachments::new([NewAttachment::path(file())]).at(at(6)))?;
    chat.track_token_usage(TokenUsage::new(80, 30));
    chat.track_token_usage(TokenUsage::new(20, 5).embedding_tokens(7));
    chat.track_agent_message(
        AgentMessage::new("Click \u{201e}Forgot password\u{201c}.").metadata("model", "m").at(at(7)),
    )
}

pub(crate) fn update() -> ConversationUpdate {
    ConversationUpdate::new().customer_id("user-789").device("desktop").language("de").metadata("escalated", true)
}

pub(crate) fn feedback() -> NewFeedback {
    NewFeedback::new(Sentiment::Positive).comment("Very helpful!").metadata("stars", 5)
}

/// What the calls answered, in order.
#[derive(Default)]
pub(crate) struct Answers(Vec<(&'static str, Value)>);

impl Answers {
    pub(crate) fn keep(&mut self, call: &'static str, answer: &impl Serialize) {
        let answer = serde_json::to_value(answer).expect("every answer can be written");
        self.0.push((call, answer));
    }

    /// Keeps what a call that has to fail is refused with.
    pub(crate) fn keep_error<T>(&mut self, call: &'static str, answer: Result<T, Error>) {
        let error = answer.err().expect("the call fails");
        self.keep(call, &json!({"kind": format!("{:?}", error.kind()), "error": error.to_string()}));
    }

    /// Compares the answers, and the requests that led to them, with `every_call.json`.
    pub(crate) fn assert_as_recorded(self, server: &FakeServer) {
        let requests: Vec<Value> = server.requests().iter().map(shown).collect();
        let answers: Vec<Value> =
            self.0.into_iter().map(|(call, answer)| json!({"call": call, "answer": answer})).collect();
        let mut actual = json!({"answers": answers, "requests": requests});
        hide_signed_urls(&mut actual, server.url());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every_call.json");
        let text = serde_json::to_string_pretty(&actual).expect("values can be written");
        fs::write(&path, text).expect("room for a small file");
        let recorded: Value = serde_json::from_str(include_str!("every_call.json")).expect("the recording is JSON");
        for part in ["answers", "requests"] {
            for (place, (actual, recorded)) in entries(&actual[part]).zip(entries(&recorded[part])).enumerate() {
                assert_eq!(actual, recorded, "{part}, {place}; all of it is in {}", path.display());
            }
            assert_eq!(entries(&actual[part]).count(), entries(&recorded[part]).count(), "{part}");
        }
    }
}

fn entries(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// A request without what differs from run to run: the host and the boundary.
fn shown(request: &RecordedRequest) -> Value {
    let content_type = request.header("content-type").unwrap_or_default();
    let (content_type, boundary) = content_type.split_once("boundary=").unwrap_or((content_type, ""));
    let body = match request.json() {
        Some(body) => body,
        None if boundary.is_empty() => Value::from(String::from_utf8_lossy(&request.body)),
        None => Value::from(String::from_utf8_lossy(&request.body).replace(boundary, "BOUNDARY")),
    };
    let query: Map<String, Value> = request.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "method": request.method.as_str(),
        "path": request.path,
        "query": query,
        "content_type": content_type,
        "body": body,
        "status": request.status.map(|status| status.as_u16()),
    })
}

/// Signed addresses hold the port and a signature.
fn hide_signed_urls(value: &mut Value, origin: &str) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "file_url" && value.as_str().is_some_and(|url| url.starts_with(origin)) {
                    *value = Value::from("SIGNED");
                } else {
                    hide_signed_urls(value, origin);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| hide_signed_urls(value, origin)),
        _ => {}
    }
}

/// A file to attach by its path.
fn file() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("every-call-{}", std::process::id()));
    let path = folder.join("report.csv");
    fs::create_dir_all(&folder).and_then(|()| fs::write(&path, "day,visits\n1,2\n")).expect("room for a small file");
    path
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_740_819_600 + second)
}
