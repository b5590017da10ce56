//! An outbox, a clock and a service, moved by hand.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use agentsight_model::{ConversationId, NewConversation, TokenUsage};
use chrono::{DateTime, Utc};

use super::service::{Fate, ToyService, label, now_at};
use crate::config::{Config, ConfigBuilder};
use crate::context::Now;
use crate::event::Event;
use crate::event::tests::message;
use crate::outbox::{
    Cargo, Errand, EventCargo, Job, JobOutcome, LaneKey, Next, Outbox, Part, Refusal, Scope, Settlement, Shipment,
};
use crate::wire::{Track, Wire};

/// What the tests of the outbox play in.
#[derive(Debug)]
pub(crate) struct World {
    /// What is tested.
    pub(crate) outbox: Outbox,
    /// What it sends to.
    pub(crate) service: ToyService,
    /// The monotonic clock.
    pub(crate) clock: Duration,
    /// How it is configured.
    pub(crate) config: Arc<Config>,
    /// What a person settled.
    pub(crate) settled: BTreeSet<String>,
}

impl World {
    /// A world over the tracking routes.
    pub(crate) fn new(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        Self::over(Arc::new(Track), configure)
    }

    /// A world over a wire.
    pub(crate) fn over(wire: Arc<dyn Wire>, configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let key = "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3";
        let config = Arc::new(configure(Config::builder().api_key(key)).build().expect("a configuration"));
        let outbox = Outbox::new(Arc::clone(&config), wire, 7);
        Self { outbox, service: ToyService::default(), clock: Duration::ZERO, config, settled: BTreeSet::new() }
    }

    /// Another process goes on from the book, with the same service.
    pub(crate) fn restart(&mut self) {
        let book = self.outbox.book().clone();
        self.outbox = Outbox::restore(book, Arc::clone(&self.config), Arc::new(Track), 7, self.now());
        self.outbox.keep_changes();
    }

    /// Both clocks.
    pub(crate) fn now(&self) -> Now {
        now_at(self.clock)
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.clock += time;
        self.service.act_on_late(self.clock);
    }

    /// A conversation, with a handle on it.
    pub(crate) fn lane(&mut self, id: &str) -> LaneKey {
        self.outbox.lane(&ConversationId::new(id).expect("an id"))
    }

    /// Tracks a message.
    pub(crate) fn track(&mut self, lane: LaneKey, content: &str) {
        self.try_track(lane, message(content), None).expect("room");
    }

    /// Tracks a message that happened so many seconds after the start.
    pub(crate) fn track_at(&mut self, lane: LaneKey, content: &str, seconds: i64) {
        let at = now_at(Duration::ZERO).utc + chrono::TimeDelta::seconds(seconds);
        self.try_track(lane, message(content), Some(at)).expect("room");
    }

    /// Tracks an event.
    pub(crate) fn try_track(&mut self, lane: LaneKey, event: Event, at: Option<DateTime<Utc>>) -> Result<(), Refusal> {
        let (weight, now) = (event.weight(), self.now());
        self.outbox.track(lane, Arc::new(event), weight, at, now)
    }

    /// Registers a conversation with a name.
    pub(crate) fn register(&mut self, lane: LaneKey, id: &str, name: &str) -> bool {
        let now = self.now();
        self.outbox.register(lane, NewConversation::new(id).name(name), now).expect("room")
    }

    /// Adds to the token counters.
    pub(crate) fn add_tokens(&mut self, lane: LaneKey, prompt: u64) {
        let now = self.now();
        self.outbox.add_tokens(lane, TokenUsage::new(prompt, 0), now);
    }

    /// A person looks at the service, and says what became of what is in doubt in a conversation. Returns whether there
    /// was anything to say.
    pub(crate) fn settle_doubt(&mut self, key: LaneKey) -> bool {
        let now = self.now();
        let Some(shipment) = self.in_doubt(key) else { return false };
        let is_there = self.service.has_in_the_end(&shipment);
        let settlement = if is_there { Settlement::Delivered } else { Settlement::NotDelivered };
        let is_settled = self.outbox.settle_doubt(key, settlement, now);
        if let (true, Cargo::Event(event)) = (is_settled, &shipment.cargo) {
            self.settled.insert(label(&event.event));
        }
        is_settled
    }

