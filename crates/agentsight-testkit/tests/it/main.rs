//! One test for each documented behaviour of the fake service, named after it.

mod conversations;
mod messages;
#[cfg(feature = "server")]
mod server;
mod support;
