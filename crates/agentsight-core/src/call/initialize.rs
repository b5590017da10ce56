//! Creating a conversation at once (R4).

use agentsight_model::NewConversation;
use bytes::Bytes;

use crate::call::Exchange;
use crate::call::{Machine, Step};
use crate::context::Now;
use crate::endpoint::UpsertConversation;
use crate::recorder::ConversationRecorder;
use crate::transport::TransportFailure;

/// One upsert with `is_used: false`; the client remembers the id that the service returns.
#[derive(Debug)]
pub(crate) struct Initialize {
    handle: ConversationRecorder,
    conversation: Option<NewConversation>,
    exchange: Exchange<UpsertConversation>,
    enabled: bool,
}

impl Initialize {
    pub(crate) fn new(
        handle: ConversationRecorder,
        conversation: NewConversation,
        exchange: Exchange<UpsertConversation>,
        enabled: bool,
    ) -> Self {
        Self { handle, conversation: Some(conversation), exchange, enabled }
    }
}

impl Machine for Initialize {
    type Output = ConversationRecorder;

    fn poll(&mut self, now: Now) -> Step<ConversationRecorder> {
        if !self.enabled {
            return Step::Done(Ok(self.handle.clone()));
        }
        match self.exchange.poll(now) {
            Step::Send(attempt) => Step::Send(attempt),
            Step::Wait(duration) => Step::Wait(duration),
            Step::Done(Err(error)) => Step::Done(Err(error)),
            Step::Done(Ok((number, _))) => {
                if let Some(conversation) = self.conversation.take() {
                    let key = self.handle.key();
                    self.handle.recorder().shared().with(|outbox| outbox.initialized(key, conversation, number));
                }
                Step::Done(Ok(self.handle.clone()))
            }
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        self.exchange.handle_response(now, response);
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        self.exchange.handle_failure(now, failure);
    }
}
