use std::collections::btree_map::Values;
use std::collections::{BTreeMap, VecDeque, vec_deque};
use std::ops::Range;

/// A time in microseconds since the epoch: the resolution of the wire.
pub(crate) type Micros = i64;

/// How far from an end of the tail an entry is put into it; beyond, moving the others costs more than the tree.
const NEAR: usize = 16;

/// An item in its place: what is pending is in the order (stamp, sequence).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<T> {
    /// The time of the item, in the conversation's order.
    pub stamp: Micros,
    /// The order of tracking: unique in the conversation.
    pub sequence: u64,
    /// What is pending.
    pub item: T,
}

impl<T> Entry<T> {
    fn key(&self) -> (Micros, u64) {
        (self.stamp, self.sequence)
    }
}

/// Entries in the order (stamp, sequence).
///
/// Most of what is tracked comes last, in a queue that needs no tree; what comes earlier goes into one.
#[derive(Clone, Debug)]
pub(super) struct Entries<T> {
    /// Stamps rise strictly here, so that the end of a dense run can be looked up (see [`end_of_dense`]).
    tail: VecDeque<Entry<T>>,
    stragglers: BTreeMap<(Micros, u64), Entry<T>>,
}

impl<T> Entries<T> {
    /// Puts an entry that is later than every automatic one into its place.
    ///
    /// Explicit times of the future, if there are many, make room: automatic stamps stay together in the tail.
    pub(super) fn push_automatic(&mut self, entry: Entry<T>) {
        // A few at a time: nobody waits for a large move, and more leave than arrive.
        for _ in 0..NEAR {
            let far = self.tail.len().checked_sub(NEAR + 1).and_then(|index| self.tail.get(index));
            if far.is_none_or(|far| far.stamp < entry.stamp) {
                break;
            }
            if let Some(last) = self.tail.pop_back() {
                self.stragglers.insert(last.key(), last);
            }
        }
        self.place(entry);
    }

    /// Puts an entry into its place.
    pub(super) fn place(&mut self, entry: Entry<T>) {
        if self.tail.back().is_none_or(|last| last.stamp < entry.stamp) {
            self.tail.push_back(entry);
            return;
        }
        let position = position_of(&self.tail, |other| other.stamp, entry.stamp);
        let is_near = position.min(self.tail.len() - position) <= NEAR;
        let is_unique = self.tail.get(position).is_none_or(|other| other.stamp != entry.stamp);
        if is_near && is_unique {
            self.tail.insert(position, entry);
        } else {
            self.stragglers.insert(entry.key(), entry);
        }
    }

    /// Removes the first entry.
    pub(super) fn pop_first(&mut self) -> Option<Entry<T>> {
        let straggler = self.stragglers.first_key_value().map(|(key, _)| *key);
        match (self.tail.front(), straggler) {
            (Some(front), Some(straggler)) if straggler < front.key() => {
                self.stragglers.pop_first().map(|(_, entry)| entry)
            }
            (None, Some(_)) => self.stragglers.pop_first().map(|(_, entry)| entry),
            _ => self.tail.pop_front(),
        }
    }

    /// Returns the last of the stamps that follow one another without a gap from `stamp` on.
    ///
    /// It may end early where the entries of the tree and of the queue meet: the stamp after it may be taken, too.
    pub(super) fn end_of_dense(&self, stamp: Micros) -> Option<Micros> {
        end_of_dense(&self.tail, |entry| entry.stamp, stamp).or_else(|| self.end_of_dense_stragglers(stamp))
    }

    /// The entries in order.
    pub(super) fn iter(&self) -> Iter<'_, T> {
        Iter { tail: self.tail.iter(), stragglers: self.stragglers.values() }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.tail.len() + self.stragglers.len()
    }

    /// Walks; whoever skips the stamps takes them for good, so that nobody walks over them again.
    fn end_of_dense_stragglers(&self, stamp: Micros) -> Option<Micros> {
        let mut end = None;
        for (taken, _) in self.stragglers.range((stamp, 0)..).map(|(key, _)| *key) {
            match end {
                None if taken == stamp => end = Some(stamp),
                Some(last) if taken.abs_diff(last) <= 1 => end = Some(taken),
                _ => break,
            }
        }
        end
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> (usize, usize) {
        (self.tail.len(), self.stragglers.len())
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { tail: VecDeque::new(), stragglers: BTreeMap::new() }
    }
}

