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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_a_stamp_that_no_date_can_hold_is_the_first_or_the_last_one() {
        assert_eq!(time_of(Micros::MIN), DateTime::<Utc>::MIN_UTC);
        assert_eq!(time_of(Micros::MAX), DateTime::<Utc>::MAX_UTC);
        assert_eq!(time_of(-1).timestamp_micros(), -1);
    }
}
