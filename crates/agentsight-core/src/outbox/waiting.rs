//! How much waits, and what of it was tracked before a flush began (R23, R27).

use std::collections::BTreeMap;

/// Counts what waits: in all, and between the moments at which flushes began.
///
/// A flush is over when nothing that was tracked before it can still move. Counting by the flushes, and not item by item,
/// makes that a look at a few numbers.
#[derive(Debug)]
pub(crate) struct Waiting {
    items: usize,
    bytes: usize,
    /// By the place in the order of tracking at which each stretch begins.
    stretches: BTreeMap<u64, Stretch>,
}

/// What was tracked between two flushes and is not final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stretch {
    /// What is on its way, or will be.
    moving: usize,
    /// What nothing but a person can move: parked, held in doubt, refused.
    stuck: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { items: 0, bytes: 0, stretches: BTreeMap::from([(0, Stretch::default())]) }
    }
}

impl Waiting {
    /// How many items wait.
    pub(crate) fn items(&self) -> usize {
        self.items
    }

    /// How many bytes of content wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// An item waits from here on.
    pub(crate) fn add_item(&mut self, bytes: usize) {
        self.items = self.items.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// An item does not wait any more.
    pub(crate) fn remove_item(&mut self, bytes: usize) {
        self.items = self.items.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Something of this place in the order of tracking is to be sent.
    pub(crate) fn begin(&mut self, sequence: u64) {
        self.change(sequence, |stretch| stretch.moving = stretch.moving.saturating_add(1));
    }

    /// It is final, or given up.
    pub(crate) fn end(&mut self, sequence: u64, is_stuck: bool) {
        self.change(sequence, |stretch| {
            let counter = if is_stuck { &mut stretch.stuck } else { &mut stretch.moving };
            *counter = counter.saturating_sub(1);
        });
    }

    /// It can move no more by itself, or again.
    pub(crate) fn stick(&mut self, sequence: u64, is_stuck: bool) {
        self.change(sequence, |stretch| {
            let (from, to) = match is_stuck {
                true => (&mut stretch.moving, &mut stretch.stuck),
                false => (&mut stretch.stuck, &mut stretch.moving),
            };
            *from = from.saturating_sub(1);
            *to = to.saturating_add(1);
        });
    }

    /// A flush begins: what comes from `next` on is none of its business.
    pub(crate) fn divide(&mut self, next: u64) {
        self.stretches.entry(next).or_default();
        let last = self.stretches.last_key_value().map(|(start, _)| *start);
        self.stretches.retain(|start, stretch| *stretch != Stretch::default() || Some(*start) == last || *start == 0);
    }

    /// Whether anything from before `bound` can still move.
    pub(crate) fn moves_before(&self, bound: u64) -> bool {
        self.stretches.range(..bound).any(|(_, stretch)| stretch.moving > 0)
    }

    /// Whether nothing waits.
    #[cfg(test)]
    pub(crate) fn is_zero(&self) -> bool {
        self.items == 0 && self.bytes == 0 && self.stretches.values().all(|stretch| *stretch == Stretch::default())
    }

    fn change(&mut self, sequence: u64, change: impl FnOnce(&mut Stretch)) {
        if let Some((_, stretch)) = self.stretches.range_mut(..=sequence).next_back() {
            change(stretch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r27_a_flush_waits_for_what_was_tracked_before_it_and_can_move() {
        let mut waiting = Waiting::default();
        (0..3).for_each(|sequence| waiting.begin(sequence));
        waiting.divide(3);
        waiting.begin(3);
        assert!(waiting.moves_before(3));
        waiting.end(0, false);
        waiting.stick(1, true);
        waiting.end(2, false);
        assert!(!waiting.moves_before(3), "parked: nothing more can come of waiting");
        assert!(waiting.moves_before(4), "tracked after the flush began");
        waiting.stick(1, false);
        assert!(waiting.moves_before(3));
        waiting.end(1, false);
        assert!(!waiting.moves_before(3));
    }

    #[test]
    fn r27_many_flushes_leave_few_stretches_behind() {
        let mut waiting = Waiting::default();
        for sequence in 0..1_000 {
            waiting.begin(sequence);
            waiting.divide(sequence + 1);
            waiting.end(sequence, false);
        }
        waiting.divide(1_000);
        assert!(waiting.stretches.len() <= 2, "{:?}", waiting.stretches);
    }

    #[test]
    fn r23_items_and_bytes_are_counted() {
        let mut waiting = Waiting::default();
        waiting.add_item(10);
        waiting.add_item(5);
        waiting.remove_item(10);
        assert_eq!((waiting.items(), waiting.bytes()), (1, 5));
    }
}
