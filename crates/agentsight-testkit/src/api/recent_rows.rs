use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::state::LastNumbers;

/// The rows that reads do not show yet.
#[derive(Debug, Default)]
pub(crate) struct RecentRows {
    /// For each request that made rows, until when they are hidden and the last numbers before them. In order of both.
    hidden: VecDeque<(DateTime<Utc>, LastNumbers)>,
}

impl RecentRows {
    /// Hides every row beyond the numbers `before` until this time, and forgets which ones are no longer hidden.
    pub(crate) fn hide(&mut self, now: DateTime<Utc>, before: LastNumbers, until: DateTime<Utc>) {
        while self.hidden.front().is_some_and(|(until, _)| *until <= now) {
            self.hidden.pop_front();
        }
        // A clock that was set back does not change the order.
        let until = self.hidden.back().map_or(until, |(last, _)| until.max(*last));
        self.hidden.push_back((until, before));
    }

    /// The last numbers of the rows that are shown; `None` where all are.
    pub(crate) fn last_shown(&self, now: DateTime<Utc>) -> Option<&LastNumbers> {
        let shown = self.hidden.partition_point(|(until, _)| *until <= now);
        self.hidden.get(shown).map(|(_, before)| before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn numbers(message: u64) -> LastNumbers {
        LastNumbers { message, ..LastNumbers::default() }
    }

    fn last_message(rows: &RecentRows, second: i64) -> Option<u64> {
        rows.last_shown(at(second)).map(|last| last.message)
    }

    #[test]
    fn r17_rows_are_hidden_until_their_time_in_the_order_in_which_they_were_made() {
        let mut rows = RecentRows::default();
        assert_eq!(last_message(&rows, 0), None);
        rows.hide(at(0), numbers(10), at(5));
        rows.hide(at(1), numbers(11), at(6));
        assert_eq!([0, 4, 5, 6].map(|second| last_message(&rows, second)), [Some(10), Some(10), Some(11), None]);
        rows.hide(at(7), numbers(12), at(12));
        assert_eq!((rows.hidden.len(), last_message(&rows, 11), last_message(&rows, 12)), (1, Some(12), None));
    }

    #[test]
    fn r17_a_clock_that_is_set_back_hides_no_row_longer_than_a_later_one() {
        let mut rows = RecentRows::default();
        rows.hide(at(100), numbers(10), at(105));
        rows.hide(at(1), numbers(11), at(6));
        assert_eq!([6, 104, 105].map(|second| last_message(&rows, second)), [Some(10), Some(10), None]);
    }
}
