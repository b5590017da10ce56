//! R14, R15: what every outcome of an event's request means for the report, the lane, the dead letters and the error.

use std::time::Duration;

use agentsight_core::{
    ConversationRecorder, DeadLetterReason, ErrorKind, ItemKind, ItemOutcome, Machine, RequestFate, SendReport, Step,
};

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first, healthy};
use crate::story::texts;
use crate::world::{Sent, World};

const UPSERT: &str = "POST /api/conversations/";
const TRACK: &str = "POST /api/track/";
/// As long as the service or a conversation rests at most, unless it asks for more (R16).
const REST: Duration = Duration::from_secs(60);
const DETAIL: &str = "GET /api/conversations/1/";

/// What becomes of the first of two messages.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Becomes {
    /// Both are delivered; the first after so many requests.
    Delivered { requests: usize },
    /// The first is a dead letter, the second is delivered.
    Rejected { requests: usize },
    /// The lane stops with this and keeps both.
    Stopped { kind: ErrorKind, fate: RequestFate, requests: usize, in_doubt: bool },
}

use Becomes::{Delivered, Rejected, Stopped};

fn stopped(kind: ErrorKind, fate: RequestFate, requests: usize) -> Becomes {
    Stopped { kind, fate, requests, in_doubt: false }
}

/// Two messages in a conversation that the service knows.
fn two_messages(world: &World) -> ConversationRecorder {
    let lane = world.lane("c");
    lane.track_human_message("before").unwrap();
    let _ = world.send(&lane).unwrap();
    world.forget_sent();
    lane.track_human_message("first").unwrap();
    lane.track_human_message("second").unwrap();
    lane
}

/// `always` the fault, on the first message only.
fn on_first_message(fault: Fault) -> impl FnMut(usize, &Sent) -> Fault {
    move |_, sent| if sent.json["content"] == "first" { fault.clone() } else { Fault::None }
}

