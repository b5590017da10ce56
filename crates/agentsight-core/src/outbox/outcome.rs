//! What comes of a job (R11, R15, R16, R17).

use std::sync::Arc;
use std::time::Duration;

use super::Outbox;
use super::change::{Change, PlanId};
use super::dead_letters::DeadLetterReason;
use super::item::{Cargo, LaneKey, Shipment};
use super::job::{Errand, Job, JobId, JobOutcome, Scope};
use super::letters::Letter;
use super::notice::Notice;
use super::registration::Stage;
use super::schedule::State;
use super::service;
use crate::context::Now;
use crate::error::Error;
use crate::retry::{FailedAttempt, Retry, out_of_time};
use crate::wire::{Failure, Meaning, PartOutcome, Receipt};

/// What has to be known of a job to say what comes of it.
#[derive(Clone, Copy)]
pub(super) struct Ended {
    pub(super) started: Duration,
    pub(super) allowance: Duration,
    pub(super) plan: Option<PlanId>,
    pub(super) was_probe: bool,
    /// Whether the key with which it left is still the one.
    pub(super) is_current_key: bool,
    pub(super) now: Now,
}

impl Outbox {
    /// Takes what came of a job. A job that belongs to nobody any more still acknowledges what is still pending, and is
    /// ignored otherwise (R11).
    pub(crate) fn answered(&mut self, now: Now, job: &Job, outcome: JobOutcome) {
        let Some(out) = self.out.remove(&job.id) else { return self.late(job, outcome, now) };
        let ended = Ended {
            started: out.started,
            allowance: out.allowance,
            plan: out.plan,
            was_probe: self.service.ended(job.id),
            is_current_key: job.key_version == self.key_version,
            now,
        };
        self.wake |= std::mem::take(&mut self.is_starved);
        match (&job.errand, outcome) {
            (Errand::Send { shipments, .. }, JobOutcome::Sent(outcomes)) => {
                self.sent(&out.lanes, shipments, outcomes, ended);
            }
            (Errand::Look { lane, shipments, .. }, JobOutcome::Looked(result)) => {
                self.looked(*lane, shipments, result, ended);
            }
            _ => out.lanes.iter().for_each(|key| self.doubt_or_forget(*key, ended, None, true)),
        }
        // Whoever else waits for the same conversations may go on, and a flush may be over.
        let is_anothers = |key: &LaneKey| {
            let mut tickets = self.schedule(*key).tickets.iter();
            tickets.any(|lane| out.taken_for != Scope::Ticket(lane.ticket))
        };
        self.wake |= self.has_worker || self.flushes > 0 || out.lanes.iter().any(is_anothers);
    }

    /// The owner of a job went away. What it planned is in doubt if `was_called` says that the transport had it (R11).
    pub(crate) fn abandoned(&mut self, now: Now, job: JobId, was_called: bool) {
        self.disown(job, was_called, now);
    }

    /// A job belongs to nobody from here on.
    pub(super) fn disown(&mut self, job: JobId, was_called: bool, now: Now) {
        let Some(out) = self.out.remove(&job) else { return };
        let was_probe = self.service.ended(job);
        let ended = Ended {
            started: out.started,
            allowance: out.allowance,
            plan: out.plan,
            was_probe,
            is_current_key: true,
            now,
        };
        for key in out.lanes {
            self.doubt_or_forget(key, ended, None, was_called);
        }
        self.is_starved = false;
        self.wake = true;
    }

    /// What came of the parts of a request, lane by lane.
    fn sent(&mut self, lanes: &[LaneKey], shipments: &[Shipment], outcomes: Vec<PartOutcome>, ended: Ended) {
        let mut failures: Vec<(LaneKey, Vec<(Failure, Cargo)>)> =
            lanes.iter().map(|lane| (*lane, Vec::new())).collect();
        let mut any_acknowledged = false;
        for (shipment, outcome) in shipments.iter().zip(outcomes) {
            match outcome {
                PartOutcome::Acknowledged(receipt) => {
                    self.acknowledged_part(shipment, receipt, ended.now);
                    any_acknowledged = true;
                }
                PartOutcome::Failed(failure) => {
                    let of_lane = failures.iter_mut().find(|(lane, _)| *lane == shipment.lane);
                    if let Some((_, failures)) = of_lane {
                        failures.push((failure, shipment.cargo.clone()));
                    }
                }
            }
        }
        if any_acknowledged {
            self.succeeded(ended);
        }
        // One request is one attempt, however many parts it had.
        let is_transient = |meaning| matches!(meaning, Meaning::NotActedOn | Meaning::MaybeActedOn { .. });
        let first = failures.iter().find_map(|(_, failures)| failures.first());
        if let Some((failure, _)) = first.filter(|(failure, _)| is_transient(failure.meaning)) {
            let failure = failure.clone();
            self.attempt_failed(&failure, ended);
        }
        for (key, failures) in failures {
            self.lane_sent(key, failures, ended);
        }
        self.close_covered(ended.now);
    }

