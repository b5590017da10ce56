//! The client.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use agentsight_core::transport::{AsyncTransport, TransportFailure};
use agentsight_core::virtual_time::Role;
use agentsight_core::{
    ApiKey, Config, ConfigBuilder, Context, Core, CurrentConversation, DeadLetter, Error, FlushReport, Health, Me,
    NewConversation, PendingEvents, Recorder, SendAllReport, Stats,
};

use crate::api::AgentSightApi;
use crate::background::BackgroundDelivery;
use crate::builder::AgentSightBuilder;
use crate::drive::drive;
use crate::flush::flush;
use crate::handle::ConversationHandle;
use crate::manager::ConversationManager;
use crate::run::run_ticket;
use crate::system;
use crate::tracker::ConversationTracker;
use crate::waiting::{Party, Waiting};

/// The name that ends the user agent (R24).
const TRANSPORT: &str = "reqwest";

static GLOBAL: OnceLock<AgentSight> = OnceLock::new();

/// A client of AgentSight.
///
/// It has three roles, named as in the vendor's documentation: [`tracker`](Self::tracker), [`api`](Self::api) and
/// [`manager`](Self::manager). All are cheap clones over one shared client, as is the client itself; every method may be
/// called from any thread. It is built without a runtime, and spawns tasks only to [`flush`](Self::flush) and,
/// on a runtime with several threads, to send several conversations at once; its futures are `Send`, run on any kind of
/// tokio runtime, and may be dropped at any point.
///
/// ```
/// use agentsight_http_async::{AgentSight, Config, NewConversation};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let server = agentsight_testkit::FakeServer::start()?;
/// # let (endpoint, key) = (server.url(), server.api_key());
///
/// let sight = AgentSight::new(Config::builder().api_key(key).endpoint(endpoint).build()?)?;
/// let chat = sight.tracker().get_or_create_conversation(NewConversation::new("support-123"))?;
/// chat.track_human_message("How do I reset my password?")?;
/// let report = chat.send().await?;
/// assert_eq!(report.summary.questions, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AgentSight {
    shared: Arc<Shared>,
}

