//! R23: answers that are made to cost memory.

use std::sync::LazyLock;

use agentsight_core::{ErrorKind, ItemOutcome};
use serde_json::json;

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first};
use crate::story::texts;
use crate::world::{Sent, World};

const TRACK: &str = "POST /api/track/";
const UPSERT: &str = "POST /api/conversations/";

/// Texts of a few megabytes that would take gigabytes when they are parsed.
static HOSTILE: LazyLock<[String; 4]> = LazyLock::new(|| {
    let many = |unit: &str| unit.repeat(2_000_001);
    [
        format!("[{}0]", many("0,")),
        format!("[{}{{}}]", many("{\"\":0},")),
        format!("{{\"detail\":[{}0]}}", many("[],")),
        format!("{{\"id\":1,\"message\":2,\"more\":[{}\"\"]}}", many("\"\",")),
    ]
});

#[test]
fn r23_a_create_that_is_answered_with_millions_of_values_is_looked_for() {
    for body in HOSTILE.iter() {
        for kept in [Kept::Yes, Kept::No] {
            let world = World::new();
            let lane = world.lane("c");
            lane.track_human_message("hello").unwrap();
            let fault = Fault::body(201, body).kept(kept);
            let report = world.send_with(&lane, first(TRACK, [fault])).unwrap();
            assert_eq!(report.acknowledged(), 1);
            assert_eq!(texts(&world.api, "c"), ["hello"]);
        }
    }
}

#[test]
fn r23_a_refusal_with_millions_of_values_is_a_refusal_without_words() {
    for body in HOSTILE.iter() {
        for (route, status, kind) in [
            (TRACK, 422, ErrorKind::Rejected),
            (UPSERT, 422, ErrorKind::Rejected),
            (UPSERT, 401, ErrorKind::Unauthorized),
            (UPSERT, 503, ErrorKind::Server),
        ] {
            let world = World::new();
            let lane = world.lane("c");
            lane.track_human_message("hello").unwrap();
            match world.send_with(&lane, always(route, Fault::body(status, body))) {
                Ok(report) => assert_eq!(report.rejected(), 1),
                Err(error) => assert_eq!(error.kind(), kind),
            }
            let told = world.core.recorder().stats().last_error.map_or(0, |error| error.text.len());
            assert!(told < 1_000, "{told} bytes");
        }
    }
}

#[test]
fn r23_dead_letters_keep_none_of_forty_refusals_of_957_kib() {
    let world = World::new();
    let lane = world.lane("c");
    (0..40).for_each(|number| lane.track_human_message(number.to_string()).unwrap());
    let refusal: &'static str = format!("{{\"content\":[\"{}\"]}}", "a".repeat(957 * 1024)).leak();
    let report = world.send_with(&lane, always(TRACK, Fault::body(400, refusal))).unwrap();
    assert_eq!(report.rejected(), 40);
    let letters = world.core.recorder().dead_letters();
    assert!(letters.iter().all(|letter| letter.error.len() < 1_000), "{}", letters[0].error.len());
}

#[test]
fn r23_a_look_that_is_answered_with_millions_of_values_keeps_the_event_in_doubt() {
    for body in HOSTILE.iter() {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_human_message("hello").unwrap();
        let faults = |_: usize, sent: &Sent| match sent.route.as_str() {
            TRACK => Fault::Reset(Kept::Yes),
            UPSERT => Fault::None,
            _ => Fault::body(200, body),
        };
        let error = world.send_with(&lane, faults).unwrap_err();
        assert!(error.report().unwrap().in_doubt.is_some());
        assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
        assert_eq!(texts(&world.api, "c"), ["hello"]);
    }
}

#[test]
fn r23_reading_calls_refuse_answers_with_millions_of_values() {
    for body in HOSTILE.iter().take(2) {
        let world = World::new();
        let error = world.drive_with(&mut world.core.me(), always("GET /api/me/", Fault::body(200, body))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }
}

#[test]
fn r23_a_report_keeps_none_of_forty_answers_of_957_kib() {
    let world = World::new();
    let lane = world.lane("c");
    (0..40).for_each(|number| lane.track_human_message(number.to_string()).unwrap());
    let answer: &'static str = format!("{{\"id\":1,\"note\":\"{}\"}}", "a".repeat(957 * 1024)).leak();
    let report = world.send_with(&lane, always(TRACK, Fault::body(201, answer))).unwrap();
    assert_eq!(report.acknowledged(), 40);
    for item in &report.items {
        let ItemOutcome::Delivered { response } = &item.outcome else { panic!("{item:?}") };
        assert_eq!(*response, json!({}));
    }
}

#[test]
fn r23_the_answer_to_a_create_is_never_read_beyond_1_mib() {
    let world = World::new();
    let lane = world.lane("c");
    for event in crate::story::one_of_everything() {
        event.track(&lane).unwrap();
    }
    let mut delivery = world.delivery(&lane);
    let limits = crate::drive::attempts(&world, &mut delivery, |attempt| {
        let is_create = attempt.request.method() == http::Method::POST;
        (is_create && attempt.request.uri().path() != "/api/conversations/").then_some(attempt.response_limit)
    });
    assert!(limits.iter().flatten().all(|limit| *limit <= 1024 * 1024), "{limits:?}");
    assert!(limits.iter().flatten().count() >= 7);
}
