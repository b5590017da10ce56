//! Instants, as requests spell them and as the service's rows spell them (wire: 1.8 "Timestamps").

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _, Utc};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// An instant as requests spell it: `2026-11-21T02:03:12.648256+00:00`.
///
/// The fraction has six digits and is left out when it is zero. Decoding takes any RFC 3339 time; a time without an
/// offset is read as UTC.
///
/// ```
/// use agentsight_model::Timestamp;
/// use chrono::{DateTime, Utc};
///
/// let instant: DateTime<Utc> = "2026-11-21T02:03:12.648256Z".parse()?;
/// assert_eq!(Timestamp::from(instant).to_string(), "2026-11-21T02:03:12.648256+00:00");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The instant itself.
    #[must_use]
    pub const fn instant(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_instant(formatter, self.0, "+00:00")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(InstantVisitor).map(Self)
    }
}

/// An instant as the service's rows spell it: `2026-11-21T02:03:12.648256Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowTimestamp(pub(crate) DateTime<Utc>);

impl fmt::Display for RowTimestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_instant(formatter, self.0, "Z")
    }
}

impl Serialize for RowTimestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RowTimestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(InstantVisitor).map(Self)
    }
}

struct InstantVisitor;

impl Visitor<'_> for InstantVisitor {
    type Value = DateTime<Utc>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an RFC 3339 time")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse_instant(text).ok_or_else(|| E::custom("not an RFC 3339 time"))
    }
}

/// The instant that `text` names; `None` when it names none between the years 0 and 9999, in UTC.
fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let instant = match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => instant.with_timezone(&Utc),
        Err(_) => text.parse::<NaiveDateTime>().ok()?.and_utc(),
    };
    // An offset can carry a four-digit year over the edge, where RFC 3339 has no spelling for it.
    (0..=9999).contains(&instant.year()).then_some(instant)
}

fn write_instant(formatter: &mut fmt::Formatter<'_>, instant: DateTime<Utc>, offset: &str) -> fmt::Result {
    write!(formatter, "{}", instant.format("%Y-%m-%dT%H:%M:%S"))?;
    // chrono counts a leap second as a 60th second of up to 2e9 nanoseconds; `%S` shows the 60.
    let nanoseconds = instant.nanosecond() % 1_000_000_000;
    if nanoseconds % 1_000 != 0 {
        // The service keeps microseconds. Whoever sends more gets all of it back.
        write!(formatter, ".{nanoseconds:09}")?;
    } else if nanoseconds != 0 {
        write!(formatter, ".{:06}", nanoseconds / 1_000)?;
    }
    formatter.write_str(offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row_spelling(text: &str) -> Option<String> {
        parse_instant(text).map(|instant| RowTimestamp(instant).to_string())
    }

    #[test]
    fn wire_1_8_rows_have_z_and_six_digits_or_none() {
        for text in ["2026-08-17T10:32:33.305953Z", "2026-08-17T10:32:33.500000Z", "2026-08-17T10:32:33Z"] {
            assert_eq!(row_spelling(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn r22_an_instant_may_be_spelled_in_other_ways() {
        let expected = Some("2026-08-17T10:32:33.500000Z");
        for text in [
            "2026-08-17T12:32:33.5+02:00",
            "2026-08-17t10:32:33.500z",
            "2026-08-17 10:32:33.500000+00:00",
            "2026-08-17T10:32:33.5",
        ] {
            assert_eq!(row_spelling(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn r22_nanoseconds_and_leap_seconds_are_kept() {
        for text in ["2026-08-17T10:32:33.123456789Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.250000Z"] {
            assert_eq!(row_spelling(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn r22_what_names_no_instant_between_the_years_0_and_9999_is_an_error() {
        for text in [
            "",
            "now",
            "2026-08-17",
            "2026-13-17T10:32:33Z",
            "2026-08-17T25:32:33Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
            "+262143-01-01T00:00:00Z",
            "+12026-08-17T10:32:33",
            "2026-08-17T10:32:33+99:99",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
    }

    #[test]
    fn the_extremes_of_chrono_are_written_without_a_panic() {
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(Timestamp::from(instant).to_string().ends_with("+00:00"));
        }
    }

    proptest! {
        #[test]
        fn r22_any_text_is_an_instant_or_an_error(text in "[0-9+:. TZ-]{0,40}|.{0,40}") {
            if let Some(spelling) = row_spelling(&text) {
                prop_assert_eq!(parse_instant(&spelling), parse_instant(&text));
            }
        }
    }
}
