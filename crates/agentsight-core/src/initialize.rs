//! Creating a conversation at once (R4).

use agentsight_model::NewConversation;
use bytes::Bytes;

use crate::context::Now;
use crate::exchange::Exchange;
use crate::lane::ConversationLane;
use crate::machine::{Machine, Step};
use crate::ops::UpsertConversation;
use crate::transport::TransportFailure;

/// One upsert with `is_used: false`; the lane remembers the number that the service answers.
#[derive(Debug)]
pub(crate) struct Initialize {
    lane: ConversationLane,
    conversation: Option<NewConversation>,
    exchange: Exchange<UpsertConversation>,
    enabled: bool,
}

impl Initialize {
    pub(crate) fn new(
        lane: ConversationLane,
        conversation: NewConversation,
        exchange: Exchange<UpsertConversation>,
        enabled: bool,
    ) -> Self {
        Self { lane, conversation: Some(conversation), exchange, enabled }
    }
}

impl Machine for Initialize {
    type Output = ConversationLane;

    fn poll(&mut self, now: Now) -> Step<ConversationLane> {
        if !self.enabled {
            return Step::Done(Ok(self.lane.clone()));
        }
        match self.exchange.poll(now) {
            Step::Send(attempt) => Step::Send(attempt),
            Step::Wait(duration) => Step::Wait(duration),
            Step::Done(Err(error)) => Step::Done(Err(error)),
            Step::Done(Ok((number, _))) => {
                let mut state = self.lane.lane.lock();
                state.number = Some(number);
                if let Some(conversation) = self.conversation.take() {
                    state.registration.initialized(conversation);
                }
                drop(state);
                self.lane.recorder.count_success();
                Step::Done(Ok(self.lane.clone()))
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
