//! `POST /api/conversation-feedbacks/` (write; not idempotent; wire: 1.14)

use agentsight_model::{Feedback, FeedbackRecord};
use http::Method;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Submits feedback. Never repeated once the service may have seen it (R17).
#[derive(Debug)]
pub(crate) struct SubmitFeedback {
    pub record: FeedbackRecord,
}

impl Operation for SubmitFeedback {
    type Output = Feedback;

    fn name(&self) -> &'static str {
        "submit_feedback"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Creates
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, "/api/conversation-feedbacks/", &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Feedback, Error> {
        answer.json_about(self.record.conversation, self.record.conversation_id.as_deref())
    }
}
