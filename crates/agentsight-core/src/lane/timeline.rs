//! The order of one conversation's events (R6).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};

use super::item::Item;
use crate::event::Event;

/// How many stamps of events that have left the queue are remembered, so that an explicit time does not meet them.
const REMEMBERED: usize = 128;

/// A time in microseconds since the epoch: the resolution of the wire.
pub(crate) type Micros = i64;

/// The pending events of a lane in the order (time, order of tracking), and the stamps that they get.
///
/// Automatic stamps increase strictly even if the clock stands still or goes back. Explicit times are moved up until
/// they are unique and never touch the automatic watermark.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pending: BTreeMap<(Micros, u64), Item>,
    next_sequence: u64,
    watermark: Option<Micros>,
    /// For explicit times that were asked for, the first stamp that may still be free above each: back-filling many
    /// events with the same few times stays linear.
    above: BTreeMap<Micros, Micros>,
    departed: DepartedStamps,
}

impl Timeline {
    /// A stamp for something that happens now.
    pub(crate) fn stamp_now(&mut self, now: DateTime<Utc>) -> Micros {
        let floor = self.watermark.map_or(Micros::MIN, |watermark| watermark.saturating_add(1));
        let stamp = self.free_from(now.timestamp_micros().max(floor));
        self.watermark = Some(stamp);
        stamp
    }

    /// A stamp for something that happened at an explicit time.
    pub(crate) fn stamp_at(&mut self, at: DateTime<Utc>) -> Micros {
        let asked = at.timestamp_micros();
        let stamp = self.free_from(self.above.get(&asked).copied().unwrap_or(asked));
        if self.above.len() >= REMEMBERED {
            self.above.clear();
        }
        self.above.insert(asked, stamp.saturating_add(1));
        stamp
    }

    /// Queues an event under its stamp; events of the same stamp keep the order in which they are queued.
    pub(crate) fn insert(&mut self, stamp: Micros, event: Event) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.put_back(Item::new(sequence, stamp, event));
    }

    /// Returns an item to its place, as if it had never left.
    pub(crate) fn put_back(&mut self, item: Item) {
        self.pending.insert((item.stamp, item.sequence), item);
    }

    /// Queues an item that had left for good: under its own time, after everything that has the same.
    pub(crate) fn requeue(&mut self, mut item: Item) {
        item.sequence = self.next_sequence;
        item.server_errors = 0;
        self.next_sequence += 1;
        self.put_back(item);
    }

    /// Takes the item that is next in order.
    pub(crate) fn take_first(&mut self) -> Option<Item> {
        let (_, item) = self.pending.pop_first()?;
        self.departed.remember(item.stamp);
        Some(item)
    }

    /// Removes everything.
    pub(crate) fn clear(&mut self) -> usize {
        let count = self.pending.len();
        self.pending.clear();
        count
    }

    /// The pending items in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.pending.values()
    }

    /// How many items are pending.
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    /// The sequence number that the next event will get: everything below it has been tracked already.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    fn free_from(&self, mut stamp: Micros) -> Micros {
        while self.is_taken(stamp) && stamp < Micros::MAX {
            stamp += 1;
        }
        stamp
    }

    fn is_taken(&self, stamp: Micros) -> bool {
        self.pending.range((stamp, 0)..=(stamp, u64::MAX)).next().is_some() || self.departed.contains(stamp)
    }
}

/// The most recent stamps of items that have left the queue.
#[derive(Debug, Default)]
struct DepartedStamps {
    order: VecDeque<Micros>,
    stamps: BTreeSet<Micros>,
}

impl DepartedStamps {
    fn remember(&mut self, stamp: Micros) {
        if self.stamps.insert(stamp) {
            self.order.push_back(stamp);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.stamps.remove(&oldest);
        }
    }

    fn contains(&self, stamp: Micros) -> bool {
        self.stamps.contains(&stamp)
    }
}

/// The time that a stamp stands for.
pub(crate) fn time_of(stamp: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(stamp).unwrap_or(if stamp < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// A time at the resolution of the wire.
pub(crate) fn cut_to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time_of(time.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::tests::message;

    fn at(micros: Micros) -> DateTime<Utc> {
        time_of(micros)
    }

    fn contents(timeline: &mut Timeline) -> Vec<(Micros, String)> {
        std::iter::from_fn(|| timeline.take_first()).map(|item| (item.stamp, item.event.preview())).collect()
    }

    #[test]
    fn r6_stamps_increase_strictly_when_the_clock_stands_still_or_goes_back() {
        let mut timeline = Timeline::default();
        let stamps: Vec<Micros> = [100, 100, 50, 101, 500].map(|now| timeline.stamp_now(at(now))).to_vec();
        assert_eq!(stamps, [100, 101, 102, 103, 500]);
    }

    #[test]
    fn r6_an_explicit_time_is_moved_up_until_it_is_unique_and_leaves_the_watermark_alone() {
        let mut timeline = Timeline::default();
        let first = timeline.stamp_now(at(100));
        timeline.insert(first, message("now"));
        for text in ["one", "two", "three"] {
            let stamp = timeline.stamp_at(at(99));
            timeline.insert(stamp, message(text));
        }
        let future = timeline.stamp_at(at(1_000));
        timeline.insert(future, message("future"));
        assert_eq!(timeline.stamp_now(at(100)), 103, "past the explicit ones, not past the future one");
        let sent: Vec<_> = contents(&mut timeline);
        let sent: Vec<(Micros, &str)> = sent.iter().map(|(stamp, text)| (*stamp, text.as_str())).collect();
        assert_eq!(sent, [(99, "one"), (100, "now"), (101, "two"), (102, "three"), (1_000, "future")]);
    }

    #[test]
    fn r6_an_explicit_time_is_cut_to_microseconds() {
        let mut timeline = Timeline::default();
        let time = DateTime::from_timestamp(1, 999_999_999).expect("a valid time");
        assert_eq!(timeline.stamp_at(time), 1_999_999);
    }

    #[test]
    fn r6_an_explicit_time_does_not_meet_an_event_that_was_just_sent() {
        let mut timeline = Timeline::default();
        timeline.insert(7, message("sent"));
        timeline.take_first();
        assert_eq!(timeline.stamp_at(at(7)), 8);
    }

    #[test]
    fn the_remembered_stamps_are_bounded() {
        let mut departed = DepartedStamps::default();
        for stamp in 0..10_000 {
            departed.remember(stamp);
        }
        assert_eq!((departed.order.len(), departed.stamps.len()), (REMEMBERED, REMEMBERED));
        assert!(departed.contains(9_999) && !departed.contains(0));
    }

    proptest! {
        #[test]
        fn r6_what_is_pending_leaves_in_order_of_time_and_every_stamp_is_unique(
            times in prop::collection::vec((any::<bool>(), 0_i64..20), 0..60)
        ) {
            let mut timeline = Timeline::default();
            let mut automatic = Vec::new();
            for (index, (explicit, time)) in times.iter().enumerate() {
                let stamp = if *explicit { timeline.stamp_at(at(*time)) } else { timeline.stamp_now(at(*time)) };
                if !explicit {
                    automatic.push(stamp);
                }
                timeline.insert(stamp, message(&index.to_string()));
            }
            prop_assert!(automatic.windows(2).all(|pair| pair[0] < pair[1]));
            let stamps: Vec<Micros> = contents(&mut timeline).into_iter().map(|(stamp, _)| stamp).collect();
            prop_assert_eq!(stamps.len(), times.len());
            prop_assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", stamps);
        }
    }
}
