//! What is sent next (H8, R10, R12, R16).

use std::sync::Arc;
use std::time::Duration;

use super::change::{Change, PlannedPart};
use super::item::{Cargo, EventCargo, LaneKey, Part, RecordCargo, Shipment};
use super::job::{Errand, Job, JobId, Next, Scope};
use super::notice::Notice;
use super::registration::Stage;
use super::schedule::{Round, State};
use super::service::Gate;
use super::timeline::Stamp;
use super::{OutJob, Outbox};
use crate::config::AmbiguousCreate;
use crate::context::Now;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::event::Event;
use crate::wire;

/// How much longer than its attempt's time a job belongs to whoever took it (R11).
const GRACE: Duration = Duration::from_secs(5);
/// How many items a conversation sends before it is the next one's turn (R25).
pub(super) const TURN: u32 = 100;

/// What a lane that is due does.
enum Prepared {
    /// These parts are sent.
    Parts(Vec<PlannedPart>),
    /// The conversation is read back.
    Look(u64),
    /// The plan is sent again as it was.
    Repeat(super::PlanId),
    /// Nothing: the lane has left the queue, or waits.
    Nothing,
}

impl Outbox {
    /// Says what to do next: at most `concurrency` jobs are out, and at most one of a conversation (R10).
    pub(crate) fn next(&mut self, now: Now, scope: Scope) -> Next {
        self.expire(now);
        if matches!(scope, Scope::Ticket(ticket) if self.tickets.is_over(ticket)) {
            return Next::Idle;
        }
        let expiry = self.out.values().map(|job| job.expires).min();
        if self.out.len() >= self.config.concurrency() {
            self.is_starved = true;
            return Next::Wait(expiry);
        }
        if let Gate::Closed(until) = self.service.gate(now.since_start) {
            self.is_starved = true;
            let reopens = self.first_due(scope).is_some().then_some(until);
            return Next::Wait(reopens.into_iter().chain(expiry).min());
        }
        while let Some(key) = self.due_lane(now, scope) {
            if let Some(job) = self.prepare_job(key, now) {
                if let Some(out) = self.out.get_mut(&job.id) {
                    out.taken_for = scope;
                }
                let is_more_due = self.due_lane(now, scope).is_some();
                return Next::Send { job: Box::new(job), is_more_due };
            }
        }
        match (self.first_due(scope), scope) {
            (Some(due), _) => Next::Wait(Some(due).into_iter().chain(expiry).min()),
            (None, Scope::Ticket(ticket)) if self.tickets.is_over(ticket) => Next::Idle,
            (None, Scope::Everything) if self.out.is_empty() => Next::Idle,
            (None, _) => Next::Wait(expiry),
        }
    }

    fn first_due(&self, scope: Scope) -> Option<Duration> {
        match scope {
            Scope::Everything => self.queue.first_due(),
            Scope::Ticket(ticket) => self.tickets.get(ticket).and_then(|ticket| ticket.queue.first_due()),
        }
    }

    fn due_lane(&self, now: Now, scope: Scope) -> Option<LaneKey> {
        match scope {
            Scope::Everything => {
                let skipped = || self.queue.first_skippable(self.skips_before());
                self.queue.due(now.since_start).next().or_else(skipped)
            }
            Scope::Ticket(ticket) => self.tickets.get(ticket)?.queue.due(now.since_start).next(),
        }
    }

    /// Makes the job of a lane that is due, or takes the lane out of the queue.
    fn prepare_job(&mut self, key: LaneKey, now: Now) -> Option<Job> {
        match self.prepare(key, now) {
            Prepared::Parts(mut parts) => {
                self.fill(&mut parts, key, now);
                Some(self.send_job(key, parts, now))
            }
            Prepared::Look(number) => self.look_job(key, number, now),
            Prepared::Repeat(plan) => {
                let parts = self.book.plan_parts(plan).map(|parts| parts.to_vec()).unwrap_or_default();
                Some(self.hand_out_parts(key, Some(plan), &parts, now))
            }
            Prepared::Nothing => {
                if matches!(self.schedule(key).state, State::Waiting(_)) {
                    self.set_state(key, State::Quiet, false);
                }
                None
            }
        }
    }

