//! What the crate promises to its users, seen from outside.

mod documented_answers;
mod drafts_as_json;
mod hostile_answers;
mod laws;
mod requests;
mod rows_as_json;
