//! What neither a log nor `Debug` nor a failure may show, and how it is recognised (C2, C4, E3).

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// The words that stand for content: in queries, in bodies both ways, in the names of files.
pub(super) const PRIVATE: &str = "pr1vate-words";

/// What one run of the suite must not find anywhere.
pub(super) struct Secrets {
    key: String,
    /// Stretches of the key, as a text shows them: as they are, or as numbers of bytes.
    stretches: Vec<String>,
    /// The same in hexadecimal digits, which may be grouped in any way.
    in_hexadecimal: Vec<String>,
}

impl Secrets {
    /// How much of the key gives it away. Dumps of bytes break lines, so the key in one piece is not enough.
    const STRETCH: usize = 8;

    /// Secrets that no other run has: the log is the process's, and other runs may be under way.
    pub(super) fn new() -> Self {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let [one, two, three] = ["one", "two", "three"].map(|part| {
            let mut hasher = DefaultHasher::new();
            (process::id(), run, part).hash(&mut hasher);
            hasher.finish()
        });
        let three = three >> 40;
        let secret = format!("{one:016x}{two:016x}");
        let mut stretches = Vec::new();
        let mut in_hexadecimal = Vec::new();
        for stretch in secret.as_bytes().windows(Self::STRETCH) {
            stretches.push(String::from_utf8_lossy(stretch).into_owned());
            stretches.push(stretch.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
            in_hexadecimal.push(stretch.iter().fold(String::new(), |mut digits, byte| {
                // Writing to a string does not fail.
                let _ = write!(digits, "{byte:02x}");
                digits
            }));
        }
        Self { key: format!("ags_{secret}_{three:06x}"), stretches, in_hexadecimal }
    }

    /// The value of `Authorization`.
    pub(super) fn authorization(&self) -> String {
        format!("Api-Key {}", self.key)
    }

    /// What of them a text shows.
    pub(super) fn shown_in(&self, text: &str) -> Option<&'static str> {
        if self.key_is_in(text) {
            return Some("the key");
        }
        text.contains(PRIVATE).then_some("the query, content or the name of a file")
    }

    /// Whether a text shows the key, or a stretch of it, in any of the usual ways.
    pub(super) fn key_is_in(&self, text: &str) -> bool {
        let digits: String =
            text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase()).collect();
        self.stretches.iter().any(|stretch| text.contains(stretch))
            || self.in_hexadecimal.iter().any(|stretch| digits.contains(stretch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_a_key_is_recognised_whole_in_part_and_in_dumps_of_bytes() {
        let secrets = Secrets::new();
        let bytes = &secrets.key.as_bytes()[8..24];
        let grouped: Vec<String> = bytes.chunks(2).map(|pair| format!("{:02X}{:02X}", pair[0], pair[1])).collect();
        for shown in [
            secrets.authorization(),
            format!("key: {:?}", &secrets.key[10..20]),
            format!("{bytes:?}"),
            grouped.join(" "),
            format!("{:02x?}", bytes),
        ] {
            assert_eq!(secrets.shown_in(&shown), Some("the key"), "{shown}");
        }
    }

    #[test]
    fn c2_a_redacted_key_and_the_key_of_another_run_are_none() {
        let secrets = Secrets::new();
        for shown in ["Api-Key ags_****", &secrets.key[..11], &Secrets::new().key] {
            assert_eq!(secrets.shown_in(shown), None, "{shown}");
        }
    }

    #[test]
    fn e3_content_is_recognised_by_its_words() {
        assert!(Secrets::new().shown_in(&format!("GET /?q={PRIVATE}")).is_some());
    }
}
