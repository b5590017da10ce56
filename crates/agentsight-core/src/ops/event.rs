//! The request of one tracked event, whichever route it takes.

use std::time::Duration;

use super::{CreateAction, CreateButton, CreateMessage, UploadAttachments};
use crate::answer::Answer;
use crate::config::Timeouts;
use crate::created_ids::CreatedIds;
use crate::error::Error;
use crate::kept_answer::KeptAnswer;
use crate::operation::{Operation, Repeat, RequestParts};

/// One request of one tracked event.
#[derive(Debug)]
pub(crate) enum CreateEvent {
    Message(CreateMessage),
    Action(CreateAction),
    Button(CreateButton),
    Attachments(UploadAttachments),
}

/// What the service answered to it.
#[derive(Debug)]
pub(crate) struct EventAnswer {
    /// The number of what was created.
    pub id: Option<u64>,
    /// The number of the message that it belongs to.
    pub message: Option<u64>,
    /// The answer as the report shows it.
    pub response: KeptAnswer,
}

impl EventAnswer {
    /// Any JSON answer, or none (R15).
    pub(crate) fn read(answer: &Answer<'_>) -> Result<Self, Error> {
        Ok(Self::of(answer.created()?, answer))
    }

    /// An answer whose number the caller cannot do without.
    pub(crate) fn read_numbered(answer: &Answer<'_>) -> Result<Self, Error> {
        let (_, ids) = answer.with_id()?;
        Ok(Self::of(ids, answer))
    }

    /// An answer whose message the caller cannot do without.
    pub(crate) fn read_with_message(answer: &Answer<'_>) -> Result<Self, Error> {
        let read = Self::read(answer)?;
        if read.message.is_none() {
            return Err(answer.unexpected("an answer without the message of the files"));
        }
        Ok(read)
    }

    fn of(ids: CreatedIds, answer: &Answer<'_>) -> Self {
        Self { id: ids.id, message: ids.message, response: answer.kept() }
    }
}

/// Hands a call on to the operation of the event's route.
macro_rules! on_route {
    ($event:expr, $operation:ident => $call:expr) => {
        match $event {
            CreateEvent::Message($operation) => $call,
            CreateEvent::Action($operation) => $call,
            CreateEvent::Button($operation) => $call,
            CreateEvent::Attachments($operation) => $call,
        }
    };
}

impl Operation for CreateEvent {
    type Output = EventAnswer;

    fn name(&self) -> &'static str {
        on_route!(self, operation => operation.name())
    }

    fn repeat(&self) -> Repeat {
        on_route!(self, operation => operation.repeat())
    }

    fn request(&self) -> Result<RequestParts, Error> {
        on_route!(self, operation => operation.request())
    }

    fn allowance(&self, timeouts: &Timeouts) -> Duration {
        on_route!(self, operation => operation.allowance(timeouts))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<EventAnswer, Error> {
        on_route!(self, operation => operation.read(answer))
    }
}
