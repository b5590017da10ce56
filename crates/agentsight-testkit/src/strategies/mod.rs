//! proptest strategies for the types of `agentsight-model`.
//!
//! Rows are what the service could answer, drafts are what an application could write. All are valid, so that a law that
//! needs valid input can be stated without a filter. Numbers stay within what JSON keeps exactly; times lie in this
//! century and are whole microseconds.
//!
//! ```
//! use agentsight_model::Conversation;
//! use agentsight_testkit::strategies;
//! use proptest::prelude::*;
//!
//! proptest!(|(conversation in strategies::conversation())| {
//!     let json = serde_json::to_value(&conversation).map_err(|error| TestCaseError::fail(error.to_string()))?;
//!     prop_assert_eq!(serde_json::from_value::<Conversation>(json).ok(), Some(conversation));
//! });
//! ```

mod drafts;
mod files;
mod metadata;
mod rows;
mod values;

pub use drafts::{
    agent_message, button_click, conversation_update, human_message, new_action, new_conversation, new_feedback,
};
pub use files::{attachments, new_attachment};
pub use metadata::{json_value, metadata, metadata_map};
pub use rows::{
    action_log, attachment, button, conversation, feedback, geo_location, lean_conversation, message, page,
};
pub use values::{
    content, conversation_id, conversation_ref, device, environment, row_number, sender, sentiment, short_text, time,
    token_usage,
};
