//! Tracking in one conversation.

use std::fmt;
use std::sync::Arc;

use agentsight_model::{AgentMessage, Attachments, ButtonClick, ConversationId, HumanMessage, NewAction, TokenUsage};

use super::state::Lane;
use super::summary::TrackedDataSummary;
use crate::error::Error;
use crate::event::{self, Admitted};
use crate::recorder::RecorderState;

/// One conversation, to track events in.
///
/// Tracking stamps the event, queues it in memory and returns: no I/O, no JSON, and no waiting for another conversation.
/// Cloning is cheap and clones share the conversation; every method may be called from any thread. Nothing is sent until
/// the client's `send` is called, and nothing is forgotten until the service has acknowledged it (R11).
///
/// This is what a server uses: one handle for each conversation.
#[derive(Clone)]
pub struct ConversationLane {
    pub(crate) recorder: Arc<RecorderState>,
    pub(crate) lane: Arc<Lane>,
}

impl ConversationLane {
    /// The conversation's id.
    pub fn conversation_id(&self) -> &ConversationId {
        &self.lane.id
    }

    /// Tracks a message of a person.
    ///
    /// The message is stamped with the current time, to the microsecond, unless it carries an explicit one (R6). Its
    /// attachments follow it (R13). Wire: `POST /api/track/`.
    ///
    /// # Errors
    /// `InvalidInput` if the text is blank or anything else is refused by R7; `File` if an attachment's file cannot be
    /// read; `QueueFull` if too much is pending. Nothing is stored then.
    #[doc(alias = "track_question")]
    pub fn track_human_message(&self, message: impl Into<HumanMessage>) -> Result<(), Error> {
        self.track(event::human_message(message.into(), &self.recorder.context)?)
    }

    /// Tracks a message of the agent. Like [`track_human_message`](Self::track_human_message).
    ///
    /// # Errors
    /// As for [`track_human_message`](Self::track_human_message).
    #[doc(alias = "track_answer")]
    pub fn track_agent_message(&self, message: impl Into<AgentMessage>) -> Result<(), Error> {
        self.track(event::agent_message(message.into(), &self.recorder.context)?)
    }

    /// Tracks an action of the agent: a tool call, a look-up, an escalation. Wire: `POST /api/action_logs/`.
    ///
    /// # Errors
    /// `InvalidInput` if the name is blank or longer than 255 characters, or anything else is refused by R7;
    /// `QueueFull`.
    pub fn track_action(&self, action: impl Into<NewAction>) -> Result<(), Error> {
        self.track(event::action(action.into(), &self.recorder.context)?)
    }

    /// Tracks a click on a button. Wire: `POST /api/buttons/`.
    ///
    /// # Errors
    /// `InvalidInput` if the event, label or value is blank or longer than 255 characters, or anything else is refused
    /// by R7; `QueueFull`.
    pub fn track_button(&self, click: ButtonClick) -> Result<(), Error> {
        self.track(event::button(click, &self.recorder.context)?)
    }

    /// Tracks files that belong to no message. Wire: `POST /api/attachments/`.
    ///
    /// Files given by path are looked at now and read when they are sent (R13).
    ///
    /// # Errors
    /// `InvalidInput` if there is no file, base64 is invalid, or a file is larger than 25 MB (R7); `File` if a file
    /// cannot be read; `QueueFull`.
    pub fn track_attachments(&self, attachments: impl Into<Attachments>) -> Result<(), Error> {
        self.track(event::attachments(attachments.into(), &self.recorder.context)?)
    }

    /// Adds to the conversation's token counters; they saturate rather than overflow.
    ///
    /// When a send begins, the counters become one action `token_usage` and restart at zero (R8).
    pub fn track_token_usage(&self, usage: TokenUsage) {
        let mut state = self.lane.lock();
        state.tokens = state.tokens.saturating_add(usage);
    }

    /// The token counters since the last send began.
    pub fn get_token_usage(&self) -> TokenUsage {
        self.lane.lock().tokens
    }

    /// What is tracked and not yet sent (R9).
    pub fn get_tracked_data_summary(&self) -> TrackedDataSummary {
        let now = self.recorder.context.now();
        TrackedDataSummary::of(self.lane.id.clone(), &self.lane.lock(), now)
    }

    /// Whether a send would have something to do.
    pub fn has_pending(&self) -> bool {
        self.lane.lock().has_work()
    }

    /// Says what became of the item in doubt, where the service could not be asked: it was read back in vain, or the
    /// configuration says that it is to be held (R17).
    ///
    /// Answers whether there was an item to settle; while the conversation is being sent there is none.
    pub fn settle_doubt(&self, settlement: DoubtSettlement) -> bool {
        let mut state = self.lane.lock();
        if state.delivering || state.in_doubt().is_none() {
            return false;
        }
        state.clear_doubt();
        match settlement {
            DoubtSettlement::NotDelivered => state.release(),
            DoubtSettlement::Delivered => {
                state.in_flight = None;
                drop(state);
                self.recorder.let_go(1);
            }
        }
        true
    }

    fn track(&self, Admitted { event, at }: Admitted) -> Result<(), Error> {
        if !self.recorder.reserve()? {
            return Ok(());
        }
        let mut state = self.lane.lock();
        // The clock is read under the lane's lock, so that order and time agree.
        let now = self.recorder.context.now();
        state.track(event, at, now);
        Ok(())
    }
}

/// What a person found out about an item in doubt (R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DoubtSettlement {
    /// The service has it: it leaves the lane, with any of its files that were not sent.
    Delivered,
    /// The service does not have it: the next send sends it.
    NotDelivered,
}

impl fmt::Debug for ConversationLane {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ConversationLane").field("conversation_id", &self.lane.id).finish_non_exhaustive()
    }
}
