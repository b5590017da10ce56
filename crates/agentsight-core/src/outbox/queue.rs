//! Which lanes wait, and until when.

use std::collections::BTreeSet;
use std::time::Duration;

use super::item::LaneKey;

/// How long a lane waits, and behind whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// When it is due, on the monotonic clock.
    pub(crate) due: Duration,
    /// Among lanes that are due at the same time, the lower goes first. Later waits have higher numbers.
    pub(crate) order: u64,
    /// Whether a flush or an explicit send may go ahead at once: the wait is our own delay or backoff, and not what the
    /// service asked for.
    pub(crate) is_skippable: bool,
}

/// Lanes in the order in which they are due.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    by_due: BTreeSet<(Duration, u64, LaneKey)>,
    skippable: BTreeSet<(u64, LaneKey)>,
}

impl Queue {
    /// Adds a lane. Returns whether it is now the first.
    pub(crate) fn insert(&mut self, key: LaneKey, wait: Wait) -> bool {
        let entry = (wait.due, wait.order, key);
        self.by_due.insert(entry);
        if wait.is_skippable {
            self.skippable.insert((wait.order, key));
        }
        self.by_due.first() == Some(&entry)
    }

    /// Removes a lane.
    pub(crate) fn remove(&mut self, key: LaneKey, wait: Wait) {
        self.by_due.remove(&(wait.due, wait.order, key));
        self.skippable.remove(&(wait.order, key));
    }

    /// When the first lane is due.
    pub(crate) fn first_due(&self) -> Option<Duration> {
        self.by_due.first().map(|(due, ..)| *due)
    }

    /// The lanes that are due, first things first.
    pub(crate) fn due(&self, now: Duration) -> impl Iterator<Item = LaneKey> {
        self.by_due.iter().take_while(move |(due, ..)| *due <= now).map(|(.., key)| *key)
    }

    /// The lane that has waited longest for nothing but ourselves, if it began to wait before `order`.
    pub(crate) fn first_skippable(&self, order: u64) -> Option<LaneKey> {
        self.skippable.first().filter(|(waits_since, _)| *waits_since < order).map(|(_, key)| *key)
    }

    /// Whether no lane waits.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.by_due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(due: u64, order: u64, is_skippable: bool) -> Wait {
        Wait { due: Duration::from_secs(due), order, is_skippable }
    }

    #[test]
    fn lanes_are_due_by_time_and_then_by_order() {
        let mut queue = Queue::default();
        assert!(queue.insert(LaneKey(1), wait(5, 2, true)));
        assert!(queue.insert(LaneKey(2), wait(5, 1, true)));
        assert!(!queue.insert(LaneKey(3), wait(9, 0, true)));
        assert_eq!(queue.due(Duration::from_secs(5)).collect::<Vec<_>>(), [LaneKey(2), LaneKey(1)]);
        assert_eq!(queue.first_due(), Some(Duration::from_secs(5)));
        queue.remove(LaneKey(2), wait(5, 1, true));
        assert_eq!(queue.due(Duration::MAX).collect::<Vec<_>>(), [LaneKey(1), LaneKey(3)]);
    }

    #[test]
    fn r27_only_our_own_waits_that_began_earlier_can_be_skipped() {
        let mut queue = Queue::default();
        queue.insert(LaneKey(1), wait(5, 1, false));
        queue.insert(LaneKey(2), wait(5, 2, true));
        assert_eq!(queue.first_skippable(2), None);
        assert_eq!(queue.first_skippable(3), Some(LaneKey(2)));
        queue.remove(LaneKey(2), wait(5, 2, true));
        assert_eq!(queue.first_skippable(u64::MAX), None);
        assert!(!queue.is_empty());
    }
}
