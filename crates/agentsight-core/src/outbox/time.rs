//! Between stamps and times of day.

use chrono::{DateTime, Utc};

use super::entries::Micros;

/// The time that a stamp stands for.
pub(crate) fn time_of(stamp: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(stamp).unwrap_or(if stamp < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// A time at the resolution of the wire.
pub(crate) fn cut_to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time_of(time.timestamp_micros())
}
