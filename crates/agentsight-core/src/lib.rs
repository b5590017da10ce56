//! The sans-IO core of the AgentSight SDK: every decision, and no socket.
//!
//! The core records events, decides what is sent next, reads what came back and says what it means. It hands every call
//! out as a [`Machine`]: a value that says *send this*, *wait so long* or *done*, and is told what became of it.
//! Whoever owns a socket drives it, in a loop of ten lines. Here the socket is a closure and the clock a variable:
//!
//! ```
//! use std::time::Duration;
//!
//! use agentsight_core::transport::{Attempt, TransportFailure};
//! use agentsight_core::{Config, Context, Core, Machine, Now, Step, StopSignal};
//! use bytes::Bytes;
//! use chrono::DateTime;
//! use http::{Response, StatusCode};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").build()?;
//! let mut now = Now::new(Duration::ZERO, DateTime::UNIX_EPOCH);
//! let core = Core::new(config, Context::new(move || now, || 7), "by hand", || {});
//!
//! let chat = core.conversation("support-123")?;
//! chat.track_human_message("My screen is black.")?;
//!
//! // A service that is busy at first, and then answers everything with the number 42.
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
//! let mut delivery = core.begin_delivery(&chat, StopSignal::new()).ok_or("the conversation is being sent already")?;
//! let report = loop {
//!     match delivery.poll(now) {
//!         Step::Send(attempt) => match service(attempt) {
//!             Ok(response) => delivery.handle_response(now, response),
//!             Err(failure) => delivery.handle_failure(now, failure),
//!         },
//!         Step::Wait(duration) => now.since_start += duration,
//!         Step::Done(result) => break result?,
//!     }
//! };
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
//! * Recording: [`ConversationLane`], the queue of one conversation, and [`CurrentConversation`], what a tracker points
//!   at (R1-R9).
//! * Sending: [`Delivery`], one conversation in strict order, and [`Dispatcher`], several of them at once (R10-R17).
//! * Reading and managing: [`ConversationFilter`], [`Pager`] and the calls of [`Core`] (R18-R21).
//! * [`Config`], decided once from a builder and a lookup function (C1-C3), and the one [`Error`] (E1-E3).
//! * The wire: every endpoint is a value that builds a request and reads an answer; bodies, form data included, are
//!   framed here, so that every transport sends the same bytes.
//!
//! # Out of scope
//!
//! * No socket, no TLS, no HTTP library, no runtime: that is a [`Transport`](transport::Transport) or an
//!   [`AsyncTransport`](transport::AsyncTransport) (H2).
//! * No clock, environment variable, randomness, file or thread. [`Context`] is injected once, and `now` is an argument
//!   of every machine (H3), so that a test replays an hour in a moment.
//!
//! # The protocol of a machine
//!
//! [`poll`](Machine::poll) until it is done. After [`Step::Send`] hand in exactly one of an answer and a failure before
//! the next poll; after [`Step::Wait`] poll again when the time has passed (sooner is harmless). After [`Step::Done`]
//! it is over, except for a [`Pager`], which then fetches the next page. Dropping a machine at any point is safe: a
//! [`Delivery`] marks an item *in doubt* before its request is handed out, and whoever sends the conversation next
//! looks for it before it would send it again (R11).
//!
//! Underneath every call is an exchange: one request with its safe repetitions (R16).
//!
//! ```text
//!         poll: Send          an answer that can be read, or a refusal that stands
//! Ready ──────────────▶ Sent ─────────────────────────────────────────────────────▶ Finished ──▶ Done
//!   ▲                    │ │                                                           ▲
//!   │ its time has come  │ └─ may have been seen, and creates something ─▶ Ambiguous ──┤ the owner keeps the doubt
//!   │                    │                                                     │       │
//!   │                    ▼ not seen, 429, 503, 425, or safe to repeat          │       │
//! Waiting ◀─────── attempts and time left? ◀── the owner found it was not kept ┘       │
//!                        └────────────────────────── no ───────────────────────────────┘
//! ```
//!
//! Rule numbers such as R17 are those of the project's `docs/rules.md`, and `wire:` names a route of the service.

mod about_conversation;
mod answer;
mod attachment;
mod calls;
mod config;
mod context;
mod core;
mod created_ids;
mod current;
mod dead_letters;
mod delivery;
mod error;
mod exchange;
mod filter;
pub mod get_or_create;
mod initialize;
mod jitter;
mod json_values;
mod kept_answer;
mod lane;
mod log;
mod machine;
mod operation;
mod ops;
mod pending;
mod recorder;
mod report;
mod retry_after;
pub mod transport;
mod wire;

pub use agentsight_model::*;

pub use self::calls::{PagePosition, Pager};
pub use self::config::{
    AmbiguousCreate, ApiKey, Config, ConfigBuilder, Endpoint, LogLevel, Proxy, RetryPolicy, Timeouts,
};
pub use self::context::{Clock, Context, Entropy, FileFacts, Files, Now};
pub use self::core::Core;
pub use self::current::CurrentConversation;
pub use self::dead_letters::{DeadLetter, DeadLetterReason};
pub use self::delivery::{Delivery, Dispatcher, StopSignal};
pub use self::error::{Error, ErrorKind, RequestFate};
pub use self::filter::{ConversationFilter, ConversationOrdering, MetadataValue, OrderField};
pub use self::jitter::SeededEntropy;
pub use self::lane::{ConversationLane, DoubtSettlement, TrackedDataSummary, TrackedItem, TrackedSummary};
pub use self::machine::{Machine, Step};
pub use self::pending::{PendingConversation, PendingEvents};
pub use self::recorder::generate_conversation_id;
pub use self::report::{
    ConversationOutcome, DoubtfulItem, ItemKind, ItemOutcome, SendAllReport, SendReport, SendSummary, SentItem,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
