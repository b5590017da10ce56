//! The current conversation of a tracker (R2).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use agentsight_model::{AgentMessage, Attachments, ButtonClick, HumanMessage, NewAction, NewConversation, TokenUsage};

use super::{ConversationRecorder, Recorder, TrackedDataSummary, generate_conversation_id};
use crate::error::Error;
use crate::log::log_event;

/// A tracker: the documented calls, on a *current* conversation.
///
/// The current conversation is the last one given to `get_or_create_conversation`, else the configured one, else one
/// whose id is generated on first use and kept (R2). It is shared by all clones of a tracker, which suits scripts;
/// **servers take a handle for each conversation instead**, so that concurrent requests cannot write into each other's.
#[derive(Clone)]
pub struct CurrentConversation {
    recorder: Recorder,
    current: Arc<Mutex<Option<ConversationRecorder>>>,
}

impl CurrentConversation {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder, current: Arc::default() }
    }

    /// Registers a conversation and makes it the current one; its record is sent first, with the next send (R3).
    ///
    /// # Errors
    /// `InvalidInput` if the id or a field is refused (R1, R7), `QueueFull` if too much is pending. The current
    /// conversation does not change then.
    pub fn get_or_create_conversation(&self, conversation: NewConversation) -> Result<ConversationRecorder, Error> {
        let lane = self.recorder.get_or_create_conversation(conversation)?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(lane.clone());
        Ok(lane)
    }

    /// The current conversation.
    pub fn current(&self) -> ConversationRecorder {
        let current = || self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = &*current() {
            return lane.clone();
        }
        // Made, and logged about, without the lock: a subscriber may come back here.
        let first = self.first();
        current().get_or_insert(first).clone()
    }

    /// Tracks a message of a person in the current conversation: [`ConversationRecorder::track_human_message`].
    ///
    /// # Errors
    /// As there.
    #[doc(alias = "track_question")]
    pub fn track_human_message(&self, message: impl Into<HumanMessage>) -> Result<(), Error> {
        self.current().track_human_message(message)
    }

    /// Tracks a message of the agent in the current conversation: [`ConversationRecorder::track_agent_message`].
    ///
    /// # Errors
    /// As there.
    #[doc(alias = "track_answer")]
    pub fn track_agent_message(&self, message: impl Into<AgentMessage>) -> Result<(), Error> {
        self.current().track_agent_message(message)
    }

    /// Tracks an action in the current conversation: [`ConversationRecorder::track_action`].
    ///
    /// # Errors
    /// As there.
    pub fn track_action(&self, action: impl Into<NewAction>) -> Result<(), Error> {
        self.current().track_action(action)
    }

    /// Tracks a click on a button in the current conversation: [`ConversationRecorder::track_button`].
    ///
    /// # Errors
    /// As there.
    pub fn track_button(&self, click: ButtonClick) -> Result<(), Error> {
        self.current().track_button(click)
    }

    /// Tracks files in the current conversation: [`ConversationRecorder::track_attachments`].
    ///
    /// # Errors
    /// As there.
    pub fn track_attachments(&self, attachments: impl Into<Attachments>) -> Result<(), Error> {
        self.current().track_attachments(attachments)
    }

    /// Adds to the token counters of the current conversation: [`ConversationRecorder::track_token_usage`].
    pub fn track_token_usage(&self, usage: TokenUsage) {
        self.current().track_token_usage(usage);
    }

    /// The token counters of the current conversation that have not become an action yet.
    pub fn get_token_usage(&self) -> TokenUsage {
        self.current().get_token_usage()
    }

    /// What is tracked in the current conversation and not yet acknowledged (R9).
    pub fn get_tracked_data_summary(&self) -> TrackedDataSummary {
        self.current().get_tracked_data_summary()
    }

    fn first(&self) -> ConversationRecorder {
        if let Some(id) = self.recorder.shared().config.conversation_id() {
            return self.recorder.lane(id.clone());
        }
        log_event!(
            self.recorder.shared().config,
            WARN,
            "no conversation is set: an id is generated, which fragments analytics if it happens in every run; call \
             get_or_create_conversation first"
        );
        self.recorder.lane(generate_conversation_id(&self.recorder.shared().context))
    }
}

impl fmt::Debug for CurrentConversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CurrentConversation").finish_non_exhaustive()
    }
}
