//! Everything of an outbox that must survive (H7).

use std::collections::BTreeMap;
use std::sync::Arc;

use agentsight_model::{ConversationId, TokenUsage};

use super::change::{Change, PlanId, PlannedPart};
use super::entries::Entry;
use super::item::{Item, LaneKey, Part, Watermark};
use super::lane::{Lane, Lanes, Work};
use super::letters::{HeldLetter, Letters, Refused};
use super::registration::{Registration, Stage};
use super::timeline::Stamp;
use crate::event::Event;

/// Lanes, order, registrations, counters, plans, progress, doubt and dead letters.
///
/// It is written by [`apply`](Self::apply) alone: replaying the changes of a book from the start gives an equal book.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Book {
    lanes: Lanes,
    letters: Letters,
    plans: BTreeMap<PlanId, Arc<[PlannedPart]>>,
    mark: Watermark,
    /// The highest id of a conversation that the service has created.
    highest_number: u64,
    next_sequence: u64,
    next_plan: u64,
}

/// Content that a change removed. Whoever holds the lock drops it after unlocking (H8).
pub(crate) type Removed = Vec<Arc<Event>>;

impl Book {
    /// Changes the book. A change that names what is not there changes nothing.
    pub(crate) fn apply(&mut self, change: &Change, removed: &mut Removed) {
        match change {
            Change::Opened { lane, id } => self.lanes.open(*lane, id.clone()),
            Change::Forgotten { lane } => self.lanes.forget(*lane),
            Change::Tracked { lane, sequence, stamp, event } => self.track(*lane, *sequence, *stamp, event),
            Change::TokensFolded { lane, stamp, event } => self.fold(*lane, *stamp, event),
            Change::Planned { plan, parts } => self.plan(*plan, parts),
            Change::Unplanned { plan, lane } => self.unplan(*plan, *lane),
            Change::SetAside { lane, sequence, letter, why } => {
                let Some((id, entry)) = self.take_begun(*lane, *sequence) else { return };
                let held = HeldLetter { conversation_id: id, refused: Refused::Item(entry), why: Arc::clone(why) };
                self.letters.insert(*letter, held);
            }
            Change::Delivered { lane, sequence } => {
                removed.extend(self.take_begun(*lane, *sequence).map(|(_, entry)| entry.item.event));
            }
            Change::Requeued { letter, lane, sequence } => self.requeue(*letter, *lane, *sequence),
            Change::Discarded { letter, lane } => self.discard(*letter, *lane, removed),
            Change::IdsRestarted { highest } => {
                self.mark = Watermark { life: self.mark.life.saturating_add(1), highest: *highest };
                self.highest_number = 0;
            }
            Change::Registered { lane, .. }
            | Change::Initialized { lane, .. }
            | Change::TokensAdded { lane, .. }
            | Change::Returned { lane }
            | Change::RecordAcknowledged { lane, .. }
            | Change::PartAcknowledged { lane, .. }
            | Change::RoundFailed { lane, .. }
            | Change::Parked { lane, .. }
            | Change::NumberForgotten { lane }
            | Change::RunForgotten { lane }
            | Change::Settled { lane } => self.apply_to_lane(*lane, change),
        }
    }