    /// What came of the parts of one lane: all that are not among the failures are acknowledged.
    fn lane_sent(&mut self, key: LaneKey, mut failures: Vec<(Failure, Cargo)>, ended: Ended) {
        // What is in doubt is repeated, or looked for, with everything that travelled with it (H10).
        let in_doubt = failures.iter().position(|(failure, _)| matches!(failure.meaning, Meaning::MaybeActedOn { .. }));
        if let Some(place) = in_doubt {
            let (failure, cargo) = failures.swap_remove(place);
            return self.part_failed(key, &cargo, failure, ended);
        }
        // A record may have been sent for the sake of an event that is in doubt, and stays so.
        if let Some(plan) = ended.plan {
            self.end_doubt(key, plan);
        }
        self.complete_finished(key);
        // A refused item does not keep the others; what is wrong with the conversation comes after it.
        let mut other = None;
        for (failure, cargo) in failures {
            match (&cargo, failure.meaning) {
                (Cargo::Event(event), Meaning::Refused) => {
                    self.set_aside(key, event.sequence, DeadLetterReason::Rejected, failure.error);
                }
                _ => other = other.or(Some((failure, cargo))),
            }
        }
        match other {
            None => self.go_on(key, ended.now),
            Some((failure, cargo)) => self.part_failed(key, &cargo, failure, ended),
        }
    }

    /// What a failure means for its lane.
    fn part_failed(&mut self, key: LaneKey, cargo: &Cargo, failure: Failure, ended: Ended) {
        let Failure { error, meaning } = failure;
        let now = ended.now;
        self.note_server_error(key, &error);
        match (meaning, cargo) {
            // It was set aside before.
            (Meaning::Refused, Cargo::Event(_)) => self.go_on(key, now),
            (Meaning::Refused, Cargo::Record(record)) => self.record_refused(key, record.is_queued, error, now),
            (Meaning::UnknownConversation, Cargo::Event(cargo)) => {
                let sending = self.schedule_mut(key).sending();
                if sending.renumbered_for == Some(cargo.sequence) {
                    self.set_aside(key, cargo.sequence, DeadLetterReason::Rejected, error);
                } else {
                    sending.renumbered_for = Some(cargo.sequence);
                    self.apply(Change::NumberForgotten { lane: key });
                    self.schedule_mut(key).sending().round = None;
                }
                self.go_on(key, now);
            }
            (Meaning::UnknownConversation | Meaning::ConversationRefused, _) => {
                self.service.conversation_refused(now.since_start, key, &error, ended.was_probe);
                self.fail_round(key, error, true, now);
            }
            (Meaning::KeyRefused, _) if !ended.is_current_key => self.go_on(key, now),
            (Meaning::KeyRefused, _) => {
                self.note_error(&error, now);
                self.service.key_refused(now.since_start, &error);
                self.stop(key, error, now);
            }
            (Meaning::Hopeless, _) => self.fail_round(key, error, false, now),
            (Meaning::NotActedOn, _) => self.retry_or_stop(key, error, now),
            (Meaning::MaybeActedOn { .. }, _) if ended.plan.is_none() => self.retry_or_stop(key, error, now),
            (Meaning::MaybeActedOn { is_busy }, _) => self.in_doubt_now(key, error, is_busy, ended),
        }
    }

    /// After a failure that may pass: wait, or stop if attempts or time are used up (R16).
    pub(super) fn retry_or_stop(&mut self, key: LaneKey, error: Error, now: Now) {
        let round = self.schedule(key).sending.as_ref().and_then(|sending| sending.round);
        let (attempts, deadline) = round.map_or((1, now.since_start), |round| (round.attempts, round.deadline));
        let asked = error.retry_after().unwrap_or_default();
        let random = self.jitter(key, u64::from(attempts), 3);
        let failed = FailedAttempt { attempts, random, asked, now: now.since_start, deadline };
        match failed.retry(self.config.retry()) {
            Retry::Exhausted => self.fail_round(key, error, false, now),
            _ if self.is_covered(key, now) => self.stop(key, error, now),
            Retry::At(until) => self.wait_behind(key, until, asked.is_zero()),
            Retry::AskedTooLate => self.stop(key, error, now),
            Retry::OutOfTime => {
                self.fail_round(key, out_of_time(Some(error)).with_attempts(attempts), false, now);
            }
        }
    }

    /// A round of attempts is used up, or cut short by a refusal: the conversation stops, unless the item turns out to be
    /// the cause (R15).
    fn fail_round(&mut self, key: LaneKey, error: Error, is_refusal: bool, now: Now) {
        let round = self.schedule_mut(key).sending().round.take();
        if is_refusal || round.is_some_and(|round| round.is_server_error) {
            self.count_failed_round(key);
            if self.is_poison(key, &error, now) {
                self.set_aside_poison(key);
                return self.go_on(key, now);
            }
        }
        self.stop(key, error, now);
    }

