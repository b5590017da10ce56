//! Sending one conversation: strictly one request after another, nothing lost, nothing twice (R10-R17).

mod choose;
mod dispatcher;
mod in_doubt;
mod outcome;
mod read_back;
mod stop_signal;
mod verdict;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use agentsight_model::ConversationId;
use bytes::Bytes;
use chrono::{DateTime, Utc};

pub use self::dispatcher::Dispatcher;
pub use self::stop_signal::StopSignal;
use crate::context::Now;
use crate::error::{Error, ErrorKind};
use crate::exchange::{CallSettings, Exchange};
use crate::lane::{ConversationLane, Lane, Part};
use crate::machine::{Machine, Step};
use crate::ops::{CreateEvent, FetchConversation, UpsertConversation};
use crate::recorder::RecorderState;
use crate::report::SendReport;
use crate::transport::{FailureKind, TransportFailure};

/// Sends everything that is pending in one conversation.
///
/// While it exists it has the conversation's lane to itself; dropping it at any point, even in a panic, releases the
/// lane and keeps every item that was not acknowledged, the one whose request was under way marked *in doubt* (R11).
///
/// ```text
///            ┌────────────── acknowledged, rejected ───────────────┐
///            ▼                                                      │
/// ──▶ Choose ──▶ Record ──▶ Choose ──▶ Create ── may be kept ──▶ Look ──▶ found, or not kept
///       │                                ▲                          │ not found, too early
///       │ in doubt from before           └──── not kept ──────── LookAgain
///       └───────────────────────────────────────────────────────▶ Look
/// ```
pub struct Delivery {
    recorder: Arc<RecorderState>,
    settings: Arc<CallSettings>,
    lane: Arc<Lane>,
    stop: StopSignal,
    phase: Phase,
    report: SendReport,
    /// Events tracked before this send began have smaller sequence numbers.
    bound: u64,
    /// How many of those are left. A send ends when they are gone, however fast others are tracked meanwhile.
    left: usize,
    successes_before: u64,
    /// The item for which the conversation's number was forgotten once already (R12).
    renumbered_for: Option<u64>,
    /// How long the service may be at work on the last create, and when the second look for it is due.
    allowance: Duration,
    conclusive_at: Duration,
    /// When the last look was asked for: its answer tells what was there then, however late it comes.
    looked_at: Duration,
    has_lane: bool,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one a delivery; a box for every request would cost more")]
enum Phase {
    Begin,
    Choose,
    Record { exchange: Exchange<UpsertConversation>, time: DateTime<Utc>, queued: bool },
    Create { exchange: Box<Exchange<CreateEvent>>, part: Part },
    Look { exchange: Exchange<FetchConversation>, part: Part, create: Option<Box<Exchange<CreateEvent>>> },
    LookAgain { until: Duration, part: Part, create: Option<Box<Exchange<CreateEvent>>> },
    Over,
}

type Flow = ControlFlow<Result<(), Error>>;

impl Delivery {
    /// Takes the lane, unless another delivery has it.
    pub(crate) fn begin(
        conversation: &ConversationLane,
        settings: &Arc<CallSettings>,
        stop: StopSignal,
    ) -> Option<Self> {
        let mut state = conversation.lane.lock();
        if state.delivering {
            return None;
        }
        state.delivering = true;
        drop(state);
        Some(Self {
            recorder: Arc::clone(&conversation.recorder),
            settings: Arc::clone(settings),
            lane: Arc::clone(&conversation.lane),
            stop,
            phase: Phase::Begin,
            report: SendReport::new(conversation.lane.id.clone()),
            bound: 0,
            left: 0,
            successes_before: conversation.recorder.successes(),
            renumbered_for: None,
            allowance: Duration::ZERO,
            conclusive_at: Duration::ZERO,
            looked_at: Duration::ZERO,
            has_lane: true,
        })
    }

    /// The conversation that is sent.
    pub fn conversation_id(&self) -> &ConversationId {
        &self.lane.id
    }

