//! Sending one conversation: strictly one request after another, nothing lost, nothing twice (R10-R17).

mod dispatcher;
mod read_back;
mod stop_signal;
mod verdict;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use agentsight_model::{Conversation, ConversationId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub use self::dispatcher::Dispatcher;
use self::read_back::Finding;
pub use self::stop_signal::StopSignal;
use self::verdict::Verdict;
use crate::config::AmbiguousCreate;
use crate::context::Now;
use crate::dead_letters::DeadLetterReason;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::exchange::{CallSettings, Exchange};
use crate::get_or_create::record;
use crate::lane::{ConversationLane, Doubt, InFlight, Lane, Part, Stage, time_of};
use crate::log::log_event;
use crate::machine::{Machine, Step};
use crate::ops::{CreateEvent, EventAnswer, FetchConversation, UpsertConversation};
use crate::recorder::RecorderState;
use crate::report::{ItemKind, SendReport};
use crate::transport::{FailureKind, TransportFailure};
use crate::wire::track::{Place, request};

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
    last_timeout: Duration,
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
            last_timeout: Duration::ZERO,
            has_lane: true,
        })
    }

    /// The conversation that is sent.
    pub fn conversation_id(&self) -> &ConversationId {
        &self.lane.id
    }

    /// Counters become an item, and what is pending now becomes the work of this send (R8).
    fn start(&mut self, now: Now) -> Flow {
        let mut state = self.lane.lock();
        if state.fold_tokens(now) {
            self.recorder.reserve_always();
        }
        self.bound = state.timeline.next_sequence();
        self.left = state.events();
        drop(state);
        if self.recorder.config.is_enabled() {
            self.phase = Phase::Choose;
            ControlFlow::Continue(())
        } else {
            self.count_out(now);
            ControlFlow::Break(Ok(()))
        }
    }

    /// A disabled client counts what it was given and sends nothing.
    fn count_out(&mut self, now: Now) {
        let mut state = self.lane.lock();
        self.report.disabled = true;
        let nothing = || Value::Object(Map::new());
        let mut counted = 0;
        if state.registration.stage == Stage::Queued {
            self.report.delivered(ItemKind::Conversation, state.record_time(now), nothing());
            state.registration.stage = Stage::Used;
            counted += 1;
        }
        while let Some(item) = state.timeline.take_first() {
            self.report.delivered(item.event.kind(), time_of(item.stamp), nothing());
            counted += 1;
        }
        self.recorder.let_go(counted);
    }

    /// What is next: an item in doubt, the record, an event, or nothing.
    fn choose(&mut self, now: Now) -> Flow {
        if let Some(kind) = self.stop.reason() {
            let what = "stopped, because the service refused another conversation for a reason that concerns them all";
            return ControlFlow::Break(Err(Error::new(kind, what)));
        }
        let lane = Arc::clone(&self.lane);
        let mut state = lane.lock();
        if state.registration.stage == Stage::Parked && state.events() > 0 {
            let what = "the service refused the conversation's record; register it again with corrected values, put the \
                        dead letter back, or discard it";
            return ControlFlow::Break(Err(Error::new(ErrorKind::Rejected, what)));
        }
        let doubt = state.in_flight.as_ref().and_then(|flight| flight.doubt.clone());
        if let (Some(doubt), Some(number)) = (doubt, state.number) {
            match self.settings.config.ambiguous_create() {
                AmbiguousCreate::Resend => state.clear_doubt(),
                AmbiguousCreate::Hold => return ControlFlow::Break(Err(held())),
                AmbiguousCreate::ReadBack => {
                    drop(state);
                    self.look(number, doubt.part, None);
                    return ControlFlow::Continue(());
                }
            }
        }
        let has_events = state.events() > 0 && self.left > 0;
        let queued = state.registration.stage == Stage::Queued;
        if queued || has_events && (state.number.is_none() || state.registration.stage != Stage::Used) {
            let environment = self.settings.config.environment();
            let time = state.record_time(now);
            let written = record(&state.registration.conversation, time, true, environment);
            drop(state);
            let operation = match written {
                Ok(record) => UpsertConversation { name: "send_tracked_data", record },
                Err(error) => return ControlFlow::Break(Err(error)),
            };
            let exchange = Exchange::new(operation, Arc::clone(&self.settings), self.recorder.context.next_u64());
            self.phase = Phase::Record { exchange, time, queued };
            return ControlFlow::Continue(());
        }
        if !has_events {
            return ControlFlow::Break(Ok(()));
        }
        let Some(number) = state.number else { return ControlFlow::Break(Ok(())) };
        if state.in_flight.is_none() {
            state.in_flight = state.timeline.take_first().map(|item| InFlight { item, doubt: None });
        }
        let Some(flight) = &state.in_flight else { return ControlFlow::Break(Ok(())) };
        let Some(part) = flight.item.next_part() else {
            drop(state);
            self.complete();
            return ControlFlow::Continue(());
        };
        let place = Place { conversation_id: &self.lane.id, number };
        let written = request(&flight.item, &part, place, &self.recorder.context);
        drop(state);
        match written {
            Ok(operation) => {
                let exchange =
                    Box::new(Exchange::new(operation, Arc::clone(&self.settings), self.recorder.context.next_u64()));
                self.phase = Phase::Create { exchange, part };
            }
            Err(error) => self.reject(&error, DeadLetterReason::Rejected),
        }
        ControlFlow::Continue(())
    }

    fn record_done(&mut self, time: DateTime<Utc>, queued: bool, result: Result<(u64, Value), Error>) -> Flow {
        self.phase = Phase::Choose;
        let mut state = self.lane.lock();
        match result {
            Ok((number, response)) => {
                self.recorder.count_success();
                state.number = Some(number);
                if queued {
                    self.report.delivered(ItemKind::Conversation, time, response);
                    self.recorder.let_go(1);
                }
                // What was registered while the first creation was under way has not been sent.
                if queued || state.registration.stage != Stage::Queued {
                    state.registration.stage = Stage::Used;
                }
                ControlFlow::Continue(())
            }
            Err(error) => match verdict::on_record(&error) {
                Verdict::Reject => {
                    state.registration.stage = Stage::Parked;
                    let name = state.registration.conversation.name.clone();
                    let id = self.lane.id.clone();
                    // Under the lane's lock: a correction that comes now must find the letter that it makes void.
                    self.recorder.dead_letters().lay_down_record(id, time, name.unwrap_or_default(), &error);
                    drop(state);
                    if !queued {
                        self.recorder.reserve_always();
                    }
                    self.report.refused(ItemKind::Conversation, time, &error);
                    log_event!(self.recorder.config, WARN, status = ?error.status(), "a conversation's record was refused");
                    ControlFlow::Break(Err(error))
                }
                Verdict::StopAll => {
                    self.stop.trigger(error.kind());
                    ControlFlow::Break(Err(error))
                }
                Verdict::Stop | Verdict::ForgetNumber => ControlFlow::Break(Err(error)),
            },
        }
    }

    fn create_done(&mut self, part: &Part, result: Result<EventAnswer, Error>) -> Flow {
        let error = match result {
            Ok(answer) => {
                self.created(part, answer);
                return ControlFlow::Continue(());
            }
            Err(error) => error,
        };
        self.phase = Phase::Choose;
        match verdict::on_event(&error) {
            Verdict::ForgetNumber if self.forget_number() => {}
            Verdict::Reject | Verdict::ForgetNumber => self.reject(&error, DeadLetterReason::Rejected),
            Verdict::Stop if self.is_poison(&error) => self.reject(&error, DeadLetterReason::Poison),
            Verdict::Stop => return ControlFlow::Break(Err(error)),
            Verdict::StopAll => {
                self.stop.trigger(error.kind());
                return ControlFlow::Break(Err(error));
            }
        }
        ControlFlow::Continue(())
    }

    fn created(&mut self, part: &Part, answer: EventAnswer) {
        self.phase = Phase::Choose;
        self.recorder.count_success();
        self.acknowledge(part, answer);
    }

    /// The last request may have been acted on: what the configuration says is to be done (R17).
    fn ambiguous(&mut self, now: Now, mut exchange: Box<Exchange<CreateEvent>>, part: Part) -> Flow {
        let number = self.lane.lock().number;
        match (self.settings.config.ambiguous_create(), number) {
            (AmbiguousCreate::ReadBack, Some(number)) => match exchange.ambiguous_retry_after() {
                None => self.look(number, part, Some(exchange)),
                // Not even a look may come earlier (R16).
                Some(wait) if wait <= self.settings.config.retry().call_timeout => {
                    let until = now.since_start.saturating_add(wait);
                    self.phase = Phase::LookAgain { until, part, create: Some(exchange) };
                }
                Some(_) => return self.leave_in_doubt(now, Some(exchange), held()),
            },
            (AmbiguousCreate::Resend, _) => {
                self.lane.lock().clear_doubt();
                exchange.settle_not_kept(now);
                self.phase = Phase::Create { exchange, part };
            }
            (AmbiguousCreate::ReadBack | AmbiguousCreate::Hold, _) => {
                return self.leave_in_doubt(now, Some(exchange), held());
            }
        }
        ControlFlow::Continue(())
    }

    fn look(&mut self, number: u64, part: Part, create: Option<Box<Exchange<CreateEvent>>>) {
        let seed = self.recorder.context.next_u64();
        let exchange = Exchange::new(FetchConversation { number }, Arc::clone(&self.settings), seed);
        self.phase = Phase::Look { exchange, part, create };
    }

    fn look_done(
        &mut self,
        now: Now,
        part: Part,
        create: Option<Box<Exchange<CreateEvent>>>,
        result: Result<Conversation, Error>,
    ) -> Flow {
        let transcript = match result {
            Ok(transcript) => transcript,
            Err(error) => return self.look_failed(now, create, error),
        };
        self.recorder.count_success();
        let mut state = self.lane.lock();
        let Some(InFlight { item, doubt: Some(Doubt { conclusive_at, .. }) }) = &state.in_flight else {
            drop(state);
            self.phase = Phase::Choose;
            return ControlFlow::Continue(());
        };
        let conclusive_at = *conclusive_at;
        match read_back::find(&transcript, item, &part, state.last_acknowledged) {
            Finding::Found { message, row } => {
                drop(state);
                let answer = EventAnswer { id: Some(message), message: Some(message), response: row };
                self.acknowledge(&part, answer);
                self.phase = Phase::Choose;
            }
            Finding::Absent if now.since_start < conclusive_at => {
                drop(state);
                self.phase = Phase::LookAgain { until: conclusive_at, part, create };
            }
            Finding::Absent => {
                state.clear_doubt();
                drop(state);
                self.phase = match create {
                    Some(mut exchange) => {
                        exchange.settle_not_kept(now);
                        Phase::Create { exchange, part }
                    }
                    None => Phase::Choose,
                };
            }
            Finding::StampsNotKept => {
                drop(state);
                let what = "the event is in doubt, and the service does not show the times that it was given";
                return self.leave_in_doubt(now, create, Error::new(ErrorKind::UnexpectedResponse, what));
            }
        }
        ControlFlow::Continue(())
    }

    /// The conversation cannot be read back: the item stays in doubt and is not sent again (R17).
    fn look_failed(&mut self, now: Now, create: Option<Box<Exchange<CreateEvent>>>, error: Error) -> Flow {
        if error.kind() == ErrorKind::NotFound {
            self.lane.lock().number = None;
        }
        if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden) {
            self.stop.trigger(error.kind());
        }
        self.leave_in_doubt(now, create, error)
    }

    /// Stops with the error of the request that is in doubt, or with `otherwise` if that was in an earlier send.
    fn leave_in_doubt(&mut self, now: Now, create: Option<Box<Exchange<CreateEvent>>>, otherwise: Error) -> Flow {
        let error = match create.map(|mut exchange| exchange.poll(now)) {
            Some(Step::Done(Err(error))) => error,
            _ => otherwise,
        };
        log_event!(self.recorder.config, WARN, "an event is in doubt: the service may or may not have it");
        ControlFlow::Break(Err(error.with_fate(RequestFate::MaybeSent)))
    }

    /// One request of the item in flight is acknowledged; after the last one the item leaves the lane (R11).
    fn acknowledge(&mut self, part: &Part, answer: EventAnswer) {
        let mut state = self.lane.lock();
        state.clear_doubt();
        let Some(InFlight { item, .. }) = &mut state.in_flight else { return };
        let is_message = matches!(item.event.kind(), ItemKind::Question | ItemKind::Answer);
        let message = if is_message && *part == Part::Create { answer.id } else { answer.message };
        if let Part::Upload(range) = part {
            item.progress.uploaded = range.end;
        }
        item.progress.message = item.progress.message.or(message);
        item.progress.response.get_or_insert(answer.response);
        let (stamp, is_done) = (item.stamp, item.next_part().is_none());
        if let Some(message) = message {
            let newer = state.last_acknowledged.is_none_or(|(last, _)| message > last);
            if newer {
                state.last_acknowledged = Some((message, stamp));
            }
        }
        drop(state);
        if is_done {
            self.complete();
        }
    }

    /// The item in flight is delivered.
    fn complete(&mut self) {
        let Some(InFlight { item, .. }) = self.lane.lock().in_flight.take() else { return };
        self.finished(item.sequence);
        let (kind, time) = (item.event.kind(), time_of(item.stamp));
        self.report.delivered(kind, time, item.progress.response.unwrap_or_default());
        self.recorder.let_go(1);
    }

    /// The item in flight is refused: it goes to the dead letters, and the lane goes on (R15).
    fn reject(&mut self, error: &Error, reason: DeadLetterReason) {
        self.phase = Phase::Choose;
        let Some(InFlight { item, .. }) = self.lane.lock().in_flight.take() else { return };
        self.finished(item.sequence);
        self.report.refused(item.event.kind(), time_of(item.stamp), error);
        log_event!(self.recorder.config, WARN, status = ?error.status(), ?reason, "an event was refused");
        self.recorder.dead_letters().lay_down(self.lane.id.clone(), item, reason, error);
    }

    fn finished(&mut self, sequence: u64) {
        if sequence < self.bound {
            self.left = self.left.saturating_sub(1);
        }
    }

    /// Forgets the conversation's number, once for an item: the next step creates the conversation anew (R12).
    fn forget_number(&mut self) -> bool {
        let mut state = self.lane.lock();
        let sequence = state.in_flight.as_ref().map(|flight| flight.item.sequence);
        if self.renumbered_for == sequence {
            return false;
        }
        self.renumbered_for = sequence;
        state.number = None;
        true
    }

    /// Whether the service has now failed on this item in so many sends, while it answered other requests, that the
    /// item must be the cause.
    fn is_poison(&self, error: &Error) -> bool {
        let Some(limit) = self.settings.config.poison_after() else { return false };
        if !verdict::is_server_error(error) || self.recorder.successes() == self.successes_before {
            return false;
        }
        let mut state = self.lane.lock();
        let Some(flight) = &mut state.in_flight else { return false };
        flight.item.server_errors = flight.item.server_errors.saturating_add(1);
        flight.item.server_errors >= limit
    }

    /// Clears or keeps the doubt about the request that was handed out, now that something has come back. Success
    /// counts at once: a delivery that is dropped before its next poll must not repeat what was acknowledged (R11).
    fn settle_doubt(&mut self, now: Now, timed_out: bool) {
        let Phase::Create { exchange, part } = &mut self.phase else { return };
        if let Some(answer) = exchange.take_output() {
            let part = part.clone();
            return self.created(&part, answer);
        }
        let mut state = self.lane.lock();
        if !exchange.is_ambiguous() {
            state.clear_doubt();
        } else if timed_out {
            // The service may still be at work on it: look a second time, one attempt's time later.
            state.doubt(part.clone(), now.since_start.saturating_add(self.last_timeout));
        } else {
            state.doubt(part.clone(), now.since_start);
        }
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
                    // From here until something comes back, the service may have the event (R11).
                    self.last_timeout = attempt.timeout;
                    let conclusive_at = now.since_start.saturating_add(attempt.timeout.saturating_mul(2));
                    self.lane.lock().doubt(part.clone(), conclusive_at);
                    return self.pause(Phase::Create { exchange, part }, Step::<()>::Send(attempt));
                }
                step => return self.pause(Phase::Create { exchange, part }, step),
            },
            Phase::Look { mut exchange, part, create } => match exchange.poll(now) {
                Step::Done(result) => self.look_done(now, part, create, result),
                step => return self.pause(Phase::Look { exchange, part, create }, step),
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
        // A proxy ran out of patience; the service behind it may still be at work.
        let timed_out = response.status() == http::StatusCode::GATEWAY_TIMEOUT;
        match &mut self.phase {
            Phase::Record { exchange, .. } => exchange.handle_response(now, response),
            Phase::Create { exchange, .. } => exchange.handle_response(now, response),
            Phase::Look { exchange, .. } => exchange.handle_response(now, response),
            _ => {}
        }
        self.settle_doubt(now, timed_out);
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        let timed_out = failure.kind() == FailureKind::Timeout;
        match &mut self.phase {
            Phase::Record { exchange, .. } => exchange.handle_failure(now, failure),
            Phase::Create { exchange, .. } => exchange.handle_failure(now, failure),
            Phase::Look { exchange, .. } => exchange.handle_failure(now, failure),
            _ => {}
        }
        self.settle_doubt(now, timed_out);
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

fn held() -> Error {
    let what = "an event is in doubt: the service may or may not have it";
    Error::new(ErrorKind::Transport, what).with_fate(RequestFate::MaybeSent)
}
