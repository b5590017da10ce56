//! `GET /api/conversations/` (read; wire: 1.9)

use agentsight_model::{Conversation, Page};

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::{Error, Purpose};
use crate::filter::ConversationFilter;

/// Lists conversations. The query is encoded beforehand, so that a wrong filter is an error of its own.
#[derive(Debug, Clone)]
pub(crate) struct ListConversations {
    name: &'static str,
    query: String,
}

impl ListConversations {
    pub(crate) fn new(name: &'static str, filter: &ConversationFilter) -> Result<Self, Error> {
        Ok(Self { name, query: filter.encode()? })
    }

    /// The list that holds one conversation, found by its text id (R20).
    pub(crate) fn by_conversation_id(name: &'static str, id: &str) -> Result<Self, Error> {
        Self::new(name, &ConversationFilter::new().conversation_id(id))
    }
}

impl Operation for ListConversations {
    type Output = Page<Conversation>;

    fn name(&self) -> &'static str {
        self.name
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn purpose(&self) -> Purpose {
        Purpose::List
    }

    fn request(&self) -> Result<RequestParts, Error> {
        Ok(RequestParts::get("/api/conversations/").query(self.query.clone()))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Page<Conversation>, Error> {
        answer.json()
    }
}
