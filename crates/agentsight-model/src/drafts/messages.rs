//! Messages that are to be tracked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::setters::{metadata_setters, setters};
use crate::{Attachments, MetadataDraft};

macro_rules! message_draft {
    ($(#[$attribute:meta])* pub struct $name:ident;) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            /// The text: checked trimmed, sent verbatim (R7).
            pub content: String,
            /// The caller's own data.
            #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
            pub metadata: MetadataDraft,
            /// Files that follow the message (R13). Their sender and their metadata are the message's.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub attachments: Option<Attachments>,
            /// When it was written; unset: when it is tracked (R6).
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub at: Option<DateTime<Utc>>,
        }

        impl $name {
            /// A message with this text. A blank one is refused when it is tracked.
            #[must_use]
            pub fn new(content: impl Into<String>) -> Self {
                Self { content: content.into(), metadata: MetadataDraft::default(), attachments: None, at: None }
            }

            setters! {
                /// Sets the files that follow the message: one, several, or [`Attachments`] with a mode (R13).
                attachments: impl Into<Attachments>,
                /// Sets when it was written, for back-filling (R6).
                at: DateTime<Utc>,
            }

            metadata_setters!();
        }

        impl From<&str> for $name {
            fn from(content: &str) -> Self {
                Self::new(content)
            }
        }

        impl From<&String> for $name {
            fn from(content: &String) -> Self {
                Self::new(content)
            }
        }

        impl From<String> for $name {
            fn from(content: String) -> Self {
                Self::new(content)
            }
        }
    };
}

message_draft! {
    /// A message of the person.
    ///
    /// ```
    /// use agentsight_model::{HumanMessage, NewAttachment};
    ///
    /// let message = HumanMessage::new("See the picture.")
    ///     .metadata("message_id", "msg_001")
    ///     .attachments(NewAttachment::bytes(b"...").filename("screen.png"));
    /// assert_eq!(message.attachments.map(|attachments| attachments.attachments.len()), Some(1));
    /// ```
    #[doc(alias = "question")]
    pub struct HumanMessage;
}

message_draft! {
    /// A message of the AI agent.
    ///
    /// ```
    /// use agentsight_model::AgentMessage;
    ///
    /// let message = AgentMessage::new("Click 'Forgot password'.").metadata("model", "gpt-4");
    /// assert!(message.metadata.is_set());
    /// ```
    #[doc(alias = "answer")]
    pub struct AgentMessage;
}
