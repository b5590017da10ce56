//! One random schedule: conversations, faults, outages, waits, sends and interruptions, all from one seed.

mod arrival;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use agentsight_core::{
    AmbiguousCreate, AttachmentMode, Context, ConversationRecorder, ItemKind, NewConversation, SendAllReport,
    TokenUsage,
};
use agentsight_testkit::{Audit, Effect, Expected, Fault, FaultMix, FaultPlan, FaultRule, TestClock, VirtualTransport};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use http::StatusCode;

use crate::client::{Client, Settings};
use crate::fault_table::{self, Entry};
use crate::foretell::{Dose, foretell};
use crate::script::{Kind, Target, Tracked};
use crate::witness::{check_files, check_parallel};

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

/// Whether the service may act on a request only after the time of its attempt.
fn may_outlast_an_attempt(entry: &Entry) -> bool {
    let outlasts = |target: Target| matches!(entry.fault.effect(), Effect::Late(late) if late > target.allowance());
    Target::ALL.into_iter().any(outlasts)
}

/// How long the outages take, in seconds.
pub(crate) const OUTAGES: [u64; 3] = [4, 60, 3600];

/// Where the action is that the token counters became (R8).
enum UsagePlace {
    BeforeTheLast,
    AtTheEnd,
}

/// A client to which things happen.
pub(crate) struct Schedule<C> {
    service: VirtualTransport,
    client: C,
    random: Context,
    conversations: Vec<Conversation>,
    /// Whether events may be refused.
    is_harsh: bool,
    /// Whether sends are interrupted.
    has_interruptions: bool,
    interruptions: Vec<DateTime<Utc>>,
    /// When each send began and ended.
    sends: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    outages: Vec<Outage>,
    tally: Tally,
}

/// How much went wrong on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Conversations that had to stop, send by send.
    pub(crate) stops: usize,
    pub(crate) interruptions: usize,
    pub(crate) dead_letters: usize,
    pub(crate) requests_with_faults: usize,
    /// The outages in which there was a request, by their length.
    pub(crate) outages: BTreeMap<u64, usize>,
    /// Where what became of the token counters was put (R8).
    pub(crate) usages_before_the_last: usize,
    pub(crate) usages_at_the_end: usize,
}

/// A time in which nothing works.
struct Outage {
    seconds: u64,
    is_met: Arc<AtomicBool>,
}

struct Conversation {
    id: String,
    lane: ConversationRecorder,
    /// The stamp of its record.
    registered: i64,
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

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.stops += other.stops;
        self.interruptions += other.interruptions;
        self.dead_letters += other.dead_letters;
        self.requests_with_faults += other.requests_with_faults;
        for (seconds, met) in other.outages {
            *self.outages.entry(seconds).or_default() += met;
        }
        self.usages_before_the_last += other.usages_before_the_last;
        self.usages_at_the_end += other.usages_at_the_end;
    }
}

impl<C: Client> Schedule<C> {
    /// Runs the schedule of a seed to its end, and checks that every event arrived once and in order. Answers what went
    /// wrong on the way.
    pub(crate) fn run(seed: u64) -> Tally {
        // What happens is drawn from a sequence of its own, and not from what the client draws.
        let random = TestClock::new().context(!seed);
        let is_harsh = random.next_u64().is_multiple_of(3);
        let has_interruptions = !random.next_u64().is_multiple_of(4);
        let poison_after = is_harsh.then_some(5);
        let settings =
            Settings { ambiguous_create: AmbiguousCreate::ReadBack, concurrency: C::REPEATABLE, poison_after };
        let service = VirtualTransport::new();
        let client = C::over(&service, settings.config(&service), seed);
        let mut schedule = Self {
            service,
            client,
            random,
            conversations: Vec::new(),
            is_harsh,
            has_interruptions,
            interruptions: Vec::new(),
            sends: Vec::new(),
            outages: Vec::new(),
            tally: Tally::default(),
        };
        schedule.begin(seed);
        for _ in 0..4 + schedule.below(8) {
            schedule.step();
        }
        schedule.send_until_nothing_is_pending();
        schedule.check(&format!("seed {seed}"));
        schedule.tally
    }

    /// Conversations, and everything that goes wrong with their requests.
    fn begin(&mut self, seed: u64) {
        for number in 0..1 + self.below(4) {
            let id = format!("c-{number}");
            let lane = self.client.register(NewConversation::new(&id));
            let refused = BTreeSet::new();
            let registered = self.service.clock().utc().timestamp_micros();
            self.conversations.push(Conversation { id, lane, registered, events: Vec::new(), tokens: 0, refused });
        }
        let mut mix = FaultMix::from_seed(seed).percent(u8::try_from(1 + self.below(30)).unwrap());
        for entry in PROMISED.iter() {
            let may_refuse = entry.may_refuse() && !self.is_harsh;
            // After an attempt that was dropped, the service gets that attempt's time only, and not twice as after a
            // timeout (R17).
            let may_be_too_late = may_outlast_an_attempt(entry) && self.has_interruptions;
            if !may_refuse && !may_be_too_late {
                mix = mix.fault(entry.fault.clone());
            }
        }
        let outages = self.below(3);
        let plan = (0..outages).fold(FaultPlan::new(), |plan, _| plan.rule(self.outage()));
        self.service.set_faults(plan.mix(mix));
    }

