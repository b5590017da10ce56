//! One random schedule: conversations, faults, outages, waits, sends and interruptions, all from one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use agentsight_core::{
    AmbiguousCreate, AttachmentMode, Context, ConversationLane, ItemKind, NewConversation, SendAllReport, Timestamp,
    TokenUsage,
};
use agentsight_testkit::{
    AuditedEvent, Expected, ExpectedEvent, Fault, FaultMix, FaultPlan, FaultRule, TestClock, VirtualTransport,
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use http::StatusCode;

use crate::client::{Client, Settings};
use crate::fault_table::{self, Entry};
use crate::foretell::{Dose, foretell};
use crate::script::{Kind, Target, Tracked};

/// More sends than any schedule takes after its last step.
const MOST_SENDS: u32 = 100;

/// The faults under which the rules promise that nothing is lost or doubled, and that end before the world does.
static PROMISED: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries = fault_table::all(TestClock::new().utc());
    entries.retain(|entry| {
        let is_endless = entry.asks_to_wait_too_long() == Some(Duration::MAX);
        !is_endless && Target::ALL.iter().all(|target| foretell(entry, *target, Dose::Once).unwrap().copies == 1)
    });
    entries
});

/// A client to which things happen.
pub(crate) struct Schedule<C> {
    service: VirtualTransport,
    client: C,
    random: Context,
    conversations: Vec<Conversation>,
    /// Whether events may be refused.
    is_harsh: bool,
    interruptions: Vec<DateTime<Utc>>,
    stops: usize,
}

struct Conversation {
    id: String,
    lane: ConversationLane,
    events: Vec<Happened>,
    tokens: u64,
    /// The stamps of what became a dead letter at some time: put back, it comes later than it was tracked.
    refused: BTreeSet<i64>,
}

/// An event, and when it was tracked, which is later than its own time if it was back-filled (R6).
struct Happened {
    tracked: Tracked,
    when: DateTime<Utc>,
}

impl<C: Client> Schedule<C> {
    /// Runs the schedule of a seed to its end, and checks that every event arrived once and in order. Answers how often
    /// a conversation had to stop on the way.
    pub(crate) fn run(seed: u64) -> usize {
        // What happens is drawn from a sequence of its own, and not from what the client draws.
        let random = TestClock::new().context(!seed);
        let is_harsh = random.next_u64().is_multiple_of(3);
        let poison_after = is_harsh.then_some(5);
        let settings =
            Settings { ambiguous_create: AmbiguousCreate::ReadBack, concurrency: C::REPEATABLE, poison_after };
        let service = VirtualTransport::new();
        let client = C::over(&service, settings.config(&service), seed);
        let mut schedule =
            Self { service, client, random, conversations: Vec::new(), is_harsh, interruptions: Vec::new(), stops: 0 };
        schedule.begin(seed);
        for _ in 0..4 + schedule.below(8) {
            schedule.step();
        }
        schedule.send_until_nothing_is_pending();
        schedule.check();
        schedule.stops
    }

    /// Conversations, and everything that goes wrong with their requests.
    fn begin(&mut self, seed: u64) {
        for number in 0..1 + self.below(4) {
            let id = format!("c-{number}");
            let lane = self.client.register(NewConversation::new(&id));
            let refused = BTreeSet::new();
            self.conversations.push(Conversation { id, lane, events: Vec::new(), tokens: 0, refused });
        }
        let mut mix = FaultMix::from_seed(seed).percent(u8::try_from(1 + self.below(30)).unwrap());
        for entry in PROMISED.iter().filter(|entry| self.is_harsh || !entry.may_refuse()) {
            mix = mix.fault(entry.fault.clone());
        }
        let outages = self.below(3);
        let plan = (0..outages).fold(FaultPlan::new(), |plan, _| plan.rule(self.outage()));
        self.service.set_faults(plan.mix(mix));
    }

