//! The books of a client: what came in, what went out, what waits (R28).

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind};

/// What a client has done since it was built, in one reading (R28).
///
/// The books always balance: `tracked + restored + requeued = acknowledged + rejected + discarded + pending`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Items that were tracked: events, records of conversations, and the actions that token counters became.
    pub tracked: u64,
    /// Items that came back from a store.
    pub restored: u64,
    /// Dead letters that were put back.
    pub requeued: u64,
    /// Items that the service acknowledged. Of a disabled client: items that were counted and not sent.
    pub acknowledged: u64,
    /// Items that became dead letters.
    pub rejected: u64,
    /// Pending items that were given up with the record of their conversation.
    pub discarded: u64,
    /// Items that wait.
    pub pending: u64,
    /// Bytes of content that wait.
    pub pending_bytes: u64,
    /// Dead letters that are held.
    pub dead_letters: u64,
    /// Dead letters that made room for newer ones.
    pub dead_letters_dropped: u64,
    /// Attempts after the first of an item, of all rounds.
    pub retries: u64,
    /// Registrations that came after their conversation had been created with nothing but its id: the service keeps it
    /// as it was.
    pub late_registrations: u64,
    /// When the service last acknowledged something.
    pub last_success: Option<DateTime<Utc>>,
    /// What last went wrong.
    pub last_error: Option<LastError>,
}

/// What last went wrong, and when.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastError {
    /// When.
    pub at: DateTime<Utc>,
    /// Its kind.
    pub kind: ErrorKind,
    /// What came back, without message content.
    pub text: String,
}

impl fmt::Debug for LastError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LastError").field("at", &self.at).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Whether what is tracked can be delivered now (R28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// Nothing speaks against it.
    Healthy,
    /// The service is not asked until then, because it failed again and again or asked for it (R16).
    #[non_exhaustive]
    Resting {
        /// Until when, from the moment of the reading.
        remaining: Duration,
        /// What came back.
        because: ErrorKind,
    },
    /// The service refuses the key, or what is there is not AgentSight: one request a minute finds out whether that is
    /// over. A new key is tried at once.
    #[non_exhaustive]
    Refused {
        /// What came back.
        because: ErrorKind,
    },
    /// The client is disabled.
    Closed,
}

/// The counters behind [`Stats`], without what is counted elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) tracked: u64,
    pub(crate) restored: u64,
    pub(crate) requeued: u64,
    pub(crate) acknowledged: u64,
    pub(crate) rejected: u64,
    pub(crate) discarded: u64,
    pub(crate) dead_letters_dropped: u64,
    pub(crate) retries: u64,
    pub(crate) late_registrations: u64,
    pub(crate) last_success: Option<DateTime<Utc>>,
    /// Kept as the error, so that its text is written outside of the lock.
    pub(crate) last_error: Option<(DateTime<Utc>, Error)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c4_the_last_error_shows_its_kind_and_not_what_came_back() {
        let last = LastError { at: DateTime::UNIX_EPOCH, kind: ErrorKind::Server, text: "secret".to_owned() };
        let shown = format!("{last:?}");
        assert!(shown.contains("Server") && shown.contains("1970") && !shown.contains("secret"), "{shown}");
    }
}
