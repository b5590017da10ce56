//! One message of a conversation.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::wire_struct::wire_struct;
use crate::{ActionLog, Attachment, Button, Metadata, Sender};

wire_struct! {
    /// One message of a conversation (wire: 1.8, 1.11).
    ///
    /// Actions, button clicks and files sent on their own show as messages too: look at
    /// [`action_logs`](Self::action_logs), [`button`](Self#structfield.button) and [`attachments`](Self::attachments).
    pub struct Message {
        required {
            /// The service's number.
            id: u64,
            /// When it was written.
            timestamp: DateTime<Utc>,
            /// Who wrote it.
            sender: Sender,
            /// The text.
            content: String,
        }
        optional {
            /// The number of the conversation. Newer servers only.
            conversation (with_conversation): u64,
            /// The name of the action that this message shows.
            action_name (with_action_name): String,
            /// The caller's own data.
            metadata (with_metadata): Metadata,
            /// The click that this message shows.
            button (with_button): Button,
            /// The person's vote on the message, as it came; newest servers only, and the shape is undocumented.
            feedback (with_feedback): Value,
        }
        lists {
            /// The files under the message.
            attachments (with_attachments): Attachment,
            /// The runs of the action that this message shows.
            action_logs (with_action_logs): ActionLog,
        }
    }
}
