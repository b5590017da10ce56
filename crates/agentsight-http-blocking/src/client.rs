//! The client.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use agentsight_core::transport::Transport;
use agentsight_core::{
    Config, ConfigBuilder, Context, Core, CurrentConversation, DeadLetter, Dispatcher, Error, Me, NewConversation,
    PendingEvents, SendAllReport,
};

use crate::api::AgentSightApi;
use crate::drive::{drive, send_lane};
use crate::flush::FlushGuard;
use crate::gate::Gate;
use crate::handle::ConversationHandle;
use crate::manager::ConversationManager;
use crate::send::UreqTransport;
use crate::system;
use crate::tracker::ConversationTracker;

/// The name that ends the user agent (R24).
const TRANSPORT: &str = "ureq";

static GLOBAL: OnceLock<AgentSight> = OnceLock::new();

/// A client of AgentSight.
///
/// It has three roles, named as in the vendor's documentation: [`tracker`](Self::tracker), [`api`](Self::api) and
/// [`manager`](Self::manager). All are cheap clones over one shared client, as is the client itself; every method may be
/// called from any thread.
///
/// ```
/// use agentsight_http_blocking::{AgentSight, Config, NewConversation};
/// # let server = agentsight_testkit::FakeServer::start()?;
/// # let (endpoint, key) = (server.url(), server.api_key());
///
/// let sight = AgentSight::new(Config::builder().api_key(key).endpoint(endpoint).build()?)?;
/// let chat = sight.tracker().get_or_create_conversation(NewConversation::new("support-123"))?;
/// chat.track_human_message("How do I reset my password?")?;
/// let report = chat.send()?;
/// assert_eq!(report.summary.questions, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AgentSight {
    shared: Arc<Shared>,
}

/// What all clones of a client, its roles and its handles share.
pub(crate) struct Shared {
    pub(crate) core: Core,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) gate: Arc<Gate>,
    tracker: CurrentConversation,
}

