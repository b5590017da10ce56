//! What becomes final, and what a lane does next (R8, R13, R15).

use std::sync::Arc;
use std::time::Duration;

use super::Outbox;
use super::change::Change;
use super::dead_letters::DeadLetterReason;
use super::entries::Micros;
use super::item::{EventCargo, LaneKey, RecordCargo};
use super::letters::Letter;
use super::next::TURN;
use super::notice::Notice;
use super::outcome::Ended;
use super::schedule::{Poison, State, Turn};
use super::ticket::{FinalItem, FinalOutcome};
use crate::context::Now;
use crate::error::{Error, ErrorKind};
use crate::report::ItemKind;
use crate::wire::{Failure, Receipt};

/// For how long the service has to fail on an item, while its conversation can be read, before the item counts as the
/// cause although nothing else is acknowledged (R15).
const ALONE: Duration = Duration::from_secs(600);

impl Outbox {
    /// The service has the conversation's record.
    pub(super) fn record_acknowledged(&mut self, key: LaneKey, record: &RecordCargo, receipt: Receipt, now: Now) {
        let (is_queued, stamp) = (record.is_queued, record.stamp);
        let number = receipt.number;
        let Some(lane) = self.book.lane(key) else { return };
        let (sequence, still_queued) = (lane.record_sequence(), lane.registration.is_queued());
        let (numbers, is_new) = (self.book.numbers(), receipt.is_new);
        if is_new && record.floor.life == numbers.life && number.is_some_and(|number| number <= record.floor.highest) {
            self.apply(Change::IdsRestarted { highest: 0 });
        }
        self.apply(Change::RecordAcknowledged { lane: key, is_queued, number, is_new });
        if is_queued && still_queued {
            self.waiting.remove_item(0);
            self.waiting.end(sequence, false);
            self.counters.acknowledged = self.counters.acknowledged.saturating_add(1);
            self.report_record(key, stamp, FinalOutcome::Delivered(receipt.response));
        }
        let sending = self.schedule_mut(key).sending();
        sending.round = None;
        sending.stops = 0;
        if is_queued {
            sending.turn.sent = sending.turn.sent.saturating_add(1);
            sending.turn.last = Some(stamp);
        }
        self.count_acknowledged(crate::wire::Route::Record, now);
    }

    /// A disabled client counts a record.
    pub(super) fn record_delivered(&mut self, key: LaneKey) {
        let Some(lane) = self.book.lane(key) else { return };
        let sequence = lane.record_sequence();
        self.apply(Change::RecordAcknowledged { lane: key, is_queued: true, number: None, is_new: false });
        self.waiting.remove_item(0);
        self.waiting.end(sequence, false);
        self.counters.acknowledged = self.counters.acknowledged.saturating_add(1);
    }

    /// The service has one request of an event.
    pub(super) fn event_acknowledged(&mut self, key: LaneKey, event: &EventCargo, receipt: Receipt, now: Now) {
        let Some(lane) = self.book.lane(key) else { return };
        let Some(entry) = lane.begun_item(event.sequence) else { return };
        let (mark, floor) = (self.book.mark(), entry.item.floor);
        // Ids that fall say that the service was reset: what it had before is not there any more (R17).
        if let (Some(message), Some(floor)) = (receipt.message, floor)
            && floor.life == mark.life
            && message <= floor.highest
            && event.message.is_none()
        {
            self.apply(Change::IdsRestarted { highest: message });
        }
        let (sequence, part, message) = (event.sequence, event.part.clone(), receipt.message);
        let route = self.wire.route(Some(&event.event), &part);
        self.apply(Change::PartAcknowledged { lane: key, sequence, part, message });
        let sending = self.schedule_mut(key).sending();
        sending.response.get_or_insert(receipt.response);
        sending.round = None;
        sending.stops = 0;
        sending.poison = None;
        self.count_acknowledged(route, now);
    }

    /// Takes out what has no request left.
    pub(super) fn complete_finished(&mut self, key: LaneKey) {
        loop {
            let Some(lane) = self.book.lane(key) else { return };
            let is_finished = |entry: &&super::entries::Entry<super::item::Item>| {
                self.wire.next_part(&entry.item.event, &entry.item.progress()).is_none()
            };
            let Some(sequence) = lane.begun().iter().find(is_finished).map(|entry| entry.sequence) else { return };
            self.complete(key, sequence);
        }
    }

