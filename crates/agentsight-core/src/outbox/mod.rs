//! Everything pending has one owner: order, schedule, doubt, dead letters and counters (H7-H11).
//!
//! An [`Outbox`] is a value without lock, clock, socket or thread. It is told what is tracked and what came of each
//! attempt, and says what is to be sent next. It has two halves:
//!
//! * the [`Book`]: everything that must survive, written by [`Book::apply`] alone, one [`Change`] after another;
//! * the schedule: who is due, which jobs are out, who rests and who waits; rebuilt from a book.
//!
//! ```text
//!              track, register, tokens                     next
//! application ─────────────────────────▶ Outbox ─────────────────────▶ Job ──▶ request ──▶ transport
//!                                          ▲                                                   │
//!                                          └──────── answered, failed, abandoned ◀── outcome ◀─┘
//! ```
//!
//! A lane is one conversation. At most one job of a lane is out (R10), and at most `concurrency` jobs in all.

mod admit;
mod book;
mod change;
mod dead_letters;
mod delivered;
mod departed;
mod doubt;
mod entries;
mod item;
mod job;
mod lane;
mod letters;
mod next;
mod notice;
mod outcome;
mod queue;
mod reading;
mod registration;
mod restore;
mod runs;
mod schedule;
mod send;
mod service;
mod settle;
mod stats;
mod ticket;
mod time;
mod timeline;
mod waiting;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::admit::Refusal;
pub(crate) use self::book::{Book, Removed};
pub(crate) use self::change::Change;
use self::change::PlanId;
pub use self::dead_letters::{DeadLetter, DeadLetterReason};
pub(crate) use self::entries::Micros;
pub(crate) use self::item::{Cargo, EventCargo, LaneKey, Part, Progress, RecordCargo, Shipment};
pub(crate) use self::job::{Errand, Job, JobId, JobOutcome, Next, Scope};
pub(crate) use self::lane::Lane;
use self::notice::Notice;
use self::queue::{Queue, Wait};
pub(crate) use self::reading::PendingItem;
use self::schedule::{LaneSchedule, LaneUse, State};
pub(crate) use self::send::Flush;
use self::service::Service;
pub(crate) use self::settle::Settlement;
use self::stats::Counters;
pub use self::stats::{Health, LastError, Stats};
use self::ticket::Tickets;
pub(crate) use self::ticket::{FinalItem, FinalOutcome, LaneOutcome, Ticket, TicketId};
pub(crate) use self::time::{cut_to_micros, time_of};
use self::waiting::Waiting;
use crate::config::{ApiKey, Config};
use crate::wire::Wire;

/// The most intervals of explicit times that a client keeps apart (R6). Few in unit tests, which have to reach it.
const MOST_RUNS: usize = if cfg!(test) { 1_000 } else { 1_000_000 };

/// The owner of everything that is tracked and not yet final.
#[derive(Debug)]
pub(crate) struct Outbox {
    config: Arc<Config>,
    wire: Arc<dyn Wire>,
    /// What jitter is drawn from, together with the conversation and its failures.
    seed: u64,
    book: Book,
    /// By the place of the lane's key.
    uses: Vec<LaneUse>,
    queue: Queue,
    /// Counts waits: later ones have higher numbers.
    order: u64,
    out: BTreeMap<JobId, OutJob>,
    next_job: u64,
    service: Service,
    tickets: Tickets,
    waiting: Waiting,
    counters: Counters,
    /// Acknowledgements by route.
    acknowledged: BTreeMap<crate::wire::Route, u64>,
    /// Lanes with nothing pending and no handle, longest idle first, with the mark that they had then.
    idle: VecDeque<(LaneKey, u64)>,
    /// The same for lanes whose explicit times are kept apart: they are forgotten last.
    idle_with_runs: VecDeque<(LaneKey, u64)>,
    next_idle_mark: u64,
    /// How many intervals of explicit times all lanes hold.
    runs: usize,
    key: Option<ApiKey>,
    key_version: u32,
    /// How many loops run every conversation: a worker's, or a flush's.
    has_worker: bool,
    /// The wait number before which a running flush skips delays, and how many flushes there are.
    flush_order: u64,
    flushes: usize,
    /// The wait number before which waits are skipped, since what they were for is over: a refused key was replaced.
    released_order: u64,
    /// Whether somebody was told to wait because all jobs were out.
    is_starved: bool,
    /// Whether somebody who waits may find something to do.
    wake: bool,
    changes: Option<Vec<Change>>,
    removed: Removed,
    notices: Vec<Notice>,
}

