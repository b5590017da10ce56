//! Where an event may have arrived and reading back is switched off or impossible: it stays in doubt, is reported, and
//! is not sent again (R17).

use std::time::Duration;

use agentsight_core::{AmbiguousCreate, DoubtSettlement, ErrorKind, RequestFate};
use agentsight_testkit::{Effect, ExpectedEvent, Fault, FaultPlan, FaultRule, TestClock};
use http::{Method, StatusCode};

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::cell::Cell;
use crate::client::{Client, Settings};
use crate::fault_table::{self, Entry, Symptom};
use crate::foretell::Dose;
use crate::script::{HIT, Place, Target};
use crate::stage::{Stage, outcome};
use crate::worker::Worker;

/// The sample of a worker's looks: other requests for each fault in turn.
const ONE_REQUEST_IN_SEVEN: usize = 7;

/// Why a look at the conversation fails, and what a send then reports that had nothing else to do.
fn failing_looks() -> [(Fault, ErrorKind); 6] {
    [
        (Fault::status(StatusCode::INTERNAL_SERVER_ERROR), ErrorKind::Server),
        (Fault::status(StatusCode::NOT_FOUND), ErrorKind::NotFound),
        (Fault::status(StatusCode::UNAUTHORIZED), ErrorKind::Unauthorized),
        (Fault::retry_after(600), ErrorKind::RateLimited),
        (Fault::refused(), ErrorKind::Connect),
        (Fault::truncated_json(), ErrorKind::UnexpectedResponse),
    ]
}

/// Every cell in which nothing tells whether the service acted on the request, and the kind of what went wrong.
fn doubtful_cells() -> impl Iterator<Item = (Cell, ErrorKind)> {
    fault_table::all(TestClock::new().utc()).into_iter().flat_map(|entry| {
        let targets = Target::ALL.into_iter().filter(|target| *target != Target::Record);
        let cells = targets.flat_map(move |target| {
            let kind = match entry.symptom(target) {
                Symptom::Lost(kind) | Symptom::TimedOut { kind, .. } => Some(kind),
                Symptom::TooLarge => Some(ErrorKind::TooLarge),
                _ => None,
            };
            let entry = entry.clone();
            let cell = move |&place| Cell { entry: entry.clone(), target, place, dose: Dose::Once, conversations: 1 };
            kind.into_iter()
                .flat_map(move |kind| target.places().iter().map(cell.clone()).map(move |cell| (cell, kind)))
        });
        cells.collect::<Vec<_>>()
    })
}

/// How many requests of events there are that a fault of the table leaves in doubt; each is met at three places.
fn doubtful_requests() -> usize {
    let is_doubtful = |symptom| matches!(symptom, Symptom::Lost(_) | Symptom::TimedOut { .. } | Symptom::TooLarge);
    let of_entry =
        |entry: &Entry| Target::ALL[1..].iter().filter(|target| is_doubtful(entry.symptom(**target))).count();
    fault_table::all(TestClock::new().utc()).iter().map(of_entry).sum()
}

fn stage<C: Client>(cell: Cell, ambiguous_create: AmbiguousCreate) -> Stage<C> {
    Stage::new(cell, Settings { ambiguous_create, ..Settings::default() })
}

impl<C: Client> Stage<C> {
    /// A send that ends with the event in doubt, for this reason.
    fn ends_in_doubt(&self, kind: ErrorKind, acknowledged: usize) {
        let report = self.client.send_all();
        let error = outcome(&report, HIT).result.as_ref().unwrap_err();
        let report = error.report().unwrap();
        let left = 4 - self.cell.items_before();
        let told = (error.kind(), error.request_fate(), report.acknowledged(), report.rejected(), report.remaining);
        assert_eq!(told, (kind, RequestFate::MaybeSent, acknowledged, 0, left), "{}", self.cell);
        let doubtful = report.in_doubt.as_ref().map(|item| (item.kind, item.timestamp));
        assert_eq!(doubtful, Some((self.hit().kind.item(), self.hit().at)), "{}", self.cell);
        let pending = self.client.pending();
        let [conversation] = &pending.conversations[..] else { panic!("{pending:?}; {}", self.cell) };
        assert!(conversation.in_doubt && conversation.items == left, "{}", self.cell);
        assert!(self.client.dead_letters().is_empty(), "{}", self.cell);
    }

    /// The service holds what came before, and of the event in doubt what it acted on.
    fn holds_what_it_acted_on(&self) {
        let Target::Event(kind, request) = self.cell.target else { return };
        let mut expected = self.expected();
        expected.truncate(self.cell.hit());
        if self.acted() || request > 0 {
            let files = kind.files_of(request);
            let taken = if self.acted() { files.end } else { files.start };
            expected.push(self.hit().expected_with_files(0..taken));
        }
        self.check_audit(expected);
    }

    /// Whether the service acts on the request, sooner or later.
    fn acted(&self) -> bool {
        self.cell.entry.fault.effect() != Effect::Never
    }

    /// The fault is gone, and what was to arrive late has arrived.
    fn heal(&self) {
        self.service.set_faults(FaultPlan::new());
        self.client.pass(Duration::from_secs(3600));
    }