    /// An event is delivered.
    pub(super) fn complete(&mut self, key: LaneKey, sequence: u64) {
        let Some(entry) = self.book.lane(key).and_then(|lane| lane.begun_item(sequence)) else { return };
        let (kind, stamp) = (entry.item.event.kind(), entry.stamp);
        let response = self.schedule_mut(key).sending().response.take().unwrap_or_default();
        self.delivered(key, sequence);
        self.report(key, sequence, FinalItem { kind, stamp, outcome: FinalOutcome::Delivered(response) });
        let turn = &mut self.schedule_mut(key).sending().turn;
        turn.sent = turn.sent.saturating_add(1);
        turn.last = Some(stamp);
    }

    /// An event leaves, delivered.
    pub(super) fn delivered(&mut self, key: LaneKey, sequence: u64) {
        let Some(entry) = self.book.lane(key).and_then(|lane| lane.begun_item(sequence)) else { return };
        let weight = entry.item.event.weight();
        let is_stuck = self.schedule(key).stuck().is_some();
        self.waiting.remove_item(weight);
        self.waiting.end(sequence, is_stuck);
        self.counters.acknowledged = self.counters.acknowledged.saturating_add(1);
        self.apply(Change::Delivered { lane: key, sequence });
    }

    /// An event is refused for good: it becomes a dead letter, and the conversation goes on (R15).
    pub(super) fn set_aside(&mut self, key: LaneKey, sequence: u64, reason: DeadLetterReason, error: Error) {
        let Some(entry) = self.book.lane(key).and_then(|lane| lane.begun_item(sequence)) else { return };
        let (kind, stamp, weight) = (entry.item.event.kind(), entry.stamp, entry.item.event.weight());
        self.waiting.remove_item(weight);
        self.waiting.end(sequence, false);
        self.counters.rejected = self.counters.rejected.saturating_add(1);
        let letter = self.book.letters().next_id();
        let why = Arc::new(Letter { reason, error: error.clone() });
        self.apply(Change::SetAside { lane: key, sequence, letter, why });
        self.notices.push(Notice::EventRefused { status: error.status(), reason });
        let sending = self.schedule_mut(key).sending();
        (sending.round, sending.poison, sending.response, sending.stops) = (None, None, None, 0);
        self.report(key, sequence, FinalItem { kind, stamp, outcome: FinalOutcome::Rejected(error) });
        self.bound_letters();
    }

    /// The oldest dead letters make room, except those of records (R23).
    fn bound_letters(&mut self) {
        let most_bytes = self.config.max_dead_letter_bytes();
        loop {
            let letters = self.book.letters();
            let is_over = letters.len() > self.config.max_dead_letters() || letters.bytes() as u64 > most_bytes;
            let Some(letter) = letters.oldest_item().filter(|_| is_over) else { return };
            self.apply(Change::Discarded { letter, lane: None });
            self.counters.dead_letters_dropped = self.counters.dead_letters_dropped.saturating_add(1);
            self.notices.push(Notice::LetterDropped);
        }
    }

    /// Counts a round of attempts in which the service failed on the item that is being sent, or refused it.
    pub(super) fn count_failed_round(&mut self, key: LaneKey) {
        if let Some(sequence) = self.sending_sequence(key) {
            self.apply(Change::RoundFailed { lane: key, sequence });
        }
    }

    /// Whether the item that is being sent must be the cause: the service failed on it in so many rounds, while it took
    /// something on the same route, or for so long that only the item can be it, while the conversation can be read.
    pub(super) fn is_poison(&mut self, key: LaneKey, error: &Error, now: Now) -> bool {
        let Some(limit) = self.config.poison_after() else { return false };
        // What is in doubt is repeated with everything that travelled with it, and none of it given up (H10).
        if self.book.lane(key).is_some_and(|lane| lane.plan().is_some()) {
            return false;
        }
        let Some((rounds, route)) = self.book.lane(key).and_then(|lane| lane.begun().first()).and_then(|entry| {
            let part = self.wire.next_part(&entry.item.event, &entry.item.progress())?;
            Some((entry.item.failed_rounds, self.wire.route(Some(&entry.item.event), &part)))
        }) else {
            return false;
        };
        let acknowledged = self.acknowledged.get(&route).copied().unwrap_or_default();
        let poison = self.schedule_mut(key).sending().poison.get_or_insert_with(|| Poison {
            since: now.since_start,
            acknowledged_before: acknowledged,
            is_readable: false,
            wants_read: false,
            error: error.clone(),
        });
        poison.error = error.clone();
        if rounds < limit {
            return false;
        }
        let is_old = now.since_start.saturating_sub(poison.since) >= ALONE;
        poison.wants_read = is_old && !poison.is_readable;
        acknowledged > poison.acknowledged_before || (is_old && poison.is_readable)
    }

