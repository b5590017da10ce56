use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{Entry, Micros, Stamp, Timeline};
use crate::outbox::departed::REMEMBERED;

/// What a timeline promises, without a thought of speed.
#[derive(Clone, Default)]
struct Model {
    pending: Vec<Entry<u64>>,
    explicit: BTreeSet<Micros>,
    departed: Vec<Micros>,
    watermark: Option<Micros>,
    next_sequence: u64,
}

impl Model {
    fn is_taken(&self, stamp: Micros) -> bool {
        self.explicit.contains(&stamp)
            || self.pending.iter().any(|entry| entry.stamp == stamp)
            || self.departed.contains(&stamp)
            || self.watermark == Some(stamp)
    }

    fn free_from(&self, asked: Micros) -> Micros {
        (asked..).find(|stamp| !self.is_taken(*stamp)).expect("a free microsecond")
    }

    fn automatic(&self, now: Micros) -> Micros {
        self.free_from(self.watermark.map_or(now, |watermark| now.max(watermark + 1)))
    }

    fn insert(&mut self, stamp: Stamp) {
        match stamp {
            Stamp::Automatic(at) => self.watermark = Some(at),
            Stamp::Explicit { asked, at } => self.explicit.extend(asked..=at),
            Stamp::Placed(_) => {}
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.place(Entry { stamp: stamp.at(), sequence, item: sequence });
    }

    fn place(&mut self, entry: Entry<u64>) {
        self.pending.push(entry);
        self.pending.sort_by_key(|entry| (entry.stamp, entry.sequence));
    }

    fn put_back(&mut self, entry: Entry<u64>) {
        self.departed.retain(|departed| *departed != entry.stamp);
        self.place(entry);
    }

    fn take_first(&mut self) -> Option<Entry<u64>> {
        if self.pending.is_empty() {
            return None;
        }
        let entry = self.pending.remove(0);
        self.departed.push(entry.stamp);
        let forgotten = self.departed.len().saturating_sub(REMEMBERED);
        self.departed.drain(..forgotten);
        Some(entry)
    }

    fn runs(&self) -> usize {
        self.explicit.iter().filter(|stamp| !self.explicit.contains(&(**stamp - 1))).count()
    }
}

/// What can happen to a timeline.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Automatic(Micros),
    Explicit(Micros),
    BeforeLast(Option<Micros>),
    Take(usize),
    PutBack(usize),
    Settle,
}

fn operation(times: std::ops::Range<Micros>) -> impl Strategy<Value = Operation> {
    prop_oneof![
        12 => times.clone().prop_map(Operation::Automatic),
        12 => times.clone().prop_map(Operation::Explicit),
        2 => prop::option::of(times).prop_map(Operation::BeforeLast),
        4 => (1_usize..4).prop_map(Operation::Take),
        1 => (4_usize..100).prop_map(Operation::Take),
        2 => any::<usize>().prop_map(Operation::PutBack),
        1 => Just(Operation::Settle),
    ]
}

/// A history begins with many automatic stamps, or explicit ones of the future, so that every structure is filled.
fn history() -> impl Strategy<Value = Vec<Operation>> {
    let few = (prop::collection::vec(operation(0..60), 0..120), 0_usize..40, any::<bool>());
    let many = (prop::collection::vec(operation(0..400), 0..200), 0_usize..300, any::<bool>());
    let take_all = prop::option::weighted(0.2, any::<prop::sample::Index>());
    (prop_oneof![3 => few, 1 => many], take_all).prop_map(|((mut operations, before, automatic), take_all)| {
        if let Some(index) = take_all {
            operations.insert(index.index(operations.len() + 1), Operation::Take(1_000));
        }
        let first = (0..before).map(|place| match automatic {
            true => Operation::Automatic(30),
            false => Operation::Explicit(80 + 2 * Micros::try_from(place).expect("a few hundred")),
        });
        first.chain(operations).collect()
    })
}

/// A timeline beside its model.
#[derive(Clone, Default)]
struct Pair {
    timeline: Timeline<u64>,
    model: Model,
    out: Vec<Entry<u64>>,
}

impl Pair {
    fn run(&mut self, operation: Operation) -> Result<(), TestCaseError> {
        match operation {
            Operation::Automatic(now) => {
                let stamp = self.timeline.automatic(at(now));
                prop_assert_eq!(stamp, Stamp::Automatic(self.model.automatic(now)));
                self.insert(stamp);
            }
            Operation::Explicit(asked) => {
                let stamp = self.timeline.explicit(at(asked));
                prop_assert_eq!(stamp, Stamp::Explicit { asked, at: self.model.free_from(asked) });
                self.insert(stamp);
            }
            Operation::BeforeLast(previous) => {
                let before = self.model.pending.last().map(|last| last.stamp - 1);
                let free = before.filter(|before| !self.model.is_taken(*before));
                let wanted = free.filter(|before| previous.is_none_or(|previous| *before > previous));
                let stamp = self.timeline.before_last(previous);
                prop_assert_eq!(stamp, wanted.map(Stamp::Placed));
                if let Some(stamp) = stamp {
                    self.insert(stamp);
                }
            }
            Operation::Take(count) => {
                for _ in 0..count {
                    let entry = self.timeline.take_first();
                    prop_assert_eq!(&entry, &self.model.take_first());
                    self.out.extend(entry);
                }
            }
            Operation::PutBack(index) if !self.out.is_empty() => {
                let entry = self.out.swap_remove(index % self.out.len());
                // Whoever keeps an entry for longer than its stamp is remembered has given it up.
                if self.model.departed.contains(&entry.stamp) {
                    self.model.put_back(entry.clone());
                    self.timeline.put_back(entry);
                }
            }
            Operation::PutBack(_) => {}
            Operation::Settle => {
                self.timeline.settle();
                self.model.departed.clear();
            }
        }
        Ok(())
    }

