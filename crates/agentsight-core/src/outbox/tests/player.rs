//! Plays a schedule: callers, loops and jobs around an outbox.

use std::collections::BTreeMap;
use std::time::Duration;

use agentsight_model::{AttachmentMode, NewConversation, Sender};
use bytes::Bytes;
use serde_json::Map;

use super::service::{Fate, label, now_at};
use super::step::{Setting, Step};
use super::world::{World, described};
use crate::config::ApiKey;
use crate::event::tests::{action, button, message};
use crate::event::{AttachmentContent, Event, PreparedAttachment, PreparedAttachments};
use crate::outbox::{Book, Cargo, Errand, Flush, Job, JobId, JobOutcome, LaneKey, Micros, Next, Scope, TicketId};

/// The conversations of every schedule.
const CONVERSATIONS: [&str; 4] = ["a", "b", "c", "d"];
/// More files than one request takes.
const FILES: usize = 12;
/// How many loops of one scope there are at most.
const MOST_LOOPS: usize = 4;

/// A world in which things happen, and what has to be known to judge it.
#[derive(Debug)]
pub(crate) struct Player {
    pub(crate) world: World,
    pub(super) loops: Vec<Loop>,
    pub(super) held: Vec<Held>,
    /// The flushes that are under way, by when they began.
    pub(super) flushes: BTreeMap<i64, Flush>,
    pub(super) tracked: BTreeMap<String, Tracked>,
    /// Counted in this conversation, and given up.
    pub(super) tokens: BTreeMap<String, (u64, u64)>,
    /// A book that is written by changes alone.
    pub(super) replayed: Book,
    /// Every job and every wait.
    pub(crate) log: Vec<String>,
    steps: i64,
}

/// Something that asks for jobs again and again.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) scope: Scope,
    pub(super) purpose: Purpose,
    pub(super) state: LoopState,
}

/// For whom a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Worker,
    Flush(i64),
    Caller,
}

/// What a loop is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopState {
    Awake,
    Asleep(Option<Duration>),
    Busy(JobId),
}

/// A job that somebody has.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) job: Job,
    fate: Fate,
    outcome: Option<JobOutcome>,
}

/// What is known of an event besides what the outbox knows.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) conversation: String,
    pub(super) stamp: Micros,
    pub(super) files: usize,
    /// When it was tracked, and when its first request was handed out.
    pub(super) tracked_in: i64,
    pub(super) begun_in: Option<i64>,
    /// Whether it was put back, given up, or settled by a person.
    pub(super) was_touched: bool,
}

impl Player {
    pub(crate) fn new(setting: Setting) -> Self {
        let mut world = World::new(|builder| setting.configure(builder));
        world.outbox.keep_changes();
        Self {
            world,
            loops: Vec::new(),
            held: Vec::new(),
            flushes: BTreeMap::new(),
            tracked: BTreeMap::new(),
            tokens: BTreeMap::new(),
            replayed: Book::default(),
            log: Vec::new(),
            steps: 0,
        }
    }

    /// One thing happens, and everything that must hold is checked.
    pub(crate) fn play(&mut self, step: &Step) {
        self.steps += 1;
        self.happen(step);
        if self.world.outbox.take_wake() {
            for each in &mut self.loops {
                if matches!(each.state, LoopState::Asleep(_)) {
                    each.state = LoopState::Awake;
                }
            }
        }
        self.check(step);
    }

    /// One thing happens, and nothing is checked: it was, when the same steps were played before.
    pub(crate) fn replay(&mut self, step: &Step) {
        self.steps += 1;
        self.happen(step);
    }

    /// The process ends at this moment, with everybody and every job in it, and another one goes on from the book.
    pub(crate) fn restart(&mut self) {
        self.held.clear();
        self.loops.clear();
        self.flushes.clear();
        self.world.restart();
    }

    /// Everybody goes away at this moment, and the transport had every job.
    pub(crate) fn abandon_everything(&mut self) {
        let now = self.world.now();
        for held in std::mem::take(&mut self.held) {
            self.world.outbox.abandoned(now, held.job.id, true);
        }
        for each in std::mem::take(&mut self.loops) {
            if let Scope::Ticket(ticket) = each.scope {
                self.world.outbox.close(ticket);
            }
        }
        std::mem::take(&mut self.flushes).iter().for_each(|_| self.world.outbox.end_flush());
        self.world.outbox.set_worker(false);
    }

