use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use super::compare::kind_name;
use super::expected::ExpectedEvent;
use super::pairing::pair_in_order;
use super::{AuditedEvent, EventPart};

/// One thing that would have to be done to what was tracked to make it what arrived.
///
/// Positions count from 1: `tracked` among the expected events of the conversation, the others in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edit {
    /// The event did not arrive.
    Missing {
        /// Its position.
        tracked: usize,
    },
    /// An event arrived that repeats an earlier one in everything.
    Repeated {
        /// The position of the first.
        first: usize,
        /// The position of the repetition.
        again: usize,
    },
    /// An event arrived that was not tracked.
    Unexpected {
        /// Its position.
        arrived: usize,
    },
    /// The event arrived with another text, another stamp or other files.
    Changed {
        /// Its position.
        tracked: usize,
        /// Where it arrived.
        arrived: usize,
        /// What is not as it was.
        part: EventPart,
    },
    /// The event arrived in another place. Two that changed places are two moves; one that came late is one.
    Moved {
        /// Its position.
        tracked: usize,
        /// Where it arrived.
        arrived: usize,
    },
}

/// An [`Edit`] for a reader. The events are the test's own, so their texts may be shown.
pub(super) struct Shown<'a> {
    pub(super) edit: Edit,
    pub(super) expected: &'a [ExpectedEvent],
    pub(super) arrived: &'a [AuditedEvent],
}

/// How many events on either side of its place are looked at for one that arrived changed.
const NEAREST: usize = 64;

/// What makes the one the other: first what is missing or changed, in the order of tracking, then what is too much, in
/// the order of arrival, then what changed places.
pub(super) fn edits(expected: &[ExpectedEvent], arrived: &[AuditedEvent]) -> Vec<Edit> {
    let mut pairs = pair_in_order(expected, arrived);
    let answers: HashSet<usize> = pairs.iter().flatten().copied().collect();
    let mut surplus: BTreeSet<usize> = (0..arrived.len()).filter(|index| !answers.contains(index)).collect();
    let mut too_much = repetitions(arrived, &mut pairs, &mut surplus);
    let next_answers = next_answers(&pairs);

    // Every index below is one of the slices' own.
    let mut edits = Vec::new();
    let mut before = None;
    for index in 0..expected.len() {
        if pairs[index].is_some() {
            before = pairs[index];
            continue;
        }
        let tracked = index + 1;
        // Where the event would have arrived: between the nearest ones before and after it that did.
        let after = next_answers[index];
        let is_in_its_place =
            |arrival: usize| before.is_none_or(|before| before < arrival) && after.is_none_or(|after| arrival < after);
        let nearest = surplus.range(index..).take(NEAREST).chain(surplus.range(..index).rev().take(NEAREST));
        let closest = nearest.filter_map(|&other| {
            let parts = expected[index].changed_parts(&arrived[other], is_in_its_place(other))?;
            Some((parts, other))
        });
        match closest.min_by_key(|(parts, other)| (parts.len(), other.abs_diff(index), *other)) {
            Some((parts, other)) => {
                surplus.remove(&other);
                pairs[index] = Some(other);
                before = Some(other);
                edits.extend(parts.into_iter().map(|part| Edit::Changed { tracked, arrived: other + 1, part }));
            }
            None => edits.push(Edit::Missing { tracked }),
        }
    }
    too_much.extend(surplus.into_iter().map(|index| Edit::Unexpected { arrived: index + 1 }));
    too_much.sort_by_key(|edit| match edit {
        Edit::Repeated { again: arrived, .. } | Edit::Unexpected { arrived } => *arrived,
        _ => 0,
    });
    edits.extend(too_much);
    edits.extend(moves(&pairs));
    edits
}

/// For each event the answer of the first one from there on that has one.
fn next_answers(pairs: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut next = None;
    let mut answers: Vec<Option<usize>> = pairs
        .iter()
        .rev()
        .map(|answer| {
            next = answer.or(next);
            next
        })
        .collect();
    answers.reverse();
    answers
}

/// Takes out of `surplus` what repeats an event that arrived earlier. Of those that are the same, the earliest are the
/// events.
fn repetitions(arrived: &[AuditedEvent], pairs: &mut [Option<usize>], surplus: &mut BTreeSet<usize>) -> Vec<Edit> {
    let mut same: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, event) in arrived.iter().enumerate() {
        same.entry(event.identity()).or_default().push(index);
    }
    let mut tracked: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, answer) in pairs.iter().enumerate() {
        // An answer is one of the slice's own.
        if let Some(answer) = answer {
            tracked.entry(arrived[*answer].identity()).or_default().push(index);
        }
    }
    let mut repeated = Vec::new();
    for (identity, arrivals) in same {
        let events = tracked.remove(&identity).unwrap_or_default();
        if !arrivals.iter().any(|arrival| surplus.contains(arrival)) {
            continue;
        }
        for (index, arrival) in events.iter().zip(&arrivals) {
            surplus.remove(arrival);
            pairs[*index] = Some(*arrival);
        }
        // Where none is an event, the first is one that was not tracked, and the others repeat it.
        for again in arrivals.iter().skip(events.len().max(1)) {
            surplus.remove(again);
            repeated.push(Edit::Repeated { first: arrivals[0] + 1, again: again + 1 });
        }
    }
    repeated
}

