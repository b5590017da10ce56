//! One cell of the matrix: one fault, one request, one conversation that meets it, and what has to come of it.

use std::fmt;
use std::time::Duration;

use agentsight_core::{ConversationOutcome, DeadLetterReason, ErrorKind, ItemKind, NewConversation, SendAllReport};
use agentsight_testkit::{Audit, Expected, ExpectedEvent, FaultPlan, FaultRule, VirtualTransport};

use crate::client::{Client, Settings};
use crate::fault_table::Entry;
use crate::foretell::{Dose, FirstSend, Foretold, foretell};
use crate::script::{HIT, Kind, Place, Target, Tracked};

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

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry: Entry { constructor, variant, .. }, target, place, dose, conversations } = self;
        write!(f, "{constructor}({variant}) {dose:?} on {target:?} {place:?} of {conversations}")
    }
}

/// A client with everything tracked.
struct Stage<C> {
    cell: Cell,
    service: VirtualTransport,
    client: C,
    events: Vec<Tracked>,
    others: Vec<(String, Vec<Tracked>)>,
}

impl Cell {
    /// Sends until nothing is pending, and compares everything with what the rules foretell. Answers whether they
    /// foretell anything.
    pub(crate) fn prove<C: Client>(&self) -> bool {
        let Some(foretold) = foretell(&self.entry, self.target, self.dose) else { return false };
        let mut stage = Stage::<C>::new(self.clone());
        stage.first_send(foretold);
        stage.later_sends(foretold);
        true
    }

    /// Which of the events meets the fault.
    fn hit(&self) -> usize {
        match self.place {
            Place::First => 0,
            Place::Middle => 1,
            Place::Last => 2,
        }
    }
}

impl<C: Client> Stage<C> {
    fn new(cell: Cell) -> Self {
        let service = VirtualTransport::new();
        let client = C::over(&service, Settings::default().config(&service), 42);
        let clock = service.clock();
        let mut others = Vec::new();
        let mut events = Vec::new();
        for number in 0..cell.conversations {
            if number == cell.conversations / 2 {
                let lane = client.register(NewConversation::new(HIT).name("Password reset"));
                clock.advance(Duration::from_secs(1));
                events.extend(cell.target.events().map(|kind| kind.track(&lane, clock)));
            } else {
                let id = format!("other-{number}");
                let lane = client.register(NewConversation::new(&id));
                clock.advance(Duration::from_secs(1));
                let tracked = [Kind::Question, Kind::Answer].map(|kind| kind.track(&lane, clock));
                others.push((id, tracked.to_vec()));
            }
        }
        let (target, at) = (cell.target, events[cell.hit()].at);
        let rule = FaultRule::new(cell.entry.fault.clone()).when(move |request| target.is(request, at));
        service.add_fault(if cell.dose == Dose::Once { rule } else { rule.always() });
        Self { cell, service, client, events, others }
    }

    /// The send in which the fault occurs (R14, R15).
    fn first_send(&mut self, foretold: Foretold) {
        let report = self.client.send_all();
        let hit = report.outcomes.iter().find(|outcome| outcome.conversation_id.as_str() == HIT).unwrap();
        self.check_first(hit, foretold.first);
        for (id, _) in &self.others {
            let outcome = report.outcomes.iter().find(|outcome| outcome.conversation_id.as_str() == id).unwrap();
            let report = outcome.report().unwrap();
            match (foretold.first, &outcome.result) {
                (FirstSend::AllStopped(kind), Err(error)) => {
                    assert_eq!(error.kind(), kind, "{}", self.cell);
                    assert_eq!((report.acknowledged() + report.remaining, report.rejected()), (3, 0), "{}", self.cell);
                }
                (_, Ok(report)) => assert_eq!((report.acknowledged(), report.remaining), (3, 0), "{}", self.cell),
                (_, Err(error)) => panic!("{id} was held up by another conversation: {error}; {}", self.cell),
            }
        }
    }

