use std::time::Duration;

/// When it is time to save: soon after a change, not while changes go on and on, and never so often that saving becomes
/// the main occupation. Times are since the start.
#[derive(Debug)]
pub(crate) struct SaveSchedule {
    /// The count of changes that was saved last, and that was seen last.
    saved: Option<u64>,
    seen: Option<u64>,
    /// When the first change came that is not saved yet, and the last one.
    first_change: Duration,
    last_change: Duration,
    /// Nothing is saved before this.
    not_before: Duration,
}

impl SaveSchedule {
    /// A change is saved once nothing else has changed for this long..
    const QUIET: Duration = Duration::from_millis(300);
    /// ..or at the latest so long after it came.
    const LONGEST: Duration = Duration::from_secs(3);
    /// After a save that took its time, nothing is saved for this many times as long.
    const REST: u32 = 10;
    /// How long after a failure it is tried again.
    const AFTER_FAILURE: Duration = Duration::from_secs(2);

    /// A schedule for a store that was saved when it had seen so many changes, or never.
    pub(crate) fn new(saved: Option<u64>) -> Self {
        let zero = Duration::ZERO;
        Self { saved, seen: saved, first_change: zero, last_change: zero, not_before: zero }
    }

    /// Whether to save now, when there were `changes`.
    pub(crate) fn is_due(&mut self, changes: u64, now: Duration) -> bool {
        if !self.is_behind(changes) {
            return false;
        }
        if self.seen == self.saved {
            self.first_change = now;
        }
        if self.seen != Some(changes) {
            self.seen = Some(changes);
            self.last_change = now;
        }
        let is_quiet = now.saturating_sub(self.last_change) >= Self::QUIET;
        let is_late = now.saturating_sub(self.first_change) >= Self::LONGEST;
        (is_quiet || is_late) && now >= self.not_before
    }

    /// What there was at `changes` was saved, from `began` until `ended`.
    pub(crate) fn saved(&mut self, changes: u64, began: Duration, ended: Duration) {
        self.saved = Some(changes);
        self.seen = self.saved;
        self.not_before = ended.saturating_add(ended.saturating_sub(began).saturating_mul(Self::REST));
    }

    pub(crate) fn failed(&mut self, now: Duration) {
        self.not_before = now.saturating_add(Self::AFTER_FAILURE);
    }

    /// Whether there is anything to save when there were `changes`.
    pub(crate) fn is_behind(&self, changes: u64) -> bool {
        self.saved != Some(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_change_is_saved_once_it_is_quiet() {
        let mut schedule = SaveSchedule::new(Some(0));
        assert!(!schedule.is_due(0, ms(10_000)));
        assert!(!schedule.is_due(1, ms(10_050)));
        assert!(!schedule.is_due(2, ms(10_300)));
        assert!(!schedule.is_due(2, ms(10_599)));
        assert!(schedule.is_due(2, ms(10_600)));
        schedule.saved(2, ms(10_600), ms(10_600));
        assert!(!schedule.is_due(2, ms(20_000)));
    }

    #[test]
    fn changes_that_do_not_end_are_saved_all_the_same() {
        let mut schedule = SaveSchedule::new(Some(0));
        let due = (1..).find(|change| schedule.is_due(*change, ms(change * 100)));
        assert_eq!(due, Some(31));
    }

    #[test]
    fn a_save_that_takes_long_is_followed_by_a_long_rest() {
        let mut schedule = SaveSchedule::new(Some(0));
        schedule.saved(1, ms(1_000), ms(2_000));
        assert!(!schedule.is_due(2, ms(2_000)));
        assert!(!schedule.is_due(2, ms(11_999)));
        assert!(schedule.is_due(2, ms(12_000)));
    }

    #[test]
    fn what_could_not_be_saved_is_tried_again_after_a_while() {
        let mut schedule = SaveSchedule::new(Some(0));
        assert!(!schedule.is_due(1, ms(0)));
        assert!(schedule.is_due(1, ms(300)));
        schedule.failed(ms(300));
        assert!(!schedule.is_due(1, ms(2_299)));
        assert!(schedule.is_due(1, ms(2_300)));
        assert!(schedule.is_behind(1));
    }
}
