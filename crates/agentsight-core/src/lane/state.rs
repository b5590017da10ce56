//! One conversation's state, behind the lane's own lock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentsight_model::{ConversationId, NewConversation, TokenUsage};
use chrono::{DateTime, Utc};

use super::item::{Item, Part};
use super::registration::{Registration, Stage};
use super::timeline::{Micros, Timeline, cut_to_micros, time_of};
use crate::context::Now;
use crate::event::Event;
use crate::report::DoubtfulItem;

/// A conversation's lane. Its lock is held for moments only: never during I/O or logging, and of a
/// caller's code only the clock runs under it.
#[derive(Debug)]
pub(crate) struct Lane {
    pub id: ConversationId,
    state: Mutex<LaneState>,
}

#[derive(Debug)]
pub(crate) struct LaneState {
    pub registration: Registration,
    pub timeline: Timeline,
    pub tokens: TokenUsage,
    /// The item that has left the timeline and is not yet finished. Nothing overtakes it (R6).
    pub in_flight: Option<InFlight>,
    /// The number that the service gave the conversation (R12).
    pub number: Option<u64>,
    /// The last message whose number the service told us, with the stamp that we gave it: what came later has a larger
    /// number, and if the service shows another time for it, our stamps are not kept (R17).
    pub last_acknowledged: Option<(u64, Micros)>,
    /// Whether a delivery has the lane (R10).
    pub delivering: bool,
}

/// The item at the head of the lane, and whether the service may have it already.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub item: Item,
    pub doubt: Option<Doubt>,
}

/// A request was handed out and neither an answer nor a failure has come back (R11).
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    pub part: Part,
    /// When the service can no longer be busy with the request: a look from then on is conclusive (R17).
    pub conclusive_at: Duration,
}

impl Lane {
    pub(crate) fn new(id: ConversationId) -> Self {
        let state = LaneState {
            registration: Registration::unregistered(&id),
            timeline: Timeline::default(),
            tokens: TokenUsage::default(),
            in_flight: None,
            number: None,
            last_acknowledged: None,
            delivering: false,
        };
        Self { id, state: Mutex::new(state) }
    }