    /// Changes that concern what one lane knows.
    fn apply_to_lane(&mut self, key: LaneKey, change: &Change) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        match change {
            Change::Registered { conversation, queued, .. } => {
                lane.registration.conversation = Some(Arc::clone(conversation));
                // A record that was refused is corrected.
                if let Some(letter) = self.letters.of_record(&lane.id) {
                    self.letters.remove(letter);
                }
                lane.registration.stage = Stage::Queued;
                if let Some((stamp, sequence)) = queued {
                    lane.registration.stamp = Some(stamp.at());
                    lane.work_mut().record_sequence = *sequence;
                    lane.timeline.reserve(*stamp);
                    self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
                }
            }
            Change::Initialized { conversation, number, .. } => {
                lane.number = Some(*number);
                if lane.registration.stage == Stage::Unregistered {
                    lane.registration.conversation = Some(Arc::clone(conversation));
                    lane.registration.stage = Stage::Initialized;
                }
            }
            Change::TokensAdded { sequence, usage, .. } => {
                let work = lane.work_mut();
                if work.tokens.is_zero() {
                    work.tokens_sequence = *sequence;
                    self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
                }
                work.tokens = work.tokens.saturating_add(*usage);
            }
            // What may have reached the service stays ahead of everything else.
            Change::Returned { .. } if lane.plan().is_some() => {}
            Change::Returned { .. } => {
                let begun = std::mem::take(&mut lane.work_mut().begun);
                let (untouched, begun): (Vec<_>, Vec<_>) =
                    begun.into_iter().partition(|entry| !entry.item.has_progress());
                lane.work_mut().begun = begun;
                untouched.into_iter().for_each(|entry| lane.timeline.put_back(entry));
            }
            Change::RecordAcknowledged { is_queued, number, is_new, .. } => {
                lane.number = number.or(lane.number);
                if *is_new {
                    self.highest_number = self.highest_number.max(number.unwrap_or_default());
                }
                lane.registration.is_bare |= lane.registration.stage == Stage::Unregistered;
                // What was registered while a bare creation was under way has not been sent.
                if *is_queued || lane.registration.stage != Stage::Queued {
                    lane.registration.stage = Stage::Used;
                }
            }
            Change::PartAcknowledged { sequence, part, message, .. } => {
                let Some(entry) = lane.begun_entry_mut(*sequence) else { return };
                let mut progress = entry.item.progress();
                match part {
                    Part::Upload(range) => progress.uploaded = range.end,
                    Part::Create | Part::Record { .. } => progress.is_created = true,
                }
                progress.message = progress.message.or(*message);
                entry.item.progress = Some(Box::new(progress));
                let stamp = entry.stamp;
                if let Some(message) = *message {
                    lane.known = Some((message, stamp));
                    self.mark.highest = self.mark.highest.max(message);
                }
            }
            Change::RoundFailed { sequence, .. } => {
                if let Some(item) = lane.begun_item_mut(*sequence) {
                    item.failed_rounds = item.failed_rounds.saturating_add(1);
                }
            }
            Change::Parked { letter, why, .. } => {
                lane.registration.stage = Stage::Parked;
                let stamp = lane.record_stamp(lane.registration.stamp.unwrap_or_default());
                let conversation = lane.registration.conversation.clone();
                let refused = Refused::Record { stamp, conversation };
                let held = HeldLetter { conversation_id: lane.id.clone(), refused, why: Arc::clone(why) };
                self.letters.insert(*letter, held);
            }
            Change::NumberForgotten { .. } => lane.number = None,
            Change::RunForgotten { .. } => lane.timeline.forget_oldest_run(),
            Change::Settled { .. } => lane.settle(),
            _ => {}
        }
    }

    fn track(&mut self, key: LaneKey, sequence: u64, stamp: Stamp, event: &Arc<Event>) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let is_explicit = matches!(stamp, Stamp::Explicit { .. });
        lane.timeline.insert(stamp, sequence, Item::new(Arc::clone(event), is_explicit));
        self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
    }

    fn fold(&mut self, key: LaneKey, stamp: Stamp, event: &Arc<Event>) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        lane.work_mut().tokens = TokenUsage::default();
        let sequence = lane.tokens_sequence();
        self.track(key, sequence, stamp, event);
    }

    /// Moves what is planned out of the order, and notes which messages were there before an item's first attempt.
    fn plan(&mut self, plan: PlanId, parts: &Arc<[PlannedPart]>) {
        self.next_plan = self.next_plan.max(plan.0.saturating_add(1));
        for part in parts.iter() {
            let Some(lane) = self.lanes.get_mut(part.lane) else { continue };
            lane.work_mut().plan = Some(plan);
            let Some(sequence) = part.sequence else { continue };
            if lane.begun_item(sequence).is_none()
                && let Some(entry) = lane.timeline.take_first()
            {
                lane.work_mut().begun.push(entry);
            }
            if let Some(item) = lane.begun_item_mut(sequence) {
                item.floor.get_or_insert(self.mark);
            }
        }
        self.plans.insert(plan, Arc::clone(parts));
    }

    fn unplan(&mut self, plan: PlanId, key: LaneKey) {
        if let Some(lane) = self.lanes.get_mut(key).filter(|lane| lane.plan() == Some(plan)) {
            lane.work_mut().plan = None;
        }
        let Some(parts) = self.plans.remove(&plan) else { return };
        let left: Arc<[PlannedPart]> = parts.iter().filter(|part| part.lane != key).cloned().collect();
        if !left.is_empty() {
            self.plans.insert(plan, left);
        }
    }

    fn requeue(&mut self, letter: super::letters::LetterId, key: LaneKey, sequence: u64) {
        let (Some(held), Some(lane)) = (self.letters.remove(letter), self.lanes.get_mut(key)) else { return };
        self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
        match held.refused {
            Refused::Item(Entry { stamp, mut item, .. }) => {
                item.failed_rounds = 0;
                lane.timeline.insert(Stamp::Placed(stamp), sequence, item);
            }
            Refused::Record { .. } => {
                lane.registration.stage = Stage::Queued;
                lane.work_mut().record_sequence = sequence;
            }
        }
    }

    fn discard(&mut self, letter: super::letters::LetterId, key: Option<LaneKey>, removed: &mut Removed) {
        if let Some(HeldLetter { refused: Refused::Item(entry), .. }) = self.letters.remove(letter) {
            removed.push(entry.item.event);
        }
        let Some(lane) = key.and_then(|key| self.lanes.get_mut(key)) else { return };
        let Work { begun, plan, .. } = std::mem::take(lane.work_mut());
        removed.extend(begun.into_iter().map(|entry| entry.item.event));
        while let Some(entry) = lane.timeline.take_first() {
            removed.push(entry.item.event);
        }
        lane.registration = Registration::default();
        lane.settle();
        if let Some(plan) = plan {
            self.plans.remove(&plan);
        }
    }

    fn take_begun(&mut self, key: LaneKey, sequence: u64) -> Option<(ConversationId, Entry<Item>)> {
        let lane = self.lanes.get_mut(key)?;
        let place = lane.begun().iter().position(|entry| entry.sequence == sequence)?;
        let entry = lane.work_mut().begun.remove(place);
        Some((lane.id.clone(), entry))
    }

    /// The lanes.
    pub(crate) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// One lane, if it is remembered.
    pub(crate) fn lane(&self, key: LaneKey) -> Option<&Lane> {
        self.lanes.get(key)
    }

    /// The dead letters.
    pub(crate) fn letters(&self) -> &Letters {
        &self.letters
    }

    /// The parts of a plan that are not settled.
    pub(crate) fn plan_parts(&self, plan: PlanId) -> Option<&Arc<[PlannedPart]>> {
        self.plans.get(&plan)
    }

    /// The highest message id that the service has told.
    pub(crate) fn mark(&self) -> Watermark {
        self.mark
    }

    /// The highest id of a conversation that the service has created, in its life now.
    pub(crate) fn numbers(&self) -> Watermark {
        Watermark { life: self.mark.life, highest: self.highest_number }
    }

    /// The place in the order of tracking that the next item gets.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// The id that the next plan gets.
    pub(crate) fn next_plan(&self) -> PlanId {
        PlanId(self.next_plan)
    }
}
