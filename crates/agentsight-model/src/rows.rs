//! Rows that the service answers with.

mod action_log;
mod attachment;
mod button;
mod conversation;
mod conversation_attachments;
mod feedback;
mod geo_location;
mod message;
mod message_kind;

pub use action_log::ActionLog;
pub use attachment::Attachment;
pub use button::Button;
pub use conversation::Conversation;
pub use conversation_attachments::{ConversationAttachments, MessageAttachments};
pub use feedback::Feedback;
pub use geo_location::GeoLocation;
pub use message::Message;
pub use message_kind::MessageKind;
