//! `GET /api/conversations/{pk}/attachments/` (read; wire: 1.10)

use agentsight_model::ConversationAttachments;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Fetches what is attached to a conversation.
#[derive(Debug)]
pub(crate) struct FetchAttachments {
    pub number: u64,
    /// The caller's id of the conversation, if it is known: what is under the number has to be that one (R12).
    pub conversation_id: Option<String>,
}

impl Operation for FetchAttachments {
    type Output = ConversationAttachments;

    fn name(&self) -> &'static str {
        "fetch_conversation_attachments"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        Ok(RequestParts::get(format!("/api/conversations/{}/attachments/", self.number)))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<ConversationAttachments, Error> {
        answer.json_about(Some(self.number), self.conversation_id.as_deref())
    }
}
