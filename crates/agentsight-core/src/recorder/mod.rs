//! Recording: the synchronous half of a client, which needs no transport (H9, H11).

mod conversation;
mod current;
mod pending;
mod summary;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use agentsight_model::{ConversationId, NewConversation};

pub use self::conversation::{ConversationRecorder, DoubtSettlement};
pub use self::current::CurrentConversation;
pub use self::pending::{PendingConversation, PendingEvents};
pub use self::summary::{TrackedDataSummary, TrackedItem, TrackedSummary};
use crate::config::Config;
use crate::context::{Context, Now};
use crate::error::Error;
use crate::event;
use crate::log::log_event;
use crate::outbox::{DeadLetter, Health, LastError, Outbox, Stats};

/// Records events, without knowing how they are sent.
///
/// A client hands it out (`sight.recorder()`), so that a crate that only records can be written without knowing which
/// client it works with. Everything is tracked in memory: no network, no serialisation and no waiting for either (H11).
/// Cloning is cheap; clones share everything.
///
/// ```
/// use agentsight_core::{Error, Recorder};
///
/// /// Records what a search tool did, for whichever client the application uses.
/// fn record_search(recorder: &Recorder, conversation: &str, hits: usize) -> Result<(), Error> {
///     let chat = recorder.conversation(conversation)?;
///     chat.track_action(agentsight_core::NewAction::new("search").response(format!("{hits} hits")))
/// }
/// ```
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

/// What all recorders, handles and deliveries of one client share.
pub(crate) struct Shared {
    outbox: Mutex<Outbox>,
    pub(crate) context: Context,
    pub(crate) config: Arc<Config>,
    default_environment_told: AtomicBool,
    late_registration_told: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    pub(crate) fn new(
        outbox: Outbox,
        context: Context,
        config: Arc<Config>,
        wake: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self {
            outbox: Mutex::new(outbox),
            context,
            config,
            default_environment_told: AtomicBool::new(false),
            late_registration_told: AtomicBool::new(false),
            wake,
        }
    }

    /// Calls `work` with the outbox, under its lock. After unlocking, content that left is dropped, those that wait are
    /// woken, and notices are logged (H8).
    ///
    /// No code of an application runs under the lock, so that the outbox is consistent even if the lock is poisoned.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Outbox) -> T) -> T {
        let mut outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut outbox);
        let (removed, notices, wakes) = (outbox.take_removed(), outbox.take_notices(), outbox.take_wake());
        drop(outbox);
        drop(removed);
        if wakes {
            (self.wake)();
        }
        notices.into_iter().for_each(|notice| notice.log(&self.config));
        result
    }

    pub(crate) fn now(&self) -> Now {
        self.context.now()
    }
}

impl Recorder {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// A handle on a conversation, whether or not it is registered.
    ///
    /// Nothing is registered or sent; a conversation that nobody registers is created, with nothing but its id, before
    /// its first event.
    ///
    /// # Errors
    /// `InvalidInput` if the id is blank, longer than 255 characters, or holds NUL (R1).
    pub fn conversation(&self, id: impl Into<String>) -> Result<ConversationRecorder, Error> {
        Ok(self.lane(event::conversation_id(&id.into())?))
    }

    /// Registers a conversation and returns a handle on it (R3). Its record is sent before its events.
    ///
    /// # Errors
    /// `InvalidInput` if the id or a field is refused (R1, R7), `QueueFull` if too much is pending.
    pub fn get_or_create_conversation(&self, conversation: NewConversation) -> Result<ConversationRecorder, Error> {
        let id = event::conversation(&conversation, &self.shared.context)?;
        let handle = self.lane(id);
        self.tell_default_environment(&conversation);
        let now = self.shared.now();
        let registered = self.shared.with(|outbox| outbox.register(handle.key(), conversation, now));
        let is_lost = registered.map_err(crate::outbox::Refusal::into_error)?;
        if is_lost && !self.shared.late_registration_told.swap(true, Ordering::Relaxed) {
            log_event!(
                self.shared.config,
                WARN,
                "a conversation was registered after its first event had created it with nothing but its id: the service \
                 keeps it as it is; register conversations before their events are sent"
            );
        }
        Ok(handle)
    }

    /// A tracker with a current conversation of its own (R2).
    pub fn new_tracker(&self) -> CurrentConversation {
        CurrentConversation::new(self.clone())
    }

    /// What waits to be sent, conversation by conversation.
    pub fn pending(&self) -> PendingEvents {
        PendingEvents::new(self.shared.with(|outbox| outbox.pending()))
    }

    /// What the service refused, oldest first (R15).
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let held = self.shared.with(|outbox| outbox.held_letters());
        held.into_iter().map(|(id, letter)| letter.shown(id)).collect()
    }

    /// Puts a dead letter back into its conversation, under its own time; it is sent again.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn requeue(&self, letter: &DeadLetter) -> Result<(), Error> {
        let now = self.shared.now();
        if self.shared.with(|outbox| outbox.requeue(letter.id, now)) { Ok(()) } else { Err(gone()) }
    }

    /// Gives a dead letter up. With a conversation's record, everything that is pending in it goes too. Returns how many
    /// items were discarded.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn discard(&self, letter: &DeadLetter) -> Result<usize, Error> {
        self.shared.with(|outbox| outbox.discard(letter.id)).ok_or_else(gone)
    }

    /// What the client has done since it was built (R28).
    pub fn stats(&self) -> Stats {
        let (mut stats, last_error) = self.shared.with(|outbox| outbox.stats());
        stats.last_error = last_error.map(|(at, error)| LastError { at, kind: error.kind(), text: error.outcome() });
        stats
    }

    /// Whether what is tracked can be delivered now (R28).
    pub fn health(&self) -> Health {
        let now = self.shared.now();
        self.shared.with(|outbox| outbox.health(now))
    }

    pub(crate) fn lane(&self, id: ConversationId) -> ConversationRecorder {
        let key = self.shared.with(|outbox| outbox.lane(&id));
        ConversationRecorder::new(key, id, self.clone())
    }

    /// The id that the service gave a conversation, if that is known.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        self.shared.with(|outbox| outbox.number(id))
    }

    /// One `info` when a conversation falls back to `development`, which the dashboard's analytics exclude (R5).
    fn tell_default_environment(&self, conversation: &NewConversation) {
        let Shared { config, default_environment_told, .. } = &*self.shared;
        let defaulted = conversation.environment.is_none() && config.environment().is_none();
        if defaulted && config.is_enabled() && !default_environment_told.swap(true, Ordering::Relaxed) {
            log_event!(
                config,
                INFO,
                "no environment is set: conversations are tracked under `development`, which the dashboard's analytics \
                 exclude; set AGENTSIGHT_ENVIRONMENT"
            );
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A new conversation id: `conv_` and 32 hexadecimal digits of the context's entropy (R2).
#[expect(clippy::expect_used, reason = "37 characters without NUL are a valid id")]
pub fn generate_conversation_id(context: &Context) -> ConversationId {
    let random = uuid::Uuid::from_u64_pair(context.unguessable_u64(), context.unguessable_u64());
    ConversationId::new(format!("conv_{}", random.simple())).expect("37 characters without NUL are a valid id")
}

fn gone() -> Error {
    Error::invalid("the dead letter has already been put back or discarded")
}
