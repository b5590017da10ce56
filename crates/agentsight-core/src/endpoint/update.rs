//! `PATCH /api/conversations/{pk}/update/` (write; wire: 1.10)

use agentsight_model::{UpdateRecord, Updated};
use http::Method;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Changes the given fields of a conversation.
#[derive(Debug)]
pub(crate) struct UpdateConversation {
    pub number: u64,
    pub record: UpdateRecord,
}

impl Operation for UpdateConversation {
    type Output = Updated;

    fn name(&self) -> &'static str {
        "update_conversation"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::PATCH, format!("/api/conversations/{}/update/", self.number), &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Updated, Error> {
        answer.json_about(Some(self.number), None)
    }
}
