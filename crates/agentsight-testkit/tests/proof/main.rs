//! The proof of the promises: whatever befalls a request, every event arrives exactly once and in order, except where
//! the rules say otherwise, and then exactly as they say (R10-R17).
//!
//! * `matrix`: every fault on every request of every kind of event, at every place, alone and in a crowd, with what the
//!   rules foretell (`foretell`) compared to what the client reports and to what the service holds;
//! * `crowd`: fifty conversations, each with a fault of its own;
//! * `doubt`: the same where reading back is switched off or impossible;
//! * `schedules`: thousands of random schedules, each repeated by its seed;
//! * `shutdown`: the end of background delivery, wherever it is ended;
//! * `sockets`: a smaller set with the clients' own transports.
//!
//! Both clients, and the core under a worker, run all of it but the sockets through one trait (`client`).

#![expect(clippy::unwrap_used, reason = "a test fails by the value that it does not get")]

mod asynchronous;
mod background;
mod blocking;
mod cell;
mod client;
mod crowd;
mod doubt;
mod fault_table;
mod foretell;
mod matrix;
mod schedule;
mod schedules;
mod script;
mod shutdown;
#[cfg(feature = "server")]
mod sockets;
mod stage;
mod traffic;
mod witness;
mod worker;
