//! `GET /api/conversations/{pk}/` (read; wire: 1.9)

use agentsight_model::Conversation;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Fetches one conversation with its whole transcript; deleted ones too.
#[derive(Debug)]
pub(crate) struct FetchConversation {
    pub number: u64,
    /// The caller's id of the conversation, if it is known: what is under the number has to be that one (R12).
    pub conversation_id: Option<String>,
}

impl Operation for FetchConversation {
    type Output = Conversation;

    fn name(&self) -> &'static str {
        "fetch_conversation"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        Ok(RequestParts::get(format!("/api/conversations/{}/", self.number)))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Conversation, Error> {
        answer.json_about(Some(self.number), self.conversation_id.as_deref())
    }
}