    fn check_first(&self, outcome: &ConversationOutcome, first: FirstSend) {
        let cell = &self.cell;
        let report = outcome.report().unwrap();
        let sent_before = match cell.target {
            Target::Record => 0,
            Target::Event(..) => 1 + cell.hit(),
        };
        let (kind, acknowledged, rejected) = match first {
            FirstSend::Complete => (None, 4, 0),
            FirstSend::SetAside => (None, 3, 1),
            FirstSend::Parked => (Some(ErrorKind::Rejected), 0, 1),
            FirstSend::Stopped(kind) | FirstSend::AllStopped(kind) => (Some(kind), sent_before, 0),
        };
        let error = outcome.result.as_ref().err();
        let told = (error.map(|error| error.kind()), report.acknowledged(), report.rejected(), report.remaining);
        assert_eq!(told, (kind, acknowledged, rejected, 4 - acknowledged - rejected), "{cell}");
        assert_eq!(report.in_doubt, None, "{cell}");
        assert_eq!(report.summary.errors, rejected, "{cell}");
        if kind == Some(ErrorKind::RateLimited) && cell.entry.variant == "beyond the call's time" {
            assert!(error.is_some_and(|error| error.retry_after() > Some(Duration::from_secs(60))), "{cell}");
        }

        let letters = self.client.dead_letters();
        let told: Vec<_> =
            letters.iter().map(|letter| (letter.conversation_id.as_str(), letter.kind, letter.reason)).collect();
        let hit = &self.events[cell.hit()];
        let expected = match first {
            FirstSend::SetAside => vec![(HIT, hit.kind.item(), DeadLetterReason::Rejected)],
            FirstSend::Parked => vec![(HIT, ItemKind::Conversation, DeadLetterReason::Rejected)],
            _ => Vec::new(),
        };
        assert_eq!(told, expected, "{cell}");
        if first == FirstSend::SetAside {
            assert_eq!(letters[0].timestamp, hit.at, "{cell}");
        }
    }

    /// The fault is gone; what is pending is sent, and then what was set aside.
    fn later_sends(&mut self, foretold: Foretold) {
        let cell = self.cell.clone();
        self.service.set_faults(FaultPlan::new());
        self.service.clock().advance(Duration::from_secs(3600));
        match foretold.first {
            FirstSend::Complete => {}
            FirstSend::SetAside => {
                self.check_audit(&self.without_the_hit());
                self.client.requeue(&self.client.dead_letters()[0]);
            }
            FirstSend::Parked => {
                let before = self.service.api().audit().traffic.requests;
                let again = self.client.send_all();
                let [outcome] = &again.outcomes[..] else { panic!("{again:?} {cell}") };
                let error = outcome.result.as_ref().unwrap_err();
                assert_eq!((error.kind(), outcome.report().unwrap().remaining), (ErrorKind::Rejected, 3), "{cell}");
                assert_eq!(self.service.api().audit().traffic.requests, before, "{cell}");
                self.check_audit(&[]);
                self.client.requeue(&self.client.dead_letters()[0]);
            }
            FirstSend::Stopped(_) | FirstSend::AllStopped(_) => {}
        }
        let is_pending = foretold.first != FirstSend::Complete;
        assert_eq!(!self.client.pending().is_empty(), is_pending, "{cell}");
        let report: SendAllReport = self.client.send_all();
        assert!(report.is_complete() && report.outcomes.is_empty() != is_pending, "{report:?} {cell}");
        assert!(self.client.pending().is_empty() && self.client.dead_letters().is_empty(), "{cell}");

        let audit = self.check_audit(&self.in_the_end(foretold));
        assert_eq!(audit.traffic.early, 0, "{cell}");
        let nothing = self.client.send_all();
        assert!(nothing.outcomes.is_empty(), "{cell}");
        assert_eq!(self.service.api().audit().traffic.requests, audit.traffic.requests, "{cell}");
    }

    /// What the conversation holds while the event that was refused is a dead letter: of a message whose files were
    /// refused, the message, and the files that were taken (R13).
    fn without_the_hit(&self) -> Vec<ExpectedEvent> {
        let mut expected: Vec<_> = self.events.iter().map(Tracked::expected).collect();
        let hit = self.cell.hit();
        match self.cell.target {
            Target::Event(kind, request @ 1..) => {
                expected[hit] = self.events[hit].expected_with_files(0..kind.files_before(request));
            }
            _ => drop(expected.remove(hit)),
        }
        expected
    }

    /// What the conversation holds in the end, in the order of arrival.
    fn in_the_end(&self, foretold: Foretold) -> Vec<ExpectedEvent> {
        let mut expected: Vec<_> = self.events.iter().map(Tracked::expected).collect();
        let hit = self.cell.hit();
        let Target::Event(kind, request) = self.cell.target else { return expected };
        // Put back, it comes after what was sent meanwhile.
        if foretold.first == FirstSend::SetAside && request == 0 {
            let late = expected.remove(hit);
            expected.push(late);
        }
        if foretold.copies == 2 {
            let again = kind.files_of(request);
            if request == 0 {
                expected.push(self.events[hit].expected_with_files(again));
            } else {
                expected[hit] = self.events[hit].expected_with_files(kind.files().chain(again));
            }
        }
        expected
    }

    /// Compares what the service holds with these events of the conversation and all of the others.
    fn check_audit(&self, events: &[ExpectedEvent]) -> Audit {
        let mut expected = Expected::new().conversation(HIT).events(events.iter().cloned());
        if foretell(&self.cell.entry, self.cell.target, self.cell.dose).is_some() {
            for (id, tracked) in &self.others {
                expected = expected.conversation(id).events(tracked.iter().map(Tracked::expected));
            }
        }
        let audit = self.service.api().audit();
        if let Err(difference) = audit.check(&expected) {
            panic!("{}\n{difference}", self.cell);
        }
        audit
    }
}
