//! An outbox from its book, and a book from its changes (H7).

use std::sync::Arc;
use std::time::Duration;

use super::change::PlanId;
use super::item::{LaneKey, Shipment};
use super::next::parked;
use super::queue::Wait;
use super::registration::Stage;
use super::schedule::{Doubt, State};
use super::{Book, Change, Outbox};
use crate::config::Config;
use crate::context::Now;
use crate::wire::Wire;

#[cfg_attr(not(test), expect(dead_code, reason = "a store that survives the process begins with it"))]
impl Outbox {
    /// An outbox that goes on from a book, as if every job that was out had been abandoned just now.
    pub(crate) fn restore(book: Book, config: Arc<Config>, wire: Arc<dyn Wire>, seed: u64, now: Now) -> Self {
        let mut outbox = Self::new(config, wire, seed);
        outbox.book = book;
        let keys: Vec<LaneKey> = outbox.book.lanes().iter().map(|(key, _)| key).collect();
        for key in keys {
            outbox.restore_lane(key, now);
        }
        outbox
    }

    /// Keeps changes from here on, for whoever [takes](Self::take_changes) them.
    pub(crate) fn keep_changes(&mut self) {
        self.changes.get_or_insert_default();
    }

    /// What has happened to the book since this was last asked.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The book.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    fn restore_lane(&mut self, key: LaneKey, now: Now) {
        let Some(lane) = self.book.lane(key) else { return };
        self.runs = self.runs.saturating_add(lane.timeline.runs());
        let weights: Vec<usize> = lane.iter().map(|entry| entry.item.event.weight()).collect();
        let (is_queued, has_work, plan) = (lane.registration.is_queued(), lane.has_work(), lane.plan());
        let is_parked = lane.registration.stage == Stage::Parked;
        let items = weights.iter().copied().chain(is_queued.then_some(0));
        for weight in items {
            self.waiting.add_item(weight);
            self.counters.restored = self.counters.restored.saturating_add(1);
        }
        self.each_sequence(key, |outbox, sequence| outbox.waiting.begin(sequence));
        if let Some(plan) = plan {
            self.restore_doubt(key, plan, now);
        }
        if is_parked {
            return self.stick(key, parked());
        }
        if !has_work && plan.is_none() {
            return self.note_idle(key);
        }
        let delay = if plan.is_some() { Duration::ZERO } else { self.config.delivery_delay() };
        let due = now.since_start.saturating_add(delay);
        let order = self.next_order();
        self.set_state(key, State::Waiting(Wait { due, order, is_skippable: plan.is_none() }), true);
    }

    /// A plan is in doubt: its attempt may have been handed out just now, and has all its time.
    fn restore_doubt(&mut self, key: LaneKey, plan: PlanId, now: Now) {
        let parts = self.book.plan_parts(plan).cloned();
        let parts = parts.iter().flat_map(|parts| parts.iter());
        let shipments: Vec<Shipment> = parts.filter_map(|part| self.shipment(part, now)).collect();
        let attempt = self.wire.allowance(&shipments, self.config.timeouts());
        let conclusive_at = now.since_start.saturating_add(attempt.saturating_add(self.config.read_back_delay()));
        self.schedule_mut(key).sending().doubt = Some(Doubt { conclusive_at, error: None, failed_looks: 0 });
    }
}
