//! What a caller of `flush` waits for (R27).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Purpose};
use crate::outbox::{Flush, Health, Stats};
use crate::recorder::{Recorder, Shared};

/// What a caller of `flush` waits for: everything that was tracked before, for so long.
///
/// While it exists, conversations are sent without the usual delay, and without our own backoff from before.
pub struct FlushTicket {
    flush: Flush,
    deadline: Duration,
    before: Stats,
    shared: Arc<Shared>,
}

/// What a flush achieved (R27).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a report says whether anything is left"]
pub struct FlushReport {
    /// Items that the service acknowledged while the flush waited.
    pub acknowledged: u64,
    /// Items that became dead letters while the flush waited.
    pub rejected: u64,
    /// Items that wait now, those included that were tracked after the flush began.
    pub pending: u64,
    /// Whether the time was up before everything was final. If not, and something from before is pending, nothing more
    /// could come of waiting: a conversation is parked, an event is held in doubt, or everything is refused.
    pub timed_out: bool,
    /// Whether what is pending can be delivered now.
    pub health: Health,
}

impl FlushTicket {
    pub(super) fn new(shared: Arc<Shared>, timeout: Duration) -> Self {
        let before = Recorder::new(Arc::clone(&shared)).stats();
        let now = shared.now();
        let flush = shared.with(|outbox| outbox.begin_flush(now));
        Self { flush, deadline: now.since_start.saturating_add(timeout), before, shared }
    }

    /// Whether nothing more can come of waiting.
    pub fn is_over(&self) -> bool {
        let now = self.shared.now();
        self.shared.with(|outbox| outbox.is_flushed(self.flush, now))
    }

    /// How much of its time is left.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.shared.now().since_start)
    }

    /// What it achieved.
    pub fn into_report(self) -> FlushReport {
        let timed_out = !self.is_over();
        let recorder = Recorder::new(Arc::clone(&self.shared));
        let stats = recorder.stats();
        FlushReport {
            acknowledged: stats.acknowledged.saturating_sub(self.before.acknowledged),
            rejected: stats.rejected.saturating_sub(self.before.rejected),
            pending: stats.pending,
            timed_out,
            health: recorder.health(),
        }
    }
}

impl FlushReport {
    /// Whether nothing waits and nothing was refused meanwhile.
    pub fn is_complete(&self) -> bool {
        self.pending == 0 && self.rejected == 0
    }

    /// The report, or an error if anything waits or was refused.
    ///
    /// # Errors
    /// `DeadlineExceeded` if the time was up, `Rejected` if something was refused or is parked, or the kind of what keeps
    /// everything from being sent.
    pub fn into_result(self) -> Result<Self, Error> {
        let Self { rejected, pending, timed_out, health, .. } = &self;
        if self.is_complete() {
            return Ok(self);
        }
        let (kind, what) = match health {
            _ if *pending == 0 => (ErrorKind::Rejected, format!("{rejected} events were refused; see dead_letters()")),
            Health::Refused { because } | Health::Resting { because, .. } => {
                (*because, format!("{pending} events are pending, and the service does not take them"))
            }
            _ if *timed_out => {
                (ErrorKind::DeadlineExceeded, format!("{pending} events are pending after the time given"))
            }
            _ => (ErrorKind::Rejected, format!("{pending} events are pending behind what was refused or is in doubt")),
        };
        Err(Error::new(kind, what).with_operation("flush").with_purpose(Purpose::Delivery))
    }
}

impl Drop for FlushTicket {
    fn drop(&mut self) {
        self.shared.with(crate::outbox::Outbox::end_flush);
    }
}

impl fmt::Debug for FlushTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FlushTicket").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}
