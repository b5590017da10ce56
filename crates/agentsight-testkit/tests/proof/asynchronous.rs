//! The asynchronous client. It is interrupted by dropping its future.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use agentsight_core::{Config, ConversationLane, DeadLetter, NewConversation, PendingEvents, SendAllReport};
use agentsight_http_async::AgentSight;
use agentsight_testkit::VirtualTransport;
use tokio::runtime::Runtime;

use crate::client::Client;

pub(crate) struct Asynchronous {
    sight: AgentSight,
    /// What real sockets need.
    runtime: Option<Runtime>,
}

impl Client for Asynchronous {
    const REPEATABLE: usize = 16;

    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self {
        Self { sight: AgentSight::with_parts(config, service.clock().context(seed), service.clone()), runtime: None }
    }

    #[cfg(feature = "server")]
    fn connected(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { sight: AgentSight::new(config).unwrap(), runtime: Some(runtime) }
    }

    fn register(&self, conversation: NewConversation) -> ConversationLane {
        ConversationLane::clone(&self.sight.get_or_create_conversation(conversation).unwrap())
    }

    fn send_all(&self) -> SendAllReport {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.sight.send_all()),
            None => poll(self.sight.send_all(), usize::MAX).unwrap(),
        }
    }

    fn interrupted_send_all(&self, after: usize) -> Option<SendAllReport> {
        poll(self.sight.send_all(), after)
    }

    fn pending(&self) -> PendingEvents {
        self.sight.pending()
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.sight.dead_letters()
    }

    fn requeue(&self, letter: &DeadLetter) {
        self.sight.requeue(letter).unwrap();
    }
}

/// Polls a future at most so often, and drops it. It needs no runtime: nothing in virtual time is waited for.
fn poll<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
    }
    None
}