    /// Nothing works for a while.
    fn outage(&self) -> FaultRule {
        let clock = self.service.clock().clone();
        let start = clock.since_start() + Duration::from_secs(self.below(120));
        let end = start + Duration::from_secs([4, 60, 3600][self.pick(3)]);
        let fault = [
            Fault::refused(),
            Fault::status(StatusCode::SERVICE_UNAVAILABLE),
            Fault::status(StatusCode::BAD_GATEWAY),
            Fault::silence(),
            Fault::reset_after_request(),
        ];
        let is_out = move |_: &_| (start..end).contains(&clock.since_start());
        FaultRule::new(fault[self.pick(5)].clone()).when(is_out).always()
    }

    fn step(&mut self) {
        match self.below(10) {
            0..5 => {
                for _ in 0..1 + self.below(4) {
                    self.track();
                }
            }
            5 => {
                let (place, count) = (self.pick(self.conversations.len()), 1 + self.below(1000));
                self.conversations[place].lane.track_token_usage(TokenUsage::new(count, 1));
                self.conversations[place].tokens += count;
            }
            6 => self.service.clock().advance(Duration::from_millis(self.below(40_000))),
            7 | 8 => {
                let report = self.client.send_all();
                self.note(&report);
            }
            _ => {
                let after = self.pick(60);
                match self.client.interrupted_send_all(after) {
                    Some(report) => self.note(&report),
                    None => self.interruptions.push(self.service.clock().utc()),
                }
                self.note_dead_letters();
            }
        }
    }

    fn track(&mut self) {
        let place = self.pick(self.conversations.len());
        let mode = [AttachmentMode::Base64, AttachmentMode::FormData][self.pick(2)];
        let kind = match self.below(14) {
            0..4 => Kind::Question,
            4..7 => Kind::Answer,
            7..9 => Kind::Action,
            9..11 => Kind::Button,
            11..13 => Kind::WithFiles(1 + self.pick(12), mode),
            _ => Kind::Files(1 + self.pick(12), mode),
        };
        let is_back_filled = self.below(8) == 0;
        let ago = TimeDelta::seconds(i64::try_from(self.below(3600)).unwrap());
        let clock = self.service.clock();
        let Conversation { lane, events, .. } = &mut self.conversations[place];
        let tracked = if is_back_filled {
            clock.advance(Duration::from_secs(1));
            // Microseconds of its own keep it from being moved.
            let own = TimeDelta::microseconds(1 + i64::try_from(events.len()).unwrap());
            kind.back_fill(lane, clock.utc().trunc_subsecs(0) - ago + own)
        } else {
            kind.track(lane, clock)
        };
        events.push(Happened { tracked, when: clock.utc() });
    }

    /// What an application does with a report: it waits as long as it is told to.
    fn note(&mut self, report: &SendAllReport) {
        let errors: Vec<_> = report.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
        self.stops += errors.len();
        if let Some(wait) = errors.iter().filter_map(|error| error.retry_after()).max() {
            self.service.clock().advance(wait);
        }
        self.note_dead_letters();
    }

    fn note_dead_letters(&mut self) {
        for letter in self.client.dead_letters() {
            assert!(self.is_harsh, "nothing was refused: {letter:?}");
            let id = letter.conversation_id.as_str();
            let conversation = self.conversations.iter_mut().find(|conversation| conversation.id == id).unwrap();
            if letter.kind != ItemKind::Conversation {
                conversation.refused.insert(letter.timestamp.timestamp_micros());
            }
        }
    }

    /// Everything goes wrong as before, and what is refused is put back again and again.
    fn send_until_nothing_is_pending(&mut self) {
        for send in 0..MOST_SENDS {
            for letter in self.client.dead_letters() {
                self.client.requeue(&letter);
            }
            if self.client.pending().is_empty() {
                return;
            }
            let report = self.client.send_all();
            self.note(&report);
            // The more often it was in vain, the longer an application waits: up to half an hour.
            self.service.clock().advance(Duration::from_secs(60 << send.min(5)));
        }
        panic!("it never ends: {:?}", self.client.pending());
    }

