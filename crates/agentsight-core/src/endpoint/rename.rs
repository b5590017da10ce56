//! `PATCH /api/conversations/{pk}/rename/` (write; wire: 1.10)

use agentsight_model::{RenameRecord, Renamed};
use http::Method;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Renames a conversation.
#[derive(Debug)]
pub(crate) struct RenameConversation {
    pub number: u64,
    pub record: RenameRecord,
}

impl Operation for RenameConversation {
    type Output = Renamed;

    fn name(&self) -> &'static str {
        "rename_conversation"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::PATCH, format!("/api/conversations/{}/rename/", self.number), &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Renamed, Error> {
        answer.json_about(Some(self.number), None)
    }
}
