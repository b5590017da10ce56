//! What comes in: events, records, token counters, dead letters that are put back (R3, R6, R8, R23).

use std::sync::Arc;

use agentsight_model::{ConversationId, NewConversation, TokenUsage};
use chrono::{DateTime, Utc};

use super::change::Change;
use super::item::LaneKey;
use super::letters::{LetterId, Refused};
use super::queue::Wait;
use super::registration::{Registering, Stage};
use super::schedule::{LaneUse, State};
use super::timeline::Stamp;
use super::{MOST_RUNS, Outbox};
use crate::context::Now;
use crate::error::{Error, ErrorKind};
use crate::event::Event;

/// Why nothing more is taken (R23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// So many items wait.
    TooMany(usize),
    /// So many bytes of content wait.
    TooLarge(u64),
}

impl Refusal {
    /// The error that an application sees.
    pub(crate) fn into_error(self) -> Error {
        let what = match self {
            Self::TooMany(limit) => {
                format!("{limit} events wait to be sent, which is the limit `max_pending`")
            }
            Self::TooLarge(limit) => {
                format!("the events that wait hold {limit} bytes of content, which is the limit `max_pending_bytes`")
            }
        };
        Error::new(ErrorKind::QueueFull, what)
    }
}

impl Outbox {
    /// The lane of a conversation, opened if it is not remembered, with one handle more.
    pub(crate) fn lane(&mut self, id: &ConversationId) -> LaneKey {
        let key = self.open(id);
        let lane = self.lane_use(key);
        lane.handles = lane.handles.saturating_add(1);
        lane.idle_mark = 0;
        self.forget_idle_lanes();
        key
    }

    /// A handle on a lane is gone.
    pub(crate) fn release(&mut self, key: LaneKey) {
        let lane = self.lane_use(key);
        lane.handles = lane.handles.saturating_sub(1);
        self.note_idle(key);
        self.forget_idle_lanes();
    }

    /// Takes an event. Its time is `at`, or now (R6).
    pub(crate) fn track(
        &mut self,
        key: LaneKey,
        event: Arc<Event>,
        weight: usize,
        at: Option<DateTime<Utc>>,
        now: Now,
    ) -> Result<(), Refusal> {
        if !self.admits(weight)? {
            return Ok(());
        }
        let Some(lane) = self.book.lane(key) else { return Ok(()) };
        let (stamp, runs) = match at {
            Some(at) => (lane.timeline.explicit(at), lane.timeline.runs()),
            None => (lane.timeline.automatic(now.utc), 0),
        };
        let sequence = self.book.next_sequence();
        self.apply(Change::Tracked { lane: key, sequence, stamp, event });
        if matches!(stamp, Stamp::Explicit { .. }) {
            self.bound_runs(key, runs);
        }
        self.counters.tracked = self.counters.tracked.saturating_add(1);
        self.waiting.add_item(weight);
        self.begin(key, sequence, now);
        Ok(())
    }

    /// Takes a registration (R3). Returns whether the service has the conversation already, with nothing but its id, so
    /// that the registration is lost (R12).
    pub(crate) fn register(&mut self, key: LaneKey, conversation: NewConversation, now: Now) -> Result<bool, Refusal> {
        let Some(lane) = self.book.lane(key) else { return Ok(false) };
        let was_parked = lane.registration.stage == Stage::Parked;
        let conversation = match lane.registration.register(conversation) {
            Registering::Nothing { is_lost } => {
                self.counters.late_registrations = self.counters.late_registrations.saturating_add(u64::from(is_lost));
                return Ok(is_lost);
            }
            Registering::Fills(conversation) => {
                self.apply(Change::Registered { lane: key, conversation, queued: None });
                return Ok(false);
            }
            Registering::Queues(conversation) | Registering::Corrects(conversation) => conversation,
        };
        // A correction must not be refused: its conversation waits for it.
        if !was_parked && !self.admits(0)? {
            return Ok(false);
        }
        // A record that is corrected keeps its time.
        let Some(lane) = self.book.lane(key) else { return Ok(false) };
        let stamp = lane.registration.stamp.map_or_else(|| lane.timeline.automatic(now.utc), Stamp::Automatic);
        if was_parked {
            self.unstick(key);
        }
        let sequence = self.book.next_sequence();
        let queued = Some((stamp, sequence));
        self.apply(Change::Registered { lane: key, conversation, queued });
        self.counters.tracked = self.counters.tracked.saturating_add(1);
        self.waiting.add_item(0);
        self.begin(key, sequence, now);
        Ok(false)
    }

