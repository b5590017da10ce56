//! The deliberate differences that the recording has no scenario for, each shown once.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ConversationFilter, ErrorKind, NewAttachment, NewConversation,
    TokenUsage,
};
use agentsight_testkit::{FakeServer, Fault, FaultRule};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::call::Call;
use super::clock::Clock;
use super::outcome::items;
use super::request::{Body, Request};
use super::{Client, proof};

const CONVERSATIONS: &str = "/api/conversations/";
const MESSAGES: &str = "/api/track/";
const FILES: &str = "/api/attachments/";

/// A client and the service that it talks to.
struct World<C> {
    server: FakeServer,
    client: C,
    clock: Arc<Clock>,
}

impl<C: Client> World<C> {
    fn new() -> Self {
        Self::with_faults([])
    }

    fn with_faults(faults: impl IntoIterator<Item = FaultRule>) -> Self {
        let server = FakeServer::start().expect("a free port");
        faults.into_iter().for_each(|rule| server.add_fault(rule));
        let clock = Arc::<Clock>::default();
        let client = C::open(proof::config(&server).build().expect("a valid configuration"), Arc::clone(&clock));
        Self { server, client, clock }
    }

    /// A conversation with these messages of a person, not yet sent.
    fn tracked(self, messages: &[&str]) -> Self {
        self.make(Call::GetOrCreateConversation(NewConversation::new("c")));
        messages.iter().for_each(|message| drop(self.make(Call::TrackHumanMessage((*message).into()))));
        self
    }

    fn make(&self, call: Call) -> Value {
        self.client.make(call).expect("a call that succeeds")
    }

    fn send(&self) -> Value {
        self.make(Call::SendTrackedData)
    }

    /// The requests to a path, in order.
    fn requests(&self, path: &str) -> Vec<Request> {
        let requests = self.server.requests();
        requests.iter().filter(|request| request.path == path).map(Request::sent).collect()
    }

    /// The messages that the service keeps.
    fn transcript(&self, conversation: &str) -> Vec<String> {
        self.server.api().transcript(conversation).into_iter().map(|message| message.content).collect()
    }
}

pub(crate) fn a_blank_id_is_refused<C: Client>() {
    let world = World::<C>::new();
    let error = world.client.make(Call::FetchConversation("".into())).expect_err("no conversation has a blank id");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(world.server.requests().is_empty());
}

pub(crate) fn a_busy_service_is_asked_again<C: Client>() {
    let refusals = [Fault::status(StatusCode::TOO_MANY_REQUESTS), Fault::status(StatusCode::SERVICE_UNAVAILABLE)];
    for refusal in refusals {
        let world = World::<C>::with_faults([FaultRule::new(refusal).path(MESSAGES)]).tracked(&["hello"]);
        assert_eq!(world.send()["summary"]["questions"], 1);
        assert_eq!(world.requests(MESSAGES).len(), 2);
        assert_eq!(world.transcript("c"), ["hello"]);
    }
    let failure = FaultRule::new(Fault::status(StatusCode::INTERNAL_SERVER_ERROR)).method(Method::GET);
    let world = World::<C>::with_faults([failure]);
    world.make(Call::FetchConversations(ConversationFilter::new()));
    assert_eq!(world.requests(CONVERSATIONS).len(), 2);
}

pub(crate) fn a_lost_answer_repeats_nothing<C: Client>() {
    let lost = FaultRule::new(Fault::close_after_applied()).path(MESSAGES);
    let world = World::<C>::with_faults([lost]).tracked(&["hello"]);
    assert_eq!(world.send()["summary"]["questions"], 1);
    assert_eq!(world.requests(MESSAGES).len(), 1);
    assert_eq!(world.transcript("c"), ["hello"]);
}

pub(crate) fn a_refused_file_of_a_message_is_reported<C: Client>() {
    let refusal = FaultRule::new(Fault::status(StatusCode::PAYLOAD_TOO_LARGE)).path(FILES);
    let world = World::<C>::with_faults([refusal]).tracked(&[]);
    let message = AgentMessage::new("see the file").attachments(NewAttachment::bytes("x").filename("a.txt"));
    world.make(Call::TrackAgentMessage(message));
    let report = world.send();
    assert_eq!(report["summary"]["errors"], 1, "{report}");
    assert_eq!(items(&report).last().expect("the message")["success"], false);
}

pub(crate) fn an_agents_files_carry_its_conversation<C: Client>() {
    let world = World::<C>::new().tracked(&[]);
    let message = AgentMessage::new("see the file").attachments(NewAttachment::bytes("x").filename("a.txt"));
    world.make(Call::TrackAgentMessage(message));
    let report = world.send();
    let upload = world.requests(FILES).pop().expect("one upload");
    let number = items(&report).next().expect("the record")["response"]["id"].to_string();
    assert_eq!(upload.field("conversation_id"), Some(&json!("c")));
    assert_eq!(upload.field("conversation"), Some(&json!(number)));
}

