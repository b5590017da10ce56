//! A faithful in-memory AgentSight service for tests and for work without an account.

mod api;
mod clock;
mod fault;
mod key;
mod options;
mod record;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "proptest")]
pub mod strategies;

#[doc(no_inline)]
pub use agentsight_model::Role;
pub use api::{FakeApi, StoredFile};
pub use clock::FakeClock;
pub use fault::{Fault, FaultPlan, FaultRule, Reaction};
pub use key::{FakeKey, KeyState};
pub use options::{CreateAnswer, FakeOptions, TimestampPrecision, UnknownConversation};
pub use record::RecordedRequest;
#[cfg(feature = "server")]
pub use server::{FakeServer, FakeServerBuilder};
