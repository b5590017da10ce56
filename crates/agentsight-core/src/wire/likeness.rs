//! Whether a message of the transcript can show an item, and whether it says the same (R17).

use agentsight_model::Sender;

use super::identity::{Sought, SoughtKind};
use super::row::{Row, ShownButton, Shows};
use super::token_counters::{TOKEN_USAGE, TokenCounters};

/// How the service begins the text of the message that shows a click (wire: part 3, 13).
const CLICKED: &str = "Button clicked: ";

/// Whether kind, sender and microsecond agree.
///
/// Files that are sent on their own agree by their sizes too, whatever the service made of their names. Token counters
/// must not contradict each other: no service rewrites a count, and token actions may share a stamp (R8).
pub(crate) fn may_show(row: &Row, sought: &Sought<'_>) -> bool {
    if row.stamp != Some(sought.stamp) {
        return false;
    }
    match (&sought.what, &row.shows) {
        (SoughtKind::Message { sender, .. }, Shows::Text) => row.sender.as_ref() == Some(*sender),
        (SoughtKind::Action { name, metadata }, Shows::Action { name: shown, counters }) => {
            let name = name.trim();
            name == shown.trim() && !(name == TOKEN_USAGE && counters.contradict(TokenCounters::of(metadata)))
        }
        (SoughtKind::Button { .. }, Shows::Button(_)) => true,
        // A service that does not show the click shows its text.
        (SoughtKind::Button { label, .. }, Shows::Text) => {
            row.sender == Some(Sender::EndUser) && clicked(row).is_some_and(|shown| is_same_text(shown, label))
        }
        (SoughtKind::Files { sender, sizes, message: None }, Shows::Text) => {
            row.sender.as_ref() == Some(*sender) && row.sizes.len() == sizes.len() && holds(row, sizes)
        }
        _ => false,
    }
}

/// Whether the content agrees: the text, the parts of a click that are shown. For the other kinds [`may_show`] has
/// compared all there is.
pub(crate) fn says_the_same(row: &Row, sought: &Sought<'_>) -> bool {
    match (&sought.what, &row.shows) {
        (SoughtKind::Message { content, .. }, _) => is_same_text(&row.content, content),
        (SoughtKind::Button { event, label, value }, Shows::Button(shown)) => {
            let ShownButton { event: shown_event, label: shown_label, value: shown_value } = shown;
            [
                (shown_event.as_deref(), *event),
                (shown_label.as_deref().or_else(|| clicked(row)), *label),
                (shown_value.as_deref(), *value),
            ]
            .into_iter()
            .all(|(shown, given)| shown.is_none_or(|shown| is_same_text(shown, given)))
        }
        _ => true,
    }
}

/// Whether the files under the message contain these sizes, each as often as it is given.
pub(crate) fn holds(row: &Row, sizes: &[u64]) -> bool {
    let mut expected = sizes.to_vec();
    expected.sort_unstable();
    // Both are in order, so that what one size skips is too small for the next.
    let mut under = row.sizes.iter().flatten();
    expected.iter().all(|size| under.any(|shown| shown == size))
}

/// The label in the text of a click.
fn clicked(row: &Row) -> Option<&str> {
    row.content.trim().strip_prefix(CLICKED)
}

/// Whether both are the same text but for blanks around it and the form of its line ends.
fn is_same_text(one: &str, other: &str) -> bool {
    one.trim().lines().eq(other.trim().lines())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::sample::{files_row, text_row};

    #[test]
    fn r17_texts_agree_but_for_blanks_around_and_the_form_of_line_ends() {
        for (one, other, same) in [
            ("hi", "hi", true),
            (" hi\n", "hi", true),
            ("\u{a0}hi\u{2003}", "hi", true),
            ("a\r\nb", "a\nb", true),
            ("a\nb\r\n", "a\nb", true),
            ("a\r\n\r\nb", "a\n\nb", true),
            ("a\rb", "a\nb", false),
            ("a\n\nb", "a\nb", false),
            ("a b", "a  b", false),
            ("Hi", "hi", false),
            ("", " \r\n ", true),
            ("", "x", false),
        ] {
            assert_eq!(is_same_text(one, other), same, "{one:?} {other:?}");
            assert_eq!(is_same_text(other, one), same, "{other:?} {one:?}");
        }
    }

    #[test]
    fn r17_files_are_a_multiset_of_sizes() {
        for (shown, expected, holds_all) in [
            (&[Some(1), Some(2)][..], &[2, 1][..], true),
            (&[Some(1), Some(2), Some(3)], &[3, 1], true),
            (&[Some(1), Some(2)], &[1, 1], false),
            (&[Some(1), Some(1)], &[1, 1], true),
            (&[Some(1), Some(2), Some(3)], &[4], false),
            (&[Some(3)], &[1, 3], false),
            (&[None, Some(1)], &[1], true),
            (&[None, None], &[1], false),
            (&[], &[], true),
            (&[Some(0), Some(u64::MAX)], &[u64::MAX, 0], true),
        ] {
            let row = files_row(1, 0, shown);
            assert_eq!(holds(&row, expected), holds_all, "{shown:?} {expected:?}");
        }
    }

    #[test]
    fn r17_a_click_that_is_not_shown_is_known_by_its_text() {
        let sought = Sought::at(5, SoughtKind::Button { event: "confirm", label: "OK", value: "1" });
        for (content, expected) in [
            ("Button clicked: OK", true),
            (" Button clicked:  OK \n", true),
            ("Button clicked: No", false),
            ("OK", false),
        ] {
            assert_eq!(may_show(&text_row(1, 5, Sender::EndUser, content), &sought), expected, "{content:?}");
        }
        assert!(!may_show(&text_row(1, 5, Sender::Agent, "Button clicked: OK"), &sought));
    }

    proptest! {
        #[test]
        fn r17_files_are_held_when_every_size_can_be_taken_away(
            shown in proptest::collection::vec(0..5u64, 0..8), expected in proptest::collection::vec(0..5u64, 0..8),
        ) {
            let mut left = shown.clone();
            let all = expected.iter().all(|size| {
                left.iter().position(|other| other == size).map(|place| left.swap_remove(place)).is_some()
            });
            let shown: Vec<_> = shown.into_iter().map(Some).collect();
            prop_assert_eq!(holds(&files_row(1, 0, &shown), &expected), all);
        }
    }
}
