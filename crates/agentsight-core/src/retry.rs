//! What follows a failed attempt that may be repeated (R16).

use std::time::Duration;

use crate::config::RetryPolicy;
use crate::error::{Error, ErrorKind};

/// What is done after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The next attempt begins at this time.
    At(Duration),
    /// There were as many attempts as there may be.
    Exhausted,
    /// The service asks for a wait, and the call's time ends before it.
    AskedTooLate,
    /// Our own wait would end after the call's time.
    OutOfTime,
}

/// A failed attempt that may be repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedAttempt {
    /// How many attempts there were, with this one.
    pub(crate) attempts: u32,
    /// 64 random bits.
    pub(crate) random: u64,
    /// How long the service asks to wait; zero if it does not ask.
    pub(crate) asked: Duration,
    /// The time now, on the monotonic clock.
    pub(crate) now: Duration,
    /// When the call's time ends.
    pub(crate) deadline: Duration,
}

impl FailedAttempt {
    /// Says what follows. The next attempt never begins earlier than the service asks.
    pub(crate) fn retry(&self, policy: &RetryPolicy) -> Retry {
        let wait = policy.backoff(self.attempts, self.random).max(self.asked);
        let until = self.now.saturating_add(wait);
        if self.attempts >= policy.max_attempts {
            Retry::Exhausted
        } else if until < self.deadline {
            Retry::At(until)
        } else if self.asked.is_zero() {
            Retry::OutOfTime
        } else {
            Retry::AskedTooLate
        }
    }
}

/// The error of a call whose time ended, with what came back last as its source.
pub(crate) fn out_of_time(last: Option<Error>) -> Error {
    let error = Error::new(ErrorKind::DeadlineExceeded, "the time for the whole call ran out");
    match last {
        Some(last) => error.with_fate(last.request_fate()).with_source(last),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// The second of four attempts failed at 10 s; the random bits give the longest wait, half a second.
    fn failed(asked: u64, deadline: Duration) -> FailedAttempt {
        FailedAttempt { attempts: 2, random: u64::MAX, asked: seconds(asked), now: seconds(10), deadline }
    }

    #[test]
    fn r16_what_follows_a_failed_attempt() {
        let half = Duration::from_millis(500);
        let table = [
            (failed(0, seconds(60)), Retry::At(seconds(10) + half)),
            (failed(7, seconds(60)), Retry::At(seconds(17))),
            (failed(50, seconds(60)), Retry::AskedTooLate),
            (failed(0, seconds(10) + half), Retry::OutOfTime),
            // A wish for no wait at all is not what makes it too late.
            (failed(0, seconds(10)), Retry::OutOfTime),
            (FailedAttempt { attempts: 4, ..failed(0, seconds(60)) }, Retry::Exhausted),
            (FailedAttempt { attempts: 4, ..failed(7, seconds(10)) }, Retry::Exhausted),
            (FailedAttempt { now: Duration::MAX, ..failed(7, Duration::MAX) }, Retry::AskedTooLate),
        ];
        for (failed, expected) in table {
            assert_eq!(failed.retry(&RetryPolicy::default()), expected, "{failed:?}");
        }
    }
}