    /// The conversation stops: explicit calls report that, and it rests (R15, R16).
    pub(super) fn stop(&mut self, key: LaneKey, error: Error, now: Now) {
        self.note_error(&error, now);
        if self.book.lane(key).is_some_and(|lane| lane.plan().is_some()) {
            self.notices.push(Notice::InDoubt);
        }
        self.apply(Change::Returned { lane: key });
        let asked = error.retry_after();
        let sending = self.schedule_mut(key).sending();
        sending.stops = sending.stops.saturating_add(1);
        sending.stopped_by = Some(error.clone());
        sending.turn = super::schedule::Turn::default();
        // The attempts of a round count on; its time begins anew with the next one.
        if let Some(round) = &mut sending.round {
            round.deadline = Duration::MAX;
        }
        // Later sends tell what they met themselves.
        if let Some(doubt) = &mut sending.doubt {
            doubt.error = None;
        }
        let rest = self.rest_after(key, self.schedule(key).sending.as_ref().map_or(1, |sending| sending.stops));
        let due = now.since_start.saturating_add(rest.max(asked.unwrap_or_default().min(service::LONGEST)));
        self.wait_behind(key, due, asked.is_none());
        self.close_tickets(key, Some(error));
    }

    /// An answer to a job that belongs to nobody any more.
    fn late(&mut self, job: &Job, outcome: JobOutcome, now: Now) {
        let (Errand::Send { plan: Some(plan), shipments }, JobOutcome::Sent(outcomes)) = (&job.errand, outcome) else {
            return;
        };
        let mut lanes: Vec<LaneKey> = Vec::new();
        for (shipment, outcome) in shipments.iter().zip(outcomes) {
            let key = shipment.lane;
            let is_pending = self.book.lane(key).is_some_and(|lane| lane.plan() == Some(*plan));
            if let (PartOutcome::Acknowledged(receipt), true, false) =
                (outcome, is_pending, self.schedule(key).is_out())
            {
                self.acknowledged_part(shipment, receipt, now);
                lanes.push(key);
            }
        }
        lanes.dedup();
        for key in lanes {
            self.wake = true;
            // What else of the plan is in doubt stays so, with everything that travelled with it (H10).
            if self.is_acknowledged(*plan, key) {
                self.end_doubt(key, *plan);
                self.complete_finished(key);
                self.go_on(key, now);
            }
        }
    }

    /// Whether the service has said of every part of a lane in a plan that it has it.
    fn is_acknowledged(&self, plan: PlanId, key: LaneKey) -> bool {
        let (Some(lane), Some(parts)) = (self.book.lane(key), self.book.plan_parts(plan)) else { return true };
        parts.iter().filter(|part| part.lane == key).all(|planned| match planned.sequence {
            Some(sequence) => lane.begun_item(sequence).is_none_or(|entry| entry.item.progress().covers(&planned.part)),
            None => !lane.registration.is_queued(),
        })
    }

    fn note_server_error(&mut self, key: LaneKey, error: &Error) {
        let is_server_error = error.status().is_some_and(|status| status.is_server_error());
        if let Some(round) = self.schedule_mut(key).sending().round.as_mut() {
            round.is_server_error = is_server_error;
        }
    }

    /// A record was refused: the conversation parks (R15).
    fn record_refused(&mut self, key: LaneKey, was_queued: bool, error: Error, now: Now) {
        let Some(lane) = self.book.lane(key) else { return };
        // Registered while a bare creation was under way: what was registered has not been refused.
        if !was_queued && lane.registration.stage == Stage::Queued {
            return self.go_on(key, now);
        }
        let sequence = lane.record_sequence();
        let stamp = lane.record_stamp(now.utc.timestamp_micros());
        if was_queued {
            self.waiting.remove_item(0);
            self.waiting.end(sequence, false);
        } else {
            // A record that nobody registered becomes an item by being refused.
            self.counters.tracked = self.counters.tracked.saturating_add(1);
        }
        self.counters.rejected = self.counters.rejected.saturating_add(1);
        self.note_error(&error, now);
        let letter = self.book.letters().next_id();
        let why = Arc::new(Letter { reason: DeadLetterReason::Rejected, error: error.clone() });
        self.apply(Change::Parked { lane: key, letter, why });
        // Nothing of it is under way any more: what is put back meanwhile comes in its place.
        self.apply(Change::Returned { lane: key });
        self.notices.push(Notice::RecordRefused { status: error.status() });
        self.report_record(key, stamp, super::FinalOutcome::Rejected(error.clone()));
        self.schedule_mut(key).sending().round = None;
        self.stick(key, super::next::parked());
        self.close_tickets(key, Some(error));
    }

    /// The lane waits, behind all others that are due at the same time: a flush that has begun does not skip this (R27).
    pub(super) fn wait_behind(&mut self, key: LaneKey, due: Duration, is_skippable: bool) {
        let order = self.next_order();
        self.set_state(key, State::Waiting(super::Wait { due, order, is_skippable }), false);
    }

    pub(super) fn acknowledged_part(&mut self, shipment: &Shipment, receipt: Receipt, now: Now) {
        let key = shipment.lane;
        match &shipment.cargo {
            Cargo::Record(record) => self.record_acknowledged(key, record, receipt, now),
            Cargo::Event(event) => self.event_acknowledged(key, event, receipt, now),
        }
    }
}
