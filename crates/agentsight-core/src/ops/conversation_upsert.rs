//! `POST /api/conversations/` (write; get-or-create; wire: 1.9)

use agentsight_model::ConversationRecord;
use http::Method;
use serde_json::Value;

use crate::error::Error;
use crate::operation::{Answer, Operation, Repeat, RequestParts};

/// Creates a conversation, or finds it. Answers with its number and everything that the service said.
///
/// Safe to repeat: an existing conversation is never overridden (R3).
#[derive(Debug)]
pub(crate) struct UpsertConversation {
    pub name: &'static str,
    pub record: ConversationRecord,
}

impl Operation for UpsertConversation {
    type Output = (u64, Value);

    fn name(&self) -> &'static str {
        self.name
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, "/api/conversations/", &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<(u64, Value), Error> {
        answer.numbered()
    }
}
