//! The asynchronous AgentSight client, over reqwest and tokio.
//!
//! AgentSight records conversations between people and AI agents. An application *tracks* events in memory at next to
//! no cost, they are *sent* in exact chronological order, by a call or in the background, and it *reads* conversations
//! back and *manages* them.
//!
//! A script tracks and sends, in the vendor's style:
//!
//! ```
//! use agentsight_http_async::{
//!     AgentMessage, AgentSight, Config, ConversationFilter, NewAction, NewConversation, NewFeedback, Sentiment,
//!     TokenUsage,
//! };
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = agentsight_testkit::FakeServer::start()?;
//! # let (endpoint, key) = (server.url(), server.api_key());
//! // Or `AgentSight::from_env()`, which reads AGENTSIGHT_API_KEY and the other variables.
//! let sight = AgentSight::new(Config::builder().api_key(key).endpoint(endpoint).build()?)?;
//! let tracker = sight.tracker();
//!
//! // Recording: no I/O, nothing to wait for.
//! let chat = tracker.get_or_create_conversation(
//!     NewConversation::new("support-123")
//!         .customer_id("user-456")
//!         .name("Password reset")
//!         .metadata("user_tier", "premium"),
//! )?;
//! chat.track_human_message("How do I reset my password?")?;
//! chat.track_action(
//!     NewAction::new("database_lookup")
//!         .duration_ms(150)
//!         .tools_used(json!({"database": "PostgreSQL"}))
//!         .response("User found"),
//! )?;
//! chat.track_token_usage(TokenUsage::new(100, 25));
//! chat.track_agent_message(AgentMessage::new("Click 'Forgot password'.").metadata("model", "gpt-4"))?;
//!
//! // Sending: one request after another, each acknowledged before the next.
//! let report = tracker.send_tracked_data().await?;
//! assert_eq!((report.summary.questions, report.summary.answers, report.summary.errors), (1, 1, 0));
//!
//! // Reading and managing.
//! let feedback = NewFeedback::new(Sentiment::Positive).comment("Very helpful!");
//! sight.manager().submit_feedback("support-123", feedback).await?;
//! let mut liked = sight.api().conversations(&ConversationFilter::new().feedback_sentiment(Sentiment::Positive));
//! while let Some(conversation) = liked.next().await {
//!     assert_eq!(conversation?.conversation_id, "support-123");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A server tracks, and [background delivery](AgentSight::start_background_delivery) sends:
//!
//! ```
//! use std::time::Duration;
//!
//! use agentsight_http_async::{AgentSight, Config, Error, NewConversation};
//!
//! /// What a request handler does: no I/O, nothing to wait for.
//! fn record(sight: &AgentSight, id: &str, question: &str, answer: &str) -> Result<(), Error> {
//!     let chat = sight.get_or_create_conversation(NewConversation::new(id))?;
//!     chat.track_human_message(question)?;
//!     chat.track_agent_message(answer)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = agentsight_testkit::FakeServer::start()?;
//! # let (endpoint, key) = (server.url(), server.api_key());
//! let sight = AgentSight::new(Config::builder().api_key(key).endpoint(endpoint).build()?)?;
//! let delivery = sight.start_background_delivery()?;
//!
//! record(&sight, "support-123", "How do I reset my password?", "Click 'Forgot password'.")?;
//!
//! // At the end of `main`.
//! let report = delivery.shutdown(Duration::from_secs(5)).await;
//! assert!(report.is_complete());
//! # assert_eq!(server.api().transcript("support-123").len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! The same calls without `.await` are in `agentsight-http-blocking`. Everything of `agentsight-core` and
//! `agentsight-model` is re-exported here, so that an application names one crate.
//!
//! # The roles
//!
//! [`AgentSight`] is the client: one for a program, cheap to clone, usable from any task. It hands out
//!
//! * [`ConversationTracker`], `tracker()`: tracks in a *current* conversation, as scripts like it;
//! * [`ConversationHandle`], `conversation(id)`, or `get_or_create_conversation(..)` where there is more to say of it
//!   than its id: tracks in one conversation and sends it. **This is what servers use**: concurrent requests cannot
//!   write into each other's conversation;
//! * [`AgentSightApi`], `api()`: reads conversations, with every filter of the service, lazily over all pages;
//! * [`ConversationManager`], `manager()`: renames, marks, updates, deletes, and submits feedback.
//!
//! The `track_*` methods do no network I/O; an attachment by path has its length and its first bytes read. Code that only
//! records, and need not know which client it works with, takes a [`Recorder`]: [`AgentSight::recorder`].
//!
//! # Sending
//!
//! * **In the background**, for servers: [`AgentSight::start_background_delivery`] sends what was tracked half a second
//!   later, several conversations at once. How that goes is told by [`AgentSight::stats`], [`AgentSight::health`] and
//!   [`AgentSight::dead_letters`], and in the log.
//! * **By a call**, for scripts: [`ConversationHandle::send`] and [`AgentSight::send_all`] return what became of every
//!   event.
//!
//! Both go together. With background delivery, a call waits until the worker has sent what was pending at the call, and
//! reports that. Then [`ConversationHandle::get_token_usage`], [`ConversationHandle::get_tracked_data_summary`] and the
//! summary of a send show what was pending at the call, and not what the worker had sent before: a script that counts on
//! them, as the vendor's examples do, does without background delivery.
//!
//! # What is promised
//!
//! * Order: a conversation's events are stamped when they are tracked and sent in that order, one request at a time
//!   (R6, R10). Different conversations hold each other up in nothing; [`AgentSight::send_all`] sends several at once.
//! * Nothing is lost: an event leaves memory when the service has acknowledged it (R11). A refused one lies in
//!   [`AgentSight::dead_letters`], with the reason (R15). What is in memory ends with the process.
//! * Nothing is doubled: after an answer that was lost, the conversation is read back and the event is looked for
//!   before it would be sent again (R17). The key must be allowed to read; where reading back is impossible the event
//!   stays *in doubt* and is reported. One window remains: a request that takes effect later than two attempts' time
//!   after it was sent.
//! * Patience: 4 attempts with jitter within 60 seconds, never earlier than `Retry-After`; uploads get more time. A
//!   service that fails again and again is left alone and asked now and then (R16); nothing is dropped by that.
//! * Bounds: 100,000 events and 64 MiB at most in memory, 10,000 idle conversations, 32 MiB for an answer, all
//!   configurable.
//!
//! `send` is `Ok` with a [`SendReport`] when every event has reached a final outcome, rejected ones included: look at
//! [`SendReport::rejected`]. It is an error when the conversation had to stop; [`Error::report`] then says how far it
//! came, and the rest is pending.
//!
//! # Cancellation
//!
//! Every future may be dropped at any point: by `select!`, by a timeout, with its task. A send that is dropped releases
//! its conversations; the next one takes up where it stopped, and looks for the event whose request was under way before
//! it sends it again. A flush or a shutdown that is dropped interrupts no request. A page that was being fetched is taken
//! by the next `next()`.
//!
//! # Runtimes
//!
//! The client is built without a runtime. It spawns a task for [`AgentSight::flush`] without background delivery, and, on
//! a runtime with several threads, one for each conversation that is sent beside another; these end with the future that
//! sends.
//! Its futures need tokio, of either flavour, with I/O and time enabled, when they are polled. Connections belong to the
//! runtime that opened them: use one client for a runtime. Background delivery has a thread with a runtime and
//! connections of its own, so that it holds up no runtime of yours, and lives on when that ends. With a transport of your
//! own only waiting needs tokio, and not even that where [waits are virtual](Context::with_virtual_waits).
//!
//! # The end of the process
//!
//! Keep the guard of [`AgentSight::start_background_delivery`] in `main`. Dropping it delivers what is pending, for at
//! most [`Config::shutdown_timeout`] (5 seconds), also when `main` returns an error; [`BackgroundDelivery::shutdown`]
//! does the same with a time of your choice, and says what was achieved. In an
//! async `main` await that: it blocks no runtime, while dropping blocks the thread. Without background delivery, call
//! [`AgentSight::flush`] or [`AgentSight::send_all`]. `exit`, an abort, a panic under `panic = "abort"` and a signal run no
//! destructors: there, what was not sent is gone.
//!
//! A program that is to end on Ctrl-C, whatever the service does, flushes in slices:
//!
//! ```
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::time::{Duration, Instant};
//!
//! use agentsight_http_async::AgentSight;
//!
//! /// Set by the program's handler of Ctrl-C.
//! static INTERRUPTED: AtomicBool = AtomicBool::new(false);
//!
//! async fn say_goodbye(sight: &AgentSight) {
//!     let began = Instant::now();
//!     loop {
//!         let report = sight.flush(Duration::from_millis(200)).await;
//!         let is_late = began.elapsed() > Duration::from_secs(10);
//!         // Without its time being up, nothing more can come of waiting.
//!         if report.is_complete() || !report.timed_out || is_late || INTERRUPTED.load(Ordering::Relaxed) {
//!             break;
//!         }
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! #     say_goodbye(&AgentSight::disabled()).await;
//! # }
//! ```
//!
//! # Logging
//!
//! Through [`tracing`](https://docs.rs/tracing), target `agentsight`, never by printing, and never a key, a query
//! string or message content. `AGENTSIGHT_LOG_LEVEL` caps the level; which events are shown is the subscriber's choice.
//!
//! # TLS, proxies, and transports of your own
//!
//! The feature `rustls` (on by default) brings TLS with ring and the system's trust store. Without it a client of an
//! `https` endpoint cannot be built. Redirects are never followed; proxies come from the environment
//! ([`Config::proxy_address`] says by which rules) or from [`ConfigBuilder::proxy`], and do not apply to a loopback
//! endpoint. A SOCKS proxy (`socks4`, `socks4a`, `socks5`, `socks5h`) needs the feature `socks`, which is off by default;
//! without it, building a client that is to use one fails and names the variable.
//!
//! [`AgentSightBuilder::http_client`] takes a ready-made `reqwest::Client`. [`AgentSightBuilder::transport`] takes anything that
//! can send a request, closures included, which is also how to test without a socket:
//!
//! ```
//! use agentsight_http_async::transport::{Attempt, TransportFailure};
//! use agentsight_http_async::{AgentSight, Config, ErrorKind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").max_attempts(1).build()?;
//! let nowhere = async |_: Attempt| Err(TransportFailure::connect());
//! let offline = AgentSight::builder(config).transport(nowhere).build()?;
//!
//! let chat = offline.conversation("support-123")?;
//! chat.track_human_message("Is anybody there?")?;
//! let stopped = chat.send().await.map(drop).map_err(|error| error.kind());
//! assert_eq!(stopped, Err(ErrorKind::Connect));
//! assert_eq!(offline.pending().total(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! [`AgentSight::disabled`] needs neither key nor transport: it validates, counts and sends nothing.

mod api;
mod background;
mod builder;
mod client;
mod drive;
mod flush;
mod handle;
mod manager;
mod map_failure;
mod pages;
mod run;
mod send;
mod spawned;
mod system;
mod tracker;
mod turn;
mod waiting;
mod worker;

pub use agentsight_core::*;

pub use self::api::AgentSightApi;
pub use self::background::BackgroundDelivery;
pub use self::builder::AgentSightBuilder;
pub use self::client::AgentSight;
pub use self::handle::ConversationHandle;
pub use self::manager::ConversationManager;
pub use self::pages::{Conversations, Pages};
pub use self::send::ReqwestTransport;
pub use self::tracker::ConversationTracker;

/// A new conversation id: `conv_` and 32 hexadecimal digits (R2).
///
/// ```
/// assert!(agentsight_http_async::generate_conversation_id().as_str().starts_with("conv_"));
/// ```
#[must_use]
pub fn generate_conversation_id() -> ConversationId {
    agentsight_core::generate_conversation_id(&system::context())
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
