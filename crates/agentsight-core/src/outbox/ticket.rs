//! What callers of `send` and `send_all` wait for (R14).

use std::collections::{BTreeMap, BTreeSet};

use super::entries::Micros;
use super::item::LaneKey;
use super::queue::Queue;
use crate::answer::KeptAnswer;
use crate::error::Error;
use crate::report::ItemKind;
use agentsight_model::ConversationId;

/// Names a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TicketId(pub(crate) u64);

/// What one caller waits for in one conversation.
#[derive(Debug)]
pub(crate) struct LaneTicket {
    /// The caller.
    pub(crate) ticket: TicketId,
    /// What was tracked from here on is none of the caller's business.
    pub(crate) bound: u64,
    /// How many events from before are not final.
    pub(crate) left: usize,
    /// Whether the record is waited for.
    pub(crate) record: bool,
    /// Whether token counters are waited for.
    pub(crate) tokens: bool,
    /// What became final meanwhile.
    pub(crate) items: Vec<FinalItem>,
}

/// An item that became final.
#[derive(Debug)]
pub(crate) struct FinalItem {
    /// What it is.
    pub(crate) kind: ItemKind,
    /// Its time.
    pub(crate) stamp: Micros,
    /// What became of it.
    pub(crate) outcome: FinalOutcome,
}

/// What became of an item.
#[derive(Clone, Debug)]
pub(crate) enum FinalOutcome {
    /// The service acknowledged it, with this answer.
    Delivered(KeptAnswer),
    /// The service refused it.
    Rejected(Error),
}

/// How a conversation ended for a ticket.
#[derive(Debug)]
pub(crate) struct LaneOutcome {
    /// The conversation.
    pub(crate) conversation_id: ConversationId,
    /// What became final meanwhile.
    pub(crate) items: Vec<FinalItem>,
    /// How many items are still pending.
    pub(crate) remaining: usize,
    /// The item that the service may or may not have.
    pub(crate) in_doubt: Option<(ItemKind, Micros)>,
    /// Why the conversation had to stop, if it had.
    pub(crate) error: Option<Error>,
    /// Whether the client sends nothing.
    pub(crate) is_disabled: bool,
}

/// What one caller waits for.
#[derive(Debug, Default)]
pub(crate) struct Ticket {
    /// Which of its lanes wait.
    pub(crate) queue: Queue,
    /// Its lanes that are not over.
    pub(crate) open: BTreeSet<LaneKey>,
    /// How the others ended.
    pub(crate) outcomes: Vec<LaneOutcome>,
}

/// All tickets.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    held: BTreeMap<TicketId, Ticket>,
    next: u64,
}

impl LaneTicket {
    /// Whether everything that it waits for is final.
    pub(crate) fn is_over(&self) -> bool {
        self.left == 0 && !self.record && !self.tokens
    }
}

impl Tickets {
    /// A new ticket without lanes.
    pub(crate) fn open(&mut self) -> TicketId {
        let id = TicketId(self.next);
        self.next = self.next.wrapping_add(1);
        self.held.insert(id, Ticket::default());
        id
    }

    /// One ticket, unless it was closed.
    pub(crate) fn get(&self, id: TicketId) -> Option<&Ticket> {
        self.held.get(&id)
    }

    /// One ticket, to be changed.
    pub(crate) fn get_mut(&mut self, id: TicketId) -> Option<&mut Ticket> {
        self.held.get_mut(&id)
    }

    /// Whether nothing is left to wait for.
    pub(crate) fn is_over(&self, id: TicketId) -> bool {
        self.held.get(&id).is_none_or(|ticket| ticket.open.is_empty())
    }

    /// Closes a ticket, over or not.
    pub(crate) fn close(&mut self, id: TicketId) -> Option<Ticket> {
        self.held.remove(&id)
    }

    /// Every ticket that is not over.
    pub(crate) fn open_lanes(&self) -> Vec<LaneKey> {
        let lanes: BTreeSet<LaneKey> = self.held.values().flat_map(|ticket| ticket.open.iter().copied()).collect();
        lanes.into_iter().collect()
    }
}
