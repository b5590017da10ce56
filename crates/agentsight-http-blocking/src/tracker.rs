//! The tracker.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use agentsight_core::{CurrentConversation, Error, NewConversation, SendReport};

use crate::client::Shared;
use crate::drive::drive;
use crate::handle::ConversationHandle;

/// Tracks events in a current conversation, in memory, and sends them in order.
///
/// Every `track_*` method comes from [`CurrentConversation`], to which a tracker dereferences. All clones of a tracker
/// share its current conversation, which suits scripts; **servers use a handle for each conversation**
/// ([`AgentSight::conversation`](crate::AgentSight::conversation)), so that concurrent requests cannot write into each
/// other's.
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
        let lane = self.current.get_or_create_conversation(conversation)?;
        Ok(ConversationHandle::new(lane, Arc::clone(&self.shared)))
    }

    /// Creates a conversation at once, not yet used, for example when a page with an agent on it is opened (R4). The
    /// current conversation does not change.
    ///
    /// # Errors
    /// `InvalidInput` as for [`get_or_create_conversation`](Self::get_or_create_conversation), or whatever can go wrong
    /// in a call.
    pub fn initialize_conversation(&self, conversation: NewConversation) -> Result<ConversationHandle, Error> {
        let lane = drive(&self.shared, &mut self.shared.core.initialize_conversation(conversation)?)?;
        Ok(ConversationHandle::new(lane, Arc::clone(&self.shared)))
    }

    /// A handle on the current conversation (R2).
    pub fn current(&self) -> ConversationHandle {
        ConversationHandle::new(self.current.current(), Arc::clone(&self.shared))
    }

    /// Sends what is pending in the current conversation: [`ConversationHandle::send`].
    ///
    /// # Errors
    /// As there.
    pub fn send_tracked_data(&self) -> Result<SendReport, Error> {
        self.current().send()
    }
}

impl Deref for ConversationTracker {
    type Target = CurrentConversation;

    fn deref(&self) -> &CurrentConversation {
        &self.current
    }
}

impl fmt::Debug for ConversationTracker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.current.fmt(formatter)
    }
}
