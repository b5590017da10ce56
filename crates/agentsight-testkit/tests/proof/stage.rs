//! A client with everything tracked, and the fault in place.

use agentsight_core::{ConversationOutcome, ConversationRecorder, NewConversation, SendAllReport};
use agentsight_testkit::{Audit, Expected, ExpectedEvent, VirtualTransport};

use crate::cell::Cell;
use crate::client::{Client, Settings};
use crate::script::{HIT, Kind, Tracked};
use crate::witness::{check_files, check_parallel};

pub(crate) struct Stage<C> {
    pub(crate) cell: Cell,
    pub(crate) settings: Settings,
    pub(crate) service: VirtualTransport,
    pub(crate) client: C,
    /// The conversation that meets the fault, and its events.
    pub(crate) lane: ConversationRecorder,
    pub(crate) events: Vec<Tracked>,
    /// The other conversations by their ids, with the one event of each.
    pub(crate) others: Vec<(String, Tracked)>,
}

impl<C: Client> Stage<C> {
    pub(crate) fn new(cell: Cell, settings: Settings) -> Self {
        let service = VirtualTransport::new();
        let client = C::over(&service, settings.config(&service), 42);
        let clock = service.clock();
        let other = |number| {
            let id = format!("other-{number}");
            let tracked = Kind::Question.track(&client.register(NewConversation::new(&id)), clock);
            (id, tracked)
        };
        let middle = cell.conversations / 2;
        let mut others: Vec<_> = (0..middle).map(other).collect();
        let lane = client.register(NewConversation::new(HIT).name("Password reset"));
        let events: Vec<_> = cell.target.events().iter().map(|kind| kind.track(&lane, clock)).collect();
        others.extend((middle + 1..cell.conversations).map(other));

        service.add_fault(cell.rule(HIT, &events));
        Self { cell, settings, service, client, lane, events, others }
    }

    /// The event that meets the fault; of a record's conversation the first.
    pub(crate) fn hit(&self) -> &Tracked {
        &self.events[self.cell.hit()]
    }

    /// What the service is to show of the conversation if nothing had gone wrong.
    pub(crate) fn expected(&self) -> Vec<ExpectedEvent> {
        self.events.iter().map(Tracked::expected).collect()
    }

    /// How many requests everything takes if nothing goes wrong.
    pub(crate) fn requests_without_faults(&self) -> u64 {
        let events: usize = self.events.iter().map(|event| event.kind.requests()).sum();
        // The other conversations have a record and one message.
        u64::try_from(1 + events + 2 * self.others.len()).unwrap()
    }

    /// How many requests the service has seen.
    pub(crate) fn requests(&self) -> u64 {
        self.service.api().audit().traffic.requests
    }

    /// Whether a run is always the same, so that it can be counted.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.settings.concurrency <= C::REPEATABLE
    }

    /// Compares what the service holds with these events of the conversation, and all of the others (R17), with what
    /// is in their files (R13), and that no more was under way at once than may be (R10).
    pub(crate) fn check_audit(&self, events: impl IntoIterator<Item = ExpectedEvent>) -> Audit {
        let mut expected = Expected::new().conversation(HIT).events(events);
        for (id, tracked) in &self.others {
            expected = expected.conversation(id).event(tracked.expected());
        }
        let audit = self.service.api().audit();
        if let Err(difference) = audit.check(&expected) {
            panic!("{}\n{difference}", self.cell);
        }
        let what = self.cell.to_string();
        check_files(self.service.api(), &what);
        check_parallel(&audit, self.settings.concurrency, &what);
        if self.is_repeatable() {
            let most = self.settings.concurrency.min(self.cell.conversations);
            assert_eq!(audit.traffic.most_parallel, most, "{what}");
        }
        audit
    }
}

/// What a send says of a conversation.
pub(crate) fn outcome<'a>(report: &'a SendAllReport, id: &str) -> &'a ConversationOutcome {
    report.outcomes.iter().find(|outcome| outcome.conversation_id.as_str() == id).unwrap()
}