    fn check(&self) {
        // Late requests would have come by now.
        self.service.clock().advance(Duration::from_secs(3600));
        let audit = self.service.api().audit();
        let mut expected = Expected::new();
        for conversation in &self.conversations {
            let arrived = audit.conversation(&conversation.id).map_or(&[][..], |audited| &audited.accepted);
            let in_order = self.in_order_of_arrival(conversation, arrived);
            expected = expected.conversation(&conversation.id).events(in_order).into();
        }
        audit.assert_exactly_once_in_order(&expected);
        if self.interruptions.is_empty() {
            assert_eq!(audit.traffic.early, 0, "{audit}");
        }
    }

    /// The conversation's events as they have to arrive: by their stamps, unless one was tracked or put back when
    /// another had already been handed out (R6). What the counters became is listed where it is, and added up.
    fn in_order_of_arrival(&self, conversation: &Conversation, arrived: &[AuditedEvent]) -> Vec<ExpectedEvent> {
        let ours: BTreeMap<i64, &Happened> =
            conversation.events.iter().map(|event| (event.tracked.at.timestamp_micros(), event)).collect();
        assert_eq!(ours.len(), conversation.events.len(), "stamps tell events apart");
        let at = |event: &AuditedEvent| event.timestamp.timestamp_micros();
        let known: Vec<(i64, &Happened)> =
            arrived.iter().filter_map(|event| Some((at(event), *ours.get(&at(event))?))).collect();
        for (place, (earlier, before)) in known.iter().enumerate() {
            for (later, after) in known.iter().skip(place + 1).filter(|(later, _)| later < earlier) {
                let may_be_late = conversation.refused.contains(later) || self.was_sent_before(before, after.when);
                assert!(may_be_late, "{}: {earlier} arrived before {later}", conversation.id);
            }
        }
        self.check_tokens(conversation);

        let token_usage =
            |event: &AuditedEvent| ExpectedEvent::new(ItemKind::Action).text("token_usage").at(event.timestamp);
        let mut left: BTreeMap<i64, &Happened> = ours.clone();
        let mut expected: Vec<ExpectedEvent> = arrived
            .iter()
            .map(|event| left.remove(&at(event)).map_or_else(|| token_usage(event), |event| event.tracked.expected()))
            .collect();
        // What has not arrived is missing.
        expected.extend(left.values().map(|event| event.tracked.expected()));
        expected
    }

    /// Whether the event may have been handed out before this time. The service has not seen what an interruption kept
    /// from it.
    fn was_sent_before(&self, event: &Happened, time: DateTime<Utc>) -> bool {
        let stamp = Timestamp::from(event.tracked.at.trunc_subsecs(6)).to_string();
        let holds_stamp = |body| std::str::from_utf8(body).is_ok_and(|body| body.contains(&stamp));
        self.interruptions.iter().any(|interruption| (event.when..time).contains(interruption))
            || self.service.api().requests().iter().any(|request| request.at < time && holds_stamp(&request.body))
    }

    /// R8: every count is in one action, and in one only.
    fn check_tokens(&self, conversation: &Conversation) {
        let messages = self.service.api().transcript(conversation.id.as_str());
        let usages = messages.iter().filter(|message| message.action_name.as_deref() == Some("token_usage"));
        let counts = usages.map(|usage| usage.metadata.as_ref().unwrap().as_map().unwrap()["prompt_tokens"].as_u64());
        assert_eq!(counts.map(Option::unwrap).sum::<u64>(), conversation.tokens, "{}", conversation.id);
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    fn pick(&self, bound: usize) -> usize {
        usize::try_from(self.below(u64::try_from(bound).unwrap())).unwrap()
    }
}
