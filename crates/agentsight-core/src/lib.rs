//! The sans-IO core of the AgentSight SDK: every decision, and no socket.
//!
//! The core records events, says what is to be sent next, reads what came back and decides what it means. Whoever owns
//! a socket asks it for the next [`Job`], carries it out, and hands back what came, in a loop of ten lines. Here the
//! socket is a closure and the clock a variable:
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//!
//! use agentsight_core::transport::{Attempt, TransportFailure};
//! use agentsight_core::{Config, Context, Core, Next, Now, Scope};
//! use bytes::Bytes;
//! use chrono::DateTime;
//! use http::{Response, StatusCode};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").build()?;
//! let clock = Arc::new(Mutex::new(Duration::ZERO));
//! let reading = Arc::clone(&clock);
//! let now = move || Now::new(*reading.lock().unwrap(), DateTime::UNIX_EPOCH);
//! let core = Core::new(config, Context::new(now, || 7), "by hand", || {});
//!
//! let chat = core.recorder().conversation("support-123")?;
//! chat.track_human_message("My screen is black.")?;
//!
//! // A service that is busy at first, and then returns the id 42 for everything.
//! let mut requests = Vec::new();
//! let mut service = |attempt: Attempt| -> Result<Response<Bytes>, TransportFailure> {
//!     requests.push(attempt.request.uri().path().to_owned());
//!     let mut answer = Response::new(Bytes::from_static(br#"{"id": 42}"#));
//!     if requests.len() == 1 {
//!         *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
//!     }
//!     Ok(answer)
//! };
//!
//! let ticket = core.ticket(&chat);
//! loop {
//!     match core.next(Scope::Ticket(&ticket)) {
//!         Next::Send { mut job, .. } => {
//!             if let Some(attempt) = job.attempt() {
//!                 job.finish(service(attempt));
//!             }
//!         }
//!         Next::Wait(wait) => *clock.lock().unwrap() += wait.unwrap_or_default(),
//!         Next::Idle => break,
//!     }
//! }
//! let report = ticket.into_report()?;
//!
//! assert_eq!(requests, ["/api/conversations/", "/api/conversations/", "/api/track/"]);
//! assert_eq!(report.summary.questions, 1);
//! # Ok(())
//! # }
//! ```
//!
//! Applications use one of the client crates, `agentsight-http-blocking` or `agentsight-http-async`, which re-export
//! everything here and own such a loop. Build on this crate to write another one, or to plug in another HTTP library
//! through [`transport`].
//!
//! # In scope
//!
//! * Recording: [`Recorder`], and [`ConversationRecorder`] and [`CurrentConversation`] over it (R1-R9). A crate that only
//!   records, such as a layer for spans, needs nothing else.
//! * Sending: [`Core::next`] and [`Job`], for any number of loops at once; [`Ticket`] and [`FlushTicket`] for those who
//!   wait (R10-R17, R25, R27).
//! * Reading and managing: [`ConversationFilter`], [`Pager`] and the calls of [`Core`] (R18-R21).
//! * [`Config`], decided once from a builder and a lookup function (C1-C3), and the one [`Error`] (E1-E3).
//! * The wire: requests are written and answers read here, form data included, so that every transport sends the same
//!   bytes.
//!
//! # Out of scope
//!
//! * No socket, no TLS, no HTTP library, no runtime: that is a [`Transport`](transport::Transport) or an
//!   [`AsyncTransport`](transport::AsyncTransport) (H2).
//! * No clock, environment variable, randomness, file or thread. [`Context`] is injected once (H3), so that a test
//!   replays an hour in a moment.
//!
//! # Jobs
//!
//! A [`Job`] is one attempt. [`Job::attempt`] writes its request, [`Job::finish`] takes what came back; both work outside
//! of any lock. At most one job of a conversation is out (R10), and at most `concurrency` in all. A job that is dropped
//! after its request was written leaves what it carried *in doubt*: the conversation is read back before it would be
//! sent again (R11, R17).
//!
//! # Machines
//!
//! Reading and managing calls are machines: [`poll`](Machine::poll) until it is done. After [`Step::Send`] hand in
//! exactly one of an answer and a failure before the next poll; after [`Step::Wait`] poll again when the time has passed
//! (sooner is harmless). After [`Step::Done`] it is over, except for a [`Pager`], which then fetches the next page.
//!
//! Rule numbers such as R17 are those of the project's `docs/rules.md`, and `wire:` names a route of the service.

mod answer;
mod call;
mod checks;
mod config;
mod context;
mod core;
mod delivery;
mod endpoint;
mod error;
mod event;
mod filter;
pub mod get_or_create;
mod jitter;
mod log;
mod outbox;
mod recorder;
mod report;
mod retry;
pub mod transport;
pub mod virtual_time;
mod wire;

pub use agentsight_model::*;

pub use self::call::{Machine, PagePosition, Pager, Step};
pub use self::config::{
    AmbiguousCreate, ApiKey, Config, ConfigBuilder, Endpoint, LogLevel, Proxy, ProxyAddress, RetryPolicy, Timeouts,
};
pub use self::context::{Clock, Context, Entropy, FileFacts, Files, Now};
pub use self::core::Core;
pub use self::delivery::{FlushReport, FlushTicket, Job, Next, Scope, Ticket};
pub use self::error::{Error, ErrorKind, RequestFate};
pub use self::filter::{ConversationFilter, ConversationOrdering, MetadataValue, OrderField};
pub use self::jitter::SeededEntropy;
pub use self::outbox::{DeadLetter, DeadLetterReason, Health, LastError, Stats};
pub use self::recorder::{
    ConversationRecorder, CurrentConversation, DoubtSettlement, PendingConversation, PendingEvents, Recorder,
    TrackedDataSummary, TrackedItem, TrackedSummary, generate_conversation_id,
};
pub use self::report::{
    ConversationOutcome, DoubtfulItem, ItemKind, ItemOutcome, SendAllReport, SendReport, SendSummary, SentItem,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
