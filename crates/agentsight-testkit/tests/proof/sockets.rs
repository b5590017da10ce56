//! A smaller set with the clients' own transports, over real sockets and in real time.
//!
//! Here nobody says how long anything takes, so what is compared is the end: what arrived, and what was refused.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use agentsight_core::{AttachmentMode, Config, ConversationRecorder, Error, ErrorKind, NewConversation};
use agentsight_testkit::{Effect, Expected, FakeServer, Fault, FaultMix, FaultRule, FaultSeed, TestClock};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::client::Connected;
use crate::fault_table::{self, Entry, Symptom};
use crate::foretell::{Dose, FirstSend, foretell};
use crate::script::{Kind, Target, Tracked};
use crate::witness::{check_files, check_parallel};

/// Long enough for a busy machine, short enough to wait for.
const ATTEMPT: Duration = Duration::from_millis(1_500);
/// More than an attempt, less than two.
const BETWEEN_THE_LOOKS: Duration = Duration::from_millis(2_000);
/// The most bytes of an answer that the clients take.
const RESPONSE_LIMIT: u64 = 1_000_000;
/// More sends than any fault takes.
const MOST_SENDS: usize = 40;
/// A part of the time for which the service rests.
const REST: Duration = Duration::from_millis(250);
/// How many servers there are at once.
const WORKERS: usize = 8;

/// The request that meets each fault.
const QUESTION: Target = Target::Event(Kind::Question, 0);

/// The faults that take no longer than an attempt, or are given up by then.
fn faults() -> Vec<Entry> {
    let mut entries = fault_table::all(TestClock::new().utc());
    entries.retain(|entry| !takes_long(entry));
    let timed_out = Symptom::TimedOut { kind: ErrorKind::Timeout, after: Duration::MAX };
    let busy = Symptom::Busy(ErrorKind::RateLimited, Duration::from_secs(1));
    entries.extend([
        Entry::new("store_late", "between the two looks", Fault::store_late(BETWEEN_THE_LOOKS), timed_out),
        Entry::new("gzip_bomb", "four times the limit", Fault::gzip_bomb(4 * RESPONSE_LIMIT), Symptom::TooLarge),
        Entry::new("retry_after", "a second", Fault::retry_after(1), busy),
        Entry::new(
            "status",
            "504 before the deed",
            Fault::status(StatusCode::GATEWAY_TIMEOUT).applied_late(ATTEMPT / 3),
            timed_out,
        ),
    ]);
    entries
}

/// Whether it is made for virtual time.
fn takes_long(entry: &Entry) -> bool {
    let is_bomb = entry.constructor == "gzip_bomb" && entry.variant != "within the limit";
    let is_late = matches!(entry.fault.effect(), Effect::Late(_));
    let waits = matches!(entry.symptom(QUESTION), Symptom::Busy(_, wait) if !wait.is_zero());
    is_bomb || is_late || waits
}

/// The real service, and a client that is quick to give up.
struct Connection<C> {
    server: FakeServer,
    client: C,
}

impl<C: Connected> Connection<C> {
    fn new(server: FakeServer) -> Self {
        let config = Config::builder()
            .api_key(server.api_key())
            .endpoint(server.url())
            .environment("production")
            .attempt_timeout(ATTEMPT)
            .attachment_timeout(ATTEMPT)
            .response_limit(RESPONSE_LIMIT)
            .poison_after(None)
            .build()
            .unwrap();
        Self { client: C::connected(config), server }
    }

    fn send_until_nothing_is_pending(&self, what: &str) {
        for _ in 0..MOST_SENDS {
            let report = self.client.send_all();
            if self.client.pending().is_empty() {
                return;
            }
            if report.outcomes.iter().any(|outcome| is_unauthorized(&outcome.result)) {
                self.client.renew_key(self.server.api_key());
            }
            // The service may rest, a second at a time (R16).
            thread::sleep(REST);
            let waits = report.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()?.retry_after());
            assert!(waits.max().is_none_or(|wait| wait <= Duration::from_secs(1)), "{what}");
        }
        panic!("{what}: it never ends: {:?}", self.client.pending());
    }
}

fn is_unauthorized<T>(result: &Result<T, Error>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unauthorized)
}

/// Tracks events a second apart, long ago, so that the test knows their stamps.
fn track(lane: &ConversationRecorder, kinds: &[Kind]) -> Vec<Tracked> {
    let at = |second| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(second);
    kinds.iter().zip(0..).map(|(kind, second)| kind.back_fill(lane, at(second))).collect()
}

