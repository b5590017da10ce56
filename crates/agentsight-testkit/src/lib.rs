//! A faithful in-memory AgentSight service for tests and for work without an account.
//!
//! [`FakeApi`] is the service as a state machine: requests in, answers out, no socket, no thread, a clock that the test
//! moves. It knows every route of tracking, reading and managing with their filters, refusals and limits.
//!
//! ```
//! use agentsight_testkit::FakeApi;
//! use bytes::Bytes;
//! use http::Request;
//!
//! # fn main() -> Result<(), http::Error> {
//! let api = FakeApi::new();
//! let request = Request::post("/api/track/")
//!     .header("authorization", format!("Api-Key {}", api.api_key()))
//!     .header("content-type", "application/json")
//!     .body(Bytes::from(r#"{"conversation_id": "support-123", "sender": "end_user", "content": "Hello!"}"#))?;
//! assert!(api.handle(request).status().is_success());
//! assert_eq!(api.transcript("support-123")[0].content, "Hello!");
//! # Ok(())
//! # }
//! ```
//!
//! `FakeServer` (feature `server`) is the same service behind a socket of 127.0.0.1, for blocking and asynchronous tests
//! alike. Faults are values: which requests, and what goes wrong with them.
//!
//! ```
//! # #[cfg(feature = "server")]
//! # fn main() -> std::io::Result<()> {
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use agentsight_testkit::{FakeServer, Fault, FaultRule};
//! use http::StatusCode;
//!
//! let server = FakeServer::builder().fault(FaultRule::new(Fault::retry_after(2)).path("/api/me/")).start()?;
//!
//! // A client would be given `server.url()` and `server.api_key()`.
//! let mut connection = TcpStream::connect(server.url().trim_start_matches("http://"))?;
//! connection.write_all(b"GET /api/me/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! connection.read_to_string(&mut answer)?;
//!
//! assert!(answer.contains("retry-after: 2"));
//! assert_eq!(server.requests()[0].status, Some(StatusCode::TOO_MANY_REQUESTS));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "server"))]
//! # fn main() {}
//! ```
//!
//! Tests in other languages have the same instrument over HTTP: with the feature `cli`, `FakeServerBuilder::console`
//! opens the [control API](https://github.com/agentsight-rs/agentsight-rs/blob/main/crates/agentsight-testkit/CONTROL.md)
//! and a page that shows what arrived.
//!
//! Where the service's behaviour is documented nowhere, the fake does what its clients and answers suggest; what is
//! doubtful is a setting of [`FakeOptions`]. The `strategies` module (feature `proptest`) generates the model's types for
//! property tests.
//!
//! Rule numbers such as R17 are those of the project's `docs/rules.md`. `wire:` marks a fact about the service's HTTP
//! interface: the route, or the number that the fact has in the project's notes on it.
#![doc = ""]
#![doc = include_str!("../TESTING.md")]

#[cfg(all(doctest, feature = "server"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod api;
mod audit;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "cli")]
mod console;
mod fault;
mod json_position;
mod key;
mod options;
mod rate_limit;
mod record;
#[cfg(feature = "cli")]
mod sample;
#[cfg(feature = "server")]
mod server;
mod snapshot;
#[cfg(feature = "proptest")]
pub mod strategies;
mod verify;
mod virtual_time;

#[doc(no_inline)]
pub use agentsight_model::Role;
pub use api::{FakeApi, StoredFile};
pub use audit::{
    Audit, AuditedEvent, ConversationAudit, Difference, Duplicate, EarlyRequest, Edit, EventPart, Expected,
    ExpectedConversation, ExpectedEvent, InFlight, Missing, Reordering, Traffic,
};
pub use clock::FakeClock;
pub use fault::{
    Effect, Fault, FaultMix, FaultPlan, FaultRule, FaultSeed, InvalidFaults, InvalidSeed, Reaction, RetryAfter,
};
pub use key::{FakeKey, KeyState};
pub use options::{CreateAnswer, FakeOptions, TimestampPrecision, UnknownConversation};
pub use rate_limit::RateLimit;
pub use record::RecordedRequest;
#[cfg(feature = "server")]
pub use server::{FakeServer, FakeServerBuilder};
pub use snapshot::{InvalidSnapshot, Seeded, Snapshot};
pub use verify::{Undocumented, UndocumentedKind, Verification};
pub use virtual_time::{TestClock, VirtualTransport};
