//! Callers that wait: `send`, `send_all` and `flush` (R14, R27).

use std::time::Duration;

use super::Outbox;
use super::change::Change;
use super::entries::Micros;
use super::item::LaneKey;
use super::queue::Wait;
use super::schedule::{State, Turn};
use super::service::{Gate, Reason, Rest};
use super::ticket::{FinalItem, FinalOutcome, LaneOutcome, LaneTicket, Ticket, TicketId};
use crate::answer::KeptAnswer;
use crate::context::Now;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::report::ItemKind;

/// A flush that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flush {
    /// What was tracked from here on is none of its business.
    bound: u64,
}

impl Outbox {
    /// What a caller of `send` waits for: everything that is pending in one conversation.
    pub(crate) fn ticket(&mut self, key: LaneKey, now: Now) -> TicketId {
        let ticket = self.tickets.open();
        self.join(ticket, key, now);
        self.wake = true;
        ticket
    }

    /// What a caller of `send_all` waits for: everything that is pending in every conversation.
    pub(crate) fn ticket_for_all(&mut self, now: Now) -> TicketId {
        let ticket = self.tickets.open();
        let keys: Vec<LaneKey> =
            self.book.lanes().iter().filter(|(_, lane)| lane.has_work()).map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.join(ticket, key, now));
        self.wake = true;
        ticket
    }

    /// Whether everything that a ticket waits for is over.
    pub(crate) fn is_over(&self, ticket: TicketId) -> bool {
        self.tickets.is_over(ticket)
    }

    /// Closes a ticket, over or not. What is not over goes on being pending.
    pub(crate) fn close(&mut self, id: TicketId) -> Option<Ticket> {
        let ticket = self.tickets.close(id)?;
        for key in ticket.open.iter().copied() {
            self.schedule_mut(key).tickets.retain(|lane| lane.ticket != id);
            self.note_idle(key);
        }
        Some(ticket)
    }

    /// A flush begins: delays and our own backoff up to now are skipped until it ends (R27).
    pub(crate) fn begin_flush(&mut self, now: Now) -> Flush {
        if !self.config.is_enabled() {
            let keys: Vec<LaneKey> =
                self.book.lanes().iter().filter(|(_, lane)| lane.has_work()).map(|(key, _)| key).collect();
            for key in keys {
                let _ = self.count_out(key, now);
            }
        }
        let bound = self.book.next_sequence();
        self.waiting.divide(bound);
        self.flushes = self.flushes.saturating_add(1);
        self.flush_order = self.next_order();
        self.wake = true;
        Flush { bound }
    }

    /// Whether nothing more can come of waiting: everything from before the flush is final, or only a person can move
    /// it, or everything is refused and the next probe is not due.
    pub(crate) fn is_flushed(&self, flush: Flush, now: Now) -> bool {
        let is_probed = !self.out.is_empty() || self.service.gate(now.since_start) == Gate::Probe;
        !self.waiting.moves_before(flush.bound) || (self.service.is_refused() && !is_probed)
    }

    /// A flush is over.
    pub(crate) fn end_flush(&mut self) {
        self.flushes = self.flushes.saturating_sub(1);
        if self.flushes == 0 {
            self.flush_order = 0;
        }
    }

    /// A worker runs all jobs from here on, or does not any more.
    pub(crate) fn set_worker(&mut self, has_worker: bool) {
        self.has_worker = has_worker;
        self.wake = true;
    }

    /// Whether a worker runs all jobs.
    pub(crate) fn has_worker(&self) -> bool {
        self.has_worker
    }

    fn join(&mut self, ticket: TicketId, key: LaneKey, now: Now) {
        let Some(lane) = self.book.lane(key) else { return };
        let (events, record, tokens) = (lane.events(), lane.registration.is_queued(), !lane.tokens().is_zero());
        let outcome = if !self.config.is_enabled() {
            Some(self.count_out(key, now))
        } else if !lane.has_work() {
            Some(self.outcome(key, Vec::new(), None))
        } else if let Some(stuck) = self.schedule(key).stuck() {
            let error = stuck.clone();
            Some(self.outcome(key, Vec::new(), Some(error)))
        } else if self.is_covered(key, now) {
            let error = self.resting_error(now);
            Some(self.outcome(key, Vec::new(), Some(error)))
        } else {
            self.asked_to_wait(key, now).map(|error| self.outcome(key, Vec::new(), Some(error)))
        };
        let Some(held) = self.tickets.get_mut(ticket) else { return };
        if let Some(outcome) = outcome {
            held.outcomes.push(outcome);
            return;
        }
        held.open.insert(key);
        let bound = self.book.next_sequence();
        let lane = LaneTicket { ticket, bound, left: events, record, tokens, items: Vec::new() };
        let state = self.schedule(key).state;
        self.set_state(key, if let State::Out(_) = state { state } else { State::Quiet }, false);
        self.schedule_mut(key).tickets.push(lane);
        let wait = match state {
            State::Out(_) => return,
            State::Waiting(wait) if !wait.is_skippable => wait,
            State::Waiting(wait) => Wait { due: now.since_start.min(wait.due), ..wait },
            State::Quiet => Wait { due: now.since_start, order: self.next_order(), is_skippable: true },
        };
        self.schedule_mut(key).sending().turn = Turn::default();
        self.set_state(key, State::Waiting(wait), true);
    }

    /// A disabled client counts what it was given and sends nothing.
    fn count_out(&mut self, key: LaneKey, now: Now) -> LaneOutcome {
        let mut items = Vec::new();
        let Some(lane) = self.book.lane(key) else { return self.outcome(key, items, None) };
        let stamp = lane.record_stamp(now.utc.timestamp_micros());
        if lane.registration.is_queued() {
            let outcome = FinalOutcome::Delivered(KeptAnswer::default());
            items.push(FinalItem { kind: ItemKind::Conversation, stamp, outcome });
            self.record_delivered(key);
        }
        if self.book.lane(key).is_some_and(|lane| !lane.tokens().is_zero()) {
            self.fold_at_the_end(key, now);
        }
        while let Some(sequence) = self.begin_first(key) {
            let Some(entry) = self.book.lane(key).and_then(|lane| lane.begun_item(sequence)) else { break };
            let outcome = FinalOutcome::Delivered(KeptAnswer::default());
            items.push(FinalItem { kind: entry.item.event.kind(), stamp: entry.stamp, outcome });
            self.delivered(key, sequence);
        }
        self.set_state(key, State::Quiet, false);
        self.schedule_mut(key).sending = None;
        self.apply(Change::Settled { lane: key });
        self.note_idle(key);
        self.outcome(key, items, None)
    }

    /// Whether the service rests in a way that an explicit call does not wait for (R16).
    pub(super) fn is_covered(&self, key: LaneKey, now: Now) -> bool {
        let Some(Rest { until, reason, .. }) = self.service.rest() else { return false };
        if self.service.gate(now.since_start) == Gate::Probe {
            return false;
        }
        match reason {
            Reason::Failures | Reason::Refused => true,
            Reason::Asked => {
                let sending = self.schedule(key).sending.as_ref();
                // Looks have time of their own.
                let round = sending.filter(|sending| sending.doubt.is_none()).and_then(|sending| sending.round);
                let running = round.map(|round| round.deadline).filter(|deadline| *deadline != Duration::MAX);
                let call = now.since_start.saturating_add(self.config.retry().call_timeout);
                *until > running.unwrap_or(call)
            }
        }
    }

    /// The error of a call that does not wait as long as the service asked this conversation to.
    fn asked_to_wait(&self, key: LaneKey, now: Now) -> Option<Error> {
        let State::Waiting(Wait { due, is_skippable: false, .. }) = self.schedule(key).state else { return None };
        let left = due.saturating_sub(now.since_start);
        let error = self.schedule(key).sending.as_ref()?.stopped_by.clone()?;
        (left > self.config.retry().call_timeout).then(|| error.with_retry_after(left))
    }

    /// The error of a call that does not wait for the service's rest to be over.
    fn resting_error(&self, now: Now) -> Error {
        let Some(rest) = self.service.rest() else { return Error::new(ErrorKind::Transport, "the service rests") };
        let error = rest.because.clone().with_attempts(0).with_fate(RequestFate::NotSent);
        match rest.reason {
            Reason::Asked => error.with_retry_after(rest.until.saturating_sub(now.since_start)),
            Reason::Failures | Reason::Refused => error,
        }
    }

    /// Ends every explicit call that does not wait for the service's rest to be over (R16). A lane whose job is out ends
    /// with its job.
    pub(super) fn close_covered(&mut self, now: Now) {
        if self.service.rest().is_none() {
            return;
        }
        for key in self.tickets.open_lanes() {
            if !self.schedule(key).is_out() && self.is_covered(key, now) {
                let error = self.resting_error(now);
                self.close_tickets(key, Some(error));
            }
        }
    }

    /// Ends what callers wait for in a lane.
    pub(super) fn close_tickets(&mut self, key: LaneKey, error: Option<Error>) {
        let tickets = std::mem::take(&mut self.schedule_mut(key).tickets);
        self.end_tickets(key, tickets, error);
    }

    /// Ends what is over of what callers wait for in a lane.
    pub(super) fn close_finished_tickets(&mut self, key: LaneKey) {
        if self.schedule(key).tickets.iter().any(LaneTicket::is_over) {
            let tickets = std::mem::take(&mut self.schedule_mut(key).tickets);
            let (over, open) = tickets.into_iter().partition(LaneTicket::is_over);
            self.schedule_mut(key).tickets = open;
            self.end_tickets(key, over, None);
        }
    }

    fn end_tickets(&mut self, key: LaneKey, tickets: Vec<LaneTicket>, error: Option<Error>) {
        let waits = match self.schedule(key).state {
            State::Waiting(wait) => Some(wait),
            State::Quiet | State::Out(_) => None,
        };
        for lane in tickets {
            let outcome = self.outcome(key, lane.items, error.clone());
            let Some(ticket) = self.tickets.get_mut(lane.ticket) else { continue };
            ticket.open.remove(&key);
            if let Some(wait) = waits {
                ticket.queue.remove(key, wait);
            }
            ticket.outcomes.push(outcome);
            self.wake = true;
        }
    }

    fn outcome(&self, key: LaneKey, items: Vec<FinalItem>, error: Option<Error>) -> LaneOutcome {
        let lane = self.book.lane(key);
        let in_doubt = self.in_doubt(key);
        LaneOutcome {
            conversation_id: lane.map_or_else(unknown_conversation, |lane| lane.id.clone()),
            items,
            remaining: lane.map_or(0, super::Lane::pending_with_tokens),
            error: error.map(|error| if in_doubt.is_some() { error.with_fate(RequestFate::MaybeSent) } else { error }),
            in_doubt,
            is_disabled: !self.config.is_enabled(),
        }
    }

    /// The first item of a lane that the service may or may not have.
    pub(crate) fn in_doubt(&self, key: LaneKey) -> Option<(ItemKind, Micros)> {
        let lane = self.book.lane(key)?;
        if self.schedule(key).is_out() && self.schedule(key).sending.as_ref().is_none_or(|s| s.doubt.is_none()) {
            return None;
        }
        let parts = self.book.plan_parts(lane.plan()?)?;
        let sequence = parts.iter().filter(|part| part.lane == key).find_map(|part| part.sequence)?;
        let entry = lane.begun_item(sequence)?;
        Some((entry.item.event.kind(), entry.stamp))
    }

    /// Whoever sends every conversation skips waits of our own that began before this number; zero if there are none to
    /// skip.
    pub(super) fn skips_before(&self) -> u64 {
        self.flush_order.max(self.released_order)
    }

    /// How long a conversation rests that has stopped so many times in a row: 1 s doubling to 60 s, half of it jitter
    /// (R16).
    pub(super) fn rest_after(&self, key: LaneKey, stops: u32) -> Duration {
        let doubled = 1_u64.checked_shl(stops.saturating_sub(1)).unwrap_or(u64::MAX).min(60);
        let half = Duration::from_millis(doubled.saturating_mul(500));
        half.saturating_add(scaled(half, self.jitter(key, u64::from(stops), 1)))
    }

    /// A number that depends on the seed, the conversation and its failures alone, so that a schedule can be replayed.
    pub(super) fn jitter(&self, key: LaneKey, failures: u64, salt: u64) -> u64 {
        let id = self.book.lane(key).map_or("", |lane| lane.id.as_str());
        let mut mixed = self.seed ^ failures.rotate_left(17) ^ salt.rotate_left(43);
        for chunk in id.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            mixed = crate::jitter::mix(mixed ^ u64::from_le_bytes(word));
        }
        crate::jitter::mix(mixed)
    }
}

/// From nothing to all of `whole`, by 64 random bits.
fn scaled(whole: Duration, random: u64) -> Duration {
    let nanoseconds = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(((u128::from(nanoseconds) * u128::from(random)) >> 64) as u64)
}

#[expect(clippy::expect_used, reason = "a word without NUL is a valid id")]
fn unknown_conversation() -> agentsight_model::ConversationId {
    agentsight_model::ConversationId::new("unknown").expect("a word without NUL is a valid id")
}