/// Those events that did not keep their places among the others.
fn moves(pairs: &[Option<usize>]) -> Vec<Edit> {
    let places: Vec<(usize, usize)> =
        pairs.iter().enumerate().filter_map(|(tracked, arrived)| Some((tracked, (*arrived)?))).collect();
    let mut in_order: Vec<usize> = places.iter().map(|(_, arrived)| *arrived).collect();
    in_order.sort_unstable();
    let displaced = places.iter().zip(in_order).filter(|((_, arrived), in_order)| arrived != in_order);
    let displaced: Vec<(usize, usize)> = displaced.map(|(pair, _)| *pair).collect();
    let moved = if displaced.len() > 2 { outside_the_longest_rise(&places) } else { displaced };
    let edit = |(tracked, arrived)| Edit::Moved { tracked: tracked + 1, arrived: arrived + 1 };
    moved.into_iter().map(edit).collect()
}

/// The pairs that are not in a longest rising sequence of arrivals: as few as can be.
fn outside_the_longest_rise(places: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length the place at which the sequence with the smallest end ends; for each place the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: HashMap<usize, usize> = HashMap::new();
    for (place, (_, arrived)) in places.iter().enumerate() {
        let length = ends.partition_point(|&end| places[end].1 < *arrived);
        if let Some(&previous) = length.checked_sub(1).and_then(|shorter| ends.get(shorter)) {
            before.insert(place, previous);
        }
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    let mut is_rising = vec![false; places.len()];
    let mut place = ends.last().copied();
    while let Some(rising) = place {
        is_rising[rising] = true;
        place = before.get(&rising).copied();
    }
    places.iter().zip(is_rising).filter(|(_, is_rising)| !is_rising).map(|(pair, _)| *pair).collect()
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { edit, expected, arrived } = self;
        let kind = |position: usize| {
            let event = arrived.get(position.saturating_sub(1));
            event.map_or("event", |event| kind_name(event.kind))
        };
        match *edit {
            Edit::Missing { tracked } => {
                let event = expected.get(tracked.saturating_sub(1));
                write!(f, "{} {tracked} did not arrive", event.map_or("event", |event| kind_name(event.kind)))
            }
            Edit::Repeated { first, again } => write!(f, "{} {first} came again as {again}", kind(first)),
            Edit::Unexpected { arrived } => write!(f, "{} {arrived} was not tracked", kind(arrived)),
            Edit::Moved { tracked, arrived } => write!(f, "{} {tracked} arrived as {arrived}", kind(arrived)),
            Edit::Changed { tracked, arrived: place, part } => {
                write!(f, "{} {tracked} arrived with ", kind(place))?;
                let tracked = expected.get(tracked.saturating_sub(1));
                let arrived = arrived.get(place.saturating_sub(1));
                match (part, tracked.zip(arrived)) {
                    (EventPart::Stamp, Some((ExpectedEvent { at: Some(at), .. }, arrived))) => {
                        write!(f, "the stamp {} instead of {at}", arrived.timestamp)
                    }
                    (EventPart::Files, Some((tracked, arrived))) => {
                        write!(f, "{} files instead of {}, or of other names", arrived.files.len(), tracked.files.len())
                    }
                    _ => f.write_str("another text"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use agentsight_core::ItemKind;
    use chrono::{DateTime, TimeDelta};

    use super::super::EventFile;
    use super::*;

    /// So many that comparing each with each takes longer than anybody waits for a unit test.
    const MANY: usize = 20_000;

    fn arrived(of: impl Fn(usize) -> (i64, &'static str)) -> Vec<AuditedEvent> {
        let event = |index| {
            let (second, name) = of(index);
            AuditedEvent {
                position: index + 1,
                number: 1,
                kind: ItemKind::Question,
                timestamp: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
                text: "the same".to_owned(),
                files: vec![EventFile { name: name.to_owned(), bytes: 1 }],
            }
        };
        (0..MANY).map(event).collect()
    }

    fn expected(text: &str) -> Vec<ExpectedEvent> {
        vec![ExpectedEvent::new(ItemKind::Question).text(text).files(["a.txt"]); MANY]
    }

    fn count(edits: &[Edit], is: fn(&Edit) -> bool) -> usize {
        edits.iter().filter(|edit| is(edit)).count()
    }

    #[test]
    fn events_that_differ_in_nothing_but_a_files_name_are_told_apart_in_bounded_time() {
        let edits = edits(&expected("the same"), &arrived(|index| (index as i64, "b.txt")));
        assert_eq!(count(&edits, |edit| matches!(edit, Edit::Changed { part: EventPart::Files, .. })), MANY);
        assert_eq!(edits.len(), MANY);
    }

    #[test]
    fn events_without_anything_in_common_are_told_apart_in_bounded_time() {
        let mut expected = expected("another");
        expected.iter_mut().for_each(|event| event.at = Some(DateTime::UNIX_EPOCH - TimeDelta::days(1)));
        let edits = edits(&expected, &arrived(|index| (index as i64, "b.txt")));
        assert_eq!(count(&edits, |edit| matches!(edit, Edit::Missing { .. })), MANY);
        assert_eq!(count(&edits, |edit| matches!(edit, Edit::Unexpected { .. })), MANY);
    }

    #[test]
    fn one_event_that_came_again_and_again_is_told_in_bounded_time() {
        let edits = edits(&expected("another")[..1], &arrived(|_| (0, "b.txt")));
        assert_eq!(count(&edits, |edit| matches!(edit, Edit::Repeated { first: 1, .. })), MANY - 1);
    }
}
