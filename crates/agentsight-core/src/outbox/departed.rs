use std::collections::VecDeque;

use super::Micros;
use super::entries::end_of_dense;

/// How many stamps of entries that have left are remembered.
pub(super) const REMEMBERED: usize = 128;

/// The most recent stamps of entries that have left a timeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Departed {
    oldest_first: VecDeque<Micros>,
    /// The same stamps in order of time.
    in_order: VecDeque<Micros>,
}

impl Departed {
    /// Remembers a stamp as the most recent one; the oldest makes room.
    pub(super) fn remember(&mut self, stamp: Micros) {
        self.forget(stamp);
        if self.oldest_first.len() >= REMEMBERED
            && let Some(&oldest) = self.oldest_first.front()
        {
            self.forget(oldest);
        }
        self.oldest_first.push_back(stamp);
        if let Err(position) = self.in_order.binary_search(&stamp) {
            self.in_order.insert(position, stamp);
        }
    }

    /// Forgets a stamp, if it is remembered.
    pub(super) fn forget(&mut self, stamp: Micros) {
        if let Ok(position) = self.in_order.binary_search(&stamp) {
            self.in_order.remove(position);
            if let Some(position) = self.oldest_first.iter().position(|remembered| *remembered == stamp) {
                self.oldest_first.remove(position);
            }
        }
    }

    /// Returns the last of the stamps that follow one another without a gap from `stamp` on.
    pub(super) fn end_of_dense(&self, stamp: Micros) -> Option<Micros> {
        end_of_dense(&self.in_order, |remembered| *remembered, stamp)
    }

    /// The stamps, the one that left first before the others.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = Micros> {
        self.oldest_first.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_the_remembered_stamps_are_bounded_and_the_most_recent_ones() {
        let mut departed = Departed::default();
        for stamp in (0..10_000).rev().chain([5_000, 100]) {
            departed.remember(stamp);
        }
        assert_eq!((departed.oldest_first.len(), departed.in_order.len()), (REMEMBERED, REMEMBERED));
        let expected: Vec<Micros> = (0..127).rev().filter(|stamp| *stamp != 100).chain([5_000, 100]).collect();
        assert_eq!(departed.oldest_first().collect::<Vec<_>>(), expected);
        assert!(departed.in_order.iter().is_sorted());
    }

    #[test]
    fn r6_a_stamp_that_is_forgotten_leaves_the_others() {
        let mut departed = Departed::default();
        for stamp in [3, 1, 2, 2] {
            departed.remember(stamp);
        }
        assert_eq!(departed.end_of_dense(1), Some(3));
        departed.forget(2);
        departed.forget(7);
        assert_eq!(departed.oldest_first().collect::<Vec<_>>(), [3, 1]);
        assert_eq!((departed.end_of_dense(1), departed.end_of_dense(2)), (Some(1), None));
    }
}
