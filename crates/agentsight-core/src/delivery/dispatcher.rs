//! Which lane is next, how many run, and when all stop (R10, R15).

use std::collections::VecDeque;

use super::StopSignal;
use crate::error::Error;
use crate::lane::ConversationLane;
use crate::report::{ConversationOutcome, SendAllReport, SendReport};

/// Plans a `send_all`: hands out lanes, at most so many at once, until all are done or all have to stop.
///
/// The owner calls [`next_lane`](Self::next_lane) whenever it can take on work, sends that conversation with the
/// dispatcher's [`stop_signal`](Self::stop_signal), and hands the result to [`finished`](Self::finished).
#[derive(Debug)]
pub struct Dispatcher {
    waiting: VecDeque<ConversationLane>,
    running: usize,
    limit: usize,
    stop: StopSignal,
    outcomes: Vec<ConversationOutcome>,
}

impl Dispatcher {
    pub(crate) fn new(lanes: Vec<ConversationLane>, limit: usize) -> Self {
        Self { waiting: lanes.into(), running: 0, limit, stop: StopSignal::new(), outcomes: Vec::new() }
    }

    /// How many conversations can be sent at once: the configured limit, or fewer if there are fewer.
    pub fn width(&self) -> usize {
        self.limit.min(self.waiting.len() + self.running)
    }

    /// The signal that every delivery of this plan is given.
    pub fn stop_signal(&self) -> StopSignal {
        self.stop.clone()
    }

    /// The next conversation to send, or `None` if enough are running or none is left.
    pub fn next_lane(&mut self) -> Option<ConversationLane> {
        if self.stop.reason().is_some() || self.running >= self.limit {
            return None;
        }
        let lane = self.waiting.pop_front()?;
        self.running += 1;
        Some(lane)
    }

    /// Takes the result of a conversation that was handed out.
    pub fn finished(&mut self, lane: &ConversationLane, result: Result<SendReport, Error>) {
        self.running = self.running.saturating_sub(1);
        self.outcomes.push(ConversationOutcome::new(lane.conversation_id().clone(), result));
    }

    /// What became of all conversations. Those that were not begun because all had to stop are in it, with everything
    /// still pending.
    pub fn into_report(mut self) -> SendAllReport {
        let mut report = SendAllReport { outcomes: std::mem::take(&mut self.outcomes) };
        if let Some(kind) = self.stop.reason() {
            for lane in self.waiting {
                let id = lane.conversation_id().clone();
                let mut untouched = SendReport::new(id.clone());
                untouched.remaining = lane.lane.lock().pending();
                let error = Error::new(kind, "not begun, because the service refused another conversation")
                    .with_operation("send_all")
                    .with_report(untouched);
                report.outcomes.push(ConversationOutcome::new(id, Err(error)));
            }
        }
        report
    }
}
