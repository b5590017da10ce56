//! What is remembered of a lane besides its book: who uses it, when it is due, and what its attempts have shown (H7).

use std::time::Duration;

use super::entries::Micros;
use super::job::JobId;
use super::queue::Wait;
use super::ticket::LaneTicket;
use crate::answer::KeptAnswer;
use crate::error::Error;

/// What a lane is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing: there is nothing to send, or nothing but a person can move it.
    #[default]
    Quiet,
    /// It waits.
    Waiting(Wait),
    /// A job of it is out.
    Out(JobId),
}

/// Who uses a lane, and when it is due. It must not survive, and is rebuilt from the book.
#[derive(Debug, Default)]
pub(crate) struct LaneUse {
    /// How many handles there are on it.
    pub(crate) handles: u32,
    /// Its place among the idle lanes; zero if it is not among them.
    pub(crate) idle_mark: u64,
    /// Boxed, as an idle lane has none (R23).
    pub(crate) schedule: Option<Box<LaneSchedule>>,
}

/// What a lane is doing, and for whom.
#[derive(Debug, Default)]
pub(crate) struct LaneSchedule {
    /// What it is doing.
    pub(crate) state: State,
    /// Callers that wait for it.
    pub(crate) tickets: Vec<LaneTicket>,
    /// What is known while something is being sent.
    pub(crate) sending: Option<Box<Sending>>,
}

/// What is known of a lane while something of it is being sent.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// When its turn began: a lane that goes on comes before those that became due later.
    pub(crate) turn: Turn,
    /// The attempts of the item that is being sent.
    pub(crate) round: Option<Round>,
    /// How many times in a row the conversation has stopped.
    pub(crate) stops: u32,
    /// What is in doubt.
    pub(crate) doubt: Option<Doubt>,
    /// What the service has done to the item that is being sent, over all rounds.
    pub(crate) poison: Option<Poison>,
    /// The item for which the conversation's id was forgotten once already (R12).
    pub(crate) renumbered_for: Option<u64>,
    /// Why nothing but a person can move it.
    pub(crate) stuck: Option<Error>,
    /// Why it stopped, if it has not been tried again since.
    pub(crate) stopped_by: Option<Error>,
    /// The answer to the first request of the item that is being sent.
    pub(crate) response: Option<KeptAnswer>,
}

/// A stretch of items that are sent one after another.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// Where the lane stands among the others.
    pub(crate) wait: Option<Wait>,
    /// How many items it has sent.
    pub(crate) sent: u32,
    /// The time of the last of them.
    pub(crate) last: Option<Micros>,
}

/// Attempts of one request of one item (R15).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// How many there were.
    pub(crate) attempts: u32,
    /// When the time for all of them is up.
    pub(crate) deadline: Duration,
    /// Whether the last one was answered 5xx.
    pub(crate) is_server_error: bool,
}

/// A plan that may have been acted on (R17).
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    /// From when on a look that finds nothing is conclusive.
    pub(crate) conclusive_at: Duration,
    /// What left it in doubt; `None` if its owner went away.
    pub(crate) error: Option<Error>,
    /// How many looks in a row have failed.
    pub(crate) failed_looks: u32,
}

/// What tells a poison item from an outage (R15).
#[derive(Clone, Debug)]
pub(crate) struct Poison {
    /// When the service first failed on the item.
    pub(crate) since: Duration,
    /// How many acknowledgements there had been on its route.
    pub(crate) acknowledged_before: u64,
    /// Whether the conversation could be read since.
    pub(crate) is_readable: bool,
    /// Whether the conversation is to be read, to find that out.
    pub(crate) wants_read: bool,
    /// What came back last.
    pub(crate) error: Error,
}

impl LaneSchedule {
    /// What is known while something is being sent.
    pub(crate) fn sending(&mut self) -> &mut Sending {
        self.sending.get_or_insert_default()
    }

    /// Why nothing but a person can move the lane.
    pub(crate) fn stuck(&self) -> Option<&Error> {
        self.sending.as_ref().and_then(|sending| sending.stuck.as_ref())
    }

    /// Whether the lane does nothing, and nothing is known of it that an idle lane does not have.
    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Quiet && self.tickets.is_empty() && self.sending.is_none()
    }

    /// Whether a job of the lane is out.
    pub(crate) fn is_out(&self) -> bool {
        matches!(self.state, State::Out(_))
    }
}