/// A job that somebody has.
#[derive(Debug)]
struct OutJob {
    lanes: Vec<LaneKey>,
    plan: Option<PlanId>,
    /// From when on it belongs to nobody (R11).
    expires: Duration,
    started: Duration,
    allowance: Duration,
    /// On whose behalf it was taken: others that wait for the same conversations are told what came of it.
    taken_for: Scope,
}

impl Outbox {
    /// An empty outbox.
    pub(crate) fn new(config: Arc<Config>, wire: Arc<dyn Wire>, seed: u64) -> Self {
        Self {
            key: config.api_key().cloned(),
            config,
            wire,
            seed,
            book: Book::default(),
            uses: Vec::new(),
            queue: Queue::default(),
            order: 0,
            out: BTreeMap::new(),
            next_job: 0,
            service: Service::default(),
            tickets: Tickets::default(),
            waiting: Waiting::default(),
            counters: Counters::default(),
            acknowledged: BTreeMap::new(),
            idle: VecDeque::new(),
            idle_with_runs: VecDeque::new(),
            next_idle_mark: 1,
            runs: 0,
            key_version: 0,
            has_worker: false,
            flush_order: 0,
            released_order: 0,
            flushes: 0,
            is_starved: false,
            wake: false,
            changes: None,
            removed: Removed::new(),
            notices: Vec::new(),
        }
    }

    /// Whether somebody who waits may find something to do since this was last asked.
    pub(crate) fn take_wake(&mut self) -> bool {
        std::mem::take(&mut self.wake)
    }

    /// Content that is no longer needed, to be dropped by the caller without holding a lock (H8).
    pub(crate) fn take_removed(&mut self) -> Removed {
        std::mem::take(&mut self.removed)
    }

    /// What is to be logged by the caller, without holding a lock (H8).
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// The only way to write the book.
    fn apply(&mut self, change: Change) {
        self.book.apply(&change, &mut self.removed);
        if let Some(changes) = &mut self.changes {
            changes.push(change);
        }
    }

    /// Who uses a lane.
    fn lane_use(&mut self, key: LaneKey) -> &mut LaneUse {
        let place = key.0 as usize;
        if self.uses.len() <= place {
            self.uses.resize_with(place.saturating_add(1), LaneUse::default);
        }
        &mut self.uses[place]
    }

    fn schedule(&self, key: LaneKey) -> &LaneSchedule {
        static NONE: LaneSchedule = LaneSchedule { state: State::Quiet, tickets: Vec::new(), sending: None };
        self.uses.get(key.0 as usize).and_then(|lane| lane.schedule.as_deref()).unwrap_or(&NONE)
    }

    fn schedule_mut(&mut self, key: LaneKey) -> &mut LaneSchedule {
        self.lane_use(key).schedule.get_or_insert_default()
    }

    fn next_order(&mut self) -> u64 {
        self.order = self.order.saturating_add(1);
        self.order
    }

    /// Puts a lane into the queues, or takes it out. With `wakes`, whoever waits is woken if that makes it the first.
    fn set_state(&mut self, key: LaneKey, state: State, wakes: bool) {
        let earlier = std::mem::replace(&mut self.schedule_mut(key).state, state);
        let schedule = self.uses[key.0 as usize].schedule.iter();
        let tickets = schedule.flat_map(|schedule| &schedule.tickets).map(|ticket| ticket.ticket);
        if let State::Waiting(wait) = earlier {
            self.queue.remove(key, wait);
            for id in tickets.clone() {
                if let Some(ticket) = self.tickets.get_mut(id) {
                    ticket.queue.remove(key, wait);
                }
            }
        }
        if let State::Waiting(wait) = state {
            for id in tickets {
                if let Some(ticket) = self.tickets.get_mut(id) {
                    ticket.queue.insert(key, wait);
                }
            }
            let is_first = self.queue.insert(key, wait);
            self.wake |= wakes && is_first;
        }
    }
}
