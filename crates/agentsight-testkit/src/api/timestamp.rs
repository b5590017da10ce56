use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Timelike, Utc};

/// The text that refuses a time, as the service words it.
pub(crate) const WRONG_FORMAT: &str = "Datetime has wrong format. Use one of these formats instead: \
                                       YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";

/// As the service writes times: UTC with `Z`, six digits of fraction unless it is zero (wire: 1.8).
pub(crate) fn write(time: DateTime<Utc>) -> String {
    let fraction = if time.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    time.to_rfc3339_opts(fraction, true)
}

/// As the service reads times: ISO 8601, with or without an offset; none means UTC (wire: part 3, 19).
pub(crate) fn read(text: &str) -> Option<DateTime<Utc>> {
    let naive = |format| NaiveDateTime::parse_from_str(text, format).ok().map(|time| time.and_utc());
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
        .or_else(|| naive("%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|| naive("%Y-%m-%d %H:%M:%S%.f"))
        .or_else(|| naive("%Y-%m-%dT%H:%M"))
        .filter(is_storable)
}

/// As a filter reads times: a date alone is its midnight (wire: 1.6).
pub(crate) fn read_bound(text: &str) -> Option<DateTime<Utc>> {
    let midnight = || {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.and_time(NaiveTime::MIN).and_utc())
    };
    read(text).or_else(midnight).filter(is_storable)
}

/// The service knows the years 1 to 9999 and no leap seconds.
fn is_storable(time: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year()) && time.nanosecond() < 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_written_when_they_are_not_zero() {
        for (sent, kept) in [
            ("2026-08-17T10:32:33.305953+00:00", "2026-08-17T10:32:33.305953Z"),
            ("2026-08-17T10:32:33.000000+00:00", "2026-08-17T10:32:33Z"),
            ("2026-08-17T12:32:33.5+02:00", "2026-08-17T10:32:33.500000Z"),
            ("2026-08-17T10:32:33", "2026-08-17T10:32:33Z"),
            ("2026-08-17T10:32", "2026-08-17T10:32:00Z"),
        ] {
            assert_eq!(read(sent).map(write).as_deref(), Some(kept));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for sent in
            ["", "yesterday", "2026-13-01T00:00:00Z", "2026-08-17", "2026-08-17T10:32:60Z", "10000-01-01T00:00:00Z"]
        {
            assert_eq!(read(sent), None, "{sent}");
        }
        assert!(read_bound("2026-08-17").is_some());
    }
}
