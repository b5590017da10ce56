//! What can happen to a [`Book`](super::Book), as values (H7).

use std::sync::Arc;

use agentsight_model::{ConversationId, NewConversation, TokenUsage};

use super::item::{LaneKey, Part};
use super::letters::{Letter, LetterId};
use super::timeline::Stamp;
use crate::event::Event;

/// Names a plan: the parts that travel in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PlanId(pub(crate) u64);

/// One part of a plan: an item of a lane, or its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedPart {
    /// The conversation.
    pub(crate) lane: LaneKey,
    /// The item's sequence; `None` for the record.
    pub(crate) sequence: Option<u64>,
    /// Which request of it.
    pub(crate) part: Part,
}

/// One thing that happens to a book.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A conversation is remembered from here on.
    Opened { lane: LaneKey, id: ConversationId },
    /// A conversation with nothing pending is no longer remembered (R23).
    Forgotten { lane: LaneKey },
    /// The record of a conversation as it is now (R3).
    Registered {
        lane: LaneKey,
        conversation: Arc<NewConversation>,
        /// Set when the record becomes an item that waits to be sent: its time and its place in the order of tracking.
        queued: Option<(Stamp, u64)>,
    },
    /// The service has created the conversation without counting it as used (R4).
    Initialized { lane: LaneKey, conversation: Arc<NewConversation>, number: u64 },
    /// An event waits to be sent.
    Tracked { lane: LaneKey, sequence: u64, stamp: Stamp, event: Arc<Event> },
    /// The token counters are added to (R8).
    TokensAdded { lane: LaneKey, sequence: u64, usage: TokenUsage },
    /// The token counters have become an event, and are zero again (R8).
    TokensFolded { lane: LaneKey, stamp: Stamp, event: Arc<Event> },
    /// These parts are about to be handed out in one request: from here on they may reach the service (R11).
    Planned { plan: PlanId, parts: Arc<[PlannedPart]> },
    /// The service certainly has nothing of this lane's parts of the plan.
    Unplanned { plan: PlanId, lane: LaneKey },
    /// What was begun and left no trace at the service goes back into its place in the order (R6).
    Returned { lane: LaneKey },
    /// The service has the conversation's record, under this id if it said one; if it `is_new`, it was created just now.
    RecordAcknowledged { lane: LaneKey, is_queued: bool, number: Option<u64>, is_new: bool },
    /// The service has acted on one request of an item.
    PartAcknowledged { lane: LaneKey, sequence: u64, part: Part, message: Option<u64> },
    /// All requests of an item are acknowledged: it leaves.
    Delivered { lane: LaneKey, sequence: u64 },
    /// One more round of attempts has failed on an item (R15).
    RoundFailed { lane: LaneKey, sequence: u64 },
    /// An item is refused for good and becomes a dead letter (R15).
    SetAside { lane: LaneKey, sequence: u64, letter: LetterId, why: Arc<Letter> },
    /// The record is refused: the conversation parks, and the refusal is a dead letter (R15).
    Parked { lane: LaneKey, letter: LetterId, why: Arc<Letter> },
    /// The service does not know the conversation's id any more (R12).
    NumberForgotten { lane: LaneKey },
    /// A dead letter goes back into its conversation, under its own time. `sequence` is its new place in the order of
    /// tracking.
    Requeued { letter: LetterId, lane: LaneKey, sequence: u64 },
    /// A dead letter is given up; with a record's, everything that is pending in its conversation (R15).
    Discarded { letter: LetterId, lane: Option<LaneKey> },
    /// The oldest explicit times of a conversation are no longer kept apart (R6).
    RunForgotten { lane: LaneKey },
    /// The service was reset: its ids begin again (R17).
    IdsRestarted { highest: u64 },
    /// A conversation has nothing pending any more: what is needed only meanwhile is freed (R23).
    Settled { lane: LaneKey },
}
