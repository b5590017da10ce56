//! A handle on one conversation.

use std::fmt;
use std::sync::Arc;

use agentsight_core::{
    AgentMessage, Attachments, ButtonClick, ConversationId, ConversationRecorder, DoubtSettlement, Error, HumanMessage,
    NewAction, SendReport, TokenUsage, TrackedDataSummary,
};

use crate::client::Shared;
use crate::run::run_ticket;

/// One conversation, to track in and to send. This is what servers use.
///
/// Tracking stamps an event, queues it in memory and returns: no network, no serialisation, and no waiting for either.
/// Cloning is cheap; clones share the conversation. Every method may be called from any thread.
#[derive(Clone)]
pub struct ConversationHandle {
    conversation: ConversationRecorder,
    shared: Arc<Shared>,
}

impl ConversationHandle {
    pub(crate) fn new(conversation: ConversationRecorder, shared: Arc<Shared>) -> Self {
        Self { conversation, shared }
    }

    /// The half of the handle that tracks and cannot send: what code takes that does not know which client it works
    /// with.
    pub fn recorder(&self) -> &ConversationRecorder {
        &self.conversation
    }

    /// The conversation's id.
    pub fn conversation_id(&self) -> &ConversationId {
        self.conversation.conversation_id()
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
        self.conversation.track_human_message(message)
    }

    /// Tracks a message of the agent. Like [`track_human_message`](Self::track_human_message).
    ///
    /// # Errors
    /// As for [`track_human_message`](Self::track_human_message).
    #[doc(alias = "track_answer")]
    pub fn track_agent_message(&self, message: impl Into<AgentMessage>) -> Result<(), Error> {
        self.conversation.track_agent_message(message)
    }

    /// Tracks an action of the agent: a tool call, a look-up, an escalation. Wire: `POST /api/action_logs/`.
    ///
    /// # Errors
    /// `InvalidInput` if the name is blank or longer than 255 characters, or anything else is refused by R7;
    /// `QueueFull` if too much is pending.
    pub fn track_action(&self, action: impl Into<NewAction>) -> Result<(), Error> {
        self.conversation.track_action(action)
    }

    /// Tracks a click on a button. Wire: `POST /api/buttons/`.
    ///
    /// # Errors
    /// `InvalidInput` if the event, label or value is blank or longer than 255 characters, or anything else is refused
    /// by R7; `QueueFull` if too much is pending.
    pub fn track_button(&self, click: ButtonClick) -> Result<(), Error> {
        self.conversation.track_button(click)
    }

    /// Tracks files that belong to no message. Wire: `POST /api/attachments/`.
    ///
    /// Files that are given by path are looked at now and read when they are sent (R13).
    ///
    /// # Errors
    /// `InvalidInput` if there is no file, base64 is invalid, or a file is larger than 25 MB (R7); `File` if a file
    /// cannot be read; `QueueFull` if too much is pending.
    pub fn track_attachments(&self, attachments: impl Into<Attachments>) -> Result<(), Error> {
        self.conversation.track_attachments(attachments)
    }

    /// Adds to the conversation's token counters; they saturate rather than overflow.
    ///
    /// When the last pending event is about to be sent, the counters become one action `token_usage` and restart at zero
    /// (R8).
    pub fn track_token_usage(&self, usage: TokenUsage) {
        self.conversation.track_token_usage(usage);
    }

    /// The token counters that have not become an action yet.
    ///
    /// With background delivery they become one at any time; this shows what was counted at the call.
    pub fn get_token_usage(&self) -> TokenUsage {
        self.conversation.get_token_usage()
    }

    /// What is tracked and not yet acknowledged (R9).
    ///
    /// With background delivery it is sent at any time; this shows what was pending at the call.
    pub fn get_tracked_data_summary(&self) -> TrackedDataSummary {
        self.conversation.get_tracked_data_summary()
    }

    /// Whether anything waits to be sent.
    pub fn has_pending(&self) -> bool {
        self.conversation.has_pending()
    }

    /// Says what became of the item in doubt, where the service could not be asked: it was read back in vain, or the
    /// configuration says that it is to be held (R17).
    ///
    /// Returns whether there was an item to settle; while the conversation is being sent there is none.
    pub fn settle_doubt(&self, settlement: DoubtSettlement) -> bool {
        self.conversation.settle_doubt(settlement)
    }

    /// Sends what is pending in the conversation, one request after another, in exact chronological order.
    ///
    /// Nothing leaves memory before the service has acknowledged it (R11), and what the service may have seen without
    /// our seeing its answer is looked for before it would be sent again (R17). What is tracked meanwhile stays for the
    /// next send, unless its explicit time comes before something that is still to be sent. If somebody else sends the
    /// conversation at the same time, both get the outcome of what was pending when they called.
    ///
    /// With background delivery this waits until the worker has sent what was pending at the call. The report shows only
    /// that; what the worker had sent before is in no report.
    ///
    /// # Errors
    /// The reason why the conversation had to stop; [`Error::report`] says how far it came, and the rest stays pending.
    /// Items that the service refuses are no error: they are in the report and in the dead letters.
    pub fn send(&self) -> Result<SendReport, Error> {
        let ticket = self.shared.core.ticket(&self.conversation);
        run_ticket(&self.shared, &ticket, 1);
        ticket.into_report()
    }
}

impl From<ConversationHandle> for ConversationRecorder {
    fn from(handle: ConversationHandle) -> Self {
        handle.conversation
    }
}

impl fmt::Debug for ConversationHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ConversationHandle")
            .field("conversation_id", self.conversation_id())
            .finish_non_exhaustive()
    }
}
