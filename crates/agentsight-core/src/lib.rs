//! The sans-IO core of the AgentSight SDK: ordering, delivery, retry, filters and paging as pure code.

mod attachment;
mod calls;
mod config;
mod context;
mod core;
mod current;
mod dead_letters;
mod delivery;
mod error;
mod exchange;
mod filter;
pub mod get_or_create;
mod initialize;
mod jitter;
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
pub use self::lane::{ConversationLane, TrackedDataSummary, TrackedItem, TrackedSummary};
pub use self::machine::{Machine, Step};
pub use self::pending::{PendingConversation, PendingEvents};
pub use self::report::{
    ConversationOutcome, DoubtfulItem, ItemKind, ItemOutcome, SendAllReport, SendReport, SendSummary, SentItem,
};
