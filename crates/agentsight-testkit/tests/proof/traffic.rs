//! Conversations that are tracked while background delivery runs, and the faults that it meets.

use agentsight_core::{ConversationRecorder, NewConversation};
use agentsight_testkit::{Expected, FaultMix, FaultPlan, TestClock, VirtualTransport};

use crate::fault_table::{self, Symptom};
use crate::foretell::{Dose, foretell};
use crate::script::{Kind, Target, Tracked};
use crate::witness::check_files;

/// The events of each conversation, in order.
const KINDS: [Kind; 5] = [Kind::Question, Kind::Action, Kind::Answer, Kind::Button, Kind::Answer];

/// Events of several conversations, tracked in turn.
pub(crate) struct Traffic {
    conversations: Vec<Conversation>,
}

struct Conversation {
    id: String,
    lane: ConversationRecorder,
    events: Vec<Tracked>,
}

impl Traffic {
    /// Tracks the events of so many conversations.
    pub(crate) fn track(
        service: &VirtualTransport,
        conversations: u32,
        register: impl Fn(NewConversation) -> ConversationRecorder,
    ) -> Self {
        let registered = (0..conversations).map(|number| {
            let id = format!("c-{number}");
            let lane = register(NewConversation::new(&id));
            Conversation { id, lane, events: Vec::new() }
        });
        let mut conversations: Vec<_> = registered.collect();
        for kind in KINDS {
            for Conversation { lane, events, .. } in &mut conversations {
                events.push(kind.track(lane, service.clock()));
            }
        }
        Self { conversations }
    }

    /// The service holds every event once and in order.
    pub(crate) fn check(&self, service: &VirtualTransport, what: &str) {
        let mut expected = Expected::new();
        for Conversation { id, events, .. } in &self.conversations {
            expected = expected.conversation(id).events(events.iter().map(Tracked::expected)).into();
        }
        if let Err(difference) = service.api().audit().check(&expected) {
            panic!("{what}: {difference}");
        }
        check_files(service.api(), what);
    }
}

/// Faults on one request in ten, of those that refuse nothing and nobody, double nothing and take no time: on threads,
/// what takes time makes late what is under way meanwhile, so that only the clients' own waits move the clock.
pub(crate) fn faults(seed: u64) -> FaultPlan {
    let mut mix = FaultMix::from_seed(seed).percent(10);
    for entry in fault_table::all(TestClock::new().utc()) {
        let is_single = |target| foretell(&entry, target, Dose::Once).unwrap().copies == 1;
        let dribbles = entry.constructor.starts_with("dribbled");
        let waits = dribbles || entry.takes_long() || entry.asks_to_wait_too_long().is_some();
        let is_barred = |target| matches!(entry.symptom(target), Symptom::Barred(_) | Symptom::KeyRefused);
        if !waits
            && !entry.may_refuse()
            && !Target::ALL.into_iter().any(is_barred)
            && Target::ALL.into_iter().all(is_single)
        {
            mix = mix.fault(entry.fault);
        }
    }
    FaultPlan::new().mix(mix)
}
