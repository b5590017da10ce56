use std::time::Duration;

use agentsight_core::transport::FailureKind;
use agentsight_testkit::{Effect, FakeApi, Fault, FaultSeed, RetryAfter};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::Value;

const ALLOWED: Duration = Duration::from_secs(15);
const SECOND: Duration = Duration::from_secs(1);

fn upsert(api: &FakeApi) -> Request<Bytes> {
    Request::post("/api/conversations/")
        .header("authorization", format!("Api-Key {}", api.api_key()))
        .header("content-type", "application/json")
        .body(Bytes::from_static(br#"{"conversation_id": "a", "name": " Padded "}"#))
        .unwrap()
}

/// What a transport makes of an upsert under this fault, and whether the conversation is stored by then.
fn meet(fault: Fault) -> (Result<Response<Bytes>, FailureKind>, bool) {
    let api = FakeApi::new();
    let reaction = api.react(upsert(&api), Some(fault));
    api.clock().advance(reaction.elapsed(ALLOWED));
    let result = reaction.into_result(ALLOWED, 1_000_000).map_err(|failure| failure.kind());
    (result, api.conversation("a").is_some())
}

#[test]
fn every_fault_without_an_answer_says_how_it_looks_and_whether_it_is_stored() {
    let late = Duration::from_secs(20);
    for (fault, kind, is_stored) in [
        (Fault::refused(), FailureKind::Connect, false),
        (Fault::refused().applied(), FailureKind::Connect, false),
        (Fault::refused().delayed(ALLOWED), FailureKind::Connect, false),
        (Fault::refused().delayed(late), FailureKind::Timeout, false),
        (Fault::reset_on_accept(), FailureKind::Reset, false),
        (Fault::reset_after_request(), FailureKind::Reset, false),
        (Fault::reset_after_request().applied(), FailureKind::Reset, true),
        (Fault::reset_in_head(), FailureKind::Reset, true),
        (Fault::reset_in_body(3), FailureKind::Body, true),
        (Fault::close_in_body(usize::MAX), FailureKind::Body, true),
        (Fault::close_before_applied(), FailureKind::Reset, false),
        (Fault::close_after_applied(), FailureKind::Reset, true),
        (Fault::store_then_drop(), FailureKind::Reset, true),
        (Fault::stale_connection(), FailureKind::Reset, false),
        (Fault::silence(), FailureKind::Timeout, false),
        (Fault::store_late(late), FailureKind::Timeout, false),
        (Fault::delay(late), FailureKind::Timeout, true),
        (Fault::dribbled_head(SECOND), FailureKind::Timeout, true),
        (Fault::dribbled_body(SECOND), FailureKind::Timeout, true),
        (Fault::gzip_bomb(2_000_000), FailureKind::TooLarge, false),
        (Fault::padded(200_000), FailureKind::TooLarge, true),
    ] {
        let shown = format!("{fault:?}");
        let (result, stored) = meet(fault);
        assert_eq!((result.unwrap_err(), stored), (kind, is_stored), "{shown}");
    }
}

#[test]
fn every_fault_with_an_answer_of_its_own_takes_no_effect_unless_told_to() {
    let location = HeaderValue::from_static("https://elsewhere.test/");
    for (fault, status) in [
        (Fault::status(StatusCode::BAD_GATEWAY), 502),
        (Fault::rate_limited(RetryAfter::Garbage), 429),
        (Fault::html_page(), 200),
        (Fault::redirect(location), 302),
        (Fault::early_too_large(), 413),
        (Fault::gzip_bomb(1_000), 200),
    ] {
        let (result, stored) = meet(fault);
        assert_eq!((result.unwrap().status().as_u16(), stored), (status, false));
    }
    assert!(meet(Fault::status(StatusCode::BAD_GATEWAY).applied()).1);
    assert!(!meet(Fault::early_too_large().applied()).1);
    assert_eq!(meet(Fault::gzip_bomb(1_000)).0.unwrap().body().len(), 1_000);
}

#[test]
fn c3_a_bomb_of_any_size_is_too_large_even_where_everything_is_allowed() {
    for inflated in [1 << 31, u64::MAX] {
        let api = FakeApi::new();
        let reaction = api.react(upsert(&api), Some(Fault::gzip_bomb(inflated)));
        let failure = reaction.into_result(ALLOWED, u64::MAX).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::TooLarge, "{inflated}");
    }
}

#[test]
fn an_altered_answer_is_the_services_own_but_for_one_thing() {
    let answer = |fault| {
        let (result, stored) = meet(fault);
        assert!(stored);
        result.unwrap()
    };
    let json = |answer: &Response<Bytes>| serde_json::from_slice::<Value>(answer.body());
    let own = answer(Fault::delay(SECOND));
    assert!(json(&own).unwrap()["id"].is_u64());

    let half = answer(Fault::truncated_json());
    assert_eq!((half.status(), half.body().len()), (own.status(), own.body().len() / 2));
    assert!(json(&half).is_err());

    let without_id = json(&answer(Fault::without_id())).unwrap();
    assert!(without_id.get("id").is_none() && without_id["conversation_id"] == "a");

    let typed = answer(Fault::content_type(HeaderValue::from_static("text/plain")));
    assert_eq!((&typed.headers()["content-type"], typed.body()), (&HeaderValue::from_static("text/plain"), own.body()));

    let other = json(&answer(Fault::other_conversation())).unwrap();
    assert!(other["id"] != json(&own).unwrap()["id"] && other["conversation_id"] == "other-a");
    assert_eq!(other["name"], json(&own).unwrap()["name"]);

    let padded = answer(Fault::padded(140_000));
    assert!((957..960).contains(&(padded.body().len() / 1024)), "{}", padded.body().len());
    let mut padded = json(&padded).unwrap();
    let padding = padded.as_object_mut().unwrap().remove("padding").unwrap();
    assert_eq!(padding.as_array().map(Vec::len), Some(140_000));
    assert_eq!(padded, json(&own).unwrap());

    assert_eq!(json(&own).unwrap()["name"], " Padded ");
    assert_eq!(json(&answer(Fault::trimmed_text())).unwrap()["name"], "Padded");

    let dribbled = answer(Fault::dribbled_body(Duration::from_micros(10)));
    assert_eq!(dribbled.body(), own.body());
}

#[test]
fn a_late_request_takes_effect_at_its_time_and_not_before() {
    let api = FakeApi::new();
    let fault = Fault::store_late(20 * SECOND);
    assert_eq!(fault.effect(), Effect::Late(20 * SECOND));
    let reaction = api.react(upsert(&api), Some(fault));
    assert!(reaction.answer.is_none());
    api.clock().advance(20 * SECOND - Duration::from_micros(1));
    assert!(api.conversation("a").is_none());
    api.clock().advance(SECOND);
    let stored = api.conversation("a").unwrap();
    assert_eq!(api.conversations().len(), 1);
    assert_eq!(stored.name.as_deref(), Some(" Padded "));
}

#[test]
fn a_late_request_beyond_the_bound_takes_effect_at_once() {
    let api = FakeApi::new();
    let late = Fault::store_late(9 * SECOND);
    let body = |number: usize| Bytes::from(format!(r#"{{"conversation_id": "c-{number}"}}"#));
    for number in 0..10_002 {
        let _ = api.react(upsert(&api).map(|_| body(number)), Some(late.clone()));
    }
    let stored: Vec<_> = api.conversations().into_iter().map(|conversation| conversation.conversation_id).collect();
    assert_eq!(stored, ["c-10000", "c-10001"]);
    api.clock().advance(9 * SECOND);
    assert_eq!(api.conversations().len(), 10_002);
}

#[test]
fn late_requests_take_effect_in_the_order_of_their_times() {
    let api = FakeApi::new();
    let named =
        |name: &str| upsert(&api).map(|_| Bytes::from(format!(r#"{{"conversation_id": "a", "name": "{name}"}}"#)));
    let _ = api.react(named("second"), Some(Fault::store_late(9 * SECOND)));
    let _ = api.react(named("first"), Some(Fault::store_late(3 * SECOND)));
    api.clock().advance(60 * SECOND);
    assert_eq!(api.conversation("a").unwrap().name.as_deref(), Some("first"));
}

#[test]
fn a_failing_test_prints_its_seed_and_takes_it_from_the_environment() {
    const CHILD: &str = "AGENTSIGHT_TESTKIT_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let _seed = FaultSeed::from_env_or(1).unwrap();
        panic!("the test fails, as its parent wants it");
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::a_failing_test_prints_its_seed_and_takes_it_from_the_environment", "--nocapture"])
        .env(CHILD, "1")
        .env("AGENTSIGHT_SEED", "77")
        .output()
        .unwrap();
    assert!(!child.status.success());
    let printed = String::from_utf8_lossy(&child.stderr);
    assert!(printed.contains("AGENTSIGHT_SEED=77"), "{printed}");
}
