use std::time::Duration;

/// When a request is repeated, and how long to wait before (R16).
///
/// Whether a request may be repeated at all does not depend on it: that follows from what the service can have seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many times a request is sent at most, the first time included: 4.
    pub max_attempts: u32,
    /// The longest wait before the second attempt; it doubles with every further one: 250 ms.
    pub base: Duration,
    /// What no wait exceeds, unless the service asks for more with `Retry-After`: 10 s.
    pub cap: Duration,
    /// The time for a logical call, with all its attempts and waits: 60 s.
    pub call_timeout: Duration,
}

impl RetryPolicy {
    /// How long to wait after `attempts` attempts have been made, with full jitter: anything from nothing to
    /// `base * 2^(attempts - 1)`, at most `cap`, each equally likely.
    ///
    /// `random` is 64 random bits; the same bits give the same wait.
    ///
    /// ```
    /// use std::time::Duration;
    /// use agentsight_core::RetryPolicy;
    ///
    /// let policy = RetryPolicy::default();
    /// assert_eq!(policy.backoff(1, 0), Duration::ZERO);
    /// assert_eq!(policy.backoff(1, u64::MAX), Duration::from_millis(250));
    /// assert_eq!(policy.backoff(3, u64::MAX), Duration::from_millis(1000));
    /// ```
    pub fn backoff(&self, attempts: u32, random: u64) -> Duration {
        let ceiling = u64::try_from(self.ceiling(attempts).as_nanos()).unwrap_or(u64::MAX);
        // The high half of the product is uniform in 0..=ceiling, and a product of two 64-bit factors fits 128 bits.
        let scaled = (u128::from(ceiling) + 1) * u128::from(random);
        Duration::from_nanos((scaled >> 64) as u64)
    }

    /// The longest wait after `attempts` attempts.
    fn ceiling(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn policies()(base in any::<Duration>(), cap in any::<Duration>()) -> RetryPolicy {
            RetryPolicy { base, cap, ..RetryPolicy::default() }
        }
    }

    #[test]
    fn r16_the_ceiling_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default();
        for (attempts, milliseconds) in
            [(0, 250), (1, 250), (2, 500), (3, 1000), (4, 2000), (6, 8000), (7, 10_000), (u32::MAX, 10_000)]
        {
            assert_eq!(policy.ceiling(attempts), Duration::from_millis(milliseconds), "{attempts}");
        }
    }

    proptest! {
        #[test]
        fn r16_no_wait_exceeds_the_cap(policy in policies(), attempts: u32, random: u64) {
            prop_assert!(policy.backoff(attempts, random) <= policy.cap);
            prop_assert!(policy.backoff(attempts, random) <= policy.ceiling(attempts));
        }

        #[test]
        fn r16_the_ceiling_never_falls(policy in policies(), attempts: u32, more: u32) {
            prop_assert!(policy.ceiling(attempts) <= policy.ceiling(attempts.saturating_add(more)));
        }

        #[test]
        fn r16_jitter_is_full(attempts in 1_u32..40) {
            let policy = RetryPolicy::default();
            let ceiling = policy.ceiling(attempts);
            prop_assert_eq!(policy.backoff(attempts, 0), Duration::ZERO);
            prop_assert_eq!(policy.backoff(attempts, u64::MAX), ceiling);
            prop_assert_eq!(policy.backoff(attempts, 1 << 63), ceiling / 2);
        }
    }
}