/// What all clones of a client, its roles and its handles share.
pub(crate) struct Shared {
    pub(crate) core: Core,
    pub(crate) transport: Arc<dyn AsyncTransport>,
    /// Whether the transport was passed in.
    pub(crate) has_own_transport: bool,
    pub(crate) waiting: Arc<Waiting>,
    /// Whether background delivery is running.
    pub(crate) is_in_background: AtomicBool,
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
        Self::new(Config::resolve(builder, system::variable)?)
    }

    /// A client over a finished configuration; the environment is not looked at, except for a proxy.
    ///
    /// # Errors
    /// `Config` if the system's trust store cannot be used, or the proxy, wherever it was named, is not one that this build
    /// can use: SOCKS needs the feature `socks`.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::builder(config).build()
    }

    /// Begins a client over a finished configuration and parts of your own: a transport, a ready-made HTTP client, a
    /// clock.
    pub fn builder(config: Config) -> AgentSightBuilder {
        AgentSightBuilder::new(config)
    }

    /// A client that needs no key, validates and counts what it is given, and sends nothing: for an application and its
    /// tests without an account. `AGENTSIGHT_ENABLED=false` does the same. Reading and managing fail with `Closed`.
    pub fn disabled() -> Self {
        let nowhere = async |_| Err(TransportFailure::connect());
        Self::assemble(Config::disabled(), system::context(), Arc::new(nowhere), true)
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
        ConversationTracker::new(self.recorder().new_tracker(), Arc::clone(&self.shared))
    }

    /// A handle on one conversation: what a server uses.
    ///
    /// Nothing is registered or sent; a conversation that nobody registers is created, with nothing but its id, before
    /// its first event.
    ///
    /// # Errors
    /// `InvalidInput` if the id is blank, longer than 255 characters, or holds NUL (R1).
    pub fn conversation(&self, id: impl Into<String>) -> Result<ConversationHandle, Error> {
        Ok(ConversationHandle::new(self.recorder().conversation(id)?, Arc::clone(&self.shared)))
    }

    /// Registers a conversation and returns a handle on it, without making it any tracker's current one: what a server
    /// calls that knows more of a conversation than its id (R3). Its record is sent before its events.
    ///
    /// # Errors
    /// `InvalidInput` if the id or a field is refused (R1, R7), `QueueFull` if too much is pending.
    pub fn get_or_create_conversation(&self, conversation: NewConversation) -> Result<ConversationHandle, Error> {
        let conversation = self.recorder().get_or_create_conversation(conversation)?;
        Ok(ConversationHandle::new(conversation, Arc::clone(&self.shared)))
    }

    /// The half of the client that records and cannot send: what a crate takes that does not know which client it works
    /// with. Whatever is recorded through it is delivered by this client.
    pub fn recorder(&self) -> Recorder {
        self.shared.core.recorder().clone()
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
    /// The outcome of every conversation is in the report; what could not be sent stays pending. With background
    /// delivery this waits until the worker has sent what was pending at the call.
    ///
    /// Dropping the future loses and repeats nothing. On a runtime with several threads, the conversations are spread over
    /// them.
    pub async fn send_all(&self) -> SendAllReport {
        let ticket = self.shared.core.ticket_for_all();
        run_ticket(&self.shared, &ticket).await;
        ticket.into_reports()
    }

    /// Starts delivery in the background: from here on, events are sent by themselves, half a second after they were
    /// tracked unless [`delivery_delay`](Config::delivery_delay) says otherwise, until the guard is dropped (R25).
    ///
    /// This is the way for servers: their requests are answered without waiting for AgentSight. It uses threads of its
    /// own and none of the application's. A disabled client starts none. There is one thread, with a runtime and
    /// connections of its own, so that it is independent of the runtimes on which the client is used.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use agentsight_http_async::{AgentSight, Config};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = agentsight_testkit::FakeServer::start()?;
    /// # let (endpoint, key) = (server.url(), server.api_key());
    ///
    /// let sight = AgentSight::new(Config::builder().api_key(key).endpoint(endpoint).build()?)?;
    /// let delivery = sight.start_background_delivery()?;
    ///
    /// sight.conversation("support-123")?.track_human_message("How do I reset my password?")?;
    ///
    /// let report = delivery.shutdown(Duration::from_secs(5)).await;
    /// assert!(report.is_complete());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Config` if background delivery is running already, or if the system starts no thread.
    pub fn start_background_delivery(&self) -> Result<BackgroundDelivery, Error> {
        BackgroundDelivery::start(self.clone())
    }

    /// Waits until everything that was tracked before the call is final, or for `timeout`, with or without background
    /// delivery (R27).
    ///
    /// It skips [`delivery_delay`](Config::delivery_delay) and our own waits between attempts, but never what the service
    /// asks for by `Retry-After`. It returns as soon as nothing more can come of waiting: a conversation is parked, an
    /// event is held in doubt, or the service refuses everything. A request that is under way when the time is up is not
    /// interrupted: it goes on by itself, and its answer still counts.
    ///
    /// The caller carries out no request itself; it only waits. Without background delivery, requests run in a task on
    /// the current runtime, which has to live on for what goes on by itself.
    pub async fn flush(&self, timeout: Duration) -> FlushReport {
        flush(&self.shared, timeout).await
    }

    /// What the client has done since it was built, in one reading (R28).
    pub fn stats(&self) -> Stats {
        self.recorder().stats()
    }

    /// Whether what is tracked can be delivered now, and if not, why (R28).
    pub fn health(&self) -> Health {
        self.recorder().health()
    }

    /// Replaces the API key. What was refused because of the old one is tried again at once (R16).
    ///
    /// # Errors
    /// `Config` if the text is not a key, or if the client is disabled.
    pub fn set_api_key(&self, key: impl Into<String>) -> Result<(), Error> {
        self.shared.core.set_api_key(ApiKey::new(key.into())?)
    }

    /// What is tracked and not yet acknowledged, conversation by conversation.
    pub fn pending(&self) -> PendingEvents {
        self.recorder().pending()
    }

    /// What the service refused, oldest first (R15).
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.recorder().dead_letters()
    }

    /// Puts a dead letter back into its conversation, under its own time; it is sent again.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn requeue(&self, letter: &DeadLetter) -> Result<(), Error> {
        self.recorder().requeue(letter)
    }

    /// Gives a dead letter up. With a conversation's record, everything that is pending in it goes too. Returns how many
    /// items were discarded.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn discard(&self, letter: &DeadLetter) -> Result<usize, Error> {
        self.recorder().discard(letter)
    }

    /// Whom the key belongs to: its agent, its role, its environments. Wire: `GET /api/me/`; of a service
    /// without that route the error is `NotFound`.
    ///
    /// # Errors
    /// Whatever can go wrong in a call: see [`ErrorKind`](agentsight_core::ErrorKind).
    pub async fn me(&self) -> Result<Me, Error> {
        drive(&self.shared, &mut self.shared.core.me()).await
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        self.shared.core.config()
    }

    pub(crate) fn assemble(
        config: Config,
        context: Context,
        transport: Arc<dyn AsyncTransport>,
        has_own_transport: bool,
    ) -> Self {
        let waiting = Arc::new(Waiting::default());
        let woken = Arc::clone(&waiting);
        let core = Core::new(config, context, TRANSPORT, move || woken.wake());
        let tracker = core.recorder().new_tracker();
        let is_in_background = AtomicBool::new(false);
        let shared = Shared { core, transport, has_own_transport, waiting, is_in_background, tracker };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Shared {
    /// A future, or a task that is about to be spawned, runs jobs or waits for others to do so from here on.
    pub(crate) fn join(&self, role: Role) -> Party {
        self.waiting.join(role, self.core.context())
    }
}

impl fmt::Debug for AgentSight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AgentSight").field("config", self.config()).finish_non_exhaustive()
    }
}
