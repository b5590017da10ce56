//! What comes of a request: acknowledged, rejected, parked, or a reason to stop (R15).

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::verdict::{self, Verdict};
use super::{Delivery, Flow, Phase};
use crate::dead_letters::DeadLetterReason;
use crate::error::Error;
use crate::kept_answer::KeptAnswer;
use crate::lane::{InFlight, Part, Stage, time_of};
use crate::log::log_event;
use crate::ops::EventAnswer;
use crate::report::ItemKind;

impl Delivery {
    pub(super) fn record_done(
        &mut self,
        time: DateTime<Utc>,
        queued: bool,
        result: Result<(u64, KeptAnswer), Error>,
    ) -> Flow {
        self.phase = Phase::Choose;
        let mut state = self.lane.lock();
        match result {
            Ok((number, response)) => {
                self.recorder.count_success();
                state.number = Some(number);
                if queued {
                    self.report.delivered(ItemKind::Conversation, time, response.into_value());
                    self.recorder.let_go(1);
                }
                // What was registered while the first creation was under way has not been sent.
                if queued || state.registration.stage != Stage::Queued {
                    state.registration.stage = Stage::Used;
                }
                ControlFlow::Continue(())
            }
            Err(error) => match verdict::on_record(&error) {
                // Registered while the bare upsert was under way: what was registered has not been refused.
                Verdict::Reject if !queued && state.registration.stage == Stage::Queued => ControlFlow::Continue(()),
                Verdict::Reject => {
                    state.registration.stage = Stage::Parked;
                    let name = state.registration.conversation.name.clone();
                    let id = self.lane.id.clone();
                    // Under the lane's lock: a correction that comes now must find the letter that it makes void.
                    self.recorder.dead_letters().lay_down_record(id, time, name.unwrap_or_default(), &error);
                    if !queued {
                        self.recorder.reserve_always();
                    }
                    drop(state);
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

    pub(super) fn create_done(&mut self, part: &Part, result: Result<EventAnswer, Error>) -> Flow {
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

    /// The service has taken one request of the item in flight.
    pub(super) fn created(&mut self, part: &Part, answer: EventAnswer) {
        self.phase = Phase::Choose;
        self.recorder.count_success();
        self.acknowledge(part, answer);
    }

    /// One request of the item in flight is acknowledged; after the last one the item leaves the lane (R11).
    pub(super) fn acknowledge(&mut self, part: &Part, answer: EventAnswer) {
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
    pub(super) fn complete(&mut self) {
        let Some(InFlight { item, .. }) = self.lane.lock().in_flight.take() else { return };
        self.finished(item.sequence);
        let (kind, time) = (item.event.kind(), time_of(item.stamp));
        self.report.delivered(kind, time, item.progress.response.unwrap_or_default().into_value());
        self.recorder.let_go(1);
    }

    /// The item in flight is refused: it goes to the dead letters, and the lane goes on (R15).
    pub(super) fn reject(&mut self, error: &Error, reason: DeadLetterReason) {
        self.phase = Phase::Choose;
        let Some(InFlight { item, .. }) = self.lane.lock().in_flight.take() else { return };
        self.finished(item.sequence);
        self.report.refused(item.event.kind(), time_of(item.stamp), error);
        self.recorder.dead_letters().lay_down(self.lane.id.clone(), item, reason, error);
        log_event!(self.recorder.config, WARN, status = ?error.status(), ?reason, "an event was refused");
    }

    pub(super) fn finished(&mut self, sequence: u64) {
        if sequence < self.bound {
            self.left = self.left.saturating_sub(1);
        }
    }

    /// Forgets the conversation's number, once for an item: the next step creates the conversation anew (R12).
    pub(super) fn forget_number(&mut self) -> bool {
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
    pub(super) fn is_poison(&self, error: &Error) -> bool {
        let Some(limit) = self.settings.config.poison_after() else { return false };
        if !verdict::is_server_error(error) || self.recorder.successes() == self.successes_before {
            return false;
        }
        let mut state = self.lane.lock();
        let Some(flight) = &mut state.in_flight else { return false };
        flight.item.server_errors = flight.item.server_errors.saturating_add(1);
        flight.item.server_errors >= limit
    }
}
