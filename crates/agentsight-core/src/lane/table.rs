//! Which conversations a client remembers (R23).

use std::collections::BTreeMap;
use std::sync::Arc;

use agentsight_model::ConversationId;

use super::state::Lane;

/// How many of the longest unused lanes are looked at when one is added to a full table. A lane that cannot go is moved
/// to the end of the queue, so that the work for one addition is bounded and none is looked at again and again.
const LOOKED_AT: usize = 8;

/// All lanes of a client, and the order in which they were last asked for.
///
/// Above its limit a lane with nothing pending, no handle and no counters is forgotten, least recently used first.
#[derive(Debug)]
pub(crate) struct LaneTable {
    /// Ordered rather than hashed: ids may be chosen by strangers, and the core has no randomness to seed a hash with.
    lanes: BTreeMap<ConversationId, Entry>,
    by_use: BTreeMap<u64, ConversationId>,
    next_use: u64,
    limit: usize,
}

#[derive(Debug)]
struct Entry {
    lane: Arc<Lane>,
    last_use: u64,
}

impl LaneTable {
    pub(crate) fn new(limit: usize) -> Self {
        Self { lanes: BTreeMap::new(), by_use: BTreeMap::new(), next_use: 0, limit }
    }

    /// The lane of a conversation, made if there is none.
    pub(crate) fn lane(&mut self, id: &ConversationId) -> Arc<Lane> {
        let this_use = self.next_use;
        self.next_use += 1;
        if let Some(entry) = self.lanes.get_mut(id) {
            if let Some(id) = self.by_use.remove(&entry.last_use) {
                self.by_use.insert(this_use, id);
            }
            entry.last_use = this_use;
            return Arc::clone(&entry.lane);
        }
        let lane = Arc::new(Lane::new(id.clone()));
        self.lanes.insert(id.clone(), Entry { lane: Arc::clone(&lane), last_use: this_use });
        self.by_use.insert(this_use, id.clone());
        if self.lanes.len() > self.limit {
            self.forget_some();
        }
        lane
    }

    /// The lane of a conversation, if it is remembered.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Lane>> {
        self.lanes.get(id).map(|entry| Arc::clone(&entry.lane))
    }

    /// Every lane, longest unused first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Lane>> {
        self.by_use.values().filter_map(|id| self.lanes.get(id)).map(|entry| &entry.lane)
    }

    fn forget_some(&mut self) {
        for _ in 0..LOOKED_AT {
            if self.lanes.len() <= self.limit {
                return;
            }
            let Some((_, id)) = self.by_use.pop_first() else { return };
            let Some(entry) = self.lanes.get_mut(&id) else { continue };
            if Arc::strong_count(&entry.lane) == 1 && entry.lane.lock().is_idle() {
                self.lanes.remove(&id);
            } else {
                entry.last_use = self.next_use;
                self.by_use.insert(self.next_use, id);
                self.next_use += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;
    use crate::context::Now;
    use crate::event::tests::message;

    fn id(number: usize) -> ConversationId {
        ConversationId::new(format!("c{number}")).expect("a valid id")
    }

    fn remembered(table: &LaneTable) -> Vec<&str> {
        table.all().map(|lane| lane.id.as_str()).collect()
    }

    #[test]
    fn r23_the_least_recently_used_idle_lane_is_forgotten_first() {
        let mut table = LaneTable::new(2);
        table.lane(&id(1));
        table.lane(&id(2));
        table.lane(&id(1));
        table.lane(&id(3));
        assert_eq!(remembered(&table), ["c1", "c3"]);
        assert!(table.get("c2").is_none());
    }

    #[test]
    fn r23_a_lane_with_a_handle_or_something_pending_is_kept() {
        let mut table = LaneTable::new(1);
        let handle = table.lane(&id(1));
        let now = Now::new(Duration::ZERO, DateTime::UNIX_EPOCH);
        table.lane(&id(2)).lock().track(message("pending"), None, now);
        table.lane(&id(3));
        table.lane(&id(4));
        let mut kept = remembered(&table);
        kept.sort_unstable();
        assert_eq!(kept, ["c1", "c2", "c4"], "above the limit rather than lossy");
        drop(handle);
        table.lane(&id(5));
        assert!(table.get("c1").is_none());
        assert!(table.get("c2").is_some());
    }

    #[test]
    fn the_same_lane_is_found_again() {
        let mut table = LaneTable::new(10);
        assert!(Arc::ptr_eq(&table.lane(&id(1)), &table.lane(&id(1))));
    }
}