    /// Sends what is left, and finds these events.
    fn is_complete_with(&self, expected: Vec<ExpectedEvent>) {
        assert!(self.client.send_all().is_complete(), "{}", self.cell);
        assert!(self.client.pending().is_empty() && self.client.dead_letters().is_empty(), "{}", self.cell);
        self.check_audit(expected);
    }
}

/// `Hold`: nothing is looked for and nothing is sent again, until somebody says what became of the event.
fn holds<C: Client>() {
    let mut cells = 0;
    for (cell, kind) in doubtful_cells() {
        let Target::Event(event, request) = cell.target else { continue };
        let stage = stage::<C>(cell, AmbiguousCreate::Hold);
        stage.ends_in_doubt(kind, stage.cell.items_before());
        stage.heal();
        stage.holds_what_it_acted_on();
        let requests = stage.requests();
        stage.ends_in_doubt(ErrorKind::Transport, 0);
        assert_eq!(stage.requests(), requests, "{}", stage.cell);

        let mut expected = stage.expected();
        if stage.acted() {
            assert!(stage.lane.settle_doubt(DoubtSettlement::Delivered));
            // The event is settled, with the files that were not sent.
            expected[stage.cell.hit()] = stage.hit().expected_with_files(0..event.files_of(request).end);
        } else {
            assert!(stage.lane.settle_doubt(DoubtSettlement::NotDelivered));
        }
        stage.is_complete_with(expected);
        cells += 1;
    }
    assert_eq!(cells, 3 * doubtful_requests());
}

/// `Resend`: what the service acted on is there twice.
fn resends<C: Client>() {
    let mut cells = 0;
    for (cell, _) in doubtful_cells() {
        let Target::Event(event, request) = cell.target else { continue };
        let stage = stage::<C>(cell, AmbiguousCreate::Resend);
        assert!(stage.client.send_all().is_complete(), "{}", stage.cell);
        stage.heal();
        let mut expected = stage.expected();
        if stage.acted() {
            let (place, again) = (stage.cell.hit(), event.files_of(request));
            if request > 0 && stage.arrives_after_the_rest() {
                expected[place] = stage.hit().expected_with_files(event.files().chain(again));
            } else if request > 0 {
                expected[place] = stage.hit().expected_with_files((0..again.end).chain(again.start..event.files().end));
            } else {
                let copy = stage.hit().expected_with_files(again);
                expected.insert(if stage.arrives_after_the_rest() { 3 } else { place }, copy);
            }
        }
        stage.is_complete_with(expected);
        cells += 1;
    }
    assert_eq!(cells, 3 * doubtful_requests());
}

impl<C: Client> Stage<C> {
    /// Whether the service acts on the request after it was sent again, and everything behind it.
    fn arrives_after_the_rest(&self) -> bool {
        let entry = &self.cell.entry;
        match (entry.fault.effect(), entry.symptom(self.cell.target)) {
            (Effect::Late(late), Symptom::TimedOut { after, .. }) => late > after,
            (Effect::Late(_), _) => true,
            _ => false,
        }
    }
}

/// The look fails: the event stays in doubt and is not sent again, for as long as that lasts. A sample is every so-manieth
/// request.
fn waits_for_a_look<C: Client>(every: usize) {
    let mut cells = 0;
    for (cell, kind) in doubtful_cells().filter(|(cell, _)| cell.place == Place::Middle).step_by(every) {
        for (look, later_kind) in failing_looks() {
            let stage = stage::<C>(cell.clone(), AmbiguousCreate::ReadBack);
            let looks = FaultRule::new(look).method(Method::GET).always();
            stage.service.add_fault(looks.clone());
            // What the caller has to act upon comes before what was lost.
            let is_urgent = matches!(later_kind, ErrorKind::Unauthorized | ErrorKind::RateLimited);
            let kind = if is_urgent { later_kind } else { kind };
            stage.ends_in_doubt(kind, stage.cell.items_before());
            stage.service.set_faults(FaultPlan::new().rule(looks));
            stage.service.clock().advance(Duration::from_secs(3600));
            stage.ends_in_doubt(later_kind, 0);
            stage.holds_what_it_acted_on();
            stage.heal();
            stage.is_complete_with(stage.expected());
            cells += 1;
        }
    }
    assert_eq!(cells, failing_looks().len() * doubtful_requests().div_ceil(every));
}

#[test]
fn r17_the_blocking_client_holds_what_is_in_doubt() {
    holds::<Blocking>();
}

#[test]
fn r17_the_asynchronous_client_holds_what_is_in_doubt() {
    holds::<Asynchronous>();
}

#[test]
fn r17_the_blocking_client_resends_only_if_told_to() {
    resends::<Blocking>();
}

#[test]
fn r17_the_asynchronous_client_resends_only_if_told_to() {
    resends::<Asynchronous>();
}

#[test]
fn r17_the_blocking_client_waits_for_a_look() {
    waits_for_a_look::<Blocking>(1);
}

#[test]
fn r17_the_asynchronous_client_waits_for_a_look() {
    waits_for_a_look::<Asynchronous>(1);
}

#[test]
fn r17_the_worker_holds_what_is_in_doubt() {
    holds::<Worker>();
}

#[test]
fn r17_the_worker_resends_only_if_told_to() {
    resends::<Worker>();
}

#[test]
fn r17_the_worker_waits_for_a_look() {
    waits_for_a_look::<Worker>(ONE_REQUEST_IN_SEVEN);
}
