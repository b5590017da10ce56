//! What a person decides about a conversation that nothing else can move (R15, R17).

use super::Outbox;
use super::change::{Change, PlanId};
use super::item::LaneKey;
use super::registration::Stage;
use super::schedule::State;
use crate::context::Now;
use crate::error::Error;

/// What became of an item in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// The service has it.
    Delivered,
    /// The service does not have it.
    NotDelivered,
}

impl Outbox {
    /// Settles what is in doubt in a conversation. Returns whether there was anything to settle; while a job of the
    /// conversation is out there is not.
    pub(crate) fn settle_doubt(&mut self, key: LaneKey, settlement: Settlement, now: Now) -> bool {
        let Some(plan) = self.book.lane(key).and_then(|lane| lane.plan()) else { return false };
        if self.schedule(key).is_out() {
            return false;
        }
        let planned: Vec<u64> = self
            .book
            .plan_parts(plan)
            .map(|parts| parts.iter().filter(|part| part.lane == key).filter_map(|part| part.sequence).collect())
            .unwrap_or_default();
        self.end_doubt(key, plan);
        match settlement {
            Settlement::NotDelivered => self.apply(Change::Returned { lane: key }),
            Settlement::Delivered => planned.into_iter().for_each(|sequence| self.delivered(key, sequence)),
        }
        self.go_on(key, now);
        self.wake = true;
        true
    }

    /// A plan is in doubt no more: the lane can move again, unless its record is refused.
    pub(super) fn end_doubt(&mut self, key: LaneKey, plan: PlanId) {
        self.apply(Change::Unplanned { plan, lane: key });
        self.schedule_mut(key).sending().doubt = None;
        if self.book.lane(key).is_some_and(|lane| lane.registration.stage != Stage::Parked) {
            self.unstick(key);
        }
    }

    /// Nothing but a person can move this lane from here on: its record is refused, or what is in doubt is held.
    pub(super) fn stick(&mut self, key: LaneKey, error: Error) {
        if self.schedule(key).stuck().is_none() {
            self.each_sequence(key, |outbox, sequence| outbox.waiting.stick(sequence, true));
        }
        self.schedule_mut(key).sending().stuck = Some(error);
        self.set_state(key, State::Quiet, false);
        self.wake |= self.flushes > 0;
    }

    /// The lane can move again.
    pub(super) fn unstick(&mut self, key: LaneKey) {
        if self.schedule_mut(key).sending().stuck.take().is_some() {
            self.each_sequence(key, |outbox, sequence| outbox.waiting.stick(sequence, false));
        }
    }

    /// Calls `each` with the place in the order of tracking of everything that waits in a lane.
    pub(super) fn each_sequence(&mut self, key: LaneKey, each: impl Fn(&mut Self, u64)) {
        let Some(lane) = self.book.lane(key) else { return };
        let record = lane.registration.is_queued().then_some(lane.record_sequence());
        let tokens = (!lane.tokens().is_zero()).then_some(lane.tokens_sequence());
        let sequences: Vec<u64> =
            record.into_iter().chain(tokens).chain(lane.iter().map(|entry| entry.sequence)).collect();
        sequences.into_iter().for_each(|sequence| each(self, sequence));
    }
}
