//! One attempt, from the outbox to a transport and back.

use std::fmt;

use bytes::Bytes;

use super::Deliveries;
use crate::error::Error;
use crate::outbox::{self, Errand, JobOutcome};
use crate::transport::{Attempt, TransportFailure};
use crate::wire::{Failure, Meaning, PartOutcome, Sought, Written};

/// One request that somebody carries out.
///
/// [`attempt`](Self::attempt) writes it, and [`finish`](Self::finish) takes what came back. A job that is dropped in
/// between leaves what it sent *in doubt*, and whoever sends the conversation next looks for it before it would be sent
/// again; one that is dropped before leaves no trace (R11).
pub struct Job {
    job: Option<Box<outbox::Job>>,
    deliveries: Deliveries,
    was_called: bool,
}

impl Job {
    pub(super) fn new(job: outbox::Job, deliveries: Deliveries) -> Self {
        Self { job: Some(Box::new(job)), deliveries, was_called: false }
    }

    /// Writes the request. From here on it counts as sent. `None` if it cannot be written: then what it carries is
    /// refused, and the job is over.
    pub fn attempt(&mut self) -> Option<Attempt> {
        let job = self.job.as_deref()?;
        match self.deliveries.written(job) {
            Ok(attempt) => {
                self.was_called = true;
                Some(attempt)
            }
            Err(error) => {
                let outcome = self.deliveries.unwritten(job, error);
                self.end(outcome);
                None
            }
        }
    }

    /// Takes what came back. The answer is read on the calling thread, outside of any lock.
    pub fn finish(mut self, result: Result<http::Response<Bytes>, TransportFailure>) {
        if let Some(job) = self.job.as_deref() {
            let outcome = self.deliveries.read(job, result);
            self.end(outcome);
        }
    }

    fn end(&mut self, outcome: JobOutcome) {
        if let Some(job) = self.job.take() {
            let shared = &self.deliveries.shared;
            let now = shared.now();
            let health = shared.with(|outbox| {
                outbox.answered(now, &job, outcome);
                outbox.health(now)
            });
            self.deliveries.tell(health);
        }
    }
}

impl Deliveries {
    fn written(&self, job: &outbox::Job) -> Result<Attempt, Error> {
        let config = &self.settings.config;
        let Written { parts, response_limit, allowance } = match &job.errand {
            Errand::Send { shipments, .. } => self.wire.request(shipments, config, &self.shared.context)?,
            Errand::Look { number, .. } => self.wire.look(*number, config),
        };
        let request = self.settings.frame.build(config, parts, job.key.as_ref())?;
        Ok(Attempt::new(request)
            .timeout(allowance.min(job.timeout))
            .connect_timeout(config.timeouts().connect)
            .response_limit(response_limit))
    }

    fn unwritten(&self, job: &outbox::Job, error: Error) -> JobOutcome {
        let failure = Failure { error, meaning: Meaning::Refused };
        match &job.errand {
            Errand::Send { shipments, .. } => {
                JobOutcome::Sent(shipments.iter().map(|_| PartOutcome::Failed(failure.clone())).collect())
            }
            Errand::Look { .. } => JobOutcome::Looked(Err(failure)),
        }
    }

    fn read(&self, job: &outbox::Job, result: Result<http::Response<Bytes>, TransportFailure>) -> JobOutcome {
        let now = self.shared.now();
        let host = self.settings.config.endpoint().authority();
        let attempted =
            |failure: Failure| Failure { error: failure.error.with_attempts(job.attempt).with_host(host), ..failure };
        match &job.errand {
            Errand::Send { shipments, .. } => {
                let outcomes = self.wire.read(shipments, now, result).into_iter();
                JobOutcome::Sent(
                    outcomes
                        .map(|outcome| match outcome {
                            PartOutcome::Failed(failure) => PartOutcome::Failed(attempted(failure)),
                            acknowledged => acknowledged,
                        })
                        .collect(),
                )
            }
            Errand::Look { number, shipments, known, conversation_id, .. } => {
                let sought =
                    Sought { conversation_id: conversation_id.as_str(), number: *number, shipments, known: *known };
                JobOutcome::Looked(self.wire.read_look(&sought, now, result).map_err(attempted))
            }
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(job) = self.job.take() {
            let shared = &self.deliveries.shared;
            let now = shared.now();
            shared.with(|outbox| outbox.abandoned(now, job.id, self.was_called));
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Job").field("was_called", &self.was_called).finish_non_exhaustive()
    }
}