    /// The service has created a conversation at once, not yet used (R4).
    pub(crate) fn initialized(&mut self, key: LaneKey, conversation: NewConversation, number: u64) {
        self.apply(Change::Initialized { lane: key, conversation: Arc::new(conversation), number });
    }

    /// Adds to the token counters of a conversation (R8).
    pub(crate) fn add_tokens(&mut self, key: LaneKey, usage: TokenUsage, now: Now) {
        let Some(lane) = self.book.lane(key) else { return };
        if usage.is_zero() {
            return;
        }
        let are_first = lane.tokens().is_zero();
        let sequence = self.book.next_sequence();
        self.apply(Change::TokensAdded { lane: key, sequence, usage });
        if are_first {
            self.begin(key, sequence, now);
        }
    }

    /// Puts a dead letter back into its conversation, under its own time (R15). Returns whether it was there.
    pub(crate) fn requeue(&mut self, letter: LetterId, now: Now) -> bool {
        let Some(held) = self.book.letters().get(letter) else { return false };
        let (id, is_record) = (held.conversation_id.clone(), matches!(held.refused, Refused::Record { .. }));
        let weight = match &held.refused {
            Refused::Item(entry) => entry.item.event.weight(),
            Refused::Record { .. } => 0,
        };
        let key = self.open(&id);
        // As long as a record is a dead letter, its conversation is parked.
        if is_record {
            self.unstick(key);
        }
        let sequence = self.book.next_sequence();
        self.apply(Change::Requeued { letter, lane: key, sequence });
        self.counters.requeued = self.counters.requeued.saturating_add(1);
        self.waiting.add_item(weight);
        self.begin(key, sequence, now);
        true
    }

    /// Gives a dead letter up; with a record's, everything that is pending in its conversation (R15). Returns how many
    /// items that were; `None` if the letter is gone.
    pub(crate) fn discard(&mut self, letter: LetterId) -> Option<usize> {
        let held = self.book.letters().get(letter)?;
        let key = match &held.refused {
            Refused::Item(_) => None,
            Refused::Record { .. } => self.book.lanes().key(held.conversation_id.as_str()),
        };
        let pending = key.map_or(0, |key| self.give_up(key));
        self.apply(Change::Discarded { letter, lane: key });
        if let Some(key) = key {
            self.counters.discarded = self.counters.discarded.saturating_add(pending as u64);
            self.schedule_mut(key).sending = None;
            self.note_idle(key);
        }
        Some(pending.saturating_add(1))
    }

    /// Takes everything that a parked lane holds out of the accounts. Returns how many items that are.
    fn give_up(&mut self, key: LaneKey) -> usize {
        let Some(lane) = self.book.lane(key) else { return 0 };
        let items: Vec<(u64, usize)> = lane.iter().map(|entry| (entry.sequence, entry.item.event.weight())).collect();
        let tokens = (!lane.tokens().is_zero()).then_some(lane.tokens_sequence());
        for (sequence, weight) in &items {
            self.waiting.remove_item(*weight);
            self.waiting.end(*sequence, true);
        }
        if let Some(sequence) = tokens {
            self.waiting.end(sequence, true);
        }
        items.len()
    }

    /// Whether one item more is taken; `Ok(false)` if it is dropped without an error, since the client is disabled and
    /// its memory is full.
    fn admits(&self, weight: usize) -> Result<bool, Refusal> {
        let (limit, bytes) = (self.config.max_pending(), self.config.max_pending_bytes());
        let held = (self.waiting.bytes() as u64).saturating_add(weight as u64);
        let refusal = if self.waiting.items() >= limit {
            Refusal::TooMany(limit)
        } else if held > bytes && self.waiting.items() > 0 && weight > 0 {
            Refusal::TooLarge(bytes)
        } else {
            return Ok(true);
        };
        if self.config.is_enabled() { Err(refusal) } else { Ok(false) }
    }

