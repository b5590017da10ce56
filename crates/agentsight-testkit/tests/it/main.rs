//! One test for each documented behaviour of the fake service, named after it.

mod access;
mod actions;
mod arbitrary;
mod attachments;
mod buttons;
mod conversations;
mod feedbacks;
mod filters;
mod golden;
mod manage;
mod messages;
mod metadata_in_use;
mod pages;
mod routes;
#[cfg(feature = "server")]
mod server;
mod support;
