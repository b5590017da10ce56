//! The tracker.

use std::fmt;
use std::sync::Arc;

use agentsight_core::{
    AgentMessage, Attachments, ButtonClick, CurrentConversation, Error, HumanMessage, NewAction, NewConversation,
    SendReport, TokenUsage, TrackedDataSummary,
};

use crate::client::Shared;
use crate::drive::drive;
use crate::handle::ConversationHandle;

/// Tracks events in a current conversation, in memory, and sends them in order.
///
/// All clones of a tracker share its current conversation, which suits scripts; **servers use a handle for each
/// conversation** ([`AgentSight::conversation`](crate::AgentSight::conversation)), so that concurrent requests cannot
/// write into each other's.
#[derive(Clone)]
pub struct ConversationTracker {
    current: CurrentConversation,
    shared: Arc<Shared>,
}

impl ConversationTracker {
    pub(crate) fn new(current: CurrentConversation, shared: Arc<Shared>) -> Self {
        Self { current, shared }
    }

    /// Registers a conversation and makes it the current one. Its record is sent first, with the next send (R3).
    ///
    /// Registered again before that, only unset fields are filled; afterwards nothing is sent again.
    ///
    /// # Errors
    /// `InvalidInput` if the id or a field is refused (R1, R7), `QueueFull` if too much is pending.
    pub fn get_or_create_conversation(&self, conversation: NewConversation) -> Result<ConversationHandle, Error> {
        let conversation = self.current.get_or_create_conversation(conversation)?;
        Ok(ConversationHandle::new(conversation, Arc::clone(&self.shared)))
    }

    /// Creates a conversation at once, not yet used, for example when a page with an agent on it is opened (R4). The
    /// current conversation does not change.
    ///
    /// # Errors
    /// `InvalidInput` as for [`get_or_create_conversation`](Self::get_or_create_conversation), or whatever can go wrong
    /// in a call.
    pub async fn initialize_conversation(&self, conversation: NewConversation) -> Result<ConversationHandle, Error> {
        let conversation = drive(&self.shared, &mut self.shared.core.initialize_conversation(conversation)?).await?;
        Ok(ConversationHandle::new(conversation, Arc::clone(&self.shared)))
    }

    /// A handle on the current conversation (R2).
    pub fn current(&self) -> ConversationHandle {
        ConversationHandle::new(self.current.current(), Arc::clone(&self.shared))
    }

    /// The half of the tracker that tracks and cannot send: what code takes that does not know which client it works
    /// with.
    pub fn recorder(&self) -> &CurrentConversation {
        &self.current
    }

    /// Tracks a message of a person in the current conversation: [`ConversationHandle::track_human_message`].
    ///
    /// # Errors
    /// As there.
    #[doc(alias = "track_question")]
    pub fn track_human_message(&self, message: impl Into<HumanMessage>) -> Result<(), Error> {
        self.current.track_human_message(message)
    }

    /// Tracks a message of the agent in the current conversation: [`ConversationHandle::track_agent_message`].
    ///
    /// # Errors
    /// As there.
    #[doc(alias = "track_answer")]
    pub fn track_agent_message(&self, message: impl Into<AgentMessage>) -> Result<(), Error> {
        self.current.track_agent_message(message)
    }

    /// Tracks an action in the current conversation: [`ConversationHandle::track_action`].
    ///
    /// # Errors
    /// As there.
    pub fn track_action(&self, action: impl Into<NewAction>) -> Result<(), Error> {
        self.current.track_action(action)
    }

    /// Tracks a click on a button in the current conversation: [`ConversationHandle::track_button`].
    ///
    /// # Errors
    /// As there.
    pub fn track_button(&self, click: ButtonClick) -> Result<(), Error> {
        self.current.track_button(click)
    }

    /// Tracks files in the current conversation: [`ConversationHandle::track_attachments`].
    ///
    /// # Errors
    /// As there.
    pub fn track_attachments(&self, attachments: impl Into<Attachments>) -> Result<(), Error> {
        self.current.track_attachments(attachments)
    }

    /// Adds to the token counters of the current conversation: [`ConversationHandle::track_token_usage`].
    pub fn track_token_usage(&self, usage: TokenUsage) {
        self.current.track_token_usage(usage);
    }

    /// The token counters of the current conversation that have not become an action yet:
    /// [`ConversationHandle::get_token_usage`].
    pub fn get_token_usage(&self) -> TokenUsage {
        self.current.get_token_usage()
    }

    /// What is tracked in the current conversation and not yet acknowledged (R9):
    /// [`ConversationHandle::get_tracked_data_summary`].
    pub fn get_tracked_data_summary(&self) -> TrackedDataSummary {
        self.current.get_tracked_data_summary()
    }

    /// Whether anything waits to be sent in the current conversation.
    pub fn has_pending(&self) -> bool {
        self.current.current().has_pending()
    }

    /// Sends what is pending in the current conversation: [`ConversationHandle::send`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_tracked_data(&self) -> Result<SendReport, Error> {
        self.current().send().await
    }
}

impl From<ConversationTracker> for CurrentConversation {
    fn from(tracker: ConversationTracker) -> Self {
        tracker.current
    }
}

impl fmt::Debug for ConversationTracker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ConversationTracker").finish_non_exhaustive()
    }
}
