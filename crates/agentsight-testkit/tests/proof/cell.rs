//! One cell of the matrix: one fault, one request, one conversation that meets it, and what has to come of it.

use std::fmt;
use std::time::Duration;

use agentsight_core::{ConversationOutcome, DeadLetterReason, Error, ErrorKind, ItemKind, SendAllReport};
use agentsight_testkit::{ExpectedEvent, FaultPlan, FaultRule};

use crate::client::{Client, Settings};
use crate::fault_table::{Entry, Symptom};
use crate::foretell::{Dose, FirstSend, Foretold};
use crate::script::{HIT, Place, Target, Tracked};
use crate::stage::{Stage, outcome};

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) entry: Entry,
    pub(crate) target: Target,
    pub(crate) place: Place,
    pub(crate) dose: Dose,
    /// How many conversations there are, the one that meets the fault included.
    pub(crate) conversations: usize,
}

impl Cell {
    /// Sends until nothing is pending, and compares everything with what the rules foretell.
    pub(crate) fn prove<C: Client>(&self, foretold: Foretold) {
        let usual = Settings::default();
        let repeatable = Settings { concurrency: usual.concurrency.min(C::REPEATABLE), ..usual };
        // Threads come as they please: where all share one clock, what takes long makes late what is under way on others
        // meanwhile (R11).
        if self.entry.takes_long() {
            return self.prove_with::<C>(foretold, repeatable);
        }
        self.prove_with::<C>(foretold, usual);
        // How much is under way when all stop can be counted only where a run is always the same.
        if matches!(foretold.first, FirstSend::AllStopped(_)) && C::REPEATABLE < usual.concurrency {
            self.prove_with::<C>(foretold, repeatable);
        }
    }

    fn prove_with<C: Client>(&self, foretold: Foretold, settings: Settings) {
        let stage = Stage::<C>::new(self.clone(), settings);
        stage.first_send(foretold.first);
        assert_eq!(stage.service.api().audit().traffic.early, 0, "{self}");
        stage.service.set_faults(FaultPlan::new());
        stage.client.pass(self.entry.passes_after());
        stage.put_back(foretold.first);
        stage.last_send(foretold);
    }

    /// The fault, for the request of the conversation with this id and these events.
    pub(crate) fn rule(&self, id: &'static str, events: &[Tracked]) -> FaultRule {
        let (target, at) = (self.target, events[self.hit()].at);
        let rule = FaultRule::new(self.entry.fault.clone()).when(move |request| target.is(request, id, at));
        if self.dose == Dose::Once { rule } else { rule.always() }
    }

    /// What the conversation of these events holds in the end, in the order of arrival.
    pub(crate) fn in_the_end(&self, events: &[Tracked], foretold: Foretold) -> Vec<ExpectedEvent> {
        let mut expected: Vec<_> = events.iter().map(Tracked::expected).collect();
        let place = self.hit();
        let Target::Event(kind, request) = self.target else { return expected };
        // Put back, it comes after what was sent meanwhile.
        if foretold.first == FirstSend::SetAside && request == 0 {
            let late = expected.remove(place);
            expected.push(late);
        }
        if foretold.copies == 2 {
            let again = kind.files_of(request);
            if request == 0 {
                expected.push(events[place].expected_with_files(again));
            } else {
                expected[place] = events[place].expected_with_files(kind.files().chain(again));
            }
        }
        expected
    }

    /// Which of the events meets the fault.
    pub(crate) fn hit(&self) -> usize {
        match self.place {
            Place::First => 0,
            Place::Middle => 1,
            Place::Last => 2,
        }
    }

    /// How many items come before it, the record included.
    pub(crate) fn items_before(&self) -> usize {
        match self.target {
            Target::Record => 0,
            Target::Event(..) => 1 + self.hit(),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry: Entry { constructor, variant, .. }, target, place, dose, conversations } = self;
        write!(f, "{constructor}({variant}) {dose:?} on {target:?} {place:?} of {conversations}")
    }
}

impl<C: Client> Stage<C> {
    /// The send in which the fault occurs (R14, R15), and what it leaves to the other conversations (R10).
    fn first_send(&self, first: FirstSend) {
        let cell = &self.cell;
        let report = self.client.send_all();
        if first == FirstSend::Complete {
            let is_fault = cell.entry.symptom(cell.target) != Symptom::Answered;
            let is_more = self.requests() > self.requests_without_faults();
            assert_eq!(is_more, is_fault, "{} requests; {cell}", self.requests());
        }
        self.check_report(outcome(&report, HIT), first);
        self.check_dead_letters(first);
        if matches!(first, FirstSend::AllStopped(_)) && self.is_repeatable() {
            self.check_stop(&report);
        }
        for (id, _) in &self.others {
            let outcome = outcome(&report, id);
            let report = outcome.report().unwrap();
            match (first, &outcome.result) {
                (FirstSend::AllStopped(kind), Err(error)) => {
                    let sum = report.acknowledged() + report.remaining;
                    assert_eq!((error.kind(), sum, report.rejected()), (kind, 2, 0), "{cell}");
                    self.check_wait(error);
                }
                (_, Ok(report)) => assert_eq!((report.acknowledged(), report.remaining), (2, 0), "{cell}"),
                (_, Err(error)) => panic!("{id} was held up: {error}; {cell}"),
            }
        }
    }

