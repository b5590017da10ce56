//! Both transports over the fake service, and the clock that a client and the service share.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use agentsight_core::transport::{AsyncTransport, Attempt, Body, FailureKind, FileSegment, Transport};
use agentsight_http_async::AgentSight as AsyncAgentSight;
use agentsight_http_blocking::{AgentSight, Config, NewAttachment};
use agentsight_testkit::{FakeOptions, Fault, FaultPlan, FaultRule, VirtualTransport};
use http::{Method, Request, StatusCode};

fn attempt(service: &VirtualTransport, method: Method, path: &str, body: impl Into<Body>) -> Attempt {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://api.agentsight.io{path}"))
        .header("authorization", format!("Api-Key {}", service.api().api_key()))
        .header("content-type", "application/json");
    Attempt::new(request.body(body.into()).unwrap())
}

fn me(service: &VirtualTransport) -> Attempt {
    attempt(service, Method::GET, "/api/me/", Body::empty())
}

fn config(service: &VirtualTransport) -> Config {
    Config::builder().api_key(service.api().api_key()).build().unwrap()
}

fn blocking(service: &VirtualTransport, seed: u64) -> AgentSight {
    let context = service.clock().context(seed);
    AgentSight::builder(config(service)).transport(service.clone()).context(context).build().unwrap()
}

fn asynchronous(service: &VirtualTransport) -> AsyncAgentSight {
    let context = service.clock().context(1);
    AsyncAgentSight::builder(config(service)).transport(service.clone()).context(context).build().unwrap()
}

/// Drives a future that needs no runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// Polls a future so often and drops it; whether it was done by then.
fn poll_and_drop<T>(future: impl Future<Output = T>, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).any(|_| future.as_mut().poll(&mut context).is_ready())
}

#[test]
fn a_request_is_answered_by_the_service_through_either_trait() {
    let service = VirtualTransport::new();
    assert_eq!(Transport::send(&service, me(&service)).unwrap().status(), StatusCode::OK);
    assert_eq!(block_on(AsyncTransport::send(&service, me(&service))).unwrap().status(), StatusCode::OK);
    assert_eq!(service.api().requests().len(), 2);
    assert_eq!(service.clock().since_start(), Duration::ZERO);
}

#[test]
fn r10_a_request_is_under_way_from_before_the_service_sees_it_until_its_answer_is_handed_over() {
    let service = VirtualTransport::new();
    let send = || AsyncTransport::send(&service, me(&service));
    let most_parallel = || service.api().audit().traffic.most_parallel;
    assert!(!poll_and_drop(send(), 1) && !poll_and_drop(send(), 2));
    assert!(Transport::send(&service, me(&service)).is_ok());
    assert_eq!(most_parallel(), 1, "what was dropped or answered is over");

    let mut first = pin!(send());
    let mut context = Context::from_waker(Waker::noop());
    assert!((0..2).all(|_| first.as_mut().poll(&mut context).is_pending()));
    assert!(!poll_and_drop(send(), 1));
    assert_eq!(most_parallel(), 2, "one is answered and not handed over, the other not seen yet");
}

#[test]
fn r16_the_waits_of_either_client_move_the_one_clock() {
    let service = VirtualTransport::new();
    let before = service.api().clock().now();
    service.add_fault(FaultRule::new(Fault::retry_after(20)));
    let sight = blocking(&service, 1);
    assert!(sight.me().is_ok());
    assert_eq!(service.clock().since_start().as_secs(), 20);

    service.add_fault(FaultRule::new(Fault::retry_after(30)));
    let sight = asynchronous(&service);
    assert!(block_on(sight.me()).is_ok());
    assert_eq!(service.clock().since_start().as_secs(), 50);
    assert_eq!((service.api().clock().now() - before).num_seconds(), 50);
}