    fn insert(&mut self, stamp: Stamp) {
        let sequence = self.model.next_sequence;
        self.timeline.insert(stamp, sequence, sequence);
        self.model.insert(stamp);
    }

    fn check_ends(&self) -> Result<(), TestCaseError> {
        let (timeline, model) = (&self.timeline, &self.model);
        prop_assert_eq!((timeline.first(), timeline.last()), (model.pending.first(), model.pending.last()));
        prop_assert_eq!((timeline.len(), timeline.is_empty()), (model.pending.len(), model.pending.is_empty()));
        Ok(())
    }

    fn check_all(&self) -> Result<(), TestCaseError> {
        let (timeline, model) = (&self.timeline, &self.model);
        prop_assert!(timeline.iter().eq(model.pending.iter()), "{:?}", timeline);
        prop_assert!(timeline.iter().rev().eq(model.pending.iter().rev()), "{:?}", timeline);
        prop_assert!(model.pending.windows(2).all(|pair| pair[0].stamp < pair[1].stamp), "unique: {:?}", timeline);
        prop_assert_eq!((timeline.runs(), timeline.has_runs()), (model.runs(), model.runs() > 0));
        Ok(())
    }
}

fn at(micros: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("a time that chrono can hold")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r6_a_timeline_does_what_a_list_and_a_set_would_do(history in history()) {
        let mut pair = Pair::default();
        for (step, operation) in history.into_iter().enumerate() {
            pair.run(operation)?;
            pair.check_ends()?;
            if step % 16 == 0 {
                pair.check_all()?;
            }
        }
        pair.check_all()?;
    }

    #[test]
    fn r6_no_stamp_is_handed_out_twice_while_the_lane_lives(history in history()) {
        let mut pair = Pair::default();
        let (mut explicit, mut last_automatic) = (BTreeSet::new(), None);
        for operation in history {
            let recent = &pair.model.departed;
            let mut pending = pair.timeline.iter().map(|entry| entry.stamp);
            match operation {
                Operation::Automatic(now) => {
                    let stamp = pair.timeline.automatic(at(now)).at();
                    prop_assert!(Some(stamp) > last_automatic && stamp >= now);
                    prop_assert!(!explicit.contains(&stamp) && pending.all(|other| other != stamp) && !recent.contains(&stamp));
                    last_automatic = Some(stamp);
                }
                Operation::Explicit(asked) => {
                    let stamp = pair.timeline.explicit(at(asked)).at();
                    prop_assert!(stamp >= asked && Some(stamp) != last_automatic);
                    prop_assert!(pending.all(|other| other != stamp) && !recent.contains(&stamp));
                    prop_assert!(explicit.insert(stamp));
                }
                _ => {}
            }
            pair.run(operation)?;
        }
    }

    #[test]
    fn r6_the_same_explicit_time_keeps_the_order_of_tracking_whatever_lies_between(history in history()) {
        let mut pair = Pair::default();
        let mut last_of = BTreeMap::new();
        for operation in history {
            if let Operation::Explicit(asked) = operation {
                let stamp = pair.timeline.explicit(at(asked)).at();
                prop_assert!(last_of.insert(asked, stamp) < Some(stamp));
            }
            pair.run(operation)?;
        }
    }

    #[test]
    fn r6_explicit_times_leave_the_watermark_alone(history in history(), times in prop::collection::vec(0_i64..400, 0..60)) {
        let mut pair = Pair::default();
        for operation in history {
            pair.run(operation)?;
        }
        // The watermark is below every explicit time to come, so that only moving it could move what is automatic.
        let watermark = pair.timeline.automatic(at(10_000));
        pair.insert(watermark);
        for time in times {
            let stamp = pair.timeline.explicit(at(20_000 + time));
            pair.insert(stamp);
            prop_assert_eq!(pair.timeline.automatic(at(0)).at(), watermark.at() + 1);
        }
    }

    #[test]
    fn r6_equal_timelines_go_on_alike_whatever_they_went_through(history in history(), rest in history()) {
        let mut pair = Pair::default();
        for operation in history {
            pair.run(operation)?;
        }
        let mut copy = pair.clone();
        prop_assert_eq!(&copy.timeline, &pair.timeline);
        // The same entries, kept elsewhere: equality is about content.
        let pending = &mut copy.timeline.queued.get_or_insert_default().pending;
        let all: Vec<_> = std::iter::from_fn(|| pending.pop_first()).collect();
        for entry in all.into_iter().rev() {
            pending.place(entry);
        }
        prop_assert_eq!(&copy.timeline, &pair.timeline);
        for operation in rest {
            pair.run(operation)?;
            if let Operation::Automatic(_) | Operation::Explicit(_) = operation {
                prop_assert_ne!(&copy.timeline, &pair.timeline);
            }
            copy.run(operation)?;
        }
        prop_assert_eq!(&copy.timeline, &pair.timeline);
    }

    #[test]
    fn r6_what_is_taken_and_put_back_has_never_left(history in history(), count in 0_usize..60, backwards in any::<bool>()) {
        let mut pair = Pair::default();
        for operation in history {
            pair.run(operation)?;
        }
        // What must make room among the recent stamps is not remembered again.
        let count = count.min(REMEMBERED - pair.model.departed.len());
        let before = pair.timeline.clone();
        let mut taken: Vec<_> = (0..count).map_while(|_| pair.timeline.take_first()).collect();
        prop_assert!(taken.iter().map(|entry| entry.stamp).is_sorted());
        if backwards {
            taken.reverse();
        }
        for entry in taken {
            pair.timeline.put_back(entry);
        }
        prop_assert_eq!(pair.timeline, before);
    }
}
