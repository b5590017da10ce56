//! C4 for a whole client: what it logs itself, while everything happens that it has something to say about.

use agentsight_http_blocking::{AgentSight, AmbiguousCreate, Config, ConversationFilter, LogLevel, NewConversation};
use agentsight_testkit::conformance::LogCapture;
use agentsight_testkit::{Fault, FaultPlan, FaultRule, VirtualTransport};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

const PRIVATE: &str = "my password is hunter2";

/// An answer that quotes what was sent, as services do in their refusals.
fn refusal() -> Fault {
    let json = HeaderValue::from_static("application/json");
    let body = format!(r#"{{"content": ["not accepted: {PRIVATE}"]}}"#);
    Fault::status_with_body(StatusCode::BAD_REQUEST, json.clone(), body).header(CONTENT_TYPE, json)
}

#[test]
fn c4_the_sdk_logs_neither_keys_nor_queries_nor_content() {
    let watch = LogCapture::install().unwrap().watch();
    let service = VirtualTransport::new();
    let key = service.api().api_key().to_owned();
    let config = Config::builder().api_key(&*key).log_level(LogLevel::Debug).ambiguous_create(AmbiguousCreate::Hold);
    let context = service.clock().context(1);
    let sight =
        AgentSight::builder(config.build().unwrap()).transport(service.clone()).context(context).build().unwrap();

    // No environment and no conversation are set.
    let tracker = sight.new_tracker();
    tracker.track_human_message(PRIVATE).unwrap();
    // An event is refused, a record is refused, an event stays in doubt, and the program ends with it.
    service.set_faults(FaultPlan::new().rule(FaultRule::new(refusal()).path("/api/track/")));
    assert_eq!(tracker.send_tracked_data().unwrap().summary.errors, 1);
    service.set_faults(FaultPlan::new().rule(FaultRule::new(refusal()).path("/api/conversations/")));
    let refused = sight.new_tracker().get_or_create_conversation(NewConversation::new(PRIVATE).name(PRIVATE)).unwrap();
    refused.track_human_message(PRIVATE).unwrap();
    drop(refused.send().unwrap_err());
    let doubtful = sight.conversation("doubtful").unwrap();
    doubtful.track_agent_message(PRIVATE).unwrap();
    service.set_faults(FaultPlan::new().rule(FaultRule::new(Fault::store_then_drop()).path("/api/track/")));
    drop(doubtful.send().unwrap_err());
    service.set_faults(FaultPlan::new().rule(FaultRule::new(Fault::status(StatusCode::INTERNAL_SERVER_ERROR))));
    drop(sight.api().fetch_conversations(&ConversationFilter::new().message_contains(PRIVATE)).unwrap());
    drop((tracker, refused, doubtful, sight));

    let records = watch.records();
    let ours: Vec<_> = records.iter().filter(|record| record.target() == "agentsight").collect();
    let said = |words: &str| ours.iter().any(|record| record.text().contains(words));
    for words in
        ["no conversation is set", "no environment is set", "event was refused", "record was refused", "in doubt"]
    {
        assert!(said(words), "nothing is logged of {words:?}: {ours:?}");
    }
    for record in ours {
        let text = record.text();
        assert!(!text.contains("hunter2") && !text.contains(&key[4..12]), "{record:?}");
    }
}
