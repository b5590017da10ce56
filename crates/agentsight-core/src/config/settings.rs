//! The settings that are numbers, durations and choices: no variable sets them, and nothing in them has to be read.

use std::time::Duration;

use super::{AmbiguousCreate, RetryPolicy, Timeouts};
use crate::error::Error;

/// No timeout and no delay is longer, so that no sum of them overflows anybody's clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Plain settings. The builder writes them, [`check`](Self::check) refuses them, and the configuration keeps them.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) timeouts: Timeouts,
    pub(super) retry: RetryPolicy,
    pub(super) response_limit: u64,
    pub(super) max_pending: usize,
    pub(super) max_pending_bytes: u64,
    pub(super) max_dead_letters: usize,
    pub(super) max_dead_letter_bytes: u64,
    pub(super) max_idle_conversations: usize,
    pub(super) concurrency: usize,
    pub(super) ambiguous_create: AmbiguousCreate,
    pub(super) poison_after: Option<u32>,
    pub(super) delivery_delay: Duration,
    pub(super) read_back_delay: Duration,
    pub(super) shutdown_timeout: Duration,
}

impl Settings {
    /// Refuses what cannot be used, naming the setting.
    pub(super) fn check(self) -> Result<Self, Error> {
        for (name, timeout) in [
            ("connect_timeout", self.timeouts.connect),
            ("attempt_timeout", self.timeouts.attempt),
            ("attachment_timeout", self.timeouts.attachments),
            ("call_timeout", self.retry.call_timeout),
        ] {
            if timeout.is_zero() || timeout > LONGEST {
                return Err(Error::config(format!("{name} must be more than zero and at most a day")));
            }
        }
        for (name, delay) in [
            ("delivery_delay", self.delivery_delay),
            ("read_back_delay", self.read_back_delay),
            ("shutdown_timeout", self.shutdown_timeout),
        ] {
            if delay > LONGEST {
                return Err(Error::config(format!("{name} must be at most a day")));
            }
        }
        for (name, is_zero) in [
            ("max_attempts", self.retry.max_attempts == 0),
            ("response_limit", self.response_limit == 0),
            ("max_pending", self.max_pending == 0),
            ("max_pending_bytes", self.max_pending_bytes == 0),
            ("max_dead_letters", self.max_dead_letters == 0),
            ("max_dead_letter_bytes", self.max_dead_letter_bytes == 0),
            ("concurrency", self.concurrency == 0),
        ] {
            if is_zero {
                return Err(Error::config(format!("{name} must be at least 1")));
            }
        }
        if self.poison_after == Some(0) {
            return Err(Error::config("poison_after must be at least 1, or None"));
        }
        Ok(self)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            response_limit: 32 * 1024 * 1024,
            max_pending: 100_000,
            max_pending_bytes: 64 * 1024 * 1024,
            max_dead_letters: 10_000,
            max_dead_letter_bytes: 64 * 1024 * 1024,
            max_idle_conversations: 10_000,
            concurrency: 16,
            ambiguous_create: AmbiguousCreate::default(),
            poison_after: Some(5),
            delivery_delay: Duration::from_millis(500),
            read_back_delay: Duration::from_secs(2),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}
