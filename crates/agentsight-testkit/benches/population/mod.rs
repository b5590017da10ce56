//! A service with many conversations in it, as a team has them: transcripts, actions, feedback, metadata, marks.

use agentsight_testkit::FakeApi;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value, json};

/// How many conversations are stored.
pub(crate) const CONVERSATIONS: u64 = 100_000;

const NAMES: [&str; 6] =
    ["Password reset", "Invoice 2026-03", "Delivery of my order", "Refund", "Cancel my plan", "Where is my order?"];
const QUESTIONS: [&str; 6] = [
    "How do I reset my password? The link in your mail does not work any more.",
    "I was charged twice in March, can you look into that for me?",
    "The parcel should have been here on Monday. Where is it now?",
    "Wie kann ich meine Rechnungsadresse ändern?",
    "Can I switch to the yearly plan without losing my data?",
    "The app crashes whenever I open the settings page on my phone.",
];
const ANSWERS: [&str; 6] = [
    "Click 'Forgot password' on the login page, and use the newest mail that you find in your inbox.",
    "I am sorry about that! I have asked our accountants to refund the second payment.",
    "It left our warehouse yesterday, so it should reach you by tomorrow evening.",
    "Gern: Sie können die Adresse in den Einstellungen unter „Zahlung“ ändern.",
    "Yes. Your data stays where it is, and what you have paid this month is taken into account.",
    "Thank you for telling us. Version 4.2 mends this; could you update, and try again?",
];
const ACTIONS: [&str; 3] = ["database_lookup", "search_orders", "send_mail"];

/// A service that holds [`CONVERSATIONS`] conversations with five messages each. It remembers no request.
pub(crate) fn populated() -> FakeApi {
    let api = FakeApi::new();
    for place in 0..CONVERSATIONS {
        add(&api, place);
    }
    api.clear_requests();
    api
}

/// A request with the service's key.
pub(crate) fn request(api: &FakeApi, method: &str, path: &str, body: &Value) -> Request<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:8000")
        .header("accept", "application/json")
        .header("user-agent", "agentsight-rust/0.1.0 (benchmark)")
        .header("authorization", format!("Api-Key {}", api.api_key()))
        .header("content-type", "application/json")
        .body(body)
        .expect("a valid request")
}

/// Sends a request that has to succeed.
pub(crate) fn send(api: &FakeApi, method: &str, path: &str, body: &Value) -> Response<Bytes> {
    let answer = api.handle(request(api, method, path, body));
    assert!(answer.status().is_success(), "{method} {path}: {:?}", answer.body());
    answer
}

fn add(api: &FakeApi, place: u64) {
    let number = place + 1;
    let pick = |words: &[&'static str], by: u64| words[usize::try_from((place / by) % words.len() as u64).unwrap_or(0)];
    let optional = |one_in: u64, value: Value| if place.is_multiple_of(one_in) { Value::Null } else { value };
    // Conversations do not come in by the order of their time.
    let started = place * 7_919 % CONVERSATIONS;
    let at = |event: u64| {
        format!(
            "2026-01-{:02}T{:02}:{:02}:{:02}.{event:06}Z",
            1 + started / 86_400,
            started / 3_600 % 24,
            started / 60 % 60,
            started % 60
        )
    };
    let conversation = json!({
        "conversation_id": format!("support-{place}"),
        "customer_id": optional(9, json!(format!("customer-{}", place % 20_000))),
        "customer_ip_address": format!("203.0.113.{}", place % 256),
        "name": optional(5, json!(pick(&NAMES, 1))),
        "device": pick(&["desktop", "mobile", "tablet"], 2),
        "language": optional(4, json!(pick(&["en", "de", "fr", "en-US"], 3))),
        "environment": pick(&["production", "production", "production", "development"], 1),
        "timestamp": at(0),
        "metadata": {"tier": pick(&["free", "premium", "enterprise"], 5), "visits": place % 12, "campaign": {"source": "newsletter"}},
    });
    send(api, "POST", "/api/conversations/", &conversation);
    for event in 1..=5 {
        let mut body = Map::new();
        body.insert("conversation".to_owned(), json!(number));
        body.insert("timestamp".to_owned(), json!(at(event)));
        if event == 3 && place.is_multiple_of(2) {
            body.insert("action_name".to_owned(), json!(pick(&ACTIONS, 2)));
            send(api, "POST", "/api/action_logs/", &Value::Object(body));
            continue;
        }
        let (sender, content) =
            if event % 2 == 1 { ("end_user", pick(&QUESTIONS, event)) } else { ("agent", pick(&ANSWERS, event)) };
        body.insert("sender".to_owned(), json!(sender));
        body.insert("content".to_owned(), json!(content));
        send(api, "POST", "/api/track/", &Value::Object(body));
    }
    if place.is_multiple_of(4) {
        let sentiment = pick(&["positive", "neutral", "negative"], 4);
        let feedback = json!({ "conversation": number, "sentiment": sentiment });
        send(api, "POST", "/api/conversation-feedbacks/", &feedback);
    }
    if place.is_multiple_of(16) {
        send(api, "POST", &format!("/api/conversations/{number}/mark/"), &json!({ "is_marked": true }));
    }
}
