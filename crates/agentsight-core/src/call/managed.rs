//! A management call by text id: the number first, through the lookup route, remembered (R21).

use std::fmt;
use std::sync::Arc;

use agentsight_model::ConversationRef;
use bytes::Bytes;

use super::NumberCache;
use super::fetch::unknown_reference;
use crate::answer::{ANOTHER_CONVERSATION, AboutConversation};
use crate::call::{CallSettings, Exchange};
use crate::call::{Machine, Step};
use crate::context::Now;
use crate::endpoint::LookupConversation;
use crate::endpoint::Operation;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::event::conversation_id;
use crate::transport::TransportFailure;

/// What a managed call works with.
#[derive(Debug, Clone)]
pub(crate) struct Managing {
    pub settings: Arc<CallSettings>,
    pub numbers: Arc<NumberCache>,
    pub seed: u64,
}

/// A management call on a conversation.
///
/// A number that was remembered and is answered with 404 is forgotten and looked up once more. So is, by the next call,
/// one that turns out to be another conversation's (R12).
pub(crate) struct Managed<O: Operation> {
    managing: Managing,
    operation: Box<dyn Fn(u64) -> O + Send>,
    name: &'static str,
    /// The text id, if that is what the call was given.
    text: Option<String>,
    phase: Phase<O>,
}

enum Phase<O: Operation> {
    LookUp(Exchange<LookupConversation>),
    Call { exchange: Exchange<O>, number: u64, remembered: bool },
}

impl<O: Operation<Output: AboutConversation>> Managed<O> {
    /// `known` is what a send has learned of the number.
    pub(crate) fn new(
        name: &'static str,
        conversation: ConversationRef,
        known: impl FnOnce(&str) -> Option<u64>,
        managing: Managing,
        operation: impl Fn(u64) -> O + Send + 'static,
    ) -> Result<Self, Error> {
        let (text, number) = match conversation {
            ConversationRef::Number(number) => (None, Some(number)),
            ConversationRef::Text(id) => {
                conversation_id(&id)?;
                let number = managing.numbers.get(&id).or_else(|| known(&id));
                (Some(id), number)
            }
            _ => return Err(unknown_reference()),
        };
        let phase = match (number, &text) {
            (Some(number), text) => Phase::Call {
                exchange: Exchange::new(operation(number), Arc::clone(&managing.settings), managing.seed),
                number,
                remembered: text.is_some(),
            },
            (None, Some(id)) => Phase::LookUp(look_up(name, id, &managing)),
            (None, None) => return Err(unknown_reference()),
        };
        Ok(Self { managing, operation: Box::new(operation), name, text, phase })
    }

    /// The text id, if that is what the call was given.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The conversation's number, once it is known.
    pub(crate) fn number(&self) -> Option<u64> {
        match &self.phase {
            Phase::LookUp(_) => None,
            Phase::Call { number, .. } => Some(*number),
        }
    }
}

impl<O: Operation<Output: AboutConversation>> Machine for Managed<O> {
    type Output = O::Output;

    fn poll(&mut self, now: Now) -> Step<O::Output> {
        loop {
            match &mut self.phase {
                Phase::LookUp(exchange) => {
                    let number = match exchange.poll(now) {
                        Step::Send(attempt) => return Step::Send(attempt),
                        Step::Wait(duration) => return Step::Wait(duration),
                        Step::Done(Err(error)) => return Step::Done(Err(error)),
                        Step::Done(Ok(number)) => number,
                    };
                    if let Some(id) = &self.text {
                        self.managing.numbers.remember(id, number);
                    }
                    let settings = Arc::clone(&self.managing.settings);
                    let seed = self.managing.seed.wrapping_add(1);
                    let exchange = Exchange::new((self.operation)(number), settings, seed);
                    self.phase = Phase::Call { exchange, number, remembered: false };
                }
                Phase::Call { exchange, remembered, .. } => match (exchange.poll(now), &self.text) {
                    (Step::Done(Err(error)), Some(id)) if error.kind() == ErrorKind::NotFound => {
                        self.managing.numbers.forget(id);
                        // After a repetition a 404 may be the work of the attempt before.
                        if !*remembered || error.attempts() > 1 {
                            return Step::Done(Err(error));
                        }
                        self.phase = Phase::LookUp(look_up(self.name, id, &self.managing));
                    }
                    // The number is not, or no longer, that of the conversation.
                    (Step::Done(Ok(output)), Some(id)) if !output.is_about(None, Some(id)) => {
                        self.managing.numbers.forget(id);
                        let error = Error::new(ErrorKind::UnexpectedResponse, ANOTHER_CONVERSATION);
                        return Step::Done(Err(error.with_operation(self.name).with_fate(RequestFate::MaybeSent)));
                    }
                    (Step::Done(Err(error)), Some(id)) if error.kind() == ErrorKind::UnexpectedResponse => {
                        self.managing.numbers.forget(id);
                        return Step::Done(Err(error));
                    }
                    (step, _) => return step,
                },
            }
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        match &mut self.phase {
            Phase::LookUp(exchange) => exchange.handle_response(now, response),
            Phase::Call { exchange, .. } => exchange.handle_response(now, response),
        }
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        match &mut self.phase {
            Phase::LookUp(exchange) => exchange.handle_failure(now, failure),
            Phase::Call { exchange, .. } => exchange.handle_failure(now, failure),
        }
    }
}

impl<O: Operation> fmt::Debug for Managed<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Managed").field("name", &self.name).finish_non_exhaustive()
    }
}

fn look_up(name: &'static str, id: &str, managing: &Managing) -> Exchange<LookupConversation> {
    let operation = LookupConversation { name, conversation_id: id.to_owned() };
    Exchange::new(operation, Arc::clone(&managing.settings), managing.seed)
}
