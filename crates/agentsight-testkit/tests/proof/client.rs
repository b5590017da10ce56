//! What the proof asks of a client, so that it is written once for both.

use agentsight_core::{
    AmbiguousCreate, Config, ConversationLane, DeadLetter, NewConversation, PendingEvents, SendAllReport,
};
use agentsight_testkit::VirtualTransport;

/// One of the two clients, over the virtual service.
pub(crate) trait Client: Sized {
    /// A client of the service, with randomness from the seed.
    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self;

    /// Registers a conversation.
    fn register(&self, conversation: NewConversation) -> ConversationLane;

    /// Sends everything that is pending.
    fn send_all(&self) -> SendAllReport;

    /// Sends everything that is pending, but is interrupted at a place of its own kind of places: the larger `after`,
    /// the later. Answers the report if the send was over by then.
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
}

impl Default for Settings {
    fn default() -> Self {
        Self { ambiguous_create: AmbiguousCreate::ReadBack, concurrency: 16 }
    }
}

impl Settings {
    pub(crate) fn config(self, service: &VirtualTransport) -> Config {
        Config::builder()
            .api_key(service.api().api_key())
            .environment("production")
            .ambiguous_create(self.ambiguous_create)
            .concurrency(self.concurrency)
            .build()
            .unwrap()
    }
}
