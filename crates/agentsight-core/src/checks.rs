//! The checks of single values (R7), for everything that a caller can give.
//!
//! Text is checked trimmed and sent verbatim. Errors name the field, never its value.

use std::ops::RangeInclusive;

use agentsight_model::{InvalidMetadata, MetadataDraft};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Error;

/// The longest short text, in characters: names, ids, labels (wire: 3 #28).
const SHORT_TEXT: usize = 255;
/// The years that the wire can spell.
const YEARS: RangeInclusive<i32> = 1..=9999;
/// How far a time may lie ahead of the clock: clocks and time zones differ by less.
const FURTHEST_AHEAD: TimeDelta = TimeDelta::days(1);

/// Checks a text that must be given: not blank, at most 255 characters, no NUL.
pub(crate) fn short_text(field: &str, text: &str) -> Result<(), Error> {
    not_blank(field, text)?;
    optional_text(field, Some(text))
}

/// Checks a text that may be blank or left out: at most 255 characters, no NUL.
pub(crate) fn optional_text(field: &str, text: Option<&str>) -> Result<(), Error> {
    let Some(text) = text else { return Ok(()) };
    at_most(field, text, SHORT_TEXT)?;
    no_nul(field, text)
}

/// Checks that a text holds more than white space.
pub(crate) fn not_blank(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() { Err(Error::invalid(format!("{field} must not be blank"))) } else { Ok(()) }
}

/// Checks that a text, trimmed, has at most `limit` characters.
pub(crate) fn at_most(field: &str, text: &str, limit: usize) -> Result<(), Error> {
    // A text of so few bytes needs no look at its characters.
    if text.len() > limit && text.trim().chars().nth(limit).is_some() {
        return Err(Error::invalid(format!("{field} is longer than {limit} characters")));
    }
    Ok(())
}

/// Checks that a text holds no NUL character, which the service's database cannot store.
pub(crate) fn no_nul(field: &str, text: &str) -> Result<(), Error> {
    if text.contains('\0') { Err(Error::invalid(format!("{field} holds a NUL character"))) } else { Ok(()) }
}

/// Checks metadata without taking it.
pub(crate) fn metadata(draft: &MetadataDraft) -> Result<(), Error> {
    draft.finish().map(drop).map_err(|problem| refused_object("metadata", problem))
}

/// Checks metadata and takes it; `None` when nothing was given.
pub(crate) fn taken_metadata(draft: MetadataDraft) -> Result<Option<Map<String, Value>>, Error> {
    draft.into_map().map_err(|problem| refused_object("metadata", problem))
}

/// Checks a value as metadata is checked: an object, nested at most 64 levels deep, finite, without NUL.
pub(crate) fn object(field: &str, value: &Value) -> Result<Map<String, Value>, Error> {
    let mut draft = MetadataDraft::default();
    draft.insert_from(value);
    draft.into_map().map(Option::unwrap_or_default).map_err(|problem| refused_object(field, problem))
}

/// Checks a time that a caller gave: within the years that the wire can spell, and at most a day ahead of the clock.
///
/// The clock is read only if there is a time.
pub(crate) fn time(field: &str, time: Option<DateTime<Utc>>, context: &Context) -> Result<(), Error> {
    let Some(time) = time else { return Ok(()) };
    // First, because milliseconds taken for seconds give a year beyond 9999 too.
    let latest = context.now().utc.checked_add_signed(FURTHEST_AHEAD);
    if latest.is_some_and(|latest| time > latest) {
        return Err(Error::invalid(format!("{field} is more than a day ahead (is it in milliseconds?)")));
    }
    if !YEARS.contains(&time.year()) {
        return Err(Error::invalid(format!("{field} must have a year from {} to {}", YEARS.start(), YEARS.end())));
    }
    Ok(())
}