    /// Nothing works for a while.
    fn outage(&mut self) -> FaultRule {
        let clock = self.service.clock().clone();
        let start = clock.since_start() + Duration::from_secs(self.below(60));
        let seconds = OUTAGES[self.pick(OUTAGES.len())];
        let end = start + Duration::from_secs(seconds);
        let fault = [
            Fault::refused(),
            Fault::status(StatusCode::SERVICE_UNAVAILABLE),
            Fault::status(StatusCode::BAD_GATEWAY),
            Fault::silence(),
            Fault::reset_after_request(),
        ];
        let is_met = Arc::new(AtomicBool::new(false));
        self.outages.push(Outage { seconds, is_met: is_met.clone() });
        let is_out = move |_: &_| {
            let is_out = (start..end).contains(&clock.since_start());
            is_met.fetch_or(is_out, Ordering::Relaxed);
            is_out
        };
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
            6 => self.pass(Duration::from_millis(self.below(40_000))),
            7 | 8 => self.send(),
            _ if !self.has_interruptions => self.send(),
            _ => {
                let after = self.pick(20);
                let began = self.service.clock().utc();
                let report = self.client.interrupted_send_all(after);
                self.sends.push((began, self.service.clock().utc()));
                match report {
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
            11..13 => Kind::AnswerWithFiles(1 + self.pick(12), mode),
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

    fn send(&mut self) {
        let began = self.service.clock().utc();
        let report = self.client.send_all();
        self.sends.push((began, self.service.clock().utc()));
        self.note(&report);
    }

    /// What an application does with a report: it waits as long as it is told to.
    fn note(&mut self, report: &SendAllReport) {
        let errors: Vec<_> = report.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
        self.tally.stops += errors.len();
        if let Some(wait) = errors.iter().filter_map(|error| error.retry_after()).max() {
            self.pass(wait);
        }
        self.note_dead_letters();
    }

    /// Time passes, in which a worker goes on.
    fn pass(&mut self, by: Duration) {
        let began = self.service.clock().utc();
        self.client.pass(by);
        if C::WORKS_BY_ITSELF {
            self.sends.push((began, self.service.clock().utc()));
        }
        self.note_dead_letters();
    }

    fn note_dead_letters(&mut self) {
        for letter in self.client.dead_letters() {
            assert!(self.is_harsh, "nothing was refused: {letter:?}");
            let id = letter.conversation_id.as_str();
            let conversation = self.conversations.iter_mut().find(|conversation| conversation.id == id).unwrap();
            self.tally.dead_letters += 1;
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
            self.send();
            // The more often it was in vain, the longer an application waits: up to half an hour.
            self.pass(Duration::from_secs(60 << send.min(5)));
        }
        panic!("it never ends: {:?}", self.client.pending());
    }

    fn check(&mut self, what: &str) {
        // Late requests would have come by now.
        self.pass(Duration::from_secs(3600));
        let audit = self.service.api().audit();
        let mut expected = Expected::new();
        for conversation in &self.conversations {
            let arrived = audit.conversation(&conversation.id).map_or(&[][..], |audited| &audited.accepted);
            let in_order = self.in_order_of_arrival(conversation, arrived);
            expected = expected.conversation(&conversation.id).events(in_order).into();
        }
        audit.assert_exactly_once_in_order(&expected);
        check_files(self.service.api(), what);
        check_parallel(&audit, C::REPEATABLE, what);
        // An interrupted send forgets what it was told to wait for, and nothing else does.
        assert_eq!(audit.traffic.early, u64::try_from(audit.early.len()).unwrap(), "{what}");
        for early in &audit.early {
            let forgets = |at: &DateTime<Utc>| *at <= early.at && *at < early.not_before;
            assert!(self.interruptions.iter().any(forgets), "{early:?}; {what}");
        }
        self.count(&audit);
    }

    /// What went wrong, as the service and the test saw it.
    fn count(&mut self, audit: &Audit) {
        assert_eq!(self.service.api().forgotten_requests(), 0);
        let requests = self.service.api().requests();
        self.tally.requests_with_faults = requests.iter().filter(|request| request.fault.is_some()).count();
        self.tally.interruptions = self.interruptions.len();
        for outage in self.outages.iter().filter(|outage| outage.is_met.load(Ordering::Relaxed)) {
            *self.tally.outages.entry(outage.seconds).or_default() += 1;
        }
        for conversation in &self.conversations {
            let arrived = audit.conversation(&conversation.id).map_or(&[][..], |audited| &audited.accepted);
            for place in self.places_of_usages(conversation, arrived) {
                match place {
                    UsagePlace::BeforeTheLast => self.tally.usages_before_the_last += 1,
                    UsagePlace::AtTheEnd => self.tally.usages_at_the_end += 1,
                }
            }
        }
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    fn pick(&self, bound: usize) -> usize {
        usize::try_from(self.below(u64::try_from(bound).unwrap())).unwrap()
    }
}
