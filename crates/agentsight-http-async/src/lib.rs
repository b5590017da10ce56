//! The asynchronous AgentSight client, over reqwest and tokio.

mod map_failure;
mod send;
mod system;

pub use self::send::ReqwestTransport;
