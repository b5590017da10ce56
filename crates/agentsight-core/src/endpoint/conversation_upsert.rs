//! `POST /api/conversations/` (write; get-or-create; wire: 1.9)

use agentsight_model::ConversationRecord;
use http::Method;

use crate::answer::Answer;
use crate::answer::KeptAnswer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::{Error, Purpose};

/// Creates a conversation, or finds it. Answers with its number and everything that the service said.
///
/// Safe to repeat: an existing conversation is never overridden (R3).
#[derive(Debug)]
pub(crate) struct UpsertConversation {
    pub name: &'static str,
    pub record: ConversationRecord,
}

impl Operation for UpsertConversation {
    type Output = (u64, KeptAnswer);

    fn name(&self) -> &'static str {
        self.name
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn purpose(&self) -> Purpose {
        Purpose::Service
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, "/api/conversations/", &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<(u64, KeptAnswer), Error> {
        let (id, ids) = answer.with_id()?;
        answer.check_about(&ids, None, Some(&self.record.conversation_id))?;
        Ok((id, answer.kept()))
    }
}
