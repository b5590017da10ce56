//! Reading conversations.

use std::fmt;
use std::sync::Arc;

use agentsight_core::{Conversation, ConversationAttachments, ConversationFilter, ConversationRef, Error, Page};

use crate::client::Shared;
use crate::drive::drive;
use crate::pages::{Conversations, Pages};

/// Reads conversations back.
#[derive(Clone)]
pub struct AgentSightApi {
    shared: Arc<Shared>,
}

impl AgentSightApi {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// One page of the conversations that match. Wire: `GET /api/conversations/`.
    ///
    /// Rows carry their whole transcript unless the filter is `lean()`. The service decides how many rows a page has
    /// unless the filter says so.
    ///
    /// # Errors
    /// `InvalidInput` for a filter that cannot be sent (R18); `NotFound` for a page beyond the last; or whatever can go
    /// wrong in a call.
    pub fn fetch_conversations(&self, filter: &ConversationFilter) -> Result<Page<Conversation>, Error> {
        drive(&self.shared, &mut self.shared.core.fetch_conversations(filter)?)
    }

    /// Every conversation that matches, page after page, lazily (R19). A page has 100 rows unless the filter says
    /// otherwise, and one is in memory at a time.
    pub fn conversations(&self, filter: &ConversationFilter) -> Conversations {
        Conversations::new(self.pages(filter))
    }

    /// Every page of the conversations that match, lazily (R19).
    pub fn pages(&self, filter: &ConversationFilter) -> Pages {
        Pages::new(self.shared.core.pages(filter), Arc::clone(&self.shared))
    }

    /// One conversation with its transcript, by text id or by the service's number (R20).
    ///
    /// By number a deleted conversation is found too; by text id it is not.
    ///
    /// # Errors
    /// `NotFound` if there is none, `InvalidInput` for a text that is no conversation id, or whatever can go wrong in a
    /// call.
    pub fn fetch_conversation(&self, conversation: impl Into<ConversationRef>) -> Result<Conversation, Error> {
        drive(&self.shared, &mut self.shared.core.fetch_conversation(conversation.into())?)
    }

    /// What is attached to a conversation, by text id or by the service's number (R20). Links to files are signed and
    /// expire after an hour.
    ///
    /// # Errors
    /// As for [`fetch_conversation`](Self::fetch_conversation).
    pub fn fetch_conversation_attachments(
        &self,
        conversation: impl Into<ConversationRef>,
    ) -> Result<ConversationAttachments, Error> {
        drive(&self.shared, &mut self.shared.core.fetch_conversation_attachments(conversation.into())?)
    }
}

impl fmt::Debug for AgentSightApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AgentSightApi").finish_non_exhaustive()
    }
}
