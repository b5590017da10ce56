use memchr::{memchr_iter, memchr2_iter};

/// A text that others are searched for in any case: `lower(other).contains(lower(text))`, as a database does it.
///
/// A list searches hundreds of thousands of texts at a time, so none is copied into lower case unless it must be: the
/// longest run of *plain* characters is searched for in the text as it is, and that decides nearly always.
#[derive(Debug)]
pub(crate) struct AnyCase {
    lower: String,
    /// The longest run of plain characters in `lower`.
    run: Vec<u8>,
    /// Where in the run the byte is that is met least often.
    rarest: usize,
}

/// The two characters whose lower case holds ASCII: `i` with a dot above, and `k`.
const FOREIGN: [char; 2] = ['\u{130}', '\u{212a}'];

impl AnyCase {
    pub(crate) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let runs = lower.split(|character| !is_plain(character));
        let run = runs.max_by_key(|run| run.len()).unwrap_or_default().as_bytes().to_vec();
        let rarest = (0..run.len()).min_by_key(|place| commonness(run[*place])).unwrap_or(0);
        Self { lower, run, rarest }
    }

    /// Whether it occurs in a text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        if self.run.is_empty() {
            return self.lower.is_empty() || (!text.is_ascii() && self.is_in_lower_case_of(text));
        }
        match self.run_is_in(text.as_bytes()) {
            Some(true) if self.run.len() == self.lower.len() => true,
            Some(false) if !self.is_met_by_foreign(text) => false,
            _ => self.is_in_lower_case_of(text),
        }
    }

    /// What is meant, at the cost of a copy.
    fn is_in_lower_case_of(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.lower)
    }

    /// Whether characters beyond ASCII can make up ASCII ones of the run.
    fn is_met_by_foreign(&self, text: &str) -> bool {
        (self.run.contains(&b'i') || self.run.contains(&b'k')) && !text.is_ascii() && text.contains(FOREIGN)
    }

    /// Whether the run occurs, ASCII in any case and the rest as it is; `None` where that took too long to find out.
    fn run_is_in(&self, text: &[u8]) -> Option<bool> {
        let byte = *self.run.get(self.rarest)?;
        if byte.is_ascii_lowercase() {
            self.run_is_at(text, memchr2_iter(byte, byte.to_ascii_uppercase(), text))
        } else {
            self.run_is_at(text, memchr_iter(byte, text))
        }
    }

    fn run_is_at(&self, text: &[u8], places: impl Iterator<Item = usize>) -> Option<bool> {
        // A text that nearly matches everywhere would cost its length times that of the run.
        let mut left = text.len().saturating_mul(8);
        for place in places {
            let start = place.checked_sub(self.rarest);
            let found = start.and_then(|start| text.get(start..)?.get(..self.run.len()));
            if found.is_some_and(|found| found.eq_ignore_ascii_case(&self.run)) {
                return Some(true);
            }
            left = left.checked_sub(self.run.len())?;
        }
        Some(false)
    }
}

/// Whether a character of a lower-case text comes from itself, or for ASCII from its capital, and nothing else but
/// [`FOREIGN`]. What stands beside it does not matter, as it does for a sigma.
fn is_plain(character: char) -> bool {
    const DOT_ABOVE: char = '\u{307}';
    let is_caseless = || character.to_lowercase().eq([character]) && character.to_uppercase().eq([character]);
    character.is_ascii() || (character != DOT_ABOVE && is_caseless())
}

/// How often a byte is met in what people write, about.
fn commonness(byte: u8) -> usize {
    const MOST_COMMON_LAST: &[u8] = b"zqjxkvbpgwyfmcudlhrsnioate ";
    match byte {
        128.. => 20,
        _ => MOST_COMMON_LAST.iter().position(|common| *common == byte).map_or(0, |place| place + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(part: &str, text: &str) -> bool {
        text.to_lowercase().contains(&part.to_lowercase())
    }

    #[test]
    fn nothing_but_itself_and_the_foreign_two_becomes_a_plain_character() {
        for character in '\0'..=char::MAX {
            let lower: Vec<char> = character.to_lowercase().collect();
            if character.is_ascii() || lower == [character] || FOREIGN.contains(&character) {
                continue;
            }
            assert!(!lower.iter().any(|lower| is_plain(*lower)), "{character:?}");
        }
        for foreign in FOREIGN {
            let plain: String = foreign.to_lowercase().filter(|lower| is_plain(*lower)).collect();
            assert!(plain == "i" || plain == "k", "{foreign:?}");
        }
    }

    #[test]
    fn any_case_is_that_of_unicode() {
        for (part, text) in [
            ("password", "My PASSWORD is lost"),
            ("ÄNDERN", "Wie kann ich das ändern?"),
            ("straße", "STRASSE"),
            ("kelvin", "300 \u{212a}elvin"),
            ("istanbul", "\u{130}stanbul"),
            ("i\u{307}", "\u{130}"),
            ("ΟΔΟΣ", "ΟΔΟΣ"),
            ("οδος", "ΟΔΟΣ"),
            ("οδοσ", "ΟΔΟΣ"),
            ("\u{307}", "\u{130}"),
            ("東京", "東京タワー"),
            ("пароль", "Забыл ПАРОЛЬ"),
            ("", "anything"),
            ("zz", "z"),
        ] {
            assert_eq!(AnyCase::new(part).is_in(text), naive(part, text), "{part} in {text}");
        }
    }

    #[test]
    fn a_text_that_nearly_matches_everywhere_is_still_searched_to_its_end() {
        let part = format!("{}b", "z".repeat(500));
        let text = "z".repeat(100_000);
        assert!(!AnyCase::new(&part).is_in(&text));
        assert!(AnyCase::new(&part).is_in(&format!("{text}B")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_found_is_what_lower_case_copies_hold(
            text in "[a-cA-CikIK \u{130}\u{212a}\u{307}\u{3a3}\u{3c3}\u{3c2}äÄßẞ東京éÉ]{0,12}",
            part in "[a-cA-CikIK \u{130}\u{212a}\u{307}\u{3a3}\u{3c3}\u{3c2}äÄßẞ東京éÉ]{0,3}",
            place in any::<proptest::sample::Index>(),
        ) {
            prop_assert_eq!(AnyCase::new(&part).is_in(&text), naive(&part, &text));
            // Parts that are there, in another case.
            let characters: Vec<char> = text.chars().collect();
            let start = place.index(characters.len() + 1);
            let inner: String = characters[start..].iter().take(3).collect();
            let inner = inner.to_uppercase();
            prop_assert_eq!(AnyCase::new(&inner).is_in(&text), naive(&inner, &text));
        }
    }
}