    fn advance(&mut self, now: Now) -> ControlFlow<Step<()>> {
        let flow = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Begin => self.start(now),
            Phase::Choose => {
                self.phase = Phase::Choose;
                self.choose(now)
            }
            Phase::Record { mut exchange, time, queued } => match exchange.poll(now) {
                Step::Done(result) => self.record_done(time, queued, result),
                step => return self.pause(Phase::Record { exchange, time, queued }, step),
            },
            Phase::Create { exchange, part } if exchange.is_ambiguous() => self.ambiguous(now, exchange, part),
            Phase::Create { mut exchange, part } => match exchange.poll(now) {
                Step::Done(result) => self.create_done(&part, result),
                Step::Send(attempt) => {
                    // The service does not know of a call whose time is almost over: the whole of an attempt's counts.
                    self.allowance = exchange.allowance();
                    self.conclusive_at = now.since_start.saturating_add(self.allowance.saturating_mul(2));
                    // From here until something comes back, the service may have the event (R11).
                    self.lane.lock().doubt(part.clone(), self.conclusive_at);
                    return self.pause(Phase::Create { exchange, part }, Step::<()>::Send(attempt));
                }
                step => return self.pause(Phase::Create { exchange, part }, step),
            },
            Phase::Look { mut exchange, part, create } => match exchange.poll(now) {
                Step::Done(result) => self.look_done(now, part, create, result),
                step => {
                    if matches!(step, Step::Send(_)) {
                        self.looked_at = now.since_start;
                    }
                    return self.pause(Phase::Look { exchange, part, create }, step);
                }
            },
            Phase::LookAgain { until, part, create } => {
                if now.since_start < until {
                    let wait = until - now.since_start;
                    return self.pause(Phase::LookAgain { until, part, create }, Step::<()>::Wait(wait));
                }
                let number = self.lane.lock().number;
                match number {
                    Some(number) => self.look(number, part, create),
                    None => self.phase = Phase::Choose,
                }
                ControlFlow::Continue(())
            }
            Phase::Over => ControlFlow::Break(Err(Error::new(ErrorKind::Closed, "the delivery is over"))),
        };
        match flow {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(result) => ControlFlow::Break(Step::Done(result)),
        }
    }

    /// Stays in `phase` while the owner does what `step` says.
    fn pause<T>(&mut self, phase: Phase, step: Step<T>) -> ControlFlow<Step<()>> {
        self.phase = phase;
        ControlFlow::Break(match step {
            Step::Send(attempt) => Step::Send(attempt),
            Step::Wait(duration) => Step::Wait(duration),
            Step::Done(_) => Step::Done(Ok(())),
        })
    }

    /// Gives the lane back and closes the report.
    fn end(&mut self, result: Result<(), Error>) -> Result<SendReport, Error> {
        self.phase = Phase::Over;
        let report = SendReport::new(self.lane.id.clone());
        let mut report = std::mem::replace(&mut self.report, report);
        let state = self.lane.lock();
        report.remaining = state.pending();
        report.in_doubt = state.in_doubt();
        drop(state);
        self.release();
        match result {
            Ok(()) => Ok(report),
            Err(error) => Err(error.with_operation("send_tracked_data").with_report(report)),
        }
    }

    fn release(&mut self) {
        if std::mem::take(&mut self.has_lane) {
            self.lane.lock().release();
            self.recorder.released();
        }
    }
}

impl Machine for Delivery {
    type Output = SendReport;

    fn poll(&mut self, now: Now) -> Step<SendReport> {
        loop {
            match self.advance(now) {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Step::Send(attempt)) => return Step::Send(attempt),
                ControlFlow::Break(Step::Wait(duration)) => return Step::Wait(duration),
                ControlFlow::Break(Step::Done(result)) => return Step::Done(self.end(result)),
            }
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        // After a 504 a proxy ran out of patience; the service behind it may still be at work.
        let timed_out = response.status() == http::StatusCode::GATEWAY_TIMEOUT;
        let work = if timed_out { self.allowance } else { Duration::ZERO };
        match &mut self.phase {
            Phase::Record { exchange, .. } => exchange.handle_response(now, response),
            Phase::Create { exchange, .. } => exchange.handle_response(now, response),
            Phase::Look { exchange, .. } => exchange.handle_response(now, response),
            _ => {}
        }
        self.settle_doubt(now.since_start.saturating_add(work));
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        let timed_out = failure.kind() == FailureKind::Timeout;
        match &mut self.phase {
            Phase::Record { exchange, .. } => exchange.handle_failure(now, failure),
            Phase::Create { exchange, .. } => exchange.handle_failure(now, failure),
            Phase::Look { exchange, .. } => exchange.handle_failure(now, failure),
            _ => {}
        }
        let conclusive_at = if timed_out {
            // Usually the same: but the call's end may have cut the attempt short, or the request left late.
            self.conclusive_at.max(now.since_start.saturating_add(self.allowance))
        } else {
            now.since_start
        };
        self.settle_doubt(conclusive_at);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Delivery")
            .field("conversation_id", &self.lane.id)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
