//! The clock, the randomness and the files of the operating system, which the core reads through its context (H3).

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use agentsight_core::{Context, Entropy, FileFacts, Now, SeededEntropy};

/// A context over the operating system. Its clock starts at zero when it is made.
pub(crate) fn context() -> Context {
    let start = Instant::now();
    Context::new(move || Now::new(start.elapsed(), SystemTime::now().into()), SystemEntropy::new())
        .with_files(file_facts)
}

/// The value of an environment variable. What is not Unicode in it is replaced by characters that no address and no key
/// may hold, so that it is refused rather than taken for unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Randomness that asks the operating system once, and again for what nobody may guess.
struct SystemEntropy(SeededEntropy);

impl SystemEntropy {
    fn new() -> Self {
        Self(SeededEntropy::new(random_u64()))
    }
}

impl Entropy for SystemEntropy {
    fn next_u64(&self) -> u64 {
        self.0.next_u64()
    }

    fn unguessable_u64(&self) -> u64 {
        random_u64()
    }
}

/// 64 bits of the operating system's randomness.
///
/// If it has none to give, a distinct but guessable number: ids and boundaries have to be unique, jitter has to spread,
/// and neither has to be secret.
fn random_u64() -> u64 {
    getrandom::u64().unwrap_or_else(|_| distinct_u64())
}

/// Numbers that follow from the time and the process.
fn distinct_u64() -> u64 {
    static NUMBERS: OnceLock<SeededEntropy> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let process = u64::from(std::process::id()) << 40;
        SeededEntropy::new(time.as_secs().rotate_left(32) ^ u64::from(time.subsec_nanos()) ^ process)
    });
    numbers.next_u64()
}

/// Looks at a file that is tracked by path (R13): its metadata and the first `head` bytes.
fn file_facts(path: &Path, head: usize) -> io::Result<FileFacts> {
    // Before it is opened: opening a named pipe would wait for a writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut first = Vec::new();
    File::open(path)?.take(head as u64).read_to_end(&mut first)?;
    Ok(FileFacts::new(metadata.len(), first.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h3_the_clock_never_goes_back() {
        let context = context();
        let first = context.now();
        assert!(context.now().since_start >= first.since_start);
    }

    #[test]
    fn h3_numbers_are_distinct_with_and_without_the_systems_randomness() {
        let context = context();
        let cheap = || context.next_u64();
        let unguessable = || context.unguessable_u64();
        for draw in [&cheap as &dyn Fn() -> u64, &unguessable, &distinct_u64] {
            let drawn: std::collections::HashSet<u64> = (0..1000).map(|_| draw()).collect();
            assert_eq!(drawn.len(), 1000);
        }
    }

    #[test]
    fn r2_what_nobody_may_guess_does_not_follow_from_the_seed() {
        let entropy = SystemEntropy(SeededEntropy::new(7));
        let (first, second) = (entropy.unguessable_u64(), SystemEntropy(SeededEntropy::new(7)).unguessable_u64());
        assert_ne!(first, second);
        assert_eq!(entropy.next_u64(), SeededEntropy::new(7).next_u64(), "and it leaves the cheap numbers alone");
    }

    #[test]
    fn r13_a_file_is_described_by_its_length_and_its_first_bytes() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let facts = context().file_facts(&manifest, 9).expect("the manifest is a file");
        assert_eq!(&facts.head[..], b"[package]");
        assert_eq!(facts.length, fs::metadata(&manifest).expect("the manifest is a file").len());
    }

    #[test]
    fn r13_a_directory_is_not_a_file_to_attach() {
        assert!(context().file_facts(Path::new(env!("CARGO_MANIFEST_DIR")), 9).is_err());
        assert!(context().file_facts(Path::new("no such file"), 9).is_err());
    }
}