    /// The part of a conversation that is in doubt.
    fn in_doubt(&self, key: LaneKey) -> Option<Shipment> {
        let book = self.outbox.book();
        let lane = book.lane(key)?;
        let planned = book.plan_parts(lane.plan()?)?.first()?.clone();
        let entry = lane.begun_item(planned.sequence?)?;
        let cargo = Cargo::Event(EventCargo {
            event: Arc::clone(&entry.item.event),
            sequence: entry.sequence,
            stamp: entry.stamp,
            is_explicit: entry.item.is_explicit,
            floor: None,
            message: entry.item.progress().message,
            part: planned.part,
        });
        Some(Shipment { lane: key, conversation_id: lane.id.clone(), number: lane.number, cargo })
    }

    /// What is to be done next, for every conversation.
    pub(crate) fn next(&mut self) -> Next {
        let now = self.now();
        self.outbox.next(now, Scope::Everything)
    }

    /// The next job, now.
    pub(crate) fn take(&mut self) -> Job {
        match self.next() {
            Next::Send { job, .. } => *job,
            other => panic!("no job: {other:?}"),
        }
    }

    /// The next job, after the wait for it.
    pub(crate) fn take_when_due(&mut self) -> Job {
        for _ in 0..100 {
            match self.next() {
                Next::Send { job, .. } => return *job,
                Next::Wait(Some(until)) => self.pass(until.saturating_sub(self.clock)),
                other => panic!("no job: {other:?}"),
            }
        }
        panic!("no job");
    }

    /// Carries a job out and takes what comes of it at once.
    pub(crate) fn finish(&mut self, job: &Job, fate: Fate) {
        let outcome = self.service.carry_out(job, fate, self.clock);
        self.end(job, fate, outcome);
    }

    /// Takes what came of a job.
    pub(crate) fn end(&mut self, job: &Job, fate: Fate, outcome: Option<JobOutcome>) {
        let now = self.now();
        match outcome {
            Some(outcome) => self.outbox.answered(now, job, outcome),
            None => self.outbox.abandoned(now, job.id, fate != Fate::NeverLeft),
        }
    }

    /// Carries out the next job when it is due. Returns what it was.
    pub(crate) fn run(&mut self, fate: Fate) -> String {
        let job = self.take_when_due();
        self.finish(&job, fate);
        described(&job)
    }

    /// Carries out every job that is there to be had, whatever it has to wait for. Returns what they were.
    pub(crate) fn drain(&mut self) -> Vec<String> {
        let mut jobs = Vec::new();
        while jobs.len() < 10_000 {
            match self.next() {
                Next::Send { job, .. } => {
                    self.finish(&job, Fate::Acknowledged);
                    jobs.push(described(&job));
                }
                Next::Wait(Some(until)) => self.pass(until.saturating_sub(self.clock)),
                Next::Wait(None) | Next::Idle => return jobs,
            }
        }
        panic!("no end: {:?}", &jobs[jobs.len() - 10..]);
    }

    /// How long the next job has to wait; zero if it is due, `None` if there is none.
    pub(crate) fn wait(&mut self) -> Option<Duration> {
        match self.next() {
            Next::Send { job, .. } => panic!("a job: {}", described(&job)),
            Next::Wait(until) => until.map(|until| until.saturating_sub(self.clock)),
            Next::Idle => None,
        }
    }

    /// What the rows of a conversation show.
    pub(crate) fn rows(&self, id: &str) -> Vec<&str> {
        self.service.rows(id).iter().map(|row| row.label.as_str()).collect()
    }

    /// The dead letters: conversation, and what was refused.
    pub(crate) fn letters(&self) -> Vec<String> {
        let letters = self.outbox.held_letters();
        let shown = letters.iter().map(|(id, letter)| letter.shown(*id));
        shown.map(|letter| format!("{} {:?}", letter.preview, letter.reason)).collect()
    }
}

/// What a job does, in a few words.
pub(crate) fn described(job: &Job) -> String {
    match &job.errand {
        Errand::Send { shipments, .. } => shipments.iter().map(described_part).collect::<Vec<_>>().join(", "),
        Errand::Look { conversation_id, .. } => format!("look at {}", conversation_id.as_str()),
    }
}

fn described_part(shipment: &Shipment) -> String {
    match &shipment.cargo {
        Cargo::Record(_) => format!("record of {}", shipment.conversation_id.as_str()),
        Cargo::Event(event) => match &event.part {
            Part::Upload(range) => format!("{} {range:?}", label(&event.event)),
            _ => label(&event.event),
        },
    }
}
