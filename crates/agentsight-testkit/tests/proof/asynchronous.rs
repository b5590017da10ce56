//! The asynchronous client. It is interrupted by dropping its future.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use agentsight_core::{Config, ConversationRecorder, DeadLetter, NewConversation, PendingEvents, SendAllReport};
use agentsight_http_async::AgentSight;
use agentsight_testkit::{TestClock, VirtualTransport};
use tokio::runtime::Runtime;

use crate::client::Client;
#[cfg(feature = "server")]
use crate::client::Connected;

pub(crate) struct Asynchronous {
    sight: AgentSight,
    clock: TestClock,
    /// What real sockets need.
    runtime: Option<Runtime>,
}

impl Client for Asynchronous {
    const REPEATABLE: usize = 16;

    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self {
        let builder = AgentSight::builder(config).transport(service.clone()).context(service.clock().context(seed));
        Self { sight: builder.build().unwrap(), clock: service.clock().clone(), runtime: None }
    }

    fn register(&self, conversation: NewConversation) -> ConversationRecorder {
        self.sight.get_or_create_conversation(conversation).unwrap().recorder().clone()
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

    fn pass(&self, by: Duration) {
        self.clock.advance(by);
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

#[cfg(feature = "server")]
impl Connected for Asynchronous {
    fn connected(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { sight: AgentSight::new(config).unwrap(), clock: TestClock::new(), runtime: Some(runtime) }
    }

    fn renew_key(&self, key: &str) {
        self.sight.set_api_key(key).unwrap();
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
