//! All files of a conversation.

use chrono::{DateTime, Utc};

use crate::wire_struct::wire_struct;
use crate::{Attachment, Sender};

wire_struct! {
    /// All files of a conversation (wire: GET /api/conversations/{pk}/attachments/).
    ///
    /// The service has answered in three shapes over time: grouped by message under `messages`, with or without a total,
    /// and flat under `attachments`. [`number`](Self::number), [`count`](Self::count) and [`all`](Self::all) read the
    /// same from each.
    pub struct ConversationAttachments {
        required {
            /// The caller's id of the conversation.
            conversation_id: String,
        }
        optional {
            /// The number of the conversation, in the oldest shape.
            id (with_id): u64,
            /// The number of the conversation.
            conversation (with_conversation): u64,
            /// How many files there are, in the grouped shape.
            total_attachments (with_total_attachments): u64,
            /// How many files there are, in the flat shape.
            attachment_count (with_attachment_count): u64,
        }
        lists {
            /// The files by message, in the grouped shapes.
            messages (with_messages): MessageAttachments,
            /// The files one after another, in the flat shape.
            attachments (with_attachments): Attachment,
        }
    }
}

wire_struct! {
    /// The files of one message, inside [`ConversationAttachments`].
    #[derive(Default)]
    pub struct MessageAttachments {
        required {}
        optional {
            /// The number of the message, in the oldest shape.
            id (with_id): u64,
            /// The number of the message.
            message_id (with_message_id): u64,
            /// Who sent it.
            sender (with_sender): Sender,
            /// When it was sent.
            timestamp (with_timestamp): DateTime<Utc>,
        }
        lists {
            /// The files.
            attachments (with_attachments): Attachment,
        }
    }
}

impl ConversationAttachments {
    /// The number of the conversation, where the answer gives it.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.conversation.or(self.id)
    }

    /// How many files there are: the answer's own total, else as many as [`all`](Self::all) yields.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.attachment_count.or(self.total_attachments).unwrap_or_else(|| self.all().map(|_| 1).sum())
    }

    /// Every file, once.
    ///
    /// An answer that has both lists names the same files twice; the flat one is taken then.
    pub fn all(&self) -> impl Iterator<Item = &Attachment> {
        let flat = self.attachments();
        let grouped = if flat.is_empty() { self.messages() } else { &[] };
        flat.iter().chain(grouped.iter().flat_map(MessageAttachments::attachments))
    }
}

impl MessageAttachments {
    /// The number of the message, where the answer gives it.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.message_id.or(self.id)
    }
}
