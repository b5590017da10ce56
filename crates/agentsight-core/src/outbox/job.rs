//! One attempt, and what it is made of (H8).

use std::time::Duration;

use agentsight_model::ConversationId;

use super::change::PlanId;
use super::entries::Micros;
use super::item::{LaneKey, Shipment};
use crate::config::ApiKey;
use crate::wire::{Failure, Look, PartOutcome};

/// Names a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobId(pub(crate) u64);

/// One attempt that somebody carries out: everything that its request is made of, and nothing of the outbox.
#[derive(Debug)]
pub(crate) struct Job {
    /// By which the outbox knows it again.
    pub(crate) id: JobId,
    /// What is to be done.
    pub(crate) errand: Errand,
    /// How long the attempt may take.
    pub(crate) timeout: Duration,
    /// Which attempt of its round it is, from 1.
    pub(crate) attempt: u32,
    /// The key with which it leaves.
    pub(crate) key: Option<ApiKey>,
    /// Which key that is: a late answer to an old key refuses nothing (R16).
    pub(crate) key_version: u32,
}

/// What a job does.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Sends these parts.
    Send {
        /// The plan, if a repetition could do a thing twice.
        plan: Option<PlanId>,
        /// The parts.
        shipments: Vec<Shipment>,
    },
    /// Reads a conversation back and looks for what is in doubt.
    Look {
        /// The conversation's lane.
        lane: LaneKey,
        /// The conversation's own id.
        conversation_id: ConversationId,
        /// The id that the service gave it.
        number: u64,
        /// What is looked for, in order.
        shipments: Vec<Shipment>,
        /// The last message that is known to be ours.
        known: Option<(u64, Micros)>,
    },
}

/// What came of a job, already parsed (H8).
#[derive(Debug)]
pub(crate) enum JobOutcome {
    /// Of a [`Errand::Send`], part by part.
    Sent(Vec<PartOutcome>),
    /// Of a [`Errand::Look`].
    Looked(Result<Look, Failure>),
}

/// What whoever drives an outbox does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Carry this out. `is_more_due` if another loop would find work too.
    Send {
        /// The attempt.
        job: Box<Job>,
        /// Whether another loop would find work too.
        is_more_due: bool,
    },
    /// Ask again then, on the monotonic clock, or when woken; with `None` only when woken.
    Wait(Option<Duration>),
    /// There is nothing to do.
    Idle,
}

/// What somebody who asks [`next`](super::Outbox::next) takes care of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every conversation.
    Everything,
    /// The conversations of a ticket.
    Ticket(super::ticket::TicketId),
}
