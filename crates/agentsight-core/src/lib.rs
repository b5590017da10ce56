//! The sans-IO core of the AgentSight SDK: ordering, delivery, retry, filters and paging as pure code.

mod attachment;
mod config;
mod context;
pub mod transport;

pub use self::config::{
    AmbiguousCreate, ApiKey, Config, ConfigBuilder, Endpoint, LogLevel, Proxy, RetryPolicy, Timeouts,
};
pub use self::context::{Clock, Context, Entropy, FileFacts, Files, Now};
