//! `POST /api/action_logs/` (write; wire: 1.13)

use agentsight_model::ActionRecord;
use http::Method;

use super::EventAnswer;
use crate::answer::Answer;
use crate::error::Error;
use crate::operation::{Operation, Repeat, RequestParts};

/// Creates an action log, and with it a message of the transcript.
#[derive(Debug)]
pub(crate) struct CreateAction {
    pub record: ActionRecord,
}

impl Operation for CreateAction {
    type Output = EventAnswer;

    fn name(&self) -> &'static str {
        "track_action"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Creates
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, "/api/action_logs/", &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<EventAnswer, Error> {
        EventAnswer::read(answer)
    }
}
