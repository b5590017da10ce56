//! The bodies of requests, field by field in the order in which they travel.
//!
//! They serialise and deserialise, so that a fake service and an exporter can use them too. Nothing is checked here.

mod action;
mod attachments;
mod button;
mod conversation;
mod feedback;
mod management;
mod message;
mod number;

pub use action::ActionRecord;
pub use attachments::{AttachmentRecord, AttachmentsRecord};
pub use button::ButtonRecord;
pub use conversation::ConversationRecord;
pub use feedback::FeedbackRecord;
pub use management::{MarkRecord, RenameRecord, UpdateRecord};
pub use message::MessageRecord;
