//! The blocking AgentSight client, over ureq.

mod map_failure;
mod send;
mod system;

pub use self::send::UreqTransport;