    /// Something of a lane is to be sent from here on.
    fn begin(&mut self, key: LaneKey, sequence: u64, now: Now) {
        self.waiting.begin(sequence);
        self.lane_use(key).idle_mark = 0;
        let schedule = self.schedule(key);
        if schedule.stuck().is_some() {
            self.waiting.stick(sequence, true);
        } else if schedule.state == State::Quiet {
            let due = now.since_start.saturating_add(self.config.delivery_delay());
            let wait = Wait { due, order: self.next_order(), is_skippable: true };
            self.set_state(key, State::Waiting(wait), true);
        }
    }

    fn open(&mut self, id: &ConversationId) -> LaneKey {
        if let Some(key) = self.book.lanes().key(id.as_str()) {
            return key;
        }
        let key = self.book.lanes().next_key();
        self.apply(Change::Opened { lane: key, id: id.clone() });
        *self.lane_use(key) = LaneUse::default();
        key
    }

    /// A lane that has nothing to do needs no schedule; with nothing pending and no handle, it may be forgotten (R23).
    pub(super) fn note_idle(&mut self, key: LaneKey) {
        self.lane_use(key).schedule.take_if(|schedule| schedule.is_idle());
        let Some(lane) = self.book.lane(key) else { return };
        let has_runs = lane.timeline.has_runs();
        // Whatever waits, is sent, or nothing but a person can move, has a schedule.
        let LaneUse { handles, schedule, .. } = self.lane_use(key);
        if schedule.is_some() || *handles > 0 {
            return;
        }
        let mark = self.next_idle_mark;
        self.next_idle_mark = self.next_idle_mark.saturating_add(1);
        self.lane_use(key).idle_mark = mark;
        let idle = if has_runs { &mut self.idle_with_runs } else { &mut self.idle };
        idle.push_back((key, mark));
    }

    /// Forgets idle lanes while there are too many, longest idle first, and those last whose explicit times are kept
    /// apart (R6, R23). A lane that is used again meanwhile has left the queue behind; it is skipped once.
    pub(super) fn forget_idle_lanes(&mut self) {
        while self.book.lanes().len() > self.config.max_idle_conversations() {
            let next = self.idle.pop_front().or_else(|| self.idle_with_runs.pop_front());
            let Some((key, mark)) = next else { return };
            if self.lane_use(key).idle_mark == mark {
                self.forget(key);
            }
        }
        // Marks that mean nothing any more must not pile up.
        let most = self.book.lanes().len().saturating_mul(2).saturating_add(64);
        if self.idle.len() > most || self.idle_with_runs.len() > most {
            let uses = &self.uses;
            let is_current =
                |(key, mark): &(LaneKey, u64)| uses.get(key.0 as usize).is_some_and(|lane| lane.idle_mark == *mark);
            self.idle.retain(is_current);
            self.idle_with_runs.retain(is_current);
        }
    }

    fn forget(&mut self, key: LaneKey) {
        self.runs = self.runs.saturating_sub(self.book.lane(key).map_or(0, |lane| lane.timeline.runs()));
        self.apply(Change::Forgotten { lane: key });
        *self.lane_use(key) = LaneUse::default();
    }

    /// Keeps the number of intervals of explicit times within bounds.
    fn bound_runs(&mut self, key: LaneKey, before: usize) {
        let after = self.book.lane(key).map_or(0, |lane| lane.timeline.runs());
        self.runs = self.runs.saturating_sub(before).saturating_add(after);
        while self.runs > MOST_RUNS {
            if let Some((idle, mark)) = self.idle_with_runs.pop_front() {
                if self.lane_use(idle).idle_mark == mark {
                    self.forget(idle);
                }
                continue;
            }
            self.apply(Change::RunForgotten { lane: key });
            self.runs = self.runs.saturating_sub(1);
        }
    }
}
