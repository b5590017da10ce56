//! Instants, as requests spell them and as the service's rows spell them (wire: 1.8 "Timestamps").

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _, Utc};
use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
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
        formatter.write_str(Spelling::new(self.0, "+00:00").as_str())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Spelling::new(self.0, "+00:00").as_str())
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
        formatter.write_str(Spelling::new(self.0, "Z").as_str())
    }
}

impl Serialize for RowTimestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Spelling::new(self.0, "Z").as_str())
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
        parse_instant(text).ok_or_else(|| E::invalid_value(Unexpected::Other("text"), &self))
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

/// An instant written out, by hand: a timestamp goes into every request, and chrono's format strings cost three times as
/// much.
struct Spelling {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Spelling {
    /// A signed year of six digits, the other fields, nine digits of a fraction, and an offset.
    const LONGEST: usize = "+262142-12-31T23:59:60.123456789+00:00".len();

    fn new(instant: DateTime<Utc>, offset: &str) -> Self {
        let instant = instant.naive_utc();
        let mut spelling = Self { bytes: [0; Self::LONGEST], length: 0 };
        spelling.push_year(instant.year());
        // chrono counts a leap second as a 59th second of up to 2e9 nanoseconds; it is written as the 60th.
        let leap = instant.nanosecond() / 1_000_000_000;
        for (separator, number) in [
            (b'-', instant.month()),
            (b'-', instant.day()),
            (b'T', instant.hour()),
            (b':', instant.minute()),
            (b':', instant.second() + leap),
        ] {
            spelling.push(separator);
            spelling.push_digits(number, 2);
        }
        let nanoseconds = instant.nanosecond() % 1_000_000_000;
        if nanoseconds % 1_000 != 0 {
            // The service keeps microseconds. Whoever sends more gets all of it back.
            spelling.push(b'.');
            spelling.push_digits(nanoseconds, 9);
        } else if nanoseconds != 0 {
            spelling.push(b'.');
            spelling.push_digits(nanoseconds / 1_000, 6);
        }
        offset.bytes().for_each(|byte| spelling.push(byte));
        spelling
    }

    fn as_str(&self) -> &str {
        // Only ASCII is ever pushed.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    /// Four digits; outside of the years 0 to 9999 a sign and at least four.
    fn push_year(&mut self, year: i32) {
        let number = year.unsigned_abs();
        if !(0..=9999).contains(&year) {
            self.push(if year < 0 { b'-' } else { b'+' });
        }
        self.push_digits(
            number,
            if number > 99_999 {
                6
            } else if number > 9_999 {
                5
            } else {
                4
            },
        );
    }

    fn push_digits(&mut self, number: u32, width: usize) {
        let (mut left, end) = (number, self.length + width);
        for place in self.bytes[self.length..end].iter_mut().rev() {
            *place = b'0' + (left % 10) as u8;
            left /= 10;
        }
        self.length = end;
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }
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

    /// The spelling by chrono's format strings.
    fn by_format_string(instant: DateTime<Utc>) -> String {
        let nanoseconds = instant.nanosecond() % 1_000_000_000;
        let fraction = match (nanoseconds, nanoseconds % 1_000) {
            (0, _) => String::new(),
            (_, 0) => format!(".{:06}", nanoseconds / 1_000),
            _ => format!(".{nanoseconds:09}"),
        };
        format!("{}{fraction}", instant.format("%Y-%m-%dT%H:%M:%S"))
    }

    fn check_spellings(instant: DateTime<Utc>) {
        let expected = by_format_string(instant);
        assert_eq!(Timestamp::from(instant).to_string(), format!("{expected}+00:00"));
        assert_eq!(RowTimestamp(instant).to_string(), format!("{expected}Z"));
        assert_eq!(serde_json::to_value(Timestamp::from(instant)).ok(), Some(format!("{expected}+00:00").into()));
    }

    #[test]
    fn wire_1_8_the_edges_of_years_are_written_as_by_a_format_string() {
        check_spellings(DateTime::<Utc>::MIN_UTC);
        check_spellings(DateTime::<Utc>::MAX_UTC);
        for year in [-100_000, -99_999, -10_000, -9_999, -1_000, -1, 0, 1, 999, 9_999, 10_000, 99_999, 100_000] {
            let date = chrono::NaiveDate::from_ymd_opt(year, 12, 31).and_then(|date| date.and_hms_opt(23, 59, 59));
            check_spellings(date.expect("a date that chrono can hold").and_utc());
        }
    }

    proptest! {
        #[test]
        fn wire_1_8_every_instant_is_written_as_by_a_format_string(
            seconds in prop_oneof![
                DateTime::<Utc>::MIN_UTC.timestamp()..=DateTime::<Utc>::MAX_UTC.timestamp(),
                -400_000_000_000_i64..400_000_000_000,
            ],
            fraction in prop_oneof![0_u32..1_000_000_000, (0_u32..1_000_000).prop_map(|micros| micros * 1_000), Just(0)],
            leap: bool,
        ) {
            // A leap second can only follow a 59th second.
            let (seconds, extra) = if leap { (seconds - seconds.rem_euclid(60) + 59, 1_000_000_000) } else { (seconds, 0) };
            if let Some(instant) = DateTime::from_timestamp(seconds, fraction + extra) {
                check_spellings(instant);
            }
        }

        #[test]
        fn r22_any_text_is_an_instant_or_an_error(text in "[0-9+:. TZ-]{0,40}|.{0,40}") {
            if let Some(spelling) = row_spelling(&text) {
                prop_assert_eq!(parse_instant(&spelling), parse_instant(&text));
            }
        }
    }
}
