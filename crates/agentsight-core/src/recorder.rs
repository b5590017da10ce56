//! Everything that a client remembers: its lanes, its dead letters and its counters.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agentsight_model::{ConversationId, NewConversation};

use crate::config::Config;
use crate::context::Context;
use crate::dead_letters::{DeadLetter, DeadLetters};
use crate::error::{Error, ErrorKind};
use crate::lane::{self, ConversationLane, LaneTable, Stage};
use crate::log::log_event;

/// What the lanes, trackers and deliveries of one client share.
pub(crate) struct RecorderState {
    pub context: Context,
    pub config: Arc<Config>,
    lanes: Mutex<LaneTable>,
    dead_letters: Mutex<DeadLetters>,
    /// Items in memory: pending ones and dead letters.
    held: AtomicUsize,
    /// Requests that the service answered with success; tells a sick item from a sick service (R15, poison).
    successes: AtomicU64,
    default_environment_told: AtomicBool,
    on_release: Box<dyn Fn() + Send + Sync>,
}

impl RecorderState {
    pub(crate) fn new(config: Arc<Config>, context: Context, on_release: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            lanes: Mutex::new(LaneTable::new(config.max_idle_conversations())),
            dead_letters: Mutex::default(),
            held: AtomicUsize::new(0),
            successes: AtomicU64::new(0),
            default_environment_told: AtomicBool::new(false),
            on_release,
            context,
            config,
        }
    }

    /// A handle on a conversation's lane.
    pub(crate) fn lane(self: &Arc<Self>, id: &ConversationId) -> ConversationLane {
        ConversationLane { lane: self.lanes().lane(id), recorder: Arc::clone(self) }
    }

    /// Takes a registration (R3).
    pub(crate) fn register(self: &Arc<Self>, conversation: NewConversation) -> Result<ConversationLane, Error> {
        let id = lane::checked_conversation(&conversation)?;
        let handle = self.lane(&id);
        self.tell_default_environment(&conversation);
        let now = self.context.now();
        let mut state = handle.lane.lock();
        let stage = state.registration.stage;
        // A record that is new to the queue needs a place; one that was parked has kept its own.
        if matches!(stage, Stage::Unregistered | Stage::Initialized) && !self.reserve()? {
            return Ok(handle.clone());
        }
        state.register(conversation, now);
        if stage == Stage::Parked {
            self.dead_letters().remove_record(&id);
        }
        drop(state);
        Ok(handle)
    }

    /// Every lane in which a send would have something to do, longest unused first.
    pub(crate) fn lanes_with_work(self: &Arc<Self>) -> Vec<ConversationLane> {
        let lanes: Vec<_> = self.lanes().all().map(Arc::clone).collect();
        lanes
            .into_iter()
            .filter(|lane| lane.lock().has_work())
            .map(|lane| ConversationLane { lane, recorder: Arc::clone(self) })
            .collect()
    }

    /// The number of a conversation, if a send or an initialization has learned it.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        let lane = self.lanes().get(id)?;
        lane.lock().number
    }

    /// Takes a place for one more item; `Ok(false)` if the item is to be counted out silently because the client is
    /// disabled and its memory is full.
    pub(crate) fn reserve(&self) -> Result<bool, Error> {
        let limit = self.config.max_pending();
        let reserved =
            self.held.fetch_update(Ordering::AcqRel, Ordering::Acquire, |held| (held < limit).then(|| held + 1));
        match reserved {
            Ok(_) => Ok(true),
            Err(_) if !self.config.is_enabled() => Ok(false),
            Err(_) => Err(Error::new(ErrorKind::QueueFull, format!("{limit} events are pending"))),
        }
    }

    /// Takes a place that must not be refused: token counters that become an item.
    pub(crate) fn reserve_always(&self) {
        self.held.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives places back.
    pub(crate) fn let_go(&self, count: usize) {
        let _ = self.held.fetch_update(Ordering::AcqRel, Ordering::Acquire, |held| Some(held.saturating_sub(count)));
    }

    pub(crate) fn count_success(&self) {
        self.successes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn successes(&self) -> u64 {
        self.successes.load(Ordering::Relaxed)
    }

    pub(crate) fn dead_letters(&self) -> MutexGuard<'_, DeadLetters> {
        self.dead_letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a dead letter back into its lane (R15).
    pub(crate) fn requeue(self: &Arc<Self>, letter: &DeadLetter) -> Result<(), Error> {
        let (id, item) = self.dead_letters().take(letter.id()).ok_or_else(gone)?;
        let handle = self.lane(&id);
        let mut state = handle.lane.lock();
        match item {
            Some(item) => state.timeline.requeue(item),
            None if state.registration.stage == Stage::Parked => state.registration.stage = Stage::Queued,
            None => {}
        }
        Ok(())
    }

    /// Forgets a dead letter; with a conversation's record, everything of it that is pending.
    pub(crate) fn discard(self: &Arc<Self>, letter: &DeadLetter) -> Result<usize, Error> {
        let (id, item) = self.dead_letters().take(letter.id()).ok_or_else(gone)?;
        let discarded = if item.is_some() { 1 } else { self.lane(&id).lane.lock().abandon() };
        self.let_go(discarded);
        Ok(discarded)
    }

    /// Tells whoever waits for a lane that one has become free.
    pub(crate) fn released(&self) {
        (self.on_release)();
    }

    /// One `info` when a conversation falls back to `development`, which the dashboard's analytics exclude (R5).
    fn tell_default_environment(&self, conversation: &NewConversation) {
        let defaulted = conversation.environment.is_none() && self.config.environment().is_none();
        if defaulted && self.config.is_enabled() && !self.default_environment_told.swap(true, Ordering::Relaxed) {
            log_event!(
                self.config,
                INFO,
                "no environment is set: conversations are tracked under `development`, which the dashboard's analytics \
                 exclude; set AGENTSIGHT_ENVIRONMENT"
            );
        }
    }

    fn lanes(&self) -> MutexGuard<'_, LaneTable> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RecorderState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RecorderState").field("held", &self.held).finish_non_exhaustive()
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
