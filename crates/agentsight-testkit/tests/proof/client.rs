//! What the proof asks of a client, so that it is written once for all.

use std::time::Duration;

use agentsight_core::{
    AmbiguousCreate, Config, ConversationRecorder, DeadLetter, NewConversation, PendingEvents, SendAllReport,
};
use agentsight_testkit::VirtualTransport;

/// One of the two clients, or the core under a worker.
pub(crate) trait Client: Sized {
    /// How many conversations it can send at once so that a seed always makes the same run.
    const REPEATABLE: usize;

    /// Whether it sends while time passes.
    const WORKS_BY_ITSELF: bool = false;

    /// A client of the service, with randomness from the seed.
    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self;

    /// Registers a conversation.
    fn register(&self, conversation: NewConversation) -> ConversationRecorder;

    /// Sends everything that is pending.
    fn send_all(&self) -> SendAllReport;

    /// Sends everything that is pending, but is interrupted in the way of this client after so many of the places where
    /// it can be. Answers the report if the send was over by then.
    fn interrupted_send_all(&self, after: usize) -> Option<SendAllReport>;

    /// Lets time pass, in which a worker goes on.
    fn pass(&self, by: Duration);

    fn pending(&self) -> PendingEvents;

    fn dead_letters(&self) -> Vec<DeadLetter>;

    fn requeue(&self, letter: &DeadLetter);
}

/// A client that has a transport of its own.
#[cfg(feature = "server")]
pub(crate) trait Connected: Client {
    /// A client with its own transport.
    fn connected(config: Config) -> Self;

    /// Gives it the key anew, so that what was refused because of the key is tried again at once (R16).
    fn renew_key(&self, key: &str);
}

/// How a client of the proof is configured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) ambiguous_create: AmbiguousCreate,
    /// How many conversations are sent at once.
    pub(crate) concurrency: usize,
    /// After how many sends that an event alone has failed it is set aside (R15).
    pub(crate) poison_after: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ambiguous_create: AmbiguousCreate::ReadBack, concurrency: 16, poison_after: Some(5) }
    }
}

impl Settings {
    pub(crate) fn config(self, service: &VirtualTransport) -> Config {
        Config::builder()
            .api_key(service.api().api_key())
            .environment("production")
            .ambiguous_create(self.ambiguous_create)
            .concurrency(self.concurrency)
            .poison_after(self.poison_after)
            .build()
            .unwrap()
    }
}
