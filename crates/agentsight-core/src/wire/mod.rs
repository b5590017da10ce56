//! How what is tracked is written onto the wire, and how its answers are read: the one seam for another encoding (H10).
//!
//! A [`Wire`] decides how much one request carries, writes it, and reads the answer item by item. It keeps no state and
//! knows nothing of order, retry or time: that is the outbox's. Today there is [`track`], one request for each event.

mod identity;
mod likeness;
mod row;
#[cfg(test)]
mod sample;
mod token_counters;
mod track;
mod transcript;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

pub(crate) use self::track::Track;
use crate::answer::KeptAnswer;
use crate::config::{Config, Timeouts};
use crate::context::{Context, Now};
use crate::endpoint::RequestParts;
use crate::error::Error;
use crate::event::Event;
use crate::outbox::{Micros, Part, Progress, Shipment};
use crate::transport::TransportFailure;

/// An encoding of tracked events.
pub(crate) trait Wire: Send + Sync + fmt::Debug {
    /// How much one request carries.
    fn capacity(&self) -> Capacity;

    /// Whether the request of an event names the id that the service gave its conversation, so that the record has to be
    /// acknowledged first (R12).
    fn needs_number(&self) -> bool;

    /// The next request of an item that has come so far; `None` when all are acknowledged.
    fn next_part(&self, event: &Event, progress: &Progress) -> Option<Part>;

    /// Which route a part takes: what is acknowledged there says that the route works (R15, poison).
    fn route(&self, event: Option<&Event>, part: &Part) -> Route;

    /// Whether sending a part again can do a thing twice.
    fn is_repeatable(&self, part: &Part) -> bool;

    /// What is done about a plan in doubt.
    fn on_doubt(&self) -> OnDoubt;

    /// About how long one attempt may take, told from what is sent without writing it.
    fn allowance(&self, shipments: &[Shipment], timeouts: &Timeouts) -> Duration;

    /// Writes the request. Called outside of the outbox.
    fn request(&self, shipments: &[Shipment], config: &Config, context: &Context) -> Result<Written, Error>;

    /// Reads what came back, one outcome for each shipment. Called outside of the outbox.
    fn read(
        &self,
        shipments: &[Shipment],
        now: Now,
        result: Result<http::Response<Bytes>, TransportFailure>,
    ) -> Vec<PartOutcome>;

    /// The request that shows which items of a conversation the service has (R17).
    fn look(&self, number: u64, config: &Config) -> Written;

    /// Looks for every item of `sought` in the answer to [`look`](Self::look).
    fn read_look(
        &self,
        sought: &Sought<'_>,
        now: Now,
        result: Result<http::Response<Bytes>, TransportFailure>,
    ) -> Result<Look, Failure>;
}

/// How much one request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Items, records included.
    pub(crate) items: usize,
    /// Conversations.
    pub(crate) conversations: usize,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// Conversations' records.
    Record,
    /// Messages.
    Message,
    /// Actions.
    Action,
    /// Button clicks.
    Button,
    /// Files.
    Upload,
}

/// What is done about a plan that may have been acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDoubt {
    /// Each conversation is read back, and the items are looked for (R17).
    Look,
    /// The same request is sent again: the service knows it again.
    Repeat,
}

/// A request that is ready for its frame, and how large its answer may be.
#[derive(Debug)]
pub(crate) struct Written {
    /// Method, path and body.
    pub(crate) parts: RequestParts,
    /// The largest answer that is read, in bytes.
    pub(crate) response_limit: u64,
    /// The time for one attempt, from the first packet to the last byte of the answer.
    pub(crate) allowance: Duration,
}

/// What came of one part.
#[derive(Debug)]
pub(crate) enum PartOutcome {
    /// The service has it.
    Acknowledged(Receipt),
    /// It has not, or may not have.
    Failed(Failure),
}

/// What the service said of a part that it has taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receipt {
    /// The id that it gave the conversation, in the answer to a record.
    pub(crate) number: Option<u64>,
    /// Whether it says that it has created the conversation just now.
    pub(crate) is_new: bool,
    /// The id of the message that shows the event, or holds its files.
    pub(crate) message: Option<u64>,
    /// The answer as the report shows it.
    pub(crate) response: KeptAnswer,
}

/// Why a part was not acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What came back.
    pub(crate) error: Error,
    /// What it means for the part.
    pub(crate) meaning: Meaning,
}

/// What a failure means for what was sent (R15, R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The item is refused, and others may not be.
    Refused,
    /// The service does not know the conversation's id (R12).
    UnknownConversation,
    /// The conversation is refused for a reason that is not about the item, and may concern all.
    ConversationRefused,
    /// The key is refused: it concerns all.
    KeyRefused,
    /// A repetition would end the same way: the conversation stops.
    Hopeless,
    /// The service certainly did not act on it.
    NotActedOn,
    /// The service may have acted on it; if it `is_busy`, it may still be at work.
    MaybeActedOn {
        /// Whether nothing says that the service has finished with the request.
        is_busy: bool,
    },
}

/// What is looked for in one conversation.
#[derive(Debug)]
pub(crate) struct Sought<'a> {
    /// The conversation's own id.
    pub(crate) conversation_id: &'a str,
    /// The id that the service gave it.
    pub(crate) number: u64,
    /// The items, in order.
    pub(crate) shipments: &'a [Shipment],
    /// The last message that is known to be ours, with the time that it was given.
    pub(crate) known: Option<(u64, Micros)>,
}

/// What a look at a conversation showed.
#[derive(Debug)]
pub(crate) struct Look {
    /// One finding for each item that was looked for.
    pub(crate) findings: Vec<Finding>,
    /// The highest message id of the conversation, if the service's ids have begun again (R17).
    pub(crate) ids_restarted: Option<u64>,
}

/// Whether an item is in a conversation.
#[derive(Clone, Debug)]
pub(crate) enum Finding {
    /// It is there.
    Found(Receipt),
    /// It is not there.
    Absent,
    /// The service shows other times than the ones that it was given: not finding the item says nothing.
    StampsNotKept,
}
