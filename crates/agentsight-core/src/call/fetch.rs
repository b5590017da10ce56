//! Reading one conversation by number or by text id (R20).

use std::sync::Arc;

use agentsight_model::{Conversation, ConversationAttachments, ConversationRef, Page};
use bytes::Bytes;

use crate::answer::{ANOTHER_CONVERSATION, AboutConversation as _};
use crate::call::{CallSettings, Exchange};
use crate::call::{Machine, Step};
use crate::context::Now;
use crate::endpoint::{FetchAttachments, FetchConversation, ListConversations};
use crate::error::{Error, ErrorKind, RequestFate};
use crate::event::conversation_id;
use crate::transport::TransportFailure;

/// Fetches a conversation: by number from the detail route, by text id from the list (R20).
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made once a call and moved once into its loop")]
pub(crate) enum FetchByRef {
    Number(Exchange<FetchConversation>),
    Text(ByText),
}

/// Fetches what is attached to a conversation; a text id becomes a number through the same list (R20).
#[derive(Debug)]
pub(crate) enum FetchFilesByRef {
    Number(Exchange<FetchAttachments>),
    Text { by_text: ByText, settings: Arc<CallSettings>, seed: u64 },
}

/// Finds the row of a text id in the list.
#[derive(Debug)]
pub(crate) struct ByText {
    name: &'static str,
    id: String,
    exchange: Exchange<ListConversations>,
}

impl FetchByRef {
    pub(crate) fn new(conversation: ConversationRef, settings: &Arc<CallSettings>, seed: u64) -> Result<Self, Error> {
        match conversation {
            ConversationRef::Number(number) => {
                let operation = FetchConversation { number, conversation_id: None };
                Ok(Self::Number(Exchange::new(operation, Arc::clone(settings), seed)))
            }
            ConversationRef::Text(id) => ByText::new("fetch_conversation", id, settings, seed).map(Self::Text),
            _ => Err(unknown_reference()),
        }
    }
}

impl FetchFilesByRef {
    pub(crate) fn new(conversation: ConversationRef, settings: &Arc<CallSettings>, seed: u64) -> Result<Self, Error> {
        match conversation {
            ConversationRef::Number(number) => {
                let operation = FetchAttachments { number, conversation_id: None };
                Ok(Self::Number(Exchange::new(operation, Arc::clone(settings), seed)))
            }
            ConversationRef::Text(id) => {
                let by_text = ByText::new("fetch_conversation_attachments", id, settings, seed)?;
                Ok(Self::Text { by_text, settings: Arc::clone(settings), seed })
            }
            _ => Err(unknown_reference()),
        }
    }
}

impl ByText {
    fn new(name: &'static str, id: String, settings: &Arc<CallSettings>, seed: u64) -> Result<Self, Error> {
        conversation_id(&id)?;
        let operation = ListConversations::by_conversation_id(name, &id)?;
        Ok(Self { name, id, exchange: Exchange::new(operation, Arc::clone(settings), seed) })
    }

    /// The row with exactly this id: a service that ignored the filter must not answer with another conversation (R12).
    fn pick(&self, page: Page<Conversation>) -> Result<Conversation, Error> {
        let is_empty = page.results.is_empty();
        let row = page.results.into_iter().find(|row| row.is_about(None, Some(&self.id)));
        let (kind, what) = if is_empty {
            (ErrorKind::NotFound, "no conversation has this id")
        } else {
            (ErrorKind::UnexpectedResponse, ANOTHER_CONVERSATION)
        };
        row.ok_or_else(|| Error::new(kind, what).with_operation(self.name).with_fate(RequestFate::Answered))
    }

    fn poll(&mut self, now: Now) -> Step<Conversation> {
        match self.exchange.poll(now) {
            Step::Send(attempt) => Step::Send(attempt),
            Step::Wait(duration) => Step::Wait(duration),
            Step::Done(result) => Step::Done(result.and_then(|page| self.pick(page))),
        }
    }
}

impl Machine for FetchByRef {
    type Output = Conversation;

    fn poll(&mut self, now: Now) -> Step<Conversation> {
        match self {
            Self::Number(exchange) => exchange.poll(now),
            Self::Text(by_text) => by_text.poll(now),
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        match self {
            Self::Number(exchange) => exchange.handle_response(now, response),
            Self::Text(by_text) => by_text.exchange.handle_response(now, response),
        }
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        match self {
            Self::Number(exchange) => exchange.handle_failure(now, failure),
            Self::Text(by_text) => by_text.exchange.handle_failure(now, failure),
        }
    }
}

impl Machine for FetchFilesByRef {
    type Output = ConversationAttachments;

    fn poll(&mut self, now: Now) -> Step<ConversationAttachments> {
        if let Self::Text { by_text, settings, seed } = self {
            let (number, conversation_id) = match by_text.poll(now) {
                Step::Send(attempt) => return Step::Send(attempt),
                Step::Wait(duration) => return Step::Wait(duration),
                Step::Done(Err(error)) => return Step::Done(Err(error)),
                Step::Done(Ok(row)) => (row.id, Some(row.conversation_id)),
            };
            let operation = FetchAttachments { number, conversation_id };
            *self = Self::Number(Exchange::new(operation, Arc::clone(settings), seed.wrapping_add(1)));
        }
        match self {
            Self::Number(exchange) => exchange.poll(now),
            Self::Text { .. } => Step::Done(Err(unknown_reference())),
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        match self {
            Self::Number(exchange) => exchange.handle_response(now, response),
            Self::Text { by_text, .. } => by_text.exchange.handle_response(now, response),
        }
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        match self {
            Self::Number(exchange) => exchange.handle_failure(now, failure),
            Self::Text { by_text, .. } => by_text.exchange.handle_failure(now, failure),
        }
    }
}

pub(super) fn unknown_reference() -> Error {
    Error::invalid("this kind of conversation reference is not supported")
}