    /// The item that is being sent is poison (R15).
    pub(super) fn set_aside_poison(&mut self, key: LaneKey) {
        let error = self.schedule_mut(key).sending().poison.take().map(|poison| poison.error);
        let error = error.unwrap_or_else(|| Error::new(ErrorKind::Server, "the service failed on it again and again"));
        // It may have gone back into its place meanwhile.
        let sequence = self.sending_sequence(key).or_else(|| self.begin_first(key));
        if let Some(sequence) = sequence {
            self.set_aside(key, sequence, DeadLetterReason::Poison, error);
        }
    }

    fn sending_sequence(&self, key: LaneKey) -> Option<u64> {
        self.book.lane(key)?.begun().first().map(|entry| entry.sequence)
    }

    /// A job has succeeded.
    pub(super) fn succeeded(&mut self, ended: Ended) {
        if self.service.acknowledged(ended.was_probe) {
            self.wake = true;
        }
    }

    /// An attempt has failed in a way that may pass (R16).
    pub(super) fn attempt_failed(&mut self, failure: &Failure, ended: Ended) {
        let error = &failure.error;
        self.note_error(error, ended.now);
        let asked = match (error.kind(), error.retry_after()) {
            (ErrorKind::RateLimited, asked) => Some(asked.unwrap_or_default()),
            (ErrorKind::Server, Some(asked)) if error.status().is_some_and(|status| status.as_u16() == 503) => {
                Some(asked)
            }
            _ => None,
        };
        self.service.failed(ended.now.since_start, error, asked, ended.was_probe);
    }

    pub(super) fn note_error(&mut self, error: &Error, now: Now) {
        self.counters.last_error = Some((now.utc, error.clone()));
    }

    fn count_acknowledged(&mut self, route: crate::wire::Route, now: Now) {
        self.counters.last_success = Some(now.utc);
        let count = self.acknowledged.entry(route).or_default();
        *count = count.saturating_add(1);
    }

    /// An event became final: callers that wait for it are told.
    fn report(&mut self, key: LaneKey, sequence: u64, item: FinalItem) {
        for ticket in &mut self.schedule_mut(key).tickets {
            if sequence < ticket.bound {
                ticket.left = ticket.left.saturating_sub(1);
            }
            let outcome = item.outcome.clone();
            ticket.items.push(FinalItem { kind: item.kind, stamp: item.stamp, outcome });
        }
    }

    /// A record became final: callers that wait for it are told.
    pub(super) fn report_record(&mut self, key: LaneKey, stamp: Micros, outcome: FinalOutcome) {
        for ticket in &mut self.schedule_mut(key).tickets {
            ticket.record = false;
            let outcome = outcome.clone();
            ticket.items.push(FinalItem { kind: ItemKind::Conversation, stamp, outcome });
        }
    }

    /// The lane goes on with what comes next, or is done.
    pub(super) fn go_on(&mut self, key: LaneKey, now: Now) {
        self.close_finished_tickets(key);
        let Some(lane) = self.book.lane(key) else { return };
        if self.schedule(key).stuck().is_some() {
            return self.set_state(key, State::Quiet, false);
        }
        if !lane.has_work() && lane.plan().is_none() {
            return self.finish(key);
        }
        let has_tickets = !self.schedule(key).tickets.is_empty();
        let is_driven = has_tickets || self.has_worker || self.flushes > 0;
        let turn = self.schedule(key).sending.as_ref().map(|sending| sending.turn).unwrap_or_default();
        match turn.wait {
            Some(wait) if is_driven && (turn.sent < TURN || has_tickets) => {
                let due = wait.due.min(now.since_start);
                self.set_state(key, State::Waiting(super::Wait { due, ..wait }), false);
            }
            _ if is_driven => {
                self.schedule_mut(key).sending().turn = Turn { last: turn.last, ..Turn::default() };
                self.wait_behind(key, now.since_start, true);
            }
            _ => {
                self.schedule_mut(key).sending().turn = Turn::default();
                self.wait_behind(key, now.since_start.saturating_add(self.config.delivery_delay()), true);
            }
        }
    }

    /// The lane has nothing to do.
    pub(super) fn finish(&mut self, key: LaneKey) {
        self.close_tickets(key, None);
        self.set_state(key, State::Quiet, false);
        self.schedule_mut(key).sending = None;
        self.apply(Change::Settled { lane: key });
        self.note_idle(key);
        self.forget_idle_lanes();
    }
}