    /// What a lane does: what is in doubt first, then the record, then the first event.
    fn prepare(&mut self, key: LaneKey, now: Now) -> Prepared {
        loop {
            let Some(lane) = self.book.lane(key) else { return Prepared::Nothing };
            if let Some(plan) = lane.plan() {
                match (self.config.ambiguous_create(), self.wire.on_doubt(), lane.number) {
                    (_, wire::OnDoubt::Repeat, _) => return Prepared::Repeat(plan),
                    (AmbiguousCreate::Hold, ..) => {
                        self.hold(key, None);
                        return Prepared::Nothing;
                    }
                    (AmbiguousCreate::Resend, ..) => {
                        self.apply(Change::Unplanned { plan, lane: key });
                        self.schedule_mut(key).sending().doubt = None;
                        continue;
                    }
                    (_, _, Some(number)) => return Prepared::Look(number),
                    (_, _, None) => return Prepared::Parts(vec![record_part(key, lane.registration.is_queued())]),
                }
            }
            if let (Some(number), true) = (lane.number, self.wants_read(key)) {
                return Prepared::Look(number);
            }
            if lane.registration.is_queued() {
                return Prepared::Parts(vec![record_part(key, true)]);
            }
            if lane.registration.stage != Stage::Used || (lane.number.is_none() && self.wire.needs_number()) {
                return Prepared::Parts(vec![record_part(key, false)]);
            }
            if self.fold_if_due(key, now) {
                continue;
            }
            match self.first_part(key) {
                Some(part) => return Prepared::Parts(vec![part]),
                None => match self.begin_first(key) {
                    // Nothing is left to send of it.
                    Some(sequence) => self.complete(key, sequence),
                    None => {
                        self.finish(key);
                        return Prepared::Nothing;
                    }
                },
            }
        }
    }

    /// The next request of the first event.
    fn first_part(&self, key: LaneKey) -> Option<PlannedPart> {
        let lane = self.book.lane(key)?;
        let entry = lane.iter().next()?;
        let part = self.wire.next_part(&entry.item.event, &entry.item.progress())?;
        Some(PlannedPart { lane: key, sequence: Some(entry.sequence), part })
    }

    /// Fills a request that carries more than one item: with what comes next in the same conversation, and in others
    /// that are due.
    fn fill(&mut self, parts: &mut Vec<PlannedPart>, key: LaneKey, now: Now) {
        let capacity = self.wire.capacity();
        if capacity.items <= 1 || self.book.lane(key).is_some_and(|lane| lane.plan().is_some()) {
            return;
        }
        self.fill_from(parts, key, capacity.items);
        let mut conversations = 1;
        while parts.len() < capacity.items && conversations < capacity.conversations {
            let is_free = |lane: &LaneKey| {
                let is_in_doubt = self.book.lane(*lane).is_some_and(|lane| lane.plan().is_some());
                !is_in_doubt && parts.iter().all(|part| part.lane != *lane)
            };
            let Some(other) = self.queue.due(now.since_start).find(is_free) else { return };
            let Prepared::Parts(first) = self.prepare(other, now) else { return };
            parts.extend(first);
            self.fill_from(parts, other, capacity.items);
            conversations += 1;
        }
    }

    /// Adds what comes next in one conversation, each item as a whole.
    fn fill_from(&self, parts: &mut Vec<PlannedPart>, key: LaneKey, items: usize) {
        let Some(lane) = self.book.lane(key) else { return };
        let planned: Vec<u64> = parts.iter().filter(|part| part.lane == key).filter_map(|part| part.sequence).collect();
        let waits = lane.iter().filter(|entry| !planned.contains(&entry.sequence));
        for entry in waits.take(items.saturating_sub(parts.len())) {
            if let Some(part) = self.wire.next_part(&entry.item.event, &entry.item.progress()) {
                parts.push(PlannedPart { lane: key, sequence: Some(entry.sequence), part });
            }
        }
    }

    fn send_job(&mut self, key: LaneKey, parts: Vec<PlannedPart>, now: Now) -> Job {
        let is_repeatable = parts.iter().all(|part| self.wire.is_repeatable(&part.part));
        let plan = (!is_repeatable).then(|| self.book.next_plan());
        if let Some(plan) = plan {
            self.apply(Change::Planned { plan, parts: parts.clone().into() });
        }
        self.hand_out_parts(key, plan, &parts, now)
    }

