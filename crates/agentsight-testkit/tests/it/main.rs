//! One test for each documented behaviour of the fake service, named after it.

#![expect(clippy::unwrap_used, reason = "a test fails by the value that it does not get")]

mod access;
mod action_logs;
mod actions;
mod arbitrary;
mod attachments;
mod audit;
mod audit_edits;
mod buttons;
#[cfg(feature = "cli")]
mod console;
mod conversation_feedbacks;
mod conversations;
mod faults;
mod faults_json;
mod feedback_laws;
mod feedback_lists;
mod feedbacks;
mod filters;
mod golden;
mod limits;
mod lists;
mod manage;
mod messages;
mod metadata_in_use;
mod pages;
mod routes;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod server_faults;
mod shown;
mod snapshot;
#[cfg(feature = "proptest")]
mod strategies;
mod support;
mod verify;
mod virtual_time;