/// One fault on the second of three events.
fn meet<C: Connected>(entry: &Entry) {
    let rule = FaultRule::new(entry.fault.clone());
    let rule = match entry.constructor {
        // Nobody has asked for anything yet when a connection is accepted: the first one is hit.
        "refused" | "reset_on_accept" => rule,
        _ => rule.path("/api/track/").nth(2),
    };
    let connection = Connection::<C>::new(FakeServer::builder().fault(rule).start().unwrap());
    let lane = connection.client.register(NewConversation::new("hit"));
    let mut events = track(&lane, &[Kind::Question; 3]);
    let what = format!("{}({})", entry.constructor, entry.variant);
    connection.send_until_nothing_is_pending(&what);

    // Those two end before there is a request that could be remembered.
    let is_before_requests = matches!(entry.constructor, "refused" | "reset_on_accept");
    let is_met = connection.server.requests().iter().any(|request| request.fault.is_some());
    assert_eq!(is_met, !is_before_requests, "{what}: whether a request met the fault");
    let foretold = foretell(entry, QUESTION, Dose::Once).unwrap();
    let letters = connection.client.dead_letters();
    if foretold.first == FirstSend::SetAside {
        let hit = events.remove(1);
        assert_eq!(letters.iter().map(|letter| letter.timestamp).collect::<Vec<_>>(), [hit.at], "{what}");
    } else {
        assert!(letters.is_empty(), "{what}: {letters:?}");
    }
    let expected = Expected::new().conversation("hit").events(events.iter().map(Tracked::expected));
    let audit = connection.server.audit();
    if let Err(difference) = audit.check(&expected) {
        panic!("{what}: {difference}");
    }
    // After a timeout the service may still be at work on what was given up.
    if !matches!(entry.symptom(QUESTION), Symptom::TimedOut { .. }) {
        check_parallel(&audit, 1, &what);
    }
    assert!(connection.server.verify().is_verified(), "{what}");
}

/// Random faults on one in ten requests of three conversations. A seed repeats the faults and what each conversation's
/// requests meet, not the run: threads and sockets take their turns as they like.
fn run<C: Connected>(own_seed: u64) {
    let seed = FaultSeed::from_env_or(own_seed).unwrap();
    let mut mix = FaultMix::from_seed(seed.value());
    for entry in faults() {
        // In real time a stalled connection costs as much as a hundred others.
        let is_quick = !matches!(entry.symptom(QUESTION), Symptom::TimedOut { .. });
        if is_quick && !entry.may_refuse() {
            mix = mix.fault(entry.fault);
        }
    }
    let connection = Connection::<C>::new(FakeServer::builder().mix(mix.fault(Fault::silence())).start().unwrap());
    let files = Kind::AnswerWithFiles(11, AttachmentMode::FormData);
    let kinds =
        [Kind::Question, Kind::Action, files, Kind::Button, Kind::Files(2, AttachmentMode::Base64), Kind::Answer];
    let mut expected = Expected::new();
    for id in ["a", "b", "c"] {
        let events = track(&connection.client.register(NewConversation::new(id)), &kinds);
        expected = expected.conversation(id).events(events.iter().map(Tracked::expected)).into();
    }
    connection.send_until_nothing_is_pending(&format!("seed {}", seed.value()));
    assert!(connection.client.dead_letters().is_empty(), "{:?}", connection.client.dead_letters());
    connection.server.audit().assert_exactly_once_in_order(&expected);
    check_files(connection.server.api(), &format!("seed {}", seed.value()));
}

/// Does it for all of them, several at once.
fn at_once<T: Sync>(all: &[T], each: impl Fn(&T) + Sync) {
    let left = Mutex::new(all.iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| std::iter::from_fn(next).for_each(&each));
        }
    });
}

#[test]
fn every_constructor_is_among_the_faults_on_sockets() {
    let faults = faults();
    for entry in fault_table::all(TestClock::new().utc()) {
        assert!(faults.iter().any(|fault| fault.constructor == entry.constructor), "{}", entry.constructor);
    }
}

#[test]
fn blocking_meets_each_fault_on_sockets() {
    at_once(&faults(), meet::<Blocking>);
}

#[test]
fn asynchronous_meets_each_fault_on_sockets() {
    at_once(&faults(), meet::<Asynchronous>);
}

#[test]
fn blocking_meets_random_faults_on_sockets() {
    at_once(&(0..10).collect::<Vec<_>>(), |seed| run::<Blocking>(*seed));
}

#[test]
fn asynchronous_meets_random_faults_on_sockets() {
    at_once(&(10..20).collect::<Vec<_>>(), |seed| run::<Asynchronous>(*seed));
}
