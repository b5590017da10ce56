//! What can be seen of an outbox (R9, R28). References are copied under the lock; what is made of them is made outside.

use std::sync::Arc;

use agentsight_model::{NewConversation, TokenUsage};
use chrono::{DateTime, Utc};

use super::Outbox;
use super::entries::Micros;
use super::item::LaneKey;
use super::letters::{HeldLetter, LetterId};
use super::registration::Stage;
use super::service::Reason;
use super::stats::{Health, Stats};
use crate::context::Now;
use crate::error::Error;
use crate::event::Event;
use crate::recorder::PendingConversation;

/// An item that waits.
#[derive(Clone, Debug)]
pub(crate) enum PendingItem {
    /// A conversation's record.
    Record {
        /// What was registered.
        conversation: Option<Arc<NewConversation>>,
        /// Its time.
        stamp: Micros,
    },
    /// An event.
    Event {
        /// What happened.
        event: Arc<Event>,
        /// Its time.
        stamp: Micros,
    },
}

impl Outbox {
    /// What waits in a conversation, in the order in which it is sent.
    pub(crate) fn pending_items(&self, key: LaneKey, now: Now) -> Vec<PendingItem> {
        let Some(lane) = self.book.lane(key) else { return Vec::new() };
        let record = lane.registration.is_queued().then(|| PendingItem::Record {
            conversation: lane.registration.conversation.clone(),
            stamp: lane.record_stamp(now.utc.timestamp_micros()),
        });
        let events =
            lane.iter().map(|entry| PendingItem::Event { event: Arc::clone(&entry.item.event), stamp: entry.stamp });
        record.into_iter().chain(events).collect()
    }

    /// What waits, conversation by conversation.
    pub(crate) fn pending(&self) -> Vec<PendingConversation> {
        let lanes = self.book.lanes().iter().filter(|(_, lane)| lane.has_work());
        lanes
            .map(|(key, lane)| PendingConversation {
                conversation_id: lane.id.clone(),
                items: lane.pending_with_tokens(),
                in_doubt: self.in_doubt(key).is_some(),
                parked: lane.registration.stage == Stage::Parked,
            })
            .collect()
    }

    /// Whether anything waits in a conversation.
    pub(crate) fn has_work(&self, key: LaneKey) -> bool {
        self.book.lane(key).is_some_and(super::Lane::has_work)
    }

    /// The token counters of a conversation that are not an event yet.
    pub(crate) fn tokens(&self, key: LaneKey) -> TokenUsage {
        self.book.lane(key).map(|lane| lane.tokens()).unwrap_or_default()
    }

    /// The id that the service gave a conversation, if that is known.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        self.book.lanes().key(id).and_then(|key| self.book.lane(key)).and_then(|lane| lane.number)
    }

    /// The dead letters, oldest first.
    pub(crate) fn held_letters(&self) -> Vec<(LetterId, HeldLetter)> {
        self.book.letters().iter().map(|(id, letter)| (id, letter.clone())).collect()
    }

    /// The books, without the text of the last error (R28).
    pub(crate) fn stats(&self) -> (Stats, Option<(DateTime<Utc>, Error)>) {
        let counters = &self.counters;
        let stats = Stats {
            tracked: counters.tracked,
            restored: counters.restored,
            requeued: counters.requeued,
            acknowledged: counters.acknowledged,
            rejected: counters.rejected,
            discarded: counters.discarded,
            pending: self.waiting.items() as u64,
            pending_bytes: self.waiting.bytes() as u64,
            dead_letters: self.book.letters().len() as u64,
            dead_letters_dropped: counters.dead_letters_dropped,
            retries: counters.retries,
            late_registrations: counters.late_registrations,
            last_success: counters.last_success,
            last_error: None,
        };
        (stats, counters.last_error.clone())
    }

    /// Whether what is tracked can be delivered now (R28).
    pub(crate) fn health(&self, now: Now) -> Health {
        match self.service.rest() {
            _ if !self.config.is_enabled() => Health::Closed,
            None => Health::Healthy,
            Some(rest) if rest.reason == Reason::Refused => Health::Refused { because: rest.because.kind() },
            Some(rest) => {
                Health::Resting { remaining: rest.until.saturating_sub(now.since_start), because: rest.because.kind() }
            }
        }
    }

    /// A new key, with which what was refused is tried again at once (R16).
    pub(crate) fn set_api_key(&mut self, key: crate::config::ApiKey) {
        self.key = Some(key);
        self.key_version = self.key_version.wrapping_add(1);
        if self.service.is_refused() {
            // The conversations that were refused rest, too.
            self.released_order = self.next_order();
        }
        self.service.key_changed();
        self.wake = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::message;
    use crate::outbox::tests::World;

    #[test]
    fn r9_what_waits_is_read_by_reference_however_much_it_is() {
        let mut world = World::new(|config| config);
        let lane = world.lane("c");
        let event = Arc::new(message("hello"));
        for _ in 0..10_000 {
            world.outbox.track(lane, Arc::clone(&event), 5, None, world.now()).expect("room");
        }
        let before = Arc::strong_count(&event);
        let pending = world.outbox.pending_items(lane, world.now());
        assert_eq!(pending.len(), 10_000);
        let is_shared =
            |item: &PendingItem| matches!(item, PendingItem::Event { event: read, .. } if Arc::ptr_eq(read, &event));
        assert!(pending.iter().all(is_shared), "the content is the one that was tracked");
        assert_eq!(Arc::strong_count(&event), before + 10_000);
    }
}