impl AgentSight {
    /// A client that is configured by the environment alone (C1): `AGENTSIGHT_API_KEY`, `AGENTSIGHT_API_ENDPOINT` and
    /// the others.
    ///
    /// # Errors
    /// `Config` if a variable cannot be used, or if there is no key and the client is not disabled. The message names
    /// the variable.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_env_with(Config::builder())
    }

    /// A client that is configured by `builder`, and by the environment where that says nothing (C1).
    ///
    /// # Errors
    /// As for [`from_env`](Self::from_env).
    pub fn from_env_with(builder: ConfigBuilder) -> Result<Self, Error> {
        Self::new(Config::resolve(builder, |name| std::env::var(name).ok())?)
    }

    /// A client over a finished configuration; the environment is not looked at.
    ///
    /// # Errors
    /// `Config` if the system's trust store cannot be used or the proxy is not one.
    pub fn new(config: Config) -> Result<Self, Error> {
        let transport = UreqTransport::new(&config)?;
        Ok(Self::with_transport(config, transport))
    }

    /// A client that sends through a transport of your own: the way to test without sockets, and to plug in another
    /// HTTP library.
    pub fn with_transport(config: Config, transport: impl Transport + 'static) -> Self {
        Self::with_parts(config, system::context(), transport)
    }

    /// A client with a clock, randomness and a transport of your own: everything in virtual time.
    pub fn with_parts(config: Config, context: Context, transport: impl Transport + 'static) -> Self {
        let gate = Arc::new(Gate::default());
        let release = Arc::clone(&gate);
        let core = Core::new(config, context, TRANSPORT, move || release.release());
        let tracker = core.new_tracker();
        Self { shared: Arc::new(Shared { core, transport: Box::new(transport), gate, tracker }) }
    }

    /// A client over a ready-made HTTP client, with its TLS, proxies and pool. **This method follows `ureq`'s
    /// versions, not this crate's.** Redirects must be off in it, and statuses must not be errors.
    pub fn with_http_client(config: Config, client: ureq::Agent) -> Self {
        Self::with_transport(config, UreqTransport::from_agent(client))
    }

    /// A client that needs no key, validates and counts what it is given, and sends nothing: for an application and its
    /// tests without an account. `AGENTSIGHT_ENABLED=false` does the same. Reading and managing answer `Closed`.
    pub fn disabled() -> Self {
        Self::with_transport(Config::disabled(), |_| Err(agentsight_core::transport::TransportFailure::connect()))
    }

    /// The client of the whole process: built from the environment on first use, unless
    /// [`set_global`](Self::set_global) was called before.
    ///
    /// # Errors
    /// As for [`from_env`](Self::from_env). An error is not remembered: the next call tries again.
    pub fn global() -> Result<Self, Error> {
        if let Some(client) = GLOBAL.get() {
            return Ok(client.clone());
        }
        let client = Self::from_env()?;
        Ok(GLOBAL.get_or_init(|| client).clone())
    }

    /// Makes a client the one of the whole process.
    ///
    /// # Errors
    /// The client itself if there is one already.
    pub fn set_global(client: Self) -> Result<(), Self> {
        GLOBAL.set(client)
    }

    /// The tracker, the same for every call: one current conversation, shared by all its clones, as the vendor
    /// documents it (R2). Servers take a [`conversation`](Self::conversation) handle instead.
    #[doc(alias = "conversation_tracker")]
    pub fn tracker(&self) -> ConversationTracker {
        ConversationTracker::new(self.shared.tracker.clone(), Arc::clone(&self.shared))
    }

    /// A tracker with a current conversation of its own, over the same conversations (R2).
    pub fn new_tracker(&self) -> ConversationTracker {
        ConversationTracker::new(self.shared.core.new_tracker(), Arc::clone(&self.shared))
    }

    /// A handle on one conversation: what a server uses.
    ///
    /// Nothing is registered or sent; a conversation that nobody registers is created, with nothing but its id, before
    /// its first event.
    ///
    /// # Errors
    /// `InvalidInput` if the id is blank, longer than 255 characters, or holds NUL (R1).
    pub fn conversation(&self, id: impl Into<String>) -> Result<ConversationHandle, Error> {
        Ok(ConversationHandle::new(self.shared.core.conversation(id)?, Arc::clone(&self.shared)))
    }

    /// Registers a conversation and answers a handle on it, without making it any tracker's current one: what a server
    /// calls that has something to say of a conversation (R3). Its record is sent first, with the next send.
    ///
    /// # Errors
    /// `InvalidInput` if the id or a field is refused (R1, R7), `QueueFull` if too much is pending.
    pub fn get_or_create_conversation(&self, conversation: NewConversation) -> Result<ConversationHandle, Error> {
        let lane = self.shared.core.get_or_create_conversation(conversation)?;
        Ok(ConversationHandle::new(lane, Arc::clone(&self.shared)))
    }

    /// Reads conversations.
    #[doc(alias = "agentsight_api")]
    pub fn api(&self) -> AgentSightApi {
        AgentSightApi::new(Arc::clone(&self.shared))
    }

    /// Manages conversations.
    #[doc(alias = "conversation_manager")]
    pub fn manager(&self) -> ConversationManager {
        ConversationManager::new(Arc::clone(&self.shared))
    }

    /// Sends everything that is pending in every conversation, several conversations at once (16 unless configured),
    /// each in order (R10). A conversation that fails holds up no other.
    ///
    /// The outcome of every conversation is in the report; what could not be sent stays pending.
    pub fn send_all(&self) -> SendAllReport {
        let dispatcher = self.shared.core.dispatcher();
        let (width, stop) = (dispatcher.width(), dispatcher.stop_signal());
        let dispatcher = Mutex::new(dispatcher);
        let locked = || dispatcher.lock().unwrap_or_else(PoisonError::into_inner);
        let work = || {
            loop {
                let Some(lane) = locked().next_lane() else { return };
                let result = send_lane(&self.shared, &lane, &stop);
                locked().finished(&lane, result);
            }
        };
        thread::scope(|scope| {
            // This thread works too, so that one conversation needs no other thread.
            for _ in 1..width {
                if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
        Dispatcher::into_report(dispatcher.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is tracked and not yet acknowledged, conversation by conversation.
    pub fn pending(&self) -> PendingEvents {
        self.shared.core.pending()
    }

    /// What the service refused, oldest first (R15).
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.core.dead_letters()
    }

    /// Puts a dead letter back into its conversation, under its own time; the next send tries it again.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn requeue(&self, letter: &DeadLetter) -> Result<(), Error> {
        self.shared.core.requeue(letter)
    }

    /// Forgets a dead letter. With a conversation's record, everything that is pending in it goes too. Answers how many
    /// items were discarded.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn discard(&self, letter: &DeadLetter) -> Result<usize, Error> {
        self.shared.core.discard(letter)
    }

    /// A guard for `main` that sends what is pending when it is dropped, for at most 10 seconds.
    ///
    /// `std::process::exit`, an abort and a kill run no destructors: call [`send_all`](Self::send_all) before those.
    pub fn flush_on_drop(&self) -> FlushGuard {
        FlushGuard::new(self.clone())
    }

    /// Whom the key belongs to: its agent, its role, its environments. Wire: `GET /api/me/`; a service without that
    /// route answers `NotFound`.
    ///
    /// # Errors
    /// Whatever can go wrong in a call: see [`ErrorKind`](agentsight_core::ErrorKind).
    pub fn me(&self) -> Result<Me, Error> {
        drive(&self.shared, &mut self.shared.core.me())
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        self.shared.core.config()
    }

    /// Logs that the program ends with events that were not sent.
    pub(crate) fn warn_of_unsent(&self) {
        self.shared.core.warn_of_unsent();
    }
}

impl fmt::Debug for AgentSight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AgentSight").field("config", self.config()).finish_non_exhaustive()
    }
}
