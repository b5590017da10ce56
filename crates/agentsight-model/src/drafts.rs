//! What an application writes: plain data, checked when it is tracked (R7).
//!
//! Drafts serialise, so that a queue or a file can hold them; what is unset is left out. The form is that of the fields.

mod attachments;
mod base64_text;
mod button_click;
mod conversation_update;
mod messages;
mod new_action;
mod new_conversation;
mod new_feedback;

pub use attachments::{AttachmentMode, AttachmentSource, Attachments, NewAttachment};
pub use button_click::ButtonClick;
pub use conversation_update::ConversationUpdate;
pub use messages::{AgentMessage, HumanMessage};
pub use new_action::NewAction;
pub use new_conversation::NewConversation;
pub use new_feedback::NewFeedback;
