//! What is done about a request that the service may have acted on (R11, R17).

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use agentsight_model::Conversation;

use super::read_back::{self, Finding};
use super::{Delivery, Flow, Phase};
use crate::config::AmbiguousCreate;
use crate::context::Now;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::exchange::Exchange;
use crate::lane::{Doubt, InFlight, Part};
use crate::log::log_event;
use crate::machine::{Machine, Step};
use crate::ops::{CreateEvent, EventAnswer, FetchConversation};

impl Delivery {
    /// The last request may have been acted on: what the configuration says is to be done (R17).
    pub(super) fn ambiguous(&mut self, now: Now, mut exchange: Box<Exchange<CreateEvent>>, part: Part) -> Flow {
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

    pub(super) fn look(&mut self, number: u64, part: Part, create: Option<Box<Exchange<CreateEvent>>>) {
        let seed = self.recorder.context.next_u64();
        let operation = FetchConversation { number, conversation_id: Some(self.lane.id.to_string()) };
        let exchange = Exchange::new(operation, Arc::clone(&self.settings), seed);
        self.phase = Phase::Look { exchange, part, create };
    }

    pub(super) fn look_done(
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
        let state = self.lane.lock();
        let Some(InFlight { item, doubt: Some(Doubt { conclusive_at, .. }) }) = &state.in_flight else {
            drop(state);
            self.phase = Phase::Choose;
            return ControlFlow::Continue(());
        };
        let (snapshot, conclusive_at) = (item.snapshot(), *conclusive_at);
        let last_acknowledged = state.last_acknowledged;
        drop(state);
        match read_back::find(&transcript, &snapshot, &part, last_acknowledged) {
            Finding::Found { message, row } => {
                let answer = EventAnswer { id: Some(message), message: Some(message), response: (&row).into() };
                self.acknowledge(&part, answer);
                self.phase = Phase::Choose;
            }
            Finding::Absent if self.looked_at < conclusive_at => {
                self.phase = Phase::LookAgain { until: conclusive_at, part, create };
            }
            Finding::Absent => {
                self.lane.lock().clear_doubt();
                self.phase = match create {
                    Some(mut exchange) => {
                        exchange.settle_not_kept(now);
                        Phase::Create { exchange, part }
                    }
                    None => Phase::Choose,
                };
            }
            Finding::StampsNotKept => {
                let what = "the event is in doubt, and the service does not show the times that it was given";
                return self.leave_in_doubt(now, create, Error::new(ErrorKind::UnexpectedResponse, what));
            }
        }
        ControlFlow::Continue(())
    }

    /// The conversation cannot be read back: the item stays in doubt and is not sent again (R17).
    pub(super) fn look_failed(&mut self, now: Now, create: Option<Box<Exchange<CreateEvent>>>, error: Error) -> Flow {
        if error.kind() == ErrorKind::NotFound {
            self.lane.lock().number = None;
        }
        // A key that is refused, or when to come again, is what the caller has to hear of, rather than the answer that
        // was lost before.
        if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden) {
            self.stop.trigger(error.kind());
            return self.leave_in_doubt(now, None, error);
        }
        if error.retry_after().is_some() {
            return self.leave_in_doubt(now, None, error);
        }
        self.leave_in_doubt(now, create, error)
    }

    /// Stops with the error of the request that is in doubt, or with `otherwise` if that was in an earlier send.
    pub(super) fn leave_in_doubt(
        &mut self,
        now: Now,
        create: Option<Box<Exchange<CreateEvent>>>,
        otherwise: Error,
    ) -> Flow {
        let error = match create.map(|mut exchange| exchange.poll(now)) {
            Some(Step::Done(Err(error))) => error,
            _ => otherwise,
        };
        log_event!(self.recorder.config, WARN, "an event is in doubt: the service may or may not have it");
        ControlFlow::Break(Err(error.with_fate(RequestFate::MaybeSent)))
    }

    /// Clears or keeps the doubt about the request that was handed out, now that something has come back. Success
    /// counts at once: a delivery that is dropped before its next poll must not repeat what was acknowledged (R11).
    ///
    /// A look from `conclusive_at` on tells whether the service has acted on the request: at once, or later if it may
    /// still be at work (R17).
    pub(super) fn settle_doubt(&mut self, conclusive_at: Duration) {
        let Phase::Create { exchange, part } = &mut self.phase else { return };
        if let Some(answer) = exchange.take_output() {
            let part = part.clone();
            return self.created(&part, answer);
        }
        let mut state = self.lane.lock();
        if !exchange.is_ambiguous() {
            state.clear_doubt();
        } else {
            state.doubt(part.clone(), conclusive_at);
        }
    }
}

/// The error of an item that stays in doubt.
pub(super) fn held() -> Error {
    let what = "an event is in doubt: the service may or may not have it";
    Error::new(ErrorKind::Transport, what).with_fate(RequestFate::MaybeSent)
}