    /// Whether a loop may ask: nothing holds it, and its time has come.
    pub(super) fn is_runnable(&self, which: &Loop) -> bool {
        match which.state {
            LoopState::Awake => true,
            LoopState::Asleep(until) => until.is_some_and(|until| until <= self.world.clock),
            LoopState::Busy(_) => false,
        }
    }

    fn happen(&mut self, step: &Step) {
        let now = self.world.now();
        match step {
            Step::Track { conversation, kind, at } => self.track(CONVERSATIONS[*conversation], *kind, *at),
            Step::Register { conversation, is_named } => {
                let id = CONVERSATIONS[*conversation];
                let new = NewConversation::new(id);
                let new = if *is_named { new.name(format!("name {}", self.steps)) } else { new };
                self.with_lane(id, |player, key| player.world.outbox.register(key, new, now).is_ok());
            }
            Step::AddTokens { conversation } => {
                let id = CONVERSATIONS[*conversation];
                self.tokens.entry(id.to_owned()).or_default().0 += 1;
                self.with_lane(id, |player, key| player.world.add_tokens(key, 1));
            }
            Step::Requeue(which) => {
                let letters = self.world.outbox.held_letters();
                if let Some((letter, held)) = letters.get(which % letters.len().max(1)) {
                    self.touch_letter(held);
                    self.world.outbox.requeue(*letter, now);
                }
            }
            Step::Discard(which) => {
                let letters = self.world.outbox.held_letters();
                if let Some((letter, held)) = letters.get(which % letters.len().max(1)) {
                    self.touch_letter(held);
                    self.give_up(held);
                    self.world.outbox.discard(*letter);
                }
            }
            Step::SettleDoubt { conversation } => {
                if let Some(key) = self.world.outbox.book().lanes().key(CONVERSATIONS[*conversation]) {
                    self.world.settle_doubt(key);
                }
            }
            Step::Send { conversation } => {
                let id = CONVERSATIONS[*conversation];
                let ticket = self.with_lane(id, |player, key| player.world.outbox.ticket(key, now));
                self.start(Scope::Ticket(ticket), Purpose::Caller);
            }
            Step::SendAll => {
                let ticket = self.world.outbox.ticket_for_all(now);
                self.start(Scope::Ticket(ticket), Purpose::Caller);
            }
            Step::GiveUp(which) => {
                let tickets: Vec<TicketId> = self.tickets().collect();
                if let Some(ticket) = tickets.get(which % tickets.len().max(1)) {
                    self.end_call(*ticket);
                }
            }
            Step::BeginFlush => {
                let flush = self.world.outbox.begin_flush(now);
                self.flushes.insert(self.steps, flush);
                self.start(Scope::Everything, Purpose::Flush(self.steps));
            }
            Step::EndFlush => {
                if let Some(began) = self.flushes.keys().next().copied() {
                    self.end_flush(began);
                }
            }
            Step::SetWorker(has_worker) => {
                let had_worker = self.world.outbox.has_worker();
                self.world.outbox.set_worker(*has_worker);
                match (had_worker, has_worker) {
                    (false, true) => self.start(Scope::Everything, Purpose::Worker),
                    (true, false) => self.loops.retain(|each| each.purpose != Purpose::Worker),
                    _ => {}
                }
            }
            Step::SetApiKey => {
                let key = ApiKey::new("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").expect("a key");
                self.world.outbox.set_api_key(key);
            }
            Step::Run(which, fate) => self.run(*which, *fate),
            Step::End(which) => {
                if !self.held.is_empty() {
                    let held = self.held.remove(which % self.held.len());
                    self.end(held);
                }
            }
            Step::Pass(milliseconds) => self.world.pass(Duration::from_millis(*milliseconds)),
            Step::Restart => {
                self.log.push(format!("{:?} restart", now.since_start));
                self.restart();
            }
        }
    }

