//! `agentsight-fake` as its users run it: the real executable, sockets, files and signals.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by the value that it does not get")]

mod addresses;
mod arguments;
mod data;
mod demo;
mod faults;
mod keys;
mod program;
mod seeds;
mod signals;
