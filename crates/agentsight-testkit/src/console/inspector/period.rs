use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Whole days in UTC, one after another, and what happened on each.
#[derive(Debug)]
pub(super) struct Period {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    begin: DateTime<Utc>,
    days: Vec<Day>,
}

/// What happened on one day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Day {
    pub(super) conversations: u64,
    pub(super) end_user: u64,
    pub(super) agent: u64,
    pub(super) actions: u64,
    pub(super) tokens: u64,
}

impl Period {
    /// So many days up to the last one; at least that one.
    pub(super) fn new(last: NaiveDate, days: u64) -> Self {
        let first = last.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(last);
        let days = first.iter_days().take_while(|day| *day <= last).map(|_| Day::default()).collect();
        Self { first, last, begin: first.and_time(NaiveTime::MIN).and_utc(), days }
    }

    /// Whether what ended then ended before all of this.
    pub(super) fn is_over_before(&self, ended: DateTime<Utc>) -> bool {
        ended < self.begin
    }

    /// The day of a time, if it is one of these.
    pub(super) fn day(&mut self, time: DateTime<Utc>) -> Option<&mut Day> {
        let since: TimeDelta = time - self.begin;
        // Half a day before the beginning is day 0 too when it is cut to whole days.
        let place = usize::try_from(since.num_days()).ok().filter(|_| since >= TimeDelta::zero())?;
        self.days.get_mut(place)
    }

    pub(super) fn rows(&self) -> Value {
        let row = |(date, day): (NaiveDate, &Day)| {
            json!({
                "date": date,
                "conversations": day.conversations,
                "end_user": day.end_user,
                "agent": day.agent,
                "actions": day.actions,
                "tokens": day.tokens,
            })
        };
        self.first.iter_days().zip(&self.days).map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_day_that_it_is_of() {
        let mut period = Period::new("2026-03-10".parse().unwrap(), 2);
        for (time, day) in [
            ("2026-03-08T23:59:59.999Z", None),
            ("2026-03-09T00:00:00Z", Some(0)),
            ("2026-03-09T23:59:59.999Z", Some(0)),
            ("2026-03-10T00:00:00Z", Some(1)),
            ("2026-03-11T00:00:00Z", None),
        ] {
            period.days.fill(Day::default());
            if let Some(day) = period.day(time.parse().unwrap()) {
                day.agent = 1;
            }
            assert_eq!(period.days.iter().position(|day| day.agent == 1), day, "{time}");
        }
        assert_eq!(period.first, "2026-03-09".parse().unwrap());
    }
}