fn refused_object(field: &str, problem: InvalidMetadata) -> Error {
    Error::invalid(match problem {
        InvalidMetadata::NotAnObject => format!("{field} must be an object"),
        InvalidMetadata::NotFinite => format!("{field} holds a number that is not finite"),
        InvalidMetadata::Nul => format!("{field} holds a NUL character"),
        InvalidMetadata::TooDeep => format!("{field} is nested more than {} levels deep", MetadataDraft::MAX_DEPTH),
        _ => format!("{field} cannot be written as JSON"),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use agentsight_model::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::context::Now;

    fn at(now: DateTime<Utc>) -> Context {
        Context::new(move || Now::new(Duration::ZERO, now), || 0)
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    /// What is wrong with a value, without its field.
    fn problem(result: Result<impl Sized, Error>) -> Option<String> {
        let text = result.err()?.to_string();
        Some(text.strip_prefix("field ")?.split(';').next()?.to_owned())
    }

    #[test]
    fn r7_short_texts_are_checked_trimmed() {
        let longest = "ü".repeat(255);
        for (text, refused) in [
            ("a", None),
            (longest.as_str(), None),
            (&format!("  {longest}\n"), None),
            (&format!("{longest}x"), Some("is longer than 255 characters")),
            ("", Some("must not be blank")),
            (" \n\u{a0}", Some("must not be blank")),
            ("a\0", Some("holds a NUL character")),
        ] {
            assert_eq!(problem(short_text("field", text)).as_deref(), refused, "{text:?}");
        }
        assert_eq!(problem(optional_text("field", Some(" "))), None);
        assert_eq!(problem(optional_text("field", None)), None);
    }

    #[test]
    fn r7_an_object_is_checked_like_metadata() {
        let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({"a": inner}));
        for (value, refused) in [
            (json!({}), None),
            (json!({"a": [1, null, {"b": "c"}]}), None),
            (nested(64), None),
            (nested(65), Some("is nested more than 64 levels deep")),
            (nested(1_000), Some("is nested more than 64 levels deep")),
            (json!(null), Some("must be an object")),
            (json!([{}]), Some("must be an object")),
            (json!("{}"), Some("must be an object")),
            (json!({"a\0": 1}), Some("holds a NUL character")),
            (json!({"a": [{"b": "\0"}]}), Some("holds a NUL character")),
        ] {
            assert_eq!(problem(object("field", &value)).as_deref(), refused, "{value}");
        }
        let kept = json!({"a": {"b": 1.5}});
        assert_eq!(object("field", &kept).ok().map(Value::Object), Some(kept));
    }

    #[test]
    fn r7_a_time_lies_at_most_a_day_ahead_and_in_a_year_of_four_digits() {
        let ahead = "is more than a day ahead (is it in milliseconds?)";
        let year = "must have a year from 1 to 9999";
        let now = "2025-01-01T00:00:00Z";
        for (now, given, refused) in [
            (now, instant("2025-01-02T00:00:00Z"), None),
            (now, instant("2025-01-02T00:00:00.000000001Z"), Some(ahead)),
            (now, instant("0001-01-01T00:00:00Z"), None),
            (now, instant("0000-12-31T23:59:59.999999999Z"), Some(year)),
            (now, instant("-0001-01-01T00:00:00Z"), Some(year)),
            (now, instant("9999-12-31T23:59:59Z"), Some(ahead)),
            (now, DateTime::from_timestamp(1_767_225_600_000, 0).expect("the year 57971"), Some(ahead)),
            (now, DateTime::<Utc>::MIN_UTC, Some(year)),
            (now, DateTime::<Utc>::MAX_UTC, Some(ahead)),
            ("9999-12-31T12:00:00Z", instant("9999-12-31T23:59:59.999999999Z"), None),
            ("9999-12-31T12:00:00Z", instant("+10000-01-01T00:00:00Z"), Some(year)),
        ] {
            let result = time("field", Some(given), &at(instant(now)));
            assert_eq!(problem(result).as_deref(), refused, "{given:?} at {now}");
        }
        let at_the_end = time("field", Some(DateTime::<Utc>::MAX_UTC), &at(DateTime::<Utc>::MAX_UTC));
        assert_eq!(problem(at_the_end).as_deref(), Some(year));
    }

    #[test]
    fn r7_without_a_time_the_clock_is_not_read() {
        let context = Context::new(|| unreachable!("there is no time to compare"), || 0);
        assert_eq!(problem(time("field", None, &context)), None);
    }

    /// From the year -2 to the year 10004.
    const SECONDS: std::ops::Range<i64> = -62_230_000_000..253_560_000_000;

    proptest! {
        #[test]
        fn r7_a_time_that_is_taken_can_be_written_and_read_back(
            seconds in SECONDS,
            nanos in 0_u32..1_000_000_000,
            now in SECONDS,
        ) {
            let instant = |seconds, nanos| DateTime::from_timestamp(seconds, nanos).expect("within the range");
            let given = instant(seconds, nanos);
            if time("field", Some(given), &at(instant(now, 0))).is_ok() {
                let written = Timestamp::from(given).to_string();
                prop_assert_eq!(written.find('T'), Some("2025-01-01".len()), "{}", written);
                prop_assert!(serde_json::from_value::<Timestamp>(json!(written)).is_ok());
            }
        }
    }
}
