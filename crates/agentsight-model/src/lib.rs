//! Wire types of the AgentSight conversation-analytics service.
//!
//! ```
//! use agentsight_model::{Conversation, Sender};
//!
//! let json = r#"{"id": 42, "conversation_id": "support-123", "messages": [
//!     {"id": 101, "timestamp": "2026-03-02T09:15:05Z", "sender": "end_user", "content": "My screen is black."}
//! ]}"#;
//! let conversation: Conversation = serde_json::from_str(json)?;
//! for message in conversation.messages() {
//!     assert_eq!(message.sender, Sender::EndUser);
//!     println!("{}: {}", message.sender, message.content);
//! }
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Three families of types, and no I/O, clock or environment:
//!
//! * **Rows and answers** are what the service says: [`Conversation`], [`Message`], [`Page`], [`ErrorBody`] and so on.
//!   They read every documented shape, keep unknown words and unknown fields, and write them back (R22). Their setters
//!   begin with `with_`.
//! * **Drafts** are what an application writes: [`NewConversation`], [`HumanMessage`], [`NewAction`] and so on. Plain
//!   data; tracking them checks them (R7).
//! * **Records** are the bodies of requests: [`ConversationRecord`], [`MessageRecord`] and so on.
//!
//! Rule numbers such as R22 are those of the project's `docs/rules.md`. `wire:` marks a fact about the service's HTTP
//! interface: the route, or the number that the fact has in the project's notes on it.

mod answers;
mod conversation_id;
mod conversation_ref;
mod drafts;
mod finite;
mod metadata;
mod metadata_draft;
mod migration;
mod numeric;
mod open_enum;
mod place;
mod records;
mod rows;
mod setters;
mod timestamp;
mod token_usage;
mod vocabulary;
mod wire_struct;

pub use answers::{
    AgentEnvironment, Created, Deleted, ErrorBody, Lookup, Marked, Me, MeEnvironment, Page, Renamed, Updated,
};
pub use conversation_id::{ConversationId, InvalidConversationId};
pub use conversation_ref::ConversationRef;
pub use drafts::{
    AgentMessage, AttachmentMode, AttachmentSource, Attachments, ButtonClick, ConversationUpdate, HumanMessage,
    NewAction, NewAttachment, NewConversation, NewFeedback,
};
pub use metadata::Metadata;
pub use metadata_draft::{InvalidMetadata, MetadataDraft};
pub use migration::{ConversationDrafts, EventDraft};
pub use numeric::Numeric;
#[doc(hidden)]
pub use open_enum::Unlisted;
pub use records::{
    ActionRecord, AttachmentRecord, AttachmentsRecord, ButtonRecord, ConversationRecord, FeedbackRecord, MarkRecord,
    MessageRecord, RenameRecord, UpdateRecord,
};
pub use rows::{
    ActionLog, Attachment, Button, Conversation, ConversationAttachments, Feedback, GeoLocation, Message,
    MessageAttachments, MessageKind,
};
pub use timestamp::Timestamp;
pub use token_usage::TokenUsage;
pub use vocabulary::{AttachmentKind, Device, Environment, FeedbackKind, FeedbackSource, Role, Sender, Sentiment};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
