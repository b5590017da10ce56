//! The blocking AgentSight client, over ureq.

mod api;
mod client;
mod drive;
mod flush;
mod gate;
mod handle;
mod manager;
mod map_failure;
mod pages;
mod send;
mod system;
mod tracker;

pub use agentsight_core::*;

pub use self::api::AgentSightApi;
pub use self::client::AgentSight;
pub use self::flush::FlushGuard;
pub use self::handle::ConversationHandle;
pub use self::manager::ConversationManager;
pub use self::pages::{Conversations, Pages};
pub use self::send::UreqTransport;
pub use self::tracker::ConversationTracker;

/// A new conversation id: `conv_` and 32 hexadecimal digits (R2).
///
/// ```
/// assert!(agentsight_http_blocking::generate_conversation_id().as_str().starts_with("conv_"));
/// ```
#[must_use]
pub fn generate_conversation_id() -> ConversationId {
    agentsight_core::generate_conversation_id(&system::context())
}
