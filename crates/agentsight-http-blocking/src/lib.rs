//! The blocking AgentSight client, over ureq.

mod map_failure;
mod send;
mod settings;
#[cfg_attr(not(test), expect(dead_code, reason = "the client, which takes the context, comes with the drive loop"))]
mod system;

pub use self::send::UreqTransport;
pub use self::settings::{ProxyChoice, TransportSettings};
