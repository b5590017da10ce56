/// The candidate with the least edit distance, the first of several.
pub(crate) fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A text that is longer than anything documented is not compared to its end.
    let wrong: Vec<char> = wrong.chars().take(128).collect();
    candidates.into_iter().min_by_key(|candidate| distance(&wrong, candidate))
}

/// How many characters have to be put in, taken out or replaced (Levenshtein).
fn distance(wrong: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=wrong.len()).collect();
    for (letter, above) in candidate.chars().zip(0usize..) {
        let mut left = above.saturating_add(1);
        let mut diagonal = above;
        for (cell, other) in row.iter_mut().skip(1).zip(wrong) {
            let replaced = diagonal.saturating_add(usize::from(letter != *other));
            diagonal = *cell;
            left = replaced.min(diagonal.saturating_add(1)).min(left.saturating_add(1));
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = above.saturating_add(1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_insertions_deletions_and_replacements() {
        for (wrong, candidate, expected) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("track", "track", 0), ("tarck", "track", 2)]
        {
            let wrong: Vec<char> = wrong.chars().collect();
            assert_eq!(distance(&wrong, candidate), expected, "{candidate}");
        }
    }

    #[test]
    fn a_typing_error_finds_what_was_meant() {
        assert_eq!(nearest("costumer_id", ["conversation_id", "customer_id", "name"]), Some("customer_id"));
        assert_eq!(nearest("anything", []), None);
    }
}