    fn hand_out_parts(&mut self, key: LaneKey, plan: Option<super::PlanId>, parts: &[PlannedPart], now: Now) -> Job {
        let shipments: Vec<Shipment> = parts.iter().filter_map(|part| self.shipment(part, now)).collect();
        let allowance = self.wire.allowance(&shipments, self.config.timeouts());
        let mut lanes: Vec<LaneKey> = parts.iter().map(|part| part.lane).collect();
        lanes.dedup();
        let (attempt, mut timeout) = self.begin_attempt(key, allowance, now);
        for other in lanes.iter().filter(|lane| **lane != key) {
            timeout = timeout.min(self.begin_attempt(*other, allowance, now).1);
        }
        let errand = Errand::Send { plan, shipments };
        self.hand_out(errand, lanes, plan, allowance, timeout, attempt, now)
    }

    fn look_job(&mut self, key: LaneKey, number: u64, now: Now) -> Option<Job> {
        let allowance = self.config.timeouts().attempt;
        let lane = self.book.lane(key);
        let conversation_id = lane?.id.clone();
        let parts = lane.and_then(|lane| lane.plan()).and_then(|plan| self.book.plan_parts(plan)).cloned();
        let own = parts.iter().flat_map(|parts| parts.iter()).filter(|part| part.lane == key);
        let shipments = own.filter_map(|part| self.shipment(part, now)).collect();
        let known = lane.and_then(|lane| lane.known);
        let errand = Errand::Look { lane: key, conversation_id, number, shipments, known };
        Some(self.hand_out(errand, vec![key], None, allowance, allowance, 1, now))
    }

    #[expect(clippy::too_many_arguments, reason = "everything that a job is made of")]
    fn hand_out(
        &mut self,
        errand: Errand,
        lanes: Vec<LaneKey>,
        plan: Option<super::PlanId>,
        allowance: Duration,
        timeout: Duration,
        attempt: u32,
        now: Now,
    ) -> Job {
        let id = JobId(self.next_job);
        self.next_job = self.next_job.wrapping_add(1);
        for key in &lanes {
            if let State::Waiting(wait) = self.schedule(*key).state {
                let sending = self.schedule_mut(*key).sending();
                sending.turn.wait.get_or_insert(wait);
                sending.stopped_by = None;
            }
            self.set_state(*key, State::Out(id), false);
        }
        self.service.handed_out(id, now.since_start);
        let started = now.since_start;
        let expires = started.saturating_add(timeout).saturating_add(GRACE);
        self.out.insert(id, OutJob { lanes, plan, expires, started, allowance, taken_for: Scope::Everything });
        Job { id, errand, timeout, attempt, key: self.key.clone(), key_version: self.key_version }
    }

    /// Counts one more attempt of the lane's round. Returns which one it is and how long it may take.
    fn begin_attempt(&mut self, key: LaneKey, allowance: Duration, now: Now) -> (u32, Duration) {
        let retry = self.config.retry().clone();
        let over = self.schedule(key).sending.as_ref().and_then(|sending| sending.round);
        let over = over.filter(|round| round.deadline <= now.since_start);
        if over.is_some_and(|round| round.is_server_error) {
            self.count_failed_round(key);
        }
        // A large upload would never fit into the time of a small call: each attempt brings its own extra time.
        let extra = allowance.saturating_sub(self.config.timeouts().attempt).saturating_mul(retry.max_attempts);
        let deadline = now.since_start.saturating_add(retry.call_timeout).saturating_add(extra);
        let sending = self.schedule_mut(key).sending();
        if over.is_some() {
            sending.round = None;
        }
        let is_repetition = sending.round.is_some() || sending.stops > 0;
        let round = sending.round.get_or_insert(Round { attempts: 0, deadline, is_server_error: false });
        round.attempts = round.attempts.saturating_add(1);
        if round.deadline == Duration::MAX {
            round.deadline = deadline;
        }
        let (attempts, left) = (round.attempts, round.deadline.saturating_sub(now.since_start));
        if is_repetition {
            self.counters.retries = self.counters.retries.saturating_add(1);
        }
        (attempts, allowance.min(left))
    }

    pub(super) fn shipment(&self, part: &PlannedPart, now: Now) -> Option<Shipment> {
        let lane = self.book.lane(part.lane)?;
        let cargo = match (part.sequence, &part.part) {
            (Some(sequence), _) => {
                let entry = lane.begun_item(sequence)?;
                let mark = self.book.mark();
                let floor = entry.item.floor.filter(|floor| floor.life == mark.life && floor.highest > 0);
                Cargo::Event(EventCargo {
                    event: Arc::clone(&entry.item.event),
                    sequence,
                    stamp: entry.stamp,
                    is_explicit: entry.item.is_explicit,
                    floor: floor.map(|floor| floor.highest),
                    message: entry.item.progress().message,
                    part: part.part.clone(),
                })
            }
            (None, Part::Record { is_queued }) => Cargo::Record(RecordCargo {
                conversation: lane.registration.conversation.clone(),
                stamp: lane.record_stamp(now.utc.timestamp_micros()),
                is_queued: *is_queued,
                floor: self.book.numbers(),
            }),
            (None, _) => return None,
        };
        Some(Shipment { lane: part.lane, conversation_id: lane.id.clone(), number: lane.number, cargo })
    }

