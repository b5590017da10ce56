//! `POST /api/buttons/` (write; wire: 1.13)

use agentsight_model::ButtonRecord;
use http::Method;

use super::EventAnswer;
use crate::answer::Answer;
use crate::error::Error;
use crate::operation::{Operation, Repeat, RequestParts};

/// Creates a click on a button.
#[derive(Debug)]
pub(crate) struct CreateButton {
    pub record: ButtonRecord,
}

impl Operation for CreateButton {
    type Output = EventAnswer;

    fn name(&self) -> &'static str {
        "track_button"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Creates
    }

    fn request(&self) -> Result<RequestParts, Error> {
        RequestParts::json(Method::POST, "/api/buttons/", &self.record)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<EventAnswer, Error> {
        EventAnswer::read(answer)
    }
}
