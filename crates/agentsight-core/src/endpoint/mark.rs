//! `POST /api/conversations/{pk}/mark/` (write; wire: 1.10)

use agentsight_model::{MarkRecord, Marked};
use http::Method;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Marks a conversation, or takes the mark away.
#[derive(Debug)]
pub(crate) struct MarkConversation {
    pub number: u64,
    pub record: MarkRecord,
}

impl Operation for MarkConversation {
    type Output = Marked;

    fn name(&self) -> &'static str {
        "mark_conversation"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, format!("/api/conversations/{}/mark/", self.number), &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Marked, Error> {
        answer.json_about(Some(self.number), None)
    }
}