#[test]
fn r16_a_late_answer_takes_its_time_and_one_beyond_the_time_allowed_is_a_timeout() {
    let service = VirtualTransport::new();
    service.set_faults(FaultPlan::new().rule(FaultRule::new(Fault::delay(Duration::from_secs(10))).times(2)));
    assert!(Transport::send(&service, me(&service).timeout(Duration::from_secs(10))).is_ok());
    assert_eq!(service.clock().since_start(), Duration::from_secs(10));

    let failure = Transport::send(&service, me(&service).timeout(Duration::from_secs(9))).unwrap_err();
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, true));
    assert_eq!(service.clock().since_start(), Duration::from_secs(19));
    assert_eq!(service.api().requests().len(), 2, "the service has seen it all the same");
}

#[test]
fn r17_a_connection_that_is_closed_without_an_answer_leaves_the_request_in_doubt() {
    let service = VirtualTransport::new();
    service.add_fault(FaultRule::new(Fault::close_before_applied()));
    let failure = Transport::send(&service, me(&service)).unwrap_err();
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Reset, true));
}

#[test]
fn c3_an_answer_may_reach_the_limit_and_not_pass_it() {
    let service = VirtualTransport::new();
    let length = Transport::send(&service, me(&service)).unwrap().body().len() as u64;
    assert!(Transport::send(&service, me(&service).response_limit(length)).is_ok());
    let failure = Transport::send(&service, me(&service).response_limit(length - 1)).unwrap_err();
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::TooLarge, true));
}

#[test]
fn r13_a_file_that_has_changed_keeps_the_request_from_the_service() {
    let service = VirtualTransport::new();
    let mut body = Body::empty();
    body.push_file(FileSegment::whole(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), 1));
    let failure = Transport::send(&service, attempt(&service, Method::POST, "/api/attachments/", body)).unwrap_err();
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::File, false));
    assert!(service.api().requests().is_empty());
}

#[test]
fn r13_a_file_is_tracked_and_sent_from_disk() {
    let service = VirtualTransport::new();
    let sight = blocking(&service, 1);
    let chat = sight.conversation("support-123").unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    chat.track_attachments(vec![NewAttachment::path(path)]).unwrap();
    assert_eq!(chat.send().unwrap().summary.errors, 0);
    let sent = service.api().requests().into_iter().find(|request| request.path == "/api/attachments/").unwrap();
    let content = std::fs::read(path).unwrap();
    assert!(sent.body.windows(content.len()).any(|window| window == content));
}

#[test]
fn r16_an_outage_of_an_hour_passes_in_virtual_time() {
    let service = VirtualTransport::with_options(FakeOptions::new());
    service.add_fault(FaultRule::new(Fault::status(StatusCode::SERVICE_UNAVAILABLE)).always());
    let sight = blocking(&service, 1);
    let chat = sight.conversation("support-123").unwrap();
    chat.track_human_message("Is anybody there?").unwrap();
    assert!(chat.send().is_err());
    service.clock().advance(Duration::from_secs(3600));
    service.set_faults(FaultPlan::new());
    assert!(chat.send().is_ok());
    assert_eq!(service.api().transcript("support-123").len(), 1);
}

#[test]
fn the_same_seed_and_the_same_faults_make_the_same_requests() {
    let run = |seed| {
        let service = VirtualTransport::new();
        service.add_fault(FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY)).nth(2).times(2));
        let sight = blocking(&service, seed);
        let chat = sight.tracker();
        chat.track_human_message("Hello!").unwrap();
        let _ = chat.send_tracked_data().unwrap();
        let requests = service.api().requests();
        requests.into_iter().map(|request| (request.path, request.body, request.at)).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2), "another id, and other waits");
}

#[test]
fn r11_a_send_that_is_dropped_after_any_number_of_polls_loses_and_repeats_nothing() {
    for polls in 0.. {
        assert!(polls < 100, "the send never ends");
        let service = VirtualTransport::new();
        let sight = asynchronous(&service);
        let chat = sight.conversation("support-123").unwrap();
        let texts = ["one", "two", "three"];
        for text in texts {
            chat.track_human_message(text).unwrap();
        }
        let is_done = poll_and_drop(chat.send(), polls);
        let _ = block_on(chat.send()).unwrap();
        let transcript = service.api().transcript("support-123");
        let stored: Vec<&str> = transcript.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(stored, texts, "dropped after {polls} polls");
        if is_done {
            assert!(polls > 6, "there are places to be dropped at");
            break;
        }
    }
}
