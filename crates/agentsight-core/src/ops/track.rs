//! `POST /api/track/` (write; wire: 1.11)

use agentsight_model::MessageRecord;
use http::Method;

use super::EventAnswer;
use crate::answer::Answer;
use crate::error::Error;
use crate::operation::{Operation, Repeat, RequestParts};

/// Creates a message.
#[derive(Debug)]
pub(crate) struct CreateMessage {
    pub record: MessageRecord,
    /// Whether files follow, which have to name the message's number.
    pub needs_number: bool,
}

impl Operation for CreateMessage {
    type Output = EventAnswer;

    fn name(&self) -> &'static str {
        "track_message"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Creates
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, "/api/track/", &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<EventAnswer, Error> {
        if self.needs_number { EventAnswer::read_numbered(answer) } else { EventAnswer::read(answer) }
    }
}
