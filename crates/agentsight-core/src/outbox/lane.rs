//! What is remembered of one conversation.

use agentsight_model::{ConversationId, TokenUsage};

use super::change::PlanId;
use super::entries::{Entry, Micros};
use super::item::{Item, LaneKey};
use super::registration::Registration;
use super::timeline::Timeline;

/// One conversation: its record, what waits to be sent in order, and what the service has told of it.
///
/// Many conversations are idle: what those do not need is boxed (R23).
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    /// The conversation's own id.
    pub(crate) id: ConversationId,
    /// Its record.
    pub(crate) registration: Registration,
    /// The id that the service gave it (R12).
    pub(crate) number: Option<u64>,
    /// The last message that is known to be ours, with the time that we gave it (R17).
    pub(crate) known: Option<(u64, Micros)>,
    /// What waits, in order.
    pub(crate) timeline: Timeline<Item>,
    work: Option<Box<Work>>,
}

/// What is known of a conversation while it has something to send.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Work {
    /// What has left the timeline and is not finished, in order. Nothing overtakes it (R6).
    pub(crate) begun: Vec<Entry<Item>>,
    /// The plan that holds parts of this lane and may have reached the service (R11).
    pub(crate) plan: Option<PlanId>,
    /// Token counters that are not an event yet (R8).
    pub(crate) tokens: TokenUsage,
    /// The place of the first of them in the order of tracking.
    pub(crate) tokens_sequence: u64,
    /// The place of the record in the order of tracking, while it waits to be sent.
    pub(crate) record_sequence: u64,
}

impl Lane {
    pub(crate) fn new(id: ConversationId) -> Self {
        Self {
            id,
            registration: Registration::default(),
            number: None,
            known: None,
            timeline: Timeline::default(),
            work: None,
        }
    }

    /// What has left the timeline and is not finished, in order.
    pub(crate) fn begun(&self) -> &[Entry<Item>] {
        self.work.as_ref().map_or(&[], |work| &work.begun)
    }

    /// The plan that holds parts of this lane and may have reached the service (R11).
    pub(crate) fn plan(&self) -> Option<PlanId> {
        self.work.as_ref().and_then(|work| work.plan)
    }

    /// Token counters that are not an event yet (R8).
    pub(crate) fn tokens(&self) -> TokenUsage {
        self.work.as_ref().map(|work| work.tokens).unwrap_or_default()
    }

    /// The place of the first token counters in the order of tracking, while there are any.
    pub(crate) fn tokens_sequence(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.tokens_sequence)
    }

    /// The place of the record in the order of tracking, while it waits to be sent.
    pub(crate) fn record_sequence(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.record_sequence)
    }

    /// What is known while there is something to send, to be changed.
    pub(crate) fn work_mut(&mut self) -> &mut Work {
        self.work.get_or_insert_default()
    }

    /// Frees what is only needed while there is something to send.
    pub(crate) fn settle(&mut self) {
        self.timeline.settle();
        if !self.has_work() {
            self.work = None;
        }
    }

    /// Whether nothing is held that is only needed while there is something to send.
    #[cfg(test)]
    pub(crate) fn is_settled(&self) -> bool {
        self.work.is_none() && self.timeline.is_settled()
    }

    /// How many events wait.
    pub(crate) fn events(&self) -> usize {
        self.timeline.len() + self.begun().len()
    }

    /// How many items wait: events and the record. Token counters are not an item yet.
    pub(crate) fn pending(&self) -> usize {
        self.events() + usize::from(self.registration.is_queued())
    }

    /// How many items wait, if the token counters count as one.
    pub(crate) fn pending_with_tokens(&self) -> usize {
        self.pending() + usize::from(!self.tokens().is_zero())
    }

    /// Whether there is anything to send.
    pub(crate) fn has_work(&self) -> bool {
        self.pending() > 0 || !self.tokens().is_zero()
    }

    /// The events in the order in which they are sent.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry<Item>> {
        self.begun().iter().chain(self.timeline.iter())
    }

    /// The item of this sequence that was begun.
    pub(crate) fn begun_item(&self, sequence: u64) -> Option<&Entry<Item>> {
        self.begun().iter().find(|entry| entry.sequence == sequence)
    }

    /// The item of this sequence that was begun.
    pub(crate) fn begun_item_mut(&mut self, sequence: u64) -> Option<&mut Item> {
        self.begun_entry_mut(sequence).map(|entry| &mut entry.item)
    }

    /// The entry of this sequence that was begun.
    pub(crate) fn begun_entry_mut(&mut self, sequence: u64) -> Option<&mut Entry<Item>> {
        self.work.as_mut()?.begun.iter_mut().find(|entry| entry.sequence == sequence)
    }

    /// The record's time: its own, else the earlier of its stamp and the first pending event's (R6). `now` stands for
    /// the stamp of a record that nobody registered.
    pub(crate) fn record_stamp(&self, now: Micros) -> Micros {
        let own = self.registration.conversation.as_ref().and_then(|conversation| conversation.at);
        if let Some(at) = own {
            return at.timestamp_micros();
        }
        let stamp = self.registration.stamp.unwrap_or(now);
        let first = self.begun().iter().map(|entry| entry.stamp).chain(self.timeline.first().map(|entry| entry.stamp));
        first.min().map_or(stamp, |first| first.min(stamp))
    }
}

