//! One send as a machine, so that a test can drive it step by step and drop it anywhere.

use std::time::Duration;

use agentsight_core::transport::TransportFailure;
use agentsight_core::{ConversationRecorder, Core, Error, Job, Machine, Next, Now, Scope, SendReport, Step, Ticket};
use bytes::Bytes;
use http::Response;

/// Longer than anything but another thread's attempt is waited for.
const ATTEMPT: Duration = Duration::from_secs(3600);

/// A send of one conversation: its ticket, and the job that is out.
pub(crate) struct Delivery {
    core: Core,
    ticket: Option<Ticket>,
    job: Option<Job>,
}

impl Delivery {
    pub(crate) fn new(core: &Core, conversation: &ConversationRecorder) -> Self {
        Self { core: core.clone(), ticket: Some(core.ticket(conversation)), job: None }
    }
}

impl Machine for Delivery {
    type Output = SendReport;

    fn poll(&mut self, _: Now) -> Step<SendReport> {
        assert!(self.job.is_none(), "the request before has not been answered");
        loop {
            let Some(ticket) = self.ticket.as_ref().filter(|ticket| !ticket.is_over()) else {
                let report = self.ticket.take().map_or_else(|| panic!("the send is over"), Ticket::into_report);
                return Step::Done(report as Result<SendReport, Error>);
            };
            match self.core.next(Scope::Ticket(ticket)) {
                Next::Send { mut job, .. } => {
                    if let Some(attempt) = job.attempt() {
                        self.job = Some(job);
                        return Step::Send(attempt);
                    }
                }
                Next::Wait(Some(duration)) if duration < ATTEMPT => return Step::Wait(duration),
                // Another thread has the conversation, and is not moved on by the clock.
                Next::Wait(_) => std::thread::yield_now(),
                Next::Idle => {}
            }
        }
    }

    fn handle_response(&mut self, _: Now, response: Response<Bytes>) {
        self.job.take().unwrap().finish(Ok(response));
    }

    fn handle_failure(&mut self, _: Now, failure: TransportFailure) {
        self.job.take().unwrap().finish(Err(failure));
    }
}
