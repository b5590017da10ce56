//! The console of the server: the control API, and who may use it.

mod connection_faults;
mod control;
mod document;
mod guard;
mod hostile;
mod http_client;
mod requests;
