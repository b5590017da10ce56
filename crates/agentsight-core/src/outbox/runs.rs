use std::collections::BTreeMap;

use super::Micros;

/// The microseconds that explicit times have taken, as intervals that neither overlap nor touch.
///
/// A few times that are used again and again are a few intervals, however many events have them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    by_start: BTreeMap<Micros, Run>,
    /// The start of each run under its age.
    by_age: BTreeMap<u64, Micros>,
    next_age: u64,
}

/// What is known of an interval beside its start.
#[derive(Clone, Copy, Debug)]
struct Run {
    end: Micros,
    age: u64,
}

impl Runs {
    /// Returns the last microsecond of the run that holds `stamp`.
    pub(crate) fn end_of(&self, stamp: Micros) -> Option<Micros> {
        let (_, run) = self.by_start.range(..=stamp).next_back()?;
        (run.end >= stamp).then_some(run.end)
    }

    /// Takes `first..=last`, and joins it with every run that it meets or touches into one, which is the newest then.
    pub(crate) fn cover(&mut self, mut first: Micros, mut last: Micros) {
        if self.extend(first, last) {
            return;
        }
        // Starts and ends are in the same order: the first run from the back that ends too early is the end of the search.
        while let Some((&start, &run)) = self.by_start.range(..=last.saturating_add(1)).next_back()
            && run.end >= first.saturating_sub(1)
        {
            first = first.min(start);
            last = last.max(run.end);
            self.by_start.remove(&start);
            self.by_age.remove(&run.age);
        }
        let age = self.next_age;
        self.next_age += 1;
        self.by_start.insert(first, Run { end: last, age });
        self.by_age.insert(age, first);
    }

    /// Removes the run that has not grown for the longest time.
    pub(crate) fn forget_oldest(&mut self) {
        if let Some((_, start)) = self.by_age.pop_first() {
            self.by_start.remove(&start);
        }
    }

    /// How many runs there are.
    pub(crate) fn len(&self) -> usize {
        self.by_start.len()
    }

    /// Whether there is no run.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// Takes `first..=last` where only the end of one run changes, which is by far the most frequent case.
    fn extend(&mut self, first: Micros, last: Micros) -> bool {
        let age = self.next_age;
        let mut up_to = self.by_start.range_mut(..=last.saturating_add(1));
        let Some((&start, run)) = up_to.next_back() else { return false };
        if start > first || run.end < first.saturating_sub(1) {
            return false;
        }
        run.end = run.end.max(last);
        // The newest run stays so.
        if run.age + 1 != age {
            self.by_age.remove(&run.age);
            run.age = age;
            self.by_age.insert(age, start);
            self.next_age += 1;
        }
        true
    }

    /// The first and the last microsecond of each run, the oldest run first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = (Micros, Micros)> {
        self.by_age.values().filter_map(|start| self.by_start.get(start).map(|run| (*start, run.end)))
    }
}

/// The same runs in the same order of age; how old they are as such makes no difference.
impl PartialEq for Runs {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.oldest_first().eq(other.oldest_first())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Interval = (Micros, Micros);

    fn runs_of(covered: &[Interval]) -> Runs {
        let mut runs = Runs::default();
        for (first, last) in covered {
            runs.cover(*first, *last);
        }
        runs
    }

    fn in_order_of_time(runs: &Runs) -> Vec<Interval> {
        runs.by_start.iter().map(|(start, run)| (*start, run.end)).collect()
    }

    #[test]
    fn r6_runs_that_meet_or_touch_are_one() {
        let table: [(&[Interval], &[Interval]); 10] = [
            (&[(1, 1), (3, 3)], &[(1, 1), (3, 3)]),
            (&[(1, 1), (2, 2)], &[(1, 2)]),
            (&[(2, 2), (1, 1)], &[(1, 2)]),
            (&[(1, 1), (3, 3), (2, 2)], &[(1, 3)]),
            (&[(1, 5), (2, 3)], &[(1, 5)]),
            (&[(2, 3), (1, 5)], &[(1, 5)]),
            (&[(1, 1), (3, 3), (5, 5), (9, 9), (2, 6)], &[(1, 6), (9, 9)]),
            (
                &[(Micros::MIN, Micros::MIN), (Micros::MAX, Micros::MAX)],
                &[(Micros::MIN, Micros::MIN), (Micros::MAX, Micros::MAX)],
            ),
            (&[(Micros::MIN, 0), (Micros::MIN, 1), (3, Micros::MAX)], &[(Micros::MIN, 1), (3, Micros::MAX)]),
            (&[(5, 5), (Micros::MIN, Micros::MAX), (7, 7)], &[(Micros::MIN, Micros::MAX)]),
        ];
        for (covered, expected) in table {
            assert_eq!(in_order_of_time(&runs_of(covered)), expected, "{covered:?}");
        }
    }

    #[test]
    fn r6_the_run_that_has_not_grown_for_the_longest_time_is_forgotten_first() {
        let mut runs = runs_of(&[(50, 50), (30, 30), (10, 10), (51, 51)]);
        runs.forget_oldest();
        assert_eq!(in_order_of_time(&runs), [(10, 10), (50, 51)]);
        runs.forget_oldest();
        assert_eq!(in_order_of_time(&runs), [(50, 51)]);
        runs.forget_oldest();
        runs.forget_oldest();
        assert!(runs.is_empty() && runs.by_age.is_empty());
    }

    #[test]
    fn r6_runs_are_equal_when_they_hold_the_same_and_forget_in_the_same_order() {
        assert_eq!(runs_of(&[(1, 1), (2, 2), (9, 9)]), runs_of(&[(1, 2), (9, 9)]));
        assert_ne!(runs_of(&[(9, 9), (1, 2)]), runs_of(&[(1, 2), (9, 9)]));
        assert_ne!(runs_of(&[(1, 2)]), runs_of(&[(1, 3)]));
        assert_ne!(runs_of(&[(1, 2)]), runs_of(&[(1, 2), (9, 9)]));
    }

    proptest! {
        #[test]
        fn r6_runs_hold_what_a_set_of_microseconds_holds(
            covered in prop::collection::vec((0_i64..60, 0_i64..6), 0..40)
        ) {
            let mut runs = Runs::default();
            let mut set = BTreeSet::new();
            for (first, length) in covered {
                runs.cover(first, first + length);
                set.extend(first..=first + length);
                for stamp in -1..70 {
                    let end = (stamp..70).take_while(|next| set.contains(next)).last();
                    prop_assert_eq!(runs.end_of(stamp), end, "the run of {}", stamp);
                }
                let intervals = set.iter().filter(|stamp| !set.contains(&(**stamp - 1))).count();
                prop_assert_eq!((runs.len(), runs.by_age.len()), (intervals, intervals));
            }
        }
    }
}