/// The entries of a timeline in order.
#[derive(Debug)]
pub(crate) struct Iter<'a, T> {
    tail: vec_deque::Iter<'a, Entry<T>>,
    stragglers: Values<'a, (Micros, u64), Entry<T>>,
}

/// No entries.
impl<T> Default for Iter<'_, T> {
    fn default() -> Self {
        Self { tail: vec_deque::Iter::default(), stragglers: Values::default() }
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a Entry<T>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.tail.clone().next(), self.stragglers.clone().next()) {
            (Some(front), Some(straggler)) if straggler.key() < front.key() => self.stragglers.next(),
            (None, Some(_)) => self.stragglers.next(),
            _ => self.tail.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.tail.len() + self.stragglers.len();
        (count, Some(count))
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match (self.tail.clone().next_back(), self.stragglers.clone().next_back()) {
            (Some(back), Some(straggler)) if straggler.key() > back.key() => self.stragglers.next_back(),
            (None, Some(_)) => self.stragglers.next_back(),
            _ => self.tail.next_back(),
        }
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

/// Returns the last of the stamps that follow one another without a gap from `stamp` on, in a queue whose stamps rise
/// strictly.
///
/// A stamp less its position never falls along such a queue, and stays the same exactly as long as there is no gap.
pub(super) fn end_of_dense<E>(queue: &VecDeque<E>, stamp_of: impl Fn(&E) -> Micros, stamp: Micros) -> Option<Micros> {
    let back = stamp_of(queue.back()?);
    if back < stamp {
        return None;
    }
    let first = position_of(queue, &stamp_of, stamp);
    let is_dense = |index: usize, taken: Micros| taken.abs_diff(stamp) == (index - first) as u64;
    if is_dense(queue.len() - 1, back) {
        return Some(back);
    }
    let end = partition_point(first..queue.len(), |index| is_dense(index, stamp_of(&queue[index])));
    (end > first).then(|| stamp_of(&queue[end - 1]))
}

/// How many elements come before `stamp` in a queue whose stamps rise strictly.
fn position_of<E>(queue: &VecDeque<E>, stamp_of: impl Fn(&E) -> Micros, stamp: Micros) -> usize {
    let count = queue.len();
    let (Some(front), Some(back)) = (queue.front().map(&stamp_of), queue.back().map(&stamp_of)) else { return 0 };
    if stamp <= front {
        return 0;
    }
    if stamp > back {
        return count;
    }
    // There is room for so many stamps on either side and no more, which leaves one position where there are no gaps.
    let before = usize::try_from(stamp.abs_diff(front)).unwrap_or(count).min(count);
    let after = usize::try_from(back.abs_diff(stamp)).unwrap_or(count).saturating_add(1).min(count);
    let (mut low, high) = (count - after, before);
    // What is tracked now is mostly near the back, before a few explicit times of the future.
    if let Some(near) = count.checked_sub(NEAR + 1)
        && (low..high).contains(&near)
        && stamp_of(&queue[near]) < stamp
    {
        low = near + 1;
    }
    partition_point(low..high, |index| stamp_of(&queue[index]) < stamp)
}

/// The first index of the range for which the condition does not hold, where it holds for none after that.
fn partition_point(range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let Range { start: mut low, end: mut high } = range;
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(stamp: Micros, sequence: u64) -> Entry<()> {
        Entry { stamp, sequence, item: () }
    }

    fn keys(entries: &Entries<()>) -> Vec<(Micros, u64)> {
        entries.iter().map(Entry::key).collect()
    }

    #[test]
    fn r6_the_end_of_a_dense_run_is_found() {
        let queue: VecDeque<Micros> = [Micros::MIN, -1, 0, 1, 5, 6, 9, Micros::MAX - 1, Micros::MAX].into();
        let table = [
            (Micros::MIN, Some(Micros::MIN)),
            (-2, None),
            (-1, Some(1)),
            (0, Some(1)),
            (1, Some(1)),
            (2, None),
            (5, Some(6)),
            (9, Some(9)),
            (10, None),
            (Micros::MAX - 1, Some(Micros::MAX)),
            (Micros::MAX, Some(Micros::MAX)),
        ];
        for (stamp, end) in table {
            assert_eq!(end_of_dense(&queue, |stamp| *stamp, stamp), end, "from {stamp}");
        }
        assert_eq!(end_of_dense(&VecDeque::new(), |stamp| *stamp, 0), None);
    }

    #[test]
    fn r6_many_times_of_the_future_leave_the_tail_to_what_is_automatic() {
        let mut entries = Entries::default();
        for future in 0..1_000 {
            entries.place(entry(1_000_000 + future, future.unsigned_abs()));
        }
        for stamp in 0..1_000 {
            entries.push_automatic(entry(stamp, 1_000 + stamp.unsigned_abs()));
        }
        let (tail, stragglers) = entries.places();
        assert!(tail > 900 && stragglers > 900, "{tail} in the tail, {stragglers} in the tree");
        assert!(keys(&entries).is_sorted());
        assert_eq!(entries.len(), 2_000);
    }

    #[test]
    fn r6_times_that_are_the_same_do_not_stand_beside_each_other_in_the_tail() {
        let mut entries = Entries::default();
        (0..3).for_each(|sequence| entries.place(entry(5, sequence)));
        assert_eq!(entries.places(), (1, 2), "its times rise strictly");
        assert_eq!(keys(&entries), [(5, 0), (5, 1), (5, 2)]);
    }

    #[test]
    fn r6_a_few_entries_near_the_ends_need_no_tree() {
        let mut entries = Entries::default();
        for stamp in 0..100 {
            entries.place(entry(10 * stamp, stamp.unsigned_abs()));
        }
        for stamp in [-1, 5, 15, 975, 985, 2_000] {
            entries.place(entry(stamp, 200));
        }
        assert_eq!(entries.places(), (106, 0));
        entries.place(entry(500, 200));
        entries.place(entry(505, 200));
        assert_eq!(entries.places(), (106, 2));
        entries.place(entry(506, 201));
        assert_eq!(entries.end_of_dense(505), Some(506), "what is in the tree is taken, too");
        assert!(keys(&entries).is_sorted());
    }

    proptest! {
        #[test]
        fn r6_a_position_and_the_end_of_a_dense_run_are_those_of_a_walk(
            stamps in prop::collection::btree_set(prop_oneof![4 => 0_i64..60, 1 => any::<Micros>()], 0..80)
        ) {
            let queue: VecDeque<Micros> = stamps.iter().copied().collect();
            for stamp in (-1..61).chain([Micros::MIN, Micros::MAX]).chain(stamps.iter().copied()) {
                let position = stamps.range(..stamp).count();
                prop_assert_eq!(position_of(&queue, |stamp| *stamp, stamp), position, "of {}", stamp);
                let end = (stamp..=Micros::MAX).take_while(|next| stamps.contains(next)).last();
                prop_assert_eq!(end_of_dense(&queue, |stamp| *stamp, stamp), end, "from {}", stamp);
            }
        }

        #[test]
        fn r6_entries_come_in_order_from_both_ends_wherever_they_are_kept(
            placed in prop::collection::vec((any::<bool>(), 0_i64..200), 0..300),
            taken in 0_usize..100,
            ends in prop::collection::vec(any::<bool>(), 400),
        ) {
            let mut entries = Entries::default();
            let mut expected = Vec::new();
            for (sequence, (automatic, stamp)) in (0..).zip(placed) {
                if automatic {
                    entries.push_automatic(entry(stamp, sequence));
                } else {
                    entries.place(entry(stamp, sequence));
                }
                expected.push((stamp, sequence));
            }
            expected.sort_unstable();
            for key in expected.drain(..taken.min(expected.len())) {
                prop_assert_eq!(entries.pop_first().map(|first| first.key()), Some(key));
            }
            prop_assert_eq!(keys(&entries), expected.clone());
            let (mut iter, mut rest) = (entries.iter(), VecDeque::from(expected));
            for from_the_back in ends {
                prop_assert_eq!(iter.len(), rest.len());
                let (found, wanted) =
                    if from_the_back { (iter.next_back(), rest.pop_back()) } else { (iter.next(), rest.pop_front()) };
                prop_assert_eq!(found.map(Entry::key), wanted);
            }
        }
    }
}
