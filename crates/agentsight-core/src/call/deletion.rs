//! Deleting a conversation when the answer to the first attempt was lost.

use std::sync::Arc;

use agentsight_model::{Conversation, Deleted};
use bytes::Bytes;

use super::{Managed, Managing};
use crate::call::Exchange;
use crate::call::{Machine, Step};
use crate::context::Now;
use crate::endpoint::{DeleteConversation, FetchConversation};
use crate::error::{Error, ErrorKind};
use crate::transport::TransportFailure;

/// A deletion, which is safe to repeat, although the service answers 404 to the second one (wire: 3 #16).
///
/// A 404 after a repetition is settled by looking at the row, which stays readable by number: if it is deleted, the
/// attempt whose answer was lost has done it.
#[derive(Debug)]
pub(crate) struct Deletion {
    managing: Managing,
    delete: Managed<DeleteConversation>,
    look: Option<(Exchange<FetchConversation>, Error)>,
}

impl Deletion {
    pub(crate) fn new(delete: Managed<DeleteConversation>, managing: Managing) -> Self {
        Self { managing, delete, look: None }
    }

    /// The row says whether the conversation is deleted; if it cannot be had, the 404 stands.
    fn settle(result: Result<Conversation, Error>, refusal: Error) -> Result<Deleted, Error> {
        let row = result.ok().filter(Conversation::deleted).ok_or(refusal)?;
        let mut deleted = Deleted::new(row.id, row.conversation_id).with_is_deleted(true);
        deleted.deleted_at = row.deleted_at;
        Ok(deleted)
    }
}

impl Machine for Deletion {
    type Output = Deleted;

    fn poll(&mut self, now: Now) -> Step<Deleted> {
        if self.look.is_none() {
            let refusal = match self.delete.poll(now) {
                Step::Done(Err(error)) if error.kind() == ErrorKind::NotFound && error.attempts() > 1 => error,
                step => return step,
            };
            let Some(number) = self.delete.number() else { return Step::Done(Err(refusal)) };
            let settings = Arc::clone(&self.managing.settings);
            let operation = FetchConversation { number, conversation_id: self.delete.text().map(str::to_owned) };
            let look = Exchange::new(operation, settings, self.managing.seed.wrapping_add(2));
            self.look = Some((look, refusal));
        }
        let Some((mut look, refusal)) = self.look.take() else { return self.delete.poll(now) };
        let step = match look.poll(now) {
            Step::Send(attempt) => Step::Send(attempt),
            Step::Wait(duration) => Step::Wait(duration),
            Step::Done(result) => return Step::Done(Self::settle(result, refusal)),
        };
        self.look = Some((look, refusal));
        step
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        match &mut self.look {
            Some((look, _)) => look.handle_response(now, response),
            None => self.delete.handle_response(now, response),
        }
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        match &mut self.look {
            Some((look, _)) => look.handle_failure(now, failure),
            None => self.delete.handle_failure(now, failure),
        }
    }
}
