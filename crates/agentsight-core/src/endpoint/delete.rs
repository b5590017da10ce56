//! `DELETE /api/conversations/{pk}/delete/` (write; soft; wire: 1.10)

use agentsight_model::Deleted;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Marks a conversation as deleted.
#[derive(Debug)]
pub(crate) struct DeleteConversation {
    pub number: u64,
}

impl Operation for DeleteConversation {
    type Output = Deleted;

    fn name(&self) -> &'static str {
        "delete_conversation"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        Ok(RequestParts::delete(format!("/api/conversations/{}/delete/", self.number)))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Deleted, Error> {
        answer.json_about(Some(self.number), None)
    }
}
