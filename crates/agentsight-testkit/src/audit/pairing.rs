use std::cmp::Reverse;
use std::ops::Range;

use super::AuditedEvent;
use super::expected::ExpectedEvent;

/// For each expected event the one that answers for it, as its index among the arrived ones; each answers for one.
///
/// The more precisely an event is described, the earlier it chooses, and among several it takes the next in order.
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
    let mut next = choosing.start.min(arrived.len());
    let mut choosing: Vec<usize> = choosing.collect();
    choosing.sort_by_key(|&index| Reverse(expected[index].precision()));
    for index in choosing {
        let mut in_order = (next..arrived.len()).chain(0..next);
        let found = in_order.find(|&answer| !is_taken[answer] && expected[index].matches(&arrived[answer]));
        if let Some(answer) = found {
            (pairs[index], is_taken[answer]) = (Some(answer), true);
            next = answer + 1;
        }
    }
    pairs
}
