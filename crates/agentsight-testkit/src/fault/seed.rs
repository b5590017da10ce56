use std::num::ParseIntError;
use std::{env, fmt, thread};

/// The seed of a random test, printed to standard error if the test panics while this is alive.
///
/// The environment variable `AGENTSIGHT_SEED` replaces the test's own seed, so the printed line repeats the run.
///
/// ```
/// use agentsight_testkit::{FaultMix, FaultSeed};
///
/// # fn main() -> Result<(), agentsight_testkit::InvalidSeed> {
/// let seed = FaultSeed::from_env_or(42)?;
/// let mix = FaultMix::from_seed(seed.value()).percent(30);
/// # let _ = mix;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the seed is printed only while the guard is alive"]
pub struct FaultSeed {
    value: u64,
}

/// `AGENTSIGHT_SEED` is not a whole number from 0 to 2^64 - 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSeed {
    source: Option<ParseIntError>,
}

const VARIABLE: &str = "AGENTSIGHT_SEED";

impl FaultSeed {
    /// This seed, whatever the environment says.
    pub fn new(value: u64) -> Self {
        Self { value }
    }

    /// The seed of `AGENTSIGHT_SEED`; `value` where that is not set or blank.
    ///
    /// # Errors
    ///
    /// When the variable holds something else than a whole number from 0 to 2^64 - 1.
    pub fn from_env_or(value: u64) -> Result<Self, InvalidSeed> {
        match env::var(VARIABLE) {
            Ok(text) => Self::from_text_or(&text, value),
            Err(env::VarError::NotPresent) => Ok(Self::new(value)),
            Err(env::VarError::NotUnicode(_)) => Err(InvalidSeed { source: None }),
        }
    }

    /// The seed.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.value
    }

    fn from_text_or(text: &str, value: u64) -> Result<Self, InvalidSeed> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::new(value));
        }
        text.parse().map(Self::new).map_err(|error| InvalidSeed { source: Some(error) })
    }
}

impl Drop for FaultSeed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("to repeat this run: {VARIABLE}={}", self.value);
        }
    }
}

impl fmt::Display for InvalidSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VARIABLE} must be a whole number from 0 to {}", u64::MAX)
    }
}

impl std::error::Error for InvalidSeed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_whole_number_and_blank_is_unset() {
        let value = |text| FaultSeed::from_text_or(text, 5).map(|seed| seed.value());
        assert_eq!(value(" 18446744073709551615 "), Ok(u64::MAX));
        assert_eq!(value(" "), Ok(5));
        for text in ["-1", "0x10", "seven", "18446744073709551616"] {
            assert!(value(text).is_err(), "{text}");
        }
    }
}