pub(crate) fn an_empty_send_is_no_error<C: Client>() {
    let world = World::<C>::new();
    assert_eq!(world.send()["items"], json!([]));
    let world = world.tracked(&["hello"]);
    assert_eq!(world.send()["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(world.send()["items"], json!([]));
    assert_eq!(world.server.requests().len(), 2);
}

pub(crate) fn an_event_without_a_registration_is_sent<C: Client>() {
    let world = World::<C>::new();
    world.make(Call::TrackHumanMessage("hello".into()));
    let summary = world.make(Call::GetTrackedDataSummary);
    world.send();
    let (record, message) = (world.requests(CONVERSATIONS), world.requests(MESSAGES));
    assert_eq!(record[0].field("conversation_id"), Some(&summary["conversation_id"]));
    assert!(message[0].field("conversation").is_some_and(Value::is_u64));
}

pub(crate) fn an_explicit_environment_beats_the_configured_one<C: Client>() {
    let server = FakeServer::start().expect("a free port");
    let config = proof::config(&server).environment("development").build().expect("a valid configuration");
    let world = World { client: C::open(config, Arc::default()), server, clock: Arc::default() };
    for (id, environment) in [("own", Some("production")), ("configured", None)] {
        let mut conversation = NewConversation::new(id);
        conversation.environment = environment.map(Into::into);
        world.make(Call::GetOrCreateConversation(conversation));
        world.send();
    }
    let records = world.requests(CONVERSATIONS);
    let environments: Vec<_> = records.iter().filter_map(|record| record.field("environment")).collect();
    assert_eq!(environments, ["production", "development"]);
}

pub(crate) fn counters_belong_to_their_conversation<C: Client>() {
    let world = World::<C>::new().tracked(&[]);
    world.make(Call::TrackTokenUsage(TokenUsage::new(3, 4)));
    world.make(Call::GetOrCreateConversation(NewConversation::new("other")));
    assert_eq!(world.make(Call::GetTokenUsage)["total_tokens"], 0);
    world.make(Call::GetOrCreateConversation(NewConversation::new("c")));
    assert_eq!(world.make(Call::GetTokenUsage)["total_tokens"], 7);
}

pub(crate) fn counters_of_zero_send_nothing<C: Client>() {
    let world = World::<C>::new().tracked(&["hello"]);
    world.make(Call::TrackTokenUsage(TokenUsage::new(0, 0)));
    world.send();
    assert!(world.requests("/api/action_logs/").is_empty());
}

pub(crate) fn generated_ids_have_32_digits<C: Client>() {
    let (one, other) = (C::generated_id(), C::generated_id());
    let digits = one.strip_prefix("conv_").expect("the vendor's prefix");
    assert_eq!(digits.len(), 32);
    assert!(digits.bytes().all(|digit| digit.is_ascii_digit() || matches!(digit, b'a'..=b'f')), "{one}");
    assert_ne!(one, other);
}

pub(crate) fn nothing_is_forgotten_before_it_is_acknowledged<C: Client>() {
    let refusal = FaultRule::new(Fault::status(StatusCode::UNAUTHORIZED)).path(MESSAGES).nth(2);
    let world = World::<C>::with_faults([refusal]).tracked(&["one", "two", "three"]);
    let error = world.client.make(Call::SendTrackedData).expect_err("the key was refused");
    assert_eq!(error.report().map(|report| (report.acknowledged(), report.remaining)), Some((2, 2)));
    world.client.make(Call::SendTrackedData).expect_err("the key is not tried again at once");
    // After a minute it is (R16).
    world.clock.skip(Duration::from_secs(60));
    assert_eq!(world.send()["summary"]["questions"], 2);
    assert_eq!(world.transcript("c"), ["one", "two", "three"]);
}

pub(crate) fn the_files_name_tells_its_type_before_its_content<C: Client>() {
    let world = World::<C>::new().tracked(&[]);
    let file = NewAttachment::bytes("%PDF-1.4 raw").filename("notes.md");
    world.make(Call::TrackAttachments(Attachments::new([file]).mode(AttachmentMode::FormData)));
    world.send();
    let upload = world.requests(FILES).pop().expect("one upload");
    let Body::Form(parts) = upload.body else { panic!("form data, not {upload:?}") };
    assert!(parts.iter().any(|part| part.headers.contains(&"Content-Type: text/markdown".to_owned())), "{parts:?}");
}

pub(crate) fn threads_do_not_share_a_conversation<C: Client>() {
    let world = World::<C>::new();
    let both_are_registered = Barrier::new(2);
    thread::scope(|scope| {
        for id in ["one", "two"] {
            let (client, barrier) = (world.client.with_own_tracker(), &both_are_registered);
            scope.spawn(move || {
                let make = |call| client.make(call).expect("a call that succeeds");
                make(Call::GetOrCreateConversation(NewConversation::new(id)));
                barrier.wait();
                make(Call::TrackHumanMessage(id.into()));
                make(Call::SendTrackedData);
            });
        }
    });
    assert_eq!(world.transcript("one"), ["one"]);
    assert_eq!(world.transcript("two"), ["two"]);
}