    /// Moves the first event out of the order, without sending it. Returns its place in the order of tracking.
    pub(super) fn begin_first(&mut self, key: LaneKey) -> Option<u64> {
        let entry = self.book.lane(key)?.iter().next()?;
        let (sequence, plan) = (entry.sequence, self.book.next_plan());
        let part = PlannedPart { lane: key, sequence: Some(sequence), part: Part::Create };
        self.apply(Change::Planned { plan, parts: Arc::new([part]) });
        self.apply(Change::Unplanned { plan, lane: key });
        Some(sequence)
    }

    /// Turns the token counters into an event when the last due one is about to leave: just before it if something came
    /// before it, else at the end (R8).
    fn fold_if_due(&mut self, key: LaneKey, now: Now) -> bool {
        let Some(lane) = self.book.lane(key).filter(|lane| !lane.tokens().is_zero()) else { return false };
        if lane.events() == 0 {
            self.fold_at_the_end(key, now);
            return true;
        }
        let schedule = self.schedule(key);
        let due = schedule.tickets.iter().map(|ticket| ticket.left).max();
        let is_last = lane.events() == 1 && due.is_none_or(|due| due <= 1 || self.has_worker);
        let previous = schedule.sending.as_ref().and_then(|sending| sending.turn.last);
        if !is_last || previous.is_none() || !lane.begun().is_empty() {
            return false;
        }
        let Some(stamp) = lane.timeline.before_last(previous) else { return false };
        self.fold(key, stamp);
        true
    }

    pub(super) fn fold_at_the_end(&mut self, key: LaneKey, now: Now) {
        if let Some(lane) = self.book.lane(key) {
            let stamp = lane.timeline.automatic(now.utc);
            self.fold(key, stamp);
        }
    }

    fn fold(&mut self, key: LaneKey, stamp: Stamp) {
        let Some(lane) = self.book.lane(key) else { return };
        let sequence = lane.tokens_sequence();
        let event = Event::token_usage(lane.tokens());
        self.waiting.add_item(event.weight());
        self.counters.tracked = self.counters.tracked.saturating_add(1);
        self.apply(Change::TokensFolded { lane: key, stamp, event: Arc::new(event) });
        for ticket in self.schedule_mut(key).tickets.iter_mut().filter(|ticket| sequence < ticket.bound) {
            ticket.tokens = false;
            ticket.left = ticket.left.saturating_add(1);
        }
    }

    fn wants_read(&self, key: LaneKey) -> bool {
        let sending = self.schedule(key).sending.as_ref();
        sending.and_then(|sending| sending.poison.as_ref()).is_some_and(|poison| poison.wants_read)
    }

    /// What is in doubt stays so until somebody settles it.
    pub(super) fn hold(&mut self, key: LaneKey, error: Option<Error>) {
        self.notices.push(Notice::InDoubt);
        self.stick(key, held());
        self.close_tickets(key, Some(error.unwrap_or_else(held)));
    }

    /// Jobs that were kept too long belong to nobody: their parts are in doubt (R11).
    fn expire(&mut self, now: Now) {
        let expired: Vec<JobId> =
            self.out.iter().filter(|(_, job)| job.expires <= now.since_start).map(|(id, _)| *id).collect();
        for id in expired {
            self.disown(id, true, now);
        }
    }
}

fn record_part(lane: LaneKey, is_queued: bool) -> PlannedPart {
    PlannedPart { lane, sequence: None, part: Part::Record { is_queued } }
}

/// The error of an item that stays in doubt.
pub(super) fn held() -> Error {
    let what = "an event is in doubt: the service may or may not have it";
    Error::new(ErrorKind::Transport, what).with_fate(RequestFate::MaybeSent)
}

/// The error of a conversation whose record was refused.
pub(super) fn parked() -> Error {
    let what = "the service refused the conversation's record; register it again with corrected values, put the dead \
                letter back, or discard it";
    Error::new(ErrorKind::Rejected, what)
}
