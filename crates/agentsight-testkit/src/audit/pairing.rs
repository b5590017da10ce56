use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use agentsight_core::ItemKind;

use super::AuditedEvent;
use super::expected::ExpectedEvent;

/// For each expected event the one that answers for it, as its index among the arrived ones; each answers for one.
///
/// The more precisely an event is described, the earlier it chooses, and among several it takes the next in order. Of
/// hundreds that differ in nothing but the names of their files it looks at the next.
pub(super) fn pair(expected: &[ExpectedEvent], arrived: &[AuditedEvent]) -> Vec<Option<usize>> {
    choose(expected, arrived, vec![None; expected.len()], 0..expected.len())
}

/// The same for one who looks at the order: what agrees at the beginning and at the end stays together.
pub(super) fn pair_in_order(expected: &[ExpectedEvent], arrived: &[AuditedEvent]) -> Vec<Option<usize>> {
    let agree = |(expected, arrived): &(&ExpectedEvent, &AuditedEvent)| expected.matches(arrived);
    let before = expected.iter().zip(arrived).take_while(agree).count();
    let rest = expected.len().min(arrived.len()).saturating_sub(before);
    let after = expected.iter().rev().zip(arrived.iter().rev()).take(rest).take_while(agree).count();

    let mut pairs = vec![None; expected.len()];
    // `before` and `after` do not overlap in the shorter of the two.
    let at_the_end = (1..=after).map(|back| (expected.len() - back, arrived.len() - back));
    for (index, answer) in (0..before).map(|index| (index, index)).chain(at_the_end) {
        pairs[index] = Some(answer);
    }
    choose(expected, arrived, pairs, before..expected.len() - after)
}

/// Lets the events of a range choose among those that are free.
fn choose(
    expected: &[ExpectedEvent],
    arrived: &[AuditedEvent],
    mut pairs: Vec<Option<usize>>,
    choosing: Range<usize>,
) -> Vec<Option<usize>> {
    // Every index is one of the slices' own.
    let mut is_taken = vec![false; arrived.len()];
    for answer in pairs.iter().flatten() {
        is_taken[*answer] = true;
    }
    let mut free = FreePlaces { arrived, is_taken, by_description: HashMap::new() };
    let mut next = choosing.start.min(arrived.len());
    let mut choosing: Vec<usize> = choosing.collect();
    choosing.sort_by_key(|&index| Reverse(expected[index].precision()));
    for index in choosing {
        if let Some(answer) = free.take(&expected[index], next) {
            pairs[index] = Some(answer);
            next = answer + 1;
        }
    }
    pairs
}

/// Arrived events that answer for nobody yet, found at a cost that does not grow with their number.
struct FreePlaces<'a> {
    arrived: &'a [AuditedEvent],
    is_taken: Vec<bool>,
    /// For each way to describe an event that was asked for, the places by what they hold. Some are taken by now.
    by_description: HashMap<DescribedBy, HashMap<Description<'a>, BTreeSet<usize>>>,
}

/// Whether the text and the stamp of an event are said.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct DescribedBy {
    text: bool,
    stamp: bool,
}

/// What is said of an event, but for the names of its files: the stamp in microseconds, as events are compared.
#[derive(PartialEq, Eq, Hash)]
struct Description<'a> {
    kind: ItemKind,
    files: usize,
    text: Option<&'a str>,
    stamp: Option<i64>,
}

impl<'a> FreePlaces<'a> {
    /// The most events that are looked at which only the names of their files can tell apart.
    const MOST_ALIKE: usize = 128;

    /// Takes the next free place in order, from `next` and around, that answers for `event`.
    fn take(&mut self, event: &'a ExpectedEvent, next: usize) -> Option<usize> {
        let Self { arrived, is_taken, by_description } = self;
        let by = DescribedBy { text: event.text.is_some(), stamp: event.at.is_some() };
        let places = by_description.entry(by).or_insert_with(|| Description::all(arrived, by));
        let places = places.get_mut(&Description::of_expected(event))?;
        let mut taken = Vec::new();
        let in_order = places.range(next..).chain(places.range(..next)).copied();
        let free = in_order.filter(|&place| {
            // Every place is one of the slice's own.
            taken.extend(is_taken[place].then_some(place));
            !is_taken[place]
        });
        let found = free.take(Self::MOST_ALIKE).find(|&place| event.matches(&arrived[place]));
        for place in taken.into_iter().chain(found) {
            places.remove(&place);
        }
        let found = found?;
        is_taken[found] = true;
        Some(found)
    }
}

impl<'a> Description<'a> {
    fn all(arrived: &'a [AuditedEvent], by: DescribedBy) -> HashMap<Self, BTreeSet<usize>> {
        let mut places: HashMap<Self, BTreeSet<usize>> = HashMap::new();
        for (place, event) in arrived.iter().enumerate() {
            let text = by.text.then(|| event.text.trim());
            let stamp = by.stamp.then(|| event.timestamp.timestamp_micros());
            let description = Self { kind: event.kind, files: event.files.len(), text, stamp };
            places.entry(description).or_default().insert(place);
        }
        places
    }

    fn of_expected(event: &'a ExpectedEvent) -> Self {
        let text = event.text.as_deref().map(str::trim);
        let stamp = event.at.map(|at| at.timestamp_micros());
        Self { kind: event.kind, files: event.files.len(), text, stamp }
    }
}