    fn run(&mut self, which: usize, fate: Fate) {
        let runnable: Vec<usize> = (0..self.loops.len()).filter(|each| self.is_runnable(&self.loops[*each])).collect();
        let Some(&place) = runnable.get(which % runnable.len().max(1)) else { return };
        let (scope, purpose, now) = (self.loops[place].scope, self.loops[place].purpose, self.world.now());
        if let Purpose::Flush(began) = purpose
            && self.world.outbox.is_flushed(self.flushes[&began], self.world.now())
        {
            return self.end_flush(began);
        }
        match self.world.outbox.next(now, scope) {
            Next::Send { job, is_more_due } => {
                self.log.push(format!("{:?} {} attempt {}", now.since_start, described(&job), job.attempt));
                self.note_begun(&job);
                let outcome = self.world.service.carry_out(&job, fate, self.world.clock);
                self.loops[place].state = LoopState::Busy(job.id);
                self.held.push(Held { job: *job, fate, outcome });
                if is_more_due && self.loops.iter().filter(|each| each.scope == scope).count() < MOST_LOOPS {
                    self.start(scope, purpose);
                }
            }
            Next::Wait(until) => {
                self.log.push(format!("{:?} wait until {until:?}", now.since_start));
                self.loops[place].state = LoopState::Asleep(until);
            }
            Next::Idle => match scope {
                Scope::Ticket(ticket) => self.end_call(ticket),
                Scope::Everything => self.loops[place].state = LoopState::Asleep(None),
            },
        }
    }

    fn end(&mut self, held: Held) {
        let Held { job, fate, outcome } = held;
        for each in self.loops.iter_mut().filter(|each| each.state == LoopState::Busy(job.id)) {
            each.state = LoopState::Awake;
        }
        self.world.end(&job, fate, outcome);
    }

    fn start(&mut self, scope: Scope, purpose: Purpose) {
        self.loops.push(Loop { scope, purpose, state: LoopState::Awake });
    }

    fn end_flush(&mut self, began: i64) {
        self.flushes.remove(&began);
        self.loops.retain(|each| each.purpose != Purpose::Flush(began));
        self.world.outbox.end_flush();
    }

    fn end_call(&mut self, ticket: TicketId) {
        self.loops.retain(|each| each.scope != Scope::Ticket(ticket));
        self.world.outbox.close(ticket);
    }

    fn tickets(&self) -> impl Iterator<Item = TicketId> {
        self.loops.iter().filter_map(|each| match each.scope {
            Scope::Ticket(ticket) => Some(ticket),
            Scope::Everything => None,
        })
    }

    fn with_lane<T>(&mut self, id: &str, act: impl FnOnce(&mut Self, LaneKey) -> T) -> T {
        let key = self.world.lane(id);
        let outcome = act(self, key);
        self.world.outbox.release(key);
        outcome
    }

    fn track(&mut self, id: &str, kind: usize, at: Option<i64>) {
        let name = format!("event {}", self.steps);
        let event = match kind {
            0 => action(&name),
            1 => button("clicked", &name, "1"),
            2 => Event::Attachments(Box::new(files(&name))),
            3 => match message(&name) {
                Event::Message(mut message) => {
                    message.files = Some(Box::new(files("file")));
                    Event::Message(message)
                }
                event => event,
            },
            _ => message(&name),
        };
        let files = event.files().map_or(0, |files| files.files.len());
        let at = at.map(|at| now_at(Duration::ZERO).utc + chrono::TimeDelta::seconds(at));
        let stamp = self.with_lane(id, |player, key| {
            player.world.try_track(key, event, at).expect("room");
            let lane = player.world.outbox.book().lane(key).expect("a lane");
            lane.iter().max_by_key(|entry| entry.sequence).expect("an entry").stamp
        });
        let tracked = Tracked {
            conversation: id.to_owned(),
            stamp,
            files,
            tracked_in: self.steps,
            begun_in: None,
            was_touched: false,
        };
        self.tracked.insert(name, tracked);
    }

    fn note_begun(&mut self, job: &Job) {
        let Errand::Send { shipments, .. } = &job.errand else { return };
        for shipment in shipments {
            if let Cargo::Event(event) = &shipment.cargo
                && let Some(tracked) = self.tracked.get_mut(&label(&event.event))
            {
                tracked.begun_in.get_or_insert(self.steps);
            }
        }
    }
}

/// Files that need two requests.
pub(super) fn files(name: &str) -> PreparedAttachments {
    let file = |place: usize| PreparedAttachment {
        filename: if place == 0 { name.to_owned() } else { format!("file {place}") },
        mime_type: "text/plain".to_owned(),
        content: AttachmentContent::Bytes(Bytes::from_static(b"text")),
    };
    PreparedAttachments {
        files: (0..FILES).map(file).collect(),
        mode: AttachmentMode::Base64,
        sender: Sender::EndUser,
        metadata: Map::new(),
        has_own_metadata: false,
    }
}
