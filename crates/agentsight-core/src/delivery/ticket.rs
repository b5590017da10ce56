//! What a caller of `send` or `send_all` waits for (R14).

use std::fmt;
use std::sync::Arc;

use agentsight_model::ConversationId;
use http::uri::Authority;

use crate::error::{Error, ErrorKind, Purpose};
use crate::outbox::{self, LaneOutcome, TicketId};
use crate::recorder::Shared;
use crate::report::{ConversationOutcome, SendAllReport, SendReport};

/// What a caller of `send` or `send_all` waits for: everything that was pending when it was taken.
///
/// It collects what becomes final meanwhile, whoever sends it. Dropping it gives up the wait and nothing else.
pub struct Ticket {
    id: TicketId,
    shared: Arc<Shared>,
    is_closed: bool,
}

impl Ticket {
    pub(super) fn new(id: TicketId, shared: Arc<Shared>) -> Self {
        Self { id, shared, is_closed: false }
    }

    pub(crate) fn id(&self) -> TicketId {
        self.id
    }

    /// Whether everything that it waits for is final, or has stopped.
    pub fn is_over(&self) -> bool {
        self.shared.with(|outbox| outbox.is_over(self.id))
    }

    /// What became of the conversation, after `send`.
    ///
    /// # Errors
    /// The reason why the conversation had to stop, with the report.
    pub fn into_report(self) -> Result<SendReport, Error> {
        let host = self.host();
        let mut outcomes = self.close().outcomes.into_iter();
        match outcomes.next() {
            Some(outcome) => result_of(outcome, "send_tracked_data", &host),
            None => Err(Error::new(ErrorKind::Closed, "the send was ended before it was over")
                .with_operation("send_tracked_data")
                .with_purpose(Purpose::Ended)),
        }
    }

    /// What became of every conversation, after `send_all`.
    pub fn into_reports(self) -> SendAllReport {
        let host = self.host();
        let outcomes = self.close().outcomes.into_iter().map(|outcome| {
            let id: ConversationId = outcome.conversation_id.clone();
            ConversationOutcome::new(id, result_of(outcome, "send_all", &host))
        });
        SendAllReport { outcomes: outcomes.collect() }
    }

    fn host(&self) -> Authority {
        self.shared.config.endpoint().authority().clone()
    }

    fn close(mut self) -> outbox::Ticket {
        self.is_closed = true;
        self.shared.with(|outbox| outbox.close(self.id)).unwrap_or_default()
    }
}

fn result_of(mut outcome: LaneOutcome, operation: &'static str, host: &Authority) -> Result<SendReport, Error> {
    let error = outcome.error.take();
    let id = outcome.conversation_id.clone();
    let report = SendReport::of(outcome);
    match error {
        None => Ok(report),
        Some(error) => Err(error
            .with_operation(operation)
            .with_purpose(Purpose::Delivery)
            .with_conversation(&id)
            .with_host(host)
            .with_report(report)),
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_closed {
            let closed = self.shared.with(|outbox| outbox.close(self.id));
            drop(closed);
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ticket").field("id", &self.id).finish_non_exhaustive()
    }
}