    /// Locks the lane. The lane is consistent wherever an injected clock could panic, so a poisoned lock is as good as a
    /// sound one.
    pub(crate) fn lock(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LaneState {
    /// Queues an event; its stamp is taken here, under the lock, so that order and time agree.
    pub(crate) fn track(&mut self, event: Event, at: Option<DateTime<Utc>>, now: Now) {
        let stamp = match at {
            Some(at) => self.timeline.stamp_at(at),
            None => self.timeline.stamp_now(now.utc),
        };
        self.timeline.insert(stamp, event);
    }

    /// Takes a registration; answers whether there is something new to send.
    pub(crate) fn register(&mut self, conversation: NewConversation, now: Now) -> bool {
        let timeline = &mut self.timeline;
        self.registration.register(conversation, || timeline.stamp_now(now.utc))
    }

    /// How many items wait to be sent, the record and the item in flight included; token counters are not an item yet.
    pub(crate) fn pending(&self) -> usize {
        self.events() + usize::from(self.record_is_pending())
    }

    /// How many events wait to be sent.
    pub(crate) fn events(&self) -> usize {
        self.timeline.len() + usize::from(self.in_flight.is_some())
    }

    /// Whether the conversation's own record is an item that waits to be sent.
    pub(crate) fn record_is_pending(&self) -> bool {
        self.registration.stage == Stage::Queued
    }

    /// Whether a send would have something to do.
    pub(crate) fn has_work(&self) -> bool {
        self.pending() > 0 || !self.tokens.is_zero()
    }

    /// The record's time: its own, else the earlier of its stamp and the first pending event's (R6).
    pub(crate) fn record_time(&self, now: Now) -> DateTime<Utc> {
        if let Some(at) = self.registration.conversation.at {
            return cut_to_micros(at);
        }
        let stamp = self.registration.stamp.unwrap_or_else(|| now.utc.timestamp_micros());
        let first = self.in_flight.iter().map(|flight| flight.item.stamp);
        let first = first.chain(self.timeline.iter().map(|item| item.stamp).take(1)).min();
        time_of(first.map_or(stamp, |first| first.min(stamp)))
    }

    /// Turns the token counters into an action just before the last item, or at the end if there is one item or none,
    /// and starts them again at zero (R8). Answers whether there was anything to count.
    pub(crate) fn fold_tokens(&mut self, now: Now) -> bool {
        if self.tokens.is_zero() {
            return false;
        }
        let usage = std::mem::take(&mut self.tokens);
        let stamp = match self.place_before_last(now) {
            Some(stamp) => stamp,
            None => self.timeline.stamp_now(now.utc),
        };
        self.timeline.insert(stamp, Event::token_usage(usage));
        true
    }

    /// The stamp that puts an event just before the last item, if there are at least two items.
    fn place_before_last(&self, now: Now) -> Option<Micros> {
        let mut from_last = self.timeline.iter().rev().map(|item| item.stamp);
        let last = from_last.next()?;
        let in_flight = self.in_flight.as_ref().map(|flight| flight.item.stamp);
        let record = self.record_is_pending().then(|| self.record_time(now).timestamp_micros());
        let previous = from_last.next().or(in_flight).or(record)?;
        Some(previous.max(last.saturating_sub(1)).min(last))
    }

    /// Marks the request that is about to be handed out (R11).
    pub(crate) fn doubt(&mut self, part: Part, conclusive_at: Duration) {
        if let Some(flight) = &mut self.in_flight {
            flight.doubt = Some(Doubt { part, conclusive_at });
        }
    }

    /// The service certainly has, or has not, what was in doubt.
    pub(crate) fn clear_doubt(&mut self) {
        if let Some(flight) = &mut self.in_flight {
            flight.doubt = None;
        }
    }

    /// The item that is in doubt.
    pub(crate) fn in_doubt(&self) -> Option<DoubtfulItem> {
        let flight = self.in_flight.as_ref().filter(|flight| flight.doubt.is_some())?;
        Some(DoubtfulItem::new(flight.item.event.kind(), time_of(flight.item.stamp)))
    }

    /// Puts an untouched item back into its place, so that an earlier one that is tracked meanwhile goes first (R6).
    pub(crate) fn release(&mut self) {
        self.delivering = false;
        if let Some(flight) = self.in_flight.take() {
            if flight.doubt.is_none() && !flight.item.has_progress() {
                self.timeline.put_back(flight.item);
            } else {
                self.in_flight = Some(flight);
            }
        }
    }

    /// Gives up everything that is pending because the record was refused for good, the record and the token counters
    /// included; answers how many items that were. Nothing, if the record has been corrected meanwhile.
    pub(crate) fn abandon(&mut self) -> usize {
        if self.registration.stage != Stage::Parked {
            return 0;
        }
        let count = self.pending() + 1;
        self.timeline.clear();
        self.in_flight = None;
        self.tokens = TokenUsage::default();
        self.registration = Registration::unregistered_like(&self.registration);
        count
    }

    /// Whether the lane can be forgotten (R23).
    pub(crate) fn is_idle(&self) -> bool {
        !self.delivering && !self.has_work() && self.registration.stage != Stage::Parked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::message;
    use crate::report::ItemKind;

    fn now(micros: i64) -> Now {
        Now::new(Duration::ZERO, time_of(micros))
    }

    fn lane() -> Lane {
        Lane::new(ConversationId::new("c").expect("a valid id"))
    }

    /// The order in which the events would be sent: kind and stamp.
    fn order(state: &LaneState) -> Vec<(ItemKind, Micros)> {
        state.timeline.iter().map(|item| (item.event.kind(), item.stamp)).collect()
    }

    #[test]
    fn r8_the_token_action_sits_before_the_last_item() {
        let lane = lane();
        let mut state = lane.lock();
        state.track(message("2 + 2 = ?"), None, now(100));
        state.track(message("4"), None, now(200));
        state.tokens = TokenUsage::new(80, 35);
        assert!(state.fold_tokens(now(900)));
        assert_eq!(order(&state), [(ItemKind::Question, 100), (ItemKind::Action, 199), (ItemKind::Question, 200)]);
        assert!(state.tokens.is_zero(), "the counters restart");
        assert!(!state.fold_tokens(now(901)), "all-zero counters send nothing");
    }

    #[test]
    fn r8_the_token_action_shares_its_predecessors_stamp_where_there_is_no_room() {
        let lane = lane();
        let mut state = lane.lock();
        state.track(message("a"), None, now(100));
        state.track(message("b"), None, now(100));
        state.tokens = TokenUsage::new(1, 1);
        state.fold_tokens(now(900));
        assert_eq!(order(&state), [(ItemKind::Question, 100), (ItemKind::Action, 100), (ItemKind::Question, 101)]);
    }

    #[test]
    fn r8_the_token_action_is_last_after_one_item_or_none() {
        let lane = lane();
        let mut state = lane.lock();
        state.tokens = TokenUsage::new(1, 1);
        state.fold_tokens(now(50));
        assert_eq!(order(&state), [(ItemKind::Action, 50)]);
        state.timeline.take_first();
        state.track(message("a"), None, now(100));
        state.tokens = TokenUsage::new(1, 1);
        state.fold_tokens(now(900));
        assert_eq!(order(&state), [(ItemKind::Question, 100), (ItemKind::Action, 900)]);
    }

    #[test]
    fn r8_the_record_counts_as_an_item() {
        let lane = lane();
        let mut state = lane.lock();
        state.register(NewConversation::new("c"), now(100));
        state.track(message("a"), None, now(200));
        state.tokens = TokenUsage::new(1, 1);
        state.fold_tokens(now(900));
        assert_eq!(order(&state), [(ItemKind::Action, 199), (ItemKind::Question, 200)]);
    }

    #[test]
    fn r6_the_records_time_is_its_own_else_the_earlier_of_its_stamp_and_the_first_events() {
        let lane = lane();
        let mut state = lane.lock();
        state.register(NewConversation::new("c"), now(100));
        assert_eq!(state.record_time(now(999)), time_of(100));
        state.track(message("back-filled"), Some(time_of(40)), now(200));
        assert_eq!(state.record_time(now(999)), time_of(40));
        let own = DateTime::from_timestamp(0, 70_999).expect("a valid time");
        state.registration.conversation.at = Some(own);
        assert_eq!(state.record_time(now(999)), time_of(70), "cut to microseconds");
    }

    #[test]
    fn r6_a_released_lane_puts_back_what_it_had_not_touched() {
        let lane = lane();
        let mut state = lane.lock();
        state.track(message("a"), None, now(100));
        let item = state.timeline.take_first().expect("one item");
        state.in_flight = Some(InFlight { item, doubt: None });
        state.release();
        assert_eq!((state.timeline.len(), state.in_flight.is_none()), (1, true));
        let item = state.timeline.take_first().expect("one item");
        state.in_flight = Some(InFlight { item, doubt: None });
        state.doubt(Part::Create, Duration::ZERO);
        state.release();
        assert_eq!((state.timeline.len(), state.events()), (0, 1), "in doubt it stays at the head");
    }

    #[test]
    fn r23_a_lane_is_idle_with_nothing_pending_and_no_counters() {
        let lane = lane();
        let mut state = lane.lock();
        assert!(state.is_idle());
        state.tokens = TokenUsage::new(1, 0);
        assert!(!state.is_idle());
        state.tokens = TokenUsage::default();
        state.register(NewConversation::new("c"), now(1));
        assert!(!state.is_idle());
    }
}