#[test]
fn r15_every_outcome_of_an_event() {
    use ErrorKind::{Connect, Forbidden, RateLimited, Server, Timeout, Transport, Unauthorized, UnexpectedResponse};
    use RequestFate::{Answered, NotSent};
    let answered = |kind, requests| stopped(kind, Answered, requests);
    let table = [
        ("acknowledged", Fault::None, Delivered { requests: 1 }),
        ("acknowledged with an empty body", Fault::body(201, "").kept(Kept::Yes), Delivered { requests: 1 }),
        ("acknowledged with any JSON", Fault::body(200, "[]").kept(Kept::Yes), Delivered { requests: 1 }),
        ("acknowledged with 204", Fault::body(204, "").kept(Kept::Yes), Delivered { requests: 1 }),
        ("a page, and it was kept", Fault::page().kept(Kept::Yes), Delivered { requests: 1 }),
        ("a page in its place", Fault::page(), stopped(UnexpectedResponse, NotSent, 4)),
        ("a bad request", Fault::body(400, r#"{"content": ["bad"]}"#), Rejected { requests: 1 }),
        ("payment required", Fault::status(402), Rejected { requests: 1 }),
        ("not found, twice", Fault::status(404), Rejected { requests: 2 }),
        ("conversation refused, twice", Fault::body(400, r#"{"conversation": ["no"]}"#), Rejected { requests: 2 }),
        ("a conflict", Fault::status(409), Rejected { requests: 1 }),
        ("gone", Fault::status(410), Rejected { requests: 1 }),
        ("too large", Fault::status(413), Rejected { requests: 1 }),
        ("unprocessable", Fault::status(422), Rejected { requests: 1 }),
        ("no credential", Fault::status(401), answered(Unauthorized, 1)),
        ("not allowed", Fault::status(403), answered(Forbidden, 1)),
        ("moved", Fault::status(301), answered(UnexpectedResponse, 1)),
        ("found elsewhere", Fault::status(302), answered(UnexpectedResponse, 1)),
        ("method not allowed", Fault::status(405), answered(UnexpectedResponse, 1)),
        ("no final status", Fault::status(101), stopped(UnexpectedResponse, NotSent, 4)),
        ("no final status, and it was kept", Fault::status(199).kept(Kept::Yes), Delivered { requests: 1 }),
        ("no status of HTTP", Fault::status(600), stopped(UnexpectedResponse, NotSent, 4)),
        ("no status of HTTP, and it was kept", Fault::status(999).kept(Kept::Yes), Delivered { requests: 1 }),
        ("request timeout", Fault::status(408), stopped(Server, NotSent, 4)),
        ("too early", Fault::status(425), answered(Server, 4)),
        ("throttled", Fault::status(429), answered(RateLimited, 4)),
        ("server error", Fault::status(500), stopped(Server, NotSent, 4)),
        ("bad gateway", Fault::status(502), stopped(Server, NotSent, 4)),
        ("unavailable", Fault::status(503), answered(Server, 4)),
        ("gateway timeout", Fault::status(504), stopped(Server, NotSent, 4)),
        ("server error, and it was kept", Fault::status(500).kept(Kept::Yes), Delivered { requests: 1 }),
        ("gateway timeout, and it was kept", Fault::status(504).kept(Kept::Yes), Delivered { requests: 1 }),
        ("gateway timeout, and it is kept late", Fault::status(504).kept(Kept::Late), Delivered { requests: 1 }),
        ("refused connection", Fault::Refused, stopped(Connect, NotSent, 4)),
        ("no connection in time", Fault::ConnectTimeout, stopped(Timeout, NotSent, 4)),
        ("reset", Fault::Reset(Kept::No), stopped(Transport, NotSent, 4)),
        ("reset, and it was kept", Fault::Reset(Kept::Yes), Delivered { requests: 1 }),
        ("timeout", Fault::Timeout(Kept::No), stopped(ErrorKind::DeadlineExceeded, NotSent, 2)),
        ("timeout, and it was kept", Fault::Timeout(Kept::Yes), Delivered { requests: 1 }),
        ("timeout, and it is kept late", Fault::Timeout(Kept::Late), Delivered { requests: 1 }),
    ];
    for (what, fault, expected) in table {
        let world = World::new();
        let lane = two_messages(&world);
        let result = world.send_with(&lane, on_first_message(fault));
        let requests = world.sent().iter().filter(|sent| sent.json["content"] == "first").count();
        let dead = world.core.recorder().dead_letters();
        let becomes = match &result {
            Ok(report) if report.rejected() == 0 => Delivered { requests },
            Ok(_) => Rejected { requests },
            Err(error) => Stopped {
                kind: error.kind(),
                fate: error.request_fate(),
                requests,
                in_doubt: error.report().unwrap().in_doubt.is_some(),
            },
        };
        assert_eq!(becomes, expected, "{what}: {result:?}");
        let report = result.as_ref().unwrap_or_else(|error| error.report().unwrap());
        check_sums(report, what);
        assert_eq!(report.remaining, world.core.recorder().pending().total(), "{what}");
        assert_eq!(dead.len(), report.rejected(), "{what}");
        let after = texts(&world.api, "c");
        match becomes {
            Delivered { .. } => assert_eq!(after, ["before", "first", "second"], "{what}"),
            Rejected { .. } => {
                assert_eq!(after, ["before", "second"], "{what}: the lane goes on");
                assert_eq!((dead[0].reason, dead[0].kind), (DeadLetterReason::Rejected, ItemKind::Question), "{what}");
                assert_eq!(dead[0].preview, "first");
                assert!(!dead[0].error.contains("first"), "{what}: no content");
                assert!(!report.items[0].is_success() && report.items[1].is_success(), "{what}: item by item");
            }
            Stopped { .. } => {
                assert_eq!((after, report.remaining), (vec!["before".to_owned()], 2), "{what}: everything stays");
                world.advance(REST);
                let report = world.send(&lane).unwrap();
                assert_eq!(report.acknowledged(), 2, "{what}: the next send delivers");
                assert_eq!(texts(&world.api, "c"), ["before", "first", "second"], "{what}");
            }
        }
        let requests = world.sent().len();
        assert_eq!(world.send(&lane).unwrap().items.len(), 0, "{what}: nothing is left for the next send");
        assert_eq!(world.sent().len(), requests, "{what}");
    }
}

/// Each item is counted once, by its type or as an error.
fn check_sums(report: &SendReport, what: &str) {
    let sum = report.summary;
    let counted = sum.questions + sum.answers + sum.actions + sum.buttons + sum.attachments;
    let records = report.items.iter().filter(|item| item.kind == ItemKind::Conversation && item.is_success()).count();
    assert_eq!(counted + records, report.acknowledged(), "{what}");
    assert_eq!(sum.errors, report.rejected(), "{what}");
    assert!(report.items.iter().enumerate().all(|(index, item)| item.index == index), "{what}");
}

#[test]
fn r14_with_nothing_pending_the_report_is_empty() {
    let world = World::new();
    let report = world.send(&world.lane("c")).unwrap();
    assert_eq!((report.items.len(), report.remaining, world.sent().len()), (0, 0, 0));
}

#[test]
fn r15_a_message_whose_files_follow_needs_a_number() {
    let world = World::new();
    let lane = world.lane("c");
    let message = agentsight_core::AgentMessage::new("look")
        .attachments(agentsight_core::NewAttachment::bytes("x").filename("x.txt"));
    lane.track_agent_message(message).unwrap();
    let no_id = Fault::body(201, r#"{"stored": true}"#).kept(Kept::Yes);
    let report = world.send_with(&lane, first(TRACK, [no_id])).unwrap();
    assert_eq!(report.acknowledged(), 1);
    assert_eq!((world.count(TRACK), world.count(DETAIL)), (1, 1), "its number is read back, it is not repeated");
    assert_eq!(world.api.files().len(), 1);
}

#[test]
fn r15_every_outcome_of_a_record() {
    use ErrorKind::{Connect, NotFound, RateLimited, Rejected, Server, Timeout, Unauthorized, UnexpectedResponse};
    for (what, fault, kind, requests, parked) in [
        ("refused values", Fault::body(400, r#"{"environment": ["no"]}"#), Rejected, 1, true),
        ("unprocessable", Fault::status(422), Rejected, 1, true),
        ("no credential", Fault::status(401), Unauthorized, 1, false),
        ("not allowed", Fault::status(403), ErrorKind::Forbidden, 1, false),
        ("not AgentSight: moved", Fault::status(302), UnexpectedResponse, 1, false),
        ("not AgentSight: not found", Fault::status(404), NotFound, 1, false),
        ("not AgentSight: method", Fault::status(405), UnexpectedResponse, 1, false),
        ("a page", Fault::page(), UnexpectedResponse, 4, false),
        ("no number", Fault::body(201, "{}"), UnexpectedResponse, 4, false),
        ("throttled", Fault::status(429), RateLimited, 4, false),
        ("server error", Fault::status(500), Server, 4, false),
        ("refused connection", Fault::Refused, Connect, 4, false),
        ("timeout", Fault::Timeout(Kept::Yes), Timeout, 4, false),
    ] {
        let world = World::new();
        let lane = world.core.recorder().new_tracker().get_or_create_conversation("c".into()).unwrap();
        lane.track_human_message("hello").unwrap();
        let error = world.send_with(&lane, always(UPSERT, fault)).unwrap_err();
        assert_eq!((error.kind(), world.sent().len()), (kind, requests), "{what}: {error}");
        let report = error.report().unwrap();
        check_sums(report, what);
        assert_eq!((report.rejected(), report.remaining), (usize::from(parked), 2 - usize::from(parked)), "{what}");
        assert_eq!(world.core.recorder().pending().conversations[0].parked, parked, "{what}");
        assert_eq!(world.core.recorder().dead_letters().len(), usize::from(parked), "{what}");
        if parked {
            let again = world.send(&lane).unwrap_err();
            assert_eq!(again.kind(), Rejected, "{what}: parked until it is corrected");
            assert_eq!(again.report().unwrap().remaining, 1, "{what}");
        } else {
            world.advance(REST);
            assert_eq!(world.send(&lane).unwrap().acknowledged(), 2, "{what}: the next send delivers");
        }
    }
}

#[test]
fn r15_an_item_that_fails_in_five_sends_while_others_succeed_is_poison() {
    let world = World::new();
    let lane = two_messages(&world);
    let other = world.lane("other");
    for send in 1..=5 {
        let mut delivery = world.delivery(&lane);
        other.track_human_message("fine").unwrap();
        let _ = world.send(&other).unwrap();
        let result = world.drive_with(&mut delivery, on_first_message(Fault::status(500)));
        if send < 5 {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.report().unwrap().remaining), (ErrorKind::Server, 2), "send {send}");
        } else {
            let report = result.unwrap();
            assert_eq!((report.acknowledged(), report.rejected(), report.remaining), (1, 1, 0));
        }
    }
    let letters = world.core.recorder().dead_letters();
    assert_eq!((letters[0].reason, letters[0].preview.as_str()), (DeadLetterReason::Poison, "first"));
    assert_eq!(texts(&world.api, "c"), ["before", "second"]);
}

#[test]
fn r15_reading_back_in_vain_does_not_make_a_healthy_event_poison() {
    let world = World::new();
    let lane = two_messages(&world);
    let read_only =
        |_: usize, sent: &Sent| if sent.route.starts_with("POST") { Fault::status(500) } else { Fault::None };
    for _ in 0..6 {
        assert_eq!(world.send_with(&lane, read_only).unwrap_err().kind(), ErrorKind::Server);
        world.advance(REST);
    }
    assert!(world.core.recorder().dead_letters().is_empty());
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
}

#[test]
fn r15_a_service_that_answers_nothing_well_poisons_nothing() {
    let world = World::new();
    let lane = two_messages(&world);
    for _ in 0..20 {
        world.send_with(&lane, |_, _| Fault::status(503)).unwrap_err();
        world.advance(REST);
    }
    assert!(world.core.recorder().dead_letters().is_empty());
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
}

#[test]
fn r15_poison_can_be_switched_off() {
    let world = World::with_config(|config| config.poison_after(None));
    let lane = two_messages(&world);
    for _ in 0..20 {
        world.send_with(&lane, on_first_message(Fault::status(500))).unwrap_err();
        world.advance(REST);
    }
    assert!(world.core.recorder().dead_letters().is_empty());
    assert_eq!(world.send_with(&lane, healthy()).unwrap().acknowledged(), 2);
}

#[test]
fn r23_the_answer_to_a_create_is_read_up_to_1_mib_and_shown_up_to_16_kib() {
    for (length, is_shown) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_human_message("hello").unwrap();
        let mut delivery = world.delivery(&lane);
        let mut limits = Vec::new();
        let report = loop {
            let now = world.core.now();
            let attempt = match delivery.poll(now) {
                Step::Send(attempt) => attempt,
                Step::Done(report) => break report.unwrap(),
                Step::Wait(duration) => panic!("nothing went wrong, and yet it waits for {duration:?}"),
            };
            limits.push(attempt.response_limit);
            let start = r#"{"id": 1, "note": ""#;
            let body = format!("{start}{}\"}}", "a".repeat(length - start.len() - 2));
            delivery.handle_response(now, http::Response::new(body.into()));
        };
        assert_eq!(limits, [world.core.config().response_limit(), 1024 * 1024]);
        let ItemOutcome::Delivered { response } = &report.items[0].outcome else { panic!("{report:?}") };
        assert_eq!(response.get("note").is_some(), is_shown, "{length}");
    }
}

#[test]
fn r23_a_create_whose_answer_holds_too_many_values_may_have_been_kept() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("hello").unwrap();
    let body: &'static str = Box::leak(format!("[{}0]", "0,".repeat(2_000_000)).into_boxed_str());
    let fault = Fault::body(201, body).kept(Kept::Yes);
    let report = world.send_with(&lane, first(TRACK, [fault])).unwrap();
    assert_eq!((report.acknowledged(), world.api.transcript("c").len()), (1, 1), "found, and not sent again");
}
