use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// A token bucket for each key: `requests` at once, refilled evenly over a time, on the clock of the service.
///
/// ```
/// use std::time::Duration;
/// use agentsight_testkit::{FakeApi, FakeOptions, RateLimit};
/// use bytes::Bytes;
/// use http::{Request, StatusCode};
///
/// # fn main() -> Result<(), http::Error> {
/// let api = FakeApi::with_options(FakeOptions::new().rate_limit(RateLimit::new(2, Duration::from_secs(60))));
/// let me = || Request::get("/api/me/").header("authorization", format!("Api-Key {}", api.api_key())).body(Bytes::new());
/// assert_eq!(api.handle(me()?).status(), StatusCode::OK);
/// assert_eq!(api.handle(me()?).status(), StatusCode::OK);
/// assert_eq!(api.handle(me()?).headers()["retry-after"], "30");
/// api.clock().advance(Duration::from_secs(30));
/// assert_eq!(api.handle(me()?).status(), StatusCode::OK);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    per: Duration,
}

impl RateLimit {
    /// This many requests, at least one, in a time.
    #[must_use]
    pub fn new(requests: u32, per: Duration) -> Self {
        Self { requests: requests.max(1), per }
    }

    /// Microseconds in which the bucket gains one token, times the number of tokens it holds: whole numbers only.
    fn per_micros(&self) -> i128 {
        i128::try_from(self.per.as_micros()).unwrap_or(i128::MAX / (1 << 40))
    }
}

/// For each key, when its bucket will be full, in microseconds times the number of requests it holds.
#[derive(Debug, Default)]
pub(crate) struct Buckets(HashMap<Vec<u8>, i128>);

impl Buckets {
    /// The most keys that have a bucket at a time.
    const MOST: usize = 10_000;

    /// Takes a token, or says after how many whole seconds there will be one. What is refused costs nothing.
    pub(crate) fn take(&mut self, limit: &RateLimit, key: Option<&[u8]>, now: DateTime<Utc>) -> Result<(), u64> {
        let requests = i128::from(limit.requests);
        let cost = limit.per_micros();
        let capacity = cost.saturating_mul(requests);
        let now = i128::from(now.timestamp_micros()).saturating_mul(requests);
        self.make_room(now);
        let full_at = self.0.entry(key.unwrap_or_default().to_ascii_lowercase()).or_insert(now);
        let after = (*full_at).max(now).saturating_add(cost);
        let missing = after.saturating_sub(now).saturating_sub(capacity);
        if missing <= 0 {
            *full_at = after;
            return Ok(());
        }
        let second = requests.saturating_mul(1_000_000);
        let seconds = missing / second + i128::from(missing % second != 0);
        Err(u64::try_from(seconds).unwrap_or(u64::MAX))
    }

    /// Forgets full buckets once there are very many, as a new one is full too; and if that is not enough, the fuller
    /// half of the others, whose keys are let in a little early.
    fn make_room(&mut self, now: i128) {
        if self.0.len() < Self::MOST {
            return;
        }
        self.0.retain(|_, full_at| *full_at > now);
        if self.0.len() > Self::MOST / 2 {
            let mut times: Vec<i128> = self.0.values().copied().collect();
            let middle = times.len() / 2;
            let (_, middle, _) = times.select_nth_unstable(middle);
            let middle = *middle;
            self.0.retain(|_, full_at| *full_at > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::{collection, prop_assert, prop_assert_eq, proptest};

    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn a_full_bucket_lets_a_burst_in_and_then_one_at_a_time() {
        let limit = RateLimit::new(3, Duration::from_secs(6));
        let mut buckets = Buckets::default();
        let mut at = |millis| buckets.take(&limit, Some(b"a"), START + TimeDelta::milliseconds(millis));
        assert_eq!([at(0), at(0), at(0)], [Ok(()); 3]);
        assert_eq!([at(0), at(1), at(1_000), at(1_001), at(1_999)], [Err(2), Err(2), Err(1), Err(1), Err(1)]);
        assert_eq!([at(2_000), at(2_000)], [Ok(()), Err(2)]);
        assert_eq!([at(60_000), at(60_000), at(60_000), at(60_000)], [Ok(()), Ok(()), Ok(()), Err(2)]);
    }

    #[test]
    fn every_key_has_a_bucket_of_its_own() {
        let limit = RateLimit::new(1, Duration::from_secs(1));
        let mut buckets = Buckets::default();
        assert_eq!(buckets.take(&limit, Some(b"a"), START), Ok(()));
        assert_eq!(buckets.take(&limit, Some(b"A"), START), Err(1));
        assert_eq!(buckets.take(&limit, Some(b"b"), START), Ok(()));
    }

    #[test]
    fn ten_thousands_of_keys_do_not_fill_the_memory_and_none_in_use_is_forgotten_for_a_full_one() {
        let limit = RateLimit::new(2, Duration::from_secs(1));
        let mut buckets = Buckets::default();
        let mut let_in = 0;
        for millisecond in 0..50_000 {
            let now = START + TimeDelta::milliseconds(millisecond);
            assert_eq!(buckets.take(&limit, Some(millisecond.to_string().as_bytes()), now), Ok(()));
            let_in += u32::from(buckets.take(&limit, Some(b"busy"), now).is_ok());
        }
        // Two at once, and then two a second.
        assert!(let_in <= 2 + 2 * 50, "{let_in}");
        assert!(buckets.0.len() <= Buckets::MOST);
        for number in 0..5 * Buckets::MOST {
            let _ = buckets.take(&limit, Some(number.to_string().as_bytes()), START);
        }
        assert!(buckets.0.len() <= Buckets::MOST);
    }

    #[test]
    fn extremes_neither_overflow_nor_let_everything_in() {
        let limit = RateLimit::new(u32::MAX, Duration::MAX);
        let mut buckets = Buckets::default();
        assert_eq!(buckets.take(&limit, None, DateTime::<Utc>::MAX_UTC), Ok(()));
        assert_eq!(buckets.take(&limit, None, DateTime::<Utc>::MIN_UTC), Ok(()));
        let once = RateLimit::new(0, Duration::MAX);
        assert_eq!(Buckets::default().take(&once, None, START), Ok(()));
    }

    proptest! {
        #[test]
        fn who_waits_as_long_as_told_is_let_in_and_nobody_gets_more_than_the_rate(
            requests in 1_u32..20, per in 1_u64..100, steps in collection::vec(0_u32..5_000, 1..60)
        ) {
            let limit = RateLimit::new(requests, Duration::from_secs(per));
            let (mut buckets, mut now, mut let_in) = (Buckets::default(), START, 0_u64);
            for step in steps {
                now += Duration::from_millis(u64::from(step));
                if let Err(seconds) = buckets.take(&limit, Some(b"a"), now) {
                    prop_assert!(seconds >= 1);
                    now += Duration::from_secs(seconds);
                    prop_assert_eq!(buckets.take(&limit, Some(b"a"), now), Ok(()));
                }
                let_in += 1;
                let passed = u64::try_from((now - START).num_milliseconds()).unwrap();
                prop_assert!((let_in - u64::from(requests).min(let_in)) * per * 1_000 <= passed * u64::from(requests));
            }
        }
    }
}
