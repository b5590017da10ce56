//! What the proof asks of a client, so that it is written once for both.

use agentsight_core::{
    AmbiguousCreate, Config, ConversationLane, DeadLetter, NewConversation, PendingEvents, SendAllReport,
};
use agentsight_testkit::VirtualTransport;

/// One of the two clients.
pub(crate) trait Client: Sized {
    /// How many conversations it can send at once so that a seed always makes the same run.
    const REPEATABLE: usize;

    /// A client of the service, with randomness from the seed.
    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self;

    /// A client with its own transport.
    #[cfg(feature = "server")]
    fn connected(config: Config) -> Self;

    /// Registers a conversation.
    fn register(&self, conversation: NewConversation) -> ConversationLane;

    /// Sends everything that is pending.
    fn send_all(&self) -> SendAllReport;

    /// Sends everything that is pending, but is interrupted in the way of this client after so many of the places where
    /// it can be. Answers the report if the send was over by then.
    fn interrupted_send_all(&self, after: usize) -> Option<SendAllReport>;

    fn pending(&self) -> PendingEvents;

    fn dead_letters(&self) -> Vec<DeadLetter>;

    fn requeue(&self, letter: &DeadLetter);
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