    /// R15: when all stop, what is under way is all that the service still sees.
    fn check_stop(&self, report: &SendAllReport) {
        let cell = &self.cell;
        let requests = self.service.api().requests();
        let met: Vec<usize> = (0..requests.len()).filter(|place| requests[*place].fault.is_some()).collect();
        let [met] = met[..] else { panic!("{} requests met the fault: {cell}", met.len()) };
        let later = requests.len() - 1 - met;
        assert!(later < self.settings.concurrency, "{later} requests came after all had to stop: {cell}");
        if let (Target::Record, Some((id, _))) = (cell.target, self.others.last()) {
            let last = outcome(report, id);
            let counts = last.report().map(|report| (report.acknowledged(), report.rejected(), report.remaining));
            assert!(last.result.is_err() && counts == Some((0, 0, 2)), "{id} was not stopped: {last:?}; {cell}");
        }
    }

    fn check_report(&self, outcome: &ConversationOutcome, first: FirstSend) {
        let cell = &self.cell;
        let report = outcome.report().unwrap();
        let (kind, acknowledged, rejected) = match first {
            FirstSend::Complete => (None, 4, 0),
            FirstSend::SetAside => (None, 3, 1),
            FirstSend::Parked => (Some(ErrorKind::Rejected), 0, 1),
            FirstSend::Stopped(kind) | FirstSend::AllStopped(kind) => (Some(kind), cell.items_before(), 0),
        };
        let error = outcome.result.as_ref().err();
        let told = (error.map(|error| error.kind()), report.acknowledged(), report.rejected(), report.remaining);
        assert_eq!(told, (kind, acknowledged, rejected, 4 - acknowledged - rejected), "{cell}");
        assert_eq!((report.in_doubt.as_ref(), report.summary.errors), (None, rejected), "{cell}");
        if let Some(error) = error {
            self.check_wait(error);
        }
    }

    /// R16: who is told to wait longer than a call may take hears for how long.
    fn check_wait(&self, error: &Error) {
        let Some(asked) = self.cell.entry.asks_to_wait_too_long() else { return };
        let told = error.retry_after().unwrap();
        // A date is cut to seconds, and what came before took some of the time. Who was not answered is told how long
        // the service rests, which is never longer than a day.
        let least = asked.min(self.cell.entry.passes_after()).saturating_sub(Duration::from_secs(200));
        assert!((least..=asked).contains(&told), "{told:?} {}", self.cell);
    }

    fn check_dead_letters(&self, first: FirstSend) {
        let letters = self.client.dead_letters();
        let told = letters.iter().map(|letter| (letter.conversation_id.as_str(), letter.kind, letter.reason));
        let expected = match first {
            FirstSend::SetAside => vec![(HIT, self.hit().kind.item(), DeadLetterReason::Rejected)],
            FirstSend::Parked => vec![(HIT, ItemKind::Conversation, DeadLetterReason::Rejected)],
            _ => Vec::new(),
        };
        assert_eq!(told.collect::<Vec<_>>(), expected, "{}", self.cell);
        if first == FirstSend::SetAside {
            assert_eq!(letters[0].timestamp, self.hit().at, "{}", self.cell);
        }
    }

    /// What was set aside is not sent by itself, and is put back.
    fn put_back(&self, first: FirstSend) {
        let cell = &self.cell;
        match first {
            FirstSend::SetAside => {
                assert!(self.client.pending().is_empty(), "{cell}");
                self.check_audit(self.without_the_hit());
            }
            FirstSend::Parked => {
                let before = self.requests();
                let again = self.client.send_all();
                let outcome = outcome(&again, HIT);
                let kind = outcome.result.as_ref().unwrap_err().kind();
                let remaining = outcome.report().unwrap().remaining;
                assert_eq!((kind, remaining, self.requests() - before), (ErrorKind::Rejected, 3, 0), "{cell}");
                self.check_audit([]);
            }
            FirstSend::Complete | FirstSend::Stopped(_) | FirstSend::AllStopped(_) => return,
        }
        self.client.requeue(&self.client.dead_letters()[0]);
    }

    /// The fault is gone: what is pending is sent, and then there is nothing more to do.
    fn last_send(&self, foretold: Foretold) {
        let cell = &self.cell;
        let is_pending = match foretold.first {
            FirstSend::Complete => false,
            // By now a worker has gone on by itself.
            FirstSend::Stopped(_) | FirstSend::AllStopped(_) => !C::WORKS_BY_ITSELF,
            FirstSend::SetAside | FirstSend::Parked => true,
        };
        assert_eq!(!self.client.pending().is_empty(), is_pending, "{cell}");
        let report = self.client.send_all();
        assert!(report.is_complete() && report.outcomes.is_empty() != is_pending, "{report:?}; {cell}");
        assert!(self.client.pending().is_empty() && self.client.dead_letters().is_empty(), "{cell}");
        assert!(self.client.send_all().outcomes.is_empty(), "{cell}");
        let audit = self.check_audit(cell.in_the_end(&self.events, foretold));
        // To send again before the service allows it is the application's to decide: by then an hour has passed.
        if cell.entry.asks_to_wait_too_long().is_none() {
            assert_eq!(audit.traffic.early, 0, "{cell}");
        }
    }

    /// What the conversation holds while the event that was refused is a dead letter: of a message whose files were
    /// refused, the message, and the files that were taken (R13).
    fn without_the_hit(&self) -> Vec<ExpectedEvent> {
        let mut expected = self.expected();
        let place = self.cell.hit();
        match self.cell.target {
            Target::Event(kind, request @ 1..) => {
                expected[place] = self.hit().expected_with_files(0..kind.files_of(request).start);
            }
            _ => drop(expected.remove(place)),
        }
        expected
    }
}