/// The same content; whether it is kept in a box makes no difference.
impl PartialEq for Lane {
    fn eq(&self, other: &Self) -> bool {
        let Self { id, registration, number, known, timeline, work } = self;
        let none = Work::default();
        (id, registration, number, known) == (&other.id, &other.registration, &other.number, &other.known)
            && *timeline == other.timeline
            && work.as_deref().unwrap_or(&none) == other.work.as_deref().unwrap_or(&none)
    }
}

/// All lanes, in places that are used again, and by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    /// Boxed, so that room for lanes to come is small, and lanes stay where they are when it grows (R23).
    places: Vec<Option<Box<Lane>>>,
    free: Vec<LaneKey>,
    /// Ordered rather than hashed: ids may be chosen by strangers, and the core has no randomness to seed a hash with.
    by_id: std::collections::BTreeMap<ConversationId, LaneKey>,
}

impl Lanes {
    /// The key that the next lane gets.
    pub(crate) fn next_key(&self) -> LaneKey {
        self.free.last().copied().unwrap_or(LaneKey(u32::try_from(self.places.len()).unwrap_or(u32::MAX)))
    }

    /// Adds a lane under the key that [`next_key`](Self::next_key) returned.
    pub(crate) fn open(&mut self, key: LaneKey, id: ConversationId) {
        let place = key.0 as usize;
        while self.places.len() <= place {
            self.free.push(LaneKey(u32::try_from(self.places.len()).unwrap_or(u32::MAX)));
            self.places.push(None);
        }
        // The key is the last one of the list, unless a replay begins in the middle.
        if self.free.last() == Some(&key) {
            self.free.pop();
        } else {
            self.free.retain(|free| *free != key);
        }
        self.by_id.insert(id.clone(), key);
        self.places[place] = Some(Box::new(Lane::new(id)));
    }

    /// Removes a lane.
    pub(crate) fn forget(&mut self, key: LaneKey) {
        if let Some(lane) = self.places.get_mut(key.0 as usize).and_then(Option::take) {
            self.by_id.remove(&lane.id);
            self.free.push(key);
        }
    }

    /// The key of a conversation, if it is remembered.
    pub(crate) fn key(&self, id: &str) -> Option<LaneKey> {
        self.by_id.get(id).copied()
    }

    /// One lane, if it is remembered.
    pub(crate) fn get(&self, key: LaneKey) -> Option<&Lane> {
        self.places.get(key.0 as usize).and_then(Option::as_deref)
    }

    /// One lane, to be changed.
    pub(crate) fn get_mut(&mut self, key: LaneKey) -> Option<&mut Lane> {
        self.places.get_mut(key.0 as usize).and_then(Option::as_deref_mut)
    }

    /// Every lane with its key, in the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LaneKey, &Lane)> {
        let key = |place: usize| LaneKey(u32::try_from(place).unwrap_or(u32::MAX));
        self.places.iter().enumerate().filter_map(move |(place, lane)| lane.as_deref().map(|lane| (key(place), lane)))
    }

    /// How many lanes there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }
}

/// Two sets of lanes are equal if they hold the same lanes under the same keys; which places are free does not count.
impl PartialEq for Lanes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}
