//! Tracking in one conversation.

use std::fmt;
use std::sync::Arc;

use agentsight_model::{AgentMessage, Attachments, ButtonClick, ConversationId, HumanMessage, NewAction, TokenUsage};

use super::{Recorder, TrackedDataSummary};
use crate::error::Error;
use crate::event::{self, Admitted};
use crate::outbox::{LaneKey, Refusal, Settlement};

/// One conversation, to track events in.
///
/// Tracking stamps the event, queues it in memory and returns: no network, no serialisation, and no waiting for either
/// (H11). Cloning is cheap and clones share the conversation; every method may be called from any thread. Nothing is
/// forgotten until the service has acknowledged it (R11).
///
/// The clients' handles are this and a way to send.
#[derive(Clone)]
pub struct ConversationRecorder {
    handle: Arc<Handle>,
}

/// Keeps a conversation from being forgotten while somebody holds it (R23).
struct Handle {
    key: LaneKey,
    id: ConversationId,
    recorder: Recorder,
}

impl ConversationRecorder {
    pub(super) fn new(key: LaneKey, id: ConversationId, recorder: Recorder) -> Self {
        Self { handle: Arc::new(Handle { key, id, recorder }) }
    }

    pub(crate) fn key(&self) -> LaneKey {
        self.handle.key
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.handle.recorder
    }

    /// The conversation's id.
    pub fn conversation_id(&self) -> &ConversationId {
        &self.handle.id
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
        self.track(event::human_message(message.into(), &self.recorder().shared().context)?)
    }

    /// Tracks a message of the agent. Like [`track_human_message`](Self::track_human_message).
    ///
    /// # Errors
    /// As for [`track_human_message`](Self::track_human_message).
    #[doc(alias = "track_answer")]
    pub fn track_agent_message(&self, message: impl Into<AgentMessage>) -> Result<(), Error> {
        self.track(event::agent_message(message.into(), &self.recorder().shared().context)?)
    }

    /// Tracks an action of the agent: a tool call, a look-up, an escalation. Wire: `POST /api/action_logs/`.
    ///
    /// # Errors
    /// `InvalidInput` if the name is blank or longer than 255 characters, or anything else is refused by R7;
    /// `QueueFull`.
    pub fn track_action(&self, action: impl Into<NewAction>) -> Result<(), Error> {
        self.track(event::action(action.into(), &self.recorder().shared().context)?)
    }

    /// Tracks a click on a button. Wire: `POST /api/buttons/`.
    ///
    /// # Errors
    /// `InvalidInput` if the event, label or value is blank or longer than 255 characters, or anything else is refused
    /// by R7; `QueueFull`.
    pub fn track_button(&self, click: ButtonClick) -> Result<(), Error> {
        self.track(event::button(click, &self.recorder().shared().context)?)
    }

    /// Tracks files that belong to no message. Wire: `POST /api/attachments/`.
    ///
    /// Files given by path are looked at now and read when they are sent (R13).
    ///
    /// # Errors
    /// `InvalidInput` if there is no file, base64 is invalid, or a file is larger than 25 MB (R7); `File` if a file
    /// cannot be read; `QueueFull`.
    pub fn track_attachments(&self, attachments: impl Into<Attachments>) -> Result<(), Error> {
        self.track(event::attachments(attachments.into(), &self.recorder().shared().context)?)
    }

    /// Adds to the conversation's token counters; they saturate rather than overflow.
    ///
    /// When the last pending event is about to be sent, the counters become one action `token_usage` and restart at zero
    /// (R8).
    pub fn track_token_usage(&self, usage: TokenUsage) {
        let shared = self.recorder().shared();
        let now = shared.now();
        shared.with(|outbox| outbox.add_tokens(self.key(), usage, now));
    }

    /// The token counters that have not become an action yet.
    pub fn get_token_usage(&self) -> TokenUsage {
        self.recorder().shared().with(|outbox| outbox.tokens(self.key()))
    }

    /// What is tracked and not yet acknowledged (R9).
    pub fn get_tracked_data_summary(&self) -> TrackedDataSummary {
        let shared = self.recorder().shared();
        let now = shared.now();
        let pending = shared.with(|outbox| outbox.pending_items(self.key(), now));
        TrackedDataSummary::of(self.conversation_id().clone(), pending)
    }

    /// Whether anything waits to be sent.
    pub fn has_pending(&self) -> bool {
        self.recorder().shared().with(|outbox| outbox.has_work(self.key()))
    }

    /// Says what became of the item in doubt, where the service could not be asked: it was read back in vain, or the
    /// configuration says that it is to be held (R17).
    ///
    /// Returns whether there was an item to settle; while the conversation is being sent there is none.
    pub fn settle_doubt(&self, settlement: DoubtSettlement) -> bool {
        let settlement = match settlement {
            DoubtSettlement::Delivered => Settlement::Delivered,
            DoubtSettlement::NotDelivered => Settlement::NotDelivered,
        };
        let shared = self.recorder().shared();
        let now = shared.now();
        shared.with(|outbox| outbox.settle_doubt(self.key(), settlement, now))
    }

    fn track(&self, admitted: Admitted) -> Result<(), Error> {
        let Admitted { event, at } = admitted;
        let weight = event.weight();
        let (shared, event) = (self.recorder().shared(), Arc::new(event));
        let now = shared.now();
        let tracked = shared.with(|outbox| outbox.track(self.key(), event, weight, at, now));
        tracked.map_err(Refusal::into_error)
    }
}

/// What a person found out about an item in doubt (R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DoubtSettlement {
    /// The service has it: it is no longer pending, nor are any of its files that were not sent.
    Delivered,
    /// The service does not have it: it is sent again.
    NotDelivered,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.recorder.shared().with(|outbox| outbox.release(self.key));
    }
}

impl fmt::Debug for ConversationRecorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ConversationRecorder").field("conversation_id", &self.handle.id).finish_non_exhaustive()
    }
}
