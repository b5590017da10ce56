//! What a delivery does next.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::in_doubt::held;
use super::{Delivery, Flow, Phase};
use crate::config::AmbiguousCreate;
use crate::context::Now;
use crate::dead_letters::DeadLetterReason;
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::get_or_create::record;
use crate::lane::{InFlight, Part, Stage, time_of};
use crate::ops::UpsertConversation;
use crate::report::ItemKind;
use crate::wire::track::{Place, request};

impl Delivery {
    /// Counters become an item, and what is pending now becomes the work of this send (R8).
    pub(super) fn start(&mut self, now: Now) -> Flow {
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
    pub(super) fn count_out(&mut self, now: Now) {
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
    pub(super) fn choose(&mut self, now: Now) -> Flow {
        let (stage, doubt, number, has_events) = {
            let state = self.lane.lock();
            let doubt = state.in_flight.as_ref().and_then(|flight| flight.doubt.clone());
            (state.registration.stage, doubt, state.number, state.events() > 0 && self.left > 0)
        };
        if let Some(kind) = self.stop.reason().filter(|_| has_events || stage == Stage::Queued) {
            let what = "stopped, because the service refused another conversation for a reason that concerns them all";
            return ControlFlow::Break(Err(Error::new(kind, what)));
        }
        match (stage, doubt, number) {
            (Stage::Parked, ..) if has_events => {
                let what = "the service refused the conversation's record; register it again with corrected values, put \
                            the dead letter back, or discard it";
                ControlFlow::Break(Err(Error::new(ErrorKind::Rejected, what)))
            }
            (_, Some(doubt), Some(number)) => self.resolve_doubt(number, doubt.part),
            (Stage::Queued, ..) => self.send_record(now, true),
            _ if !has_events => ControlFlow::Break(Ok(())),
            (Stage::Used, _, Some(number)) => self.send_event(number),
            // Nobody has registered it, it is not yet used, or its number was forgotten (R12).
            _ => self.send_record(now, false),
        }
    }

    /// An earlier send was interrupted while this request was under way (R11).
    fn resolve_doubt(&mut self, number: u64, part: Part) -> Flow {
        match self.settings.config.ambiguous_create() {
            AmbiguousCreate::ReadBack => self.look(number, part, None),
            AmbiguousCreate::Resend => self.lane.lock().clear_doubt(),
            AmbiguousCreate::Hold => return ControlFlow::Break(Err(held())),
        }
        ControlFlow::Continue(())
    }

    /// The upsert; `queued` if the record is an item that was registered.
    fn send_record(&mut self, now: Now, queued: bool) -> Flow {
        let environment = self.settings.config.environment();
        let (written, time) = {
            let state = self.lane.lock();
            let time = state.record_time(now);
            (record(&state.registration.conversation, time, true, environment), time)
        };
        let operation = match written {
            Ok(record) => UpsertConversation { name: "send_tracked_data", record },
            Err(error) => return ControlFlow::Break(Err(error)),
        };
        let exchange = Exchange::new(operation, Arc::clone(&self.settings), self.recorder.context.next_u64());
        self.phase = Phase::Record { exchange, time, queued };
        ControlFlow::Continue(())
    }

    /// The next request of the item in flight, or of the first one in line.
    fn send_event(&mut self, number: u64) -> Flow {
        let mut state = self.lane.lock();
        if state.in_flight.is_none() {
            state.in_flight = state.timeline.take_first().map(|item| InFlight { item, doubt: None });
        }
        let Some(flight) = &state.in_flight else { return ControlFlow::Break(Ok(())) };
        let Some(part) = flight.item.next_part() else {
            drop(state);
            self.complete();
            return ControlFlow::Continue(());
        };
        let snapshot = flight.item.snapshot();
        drop(state);
        let place = Place { conversation_id: &self.lane.id, number };
        match request(&snapshot, &part, place, &self.recorder.context) {
            Ok(operation) => {
                let seed = self.recorder.context.next_u64();
                let exchange = Box::new(Exchange::new(operation, Arc::clone(&self.settings), seed));
                self.phase = Phase::Create { exchange, part };
            }
            Err(error) => self.reject(&error, DeadLetterReason::Rejected),
        }
        ControlFlow::Continue(())
    }
}
