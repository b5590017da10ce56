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

#[cfg(test)]
mod tests {
    use super::*;

    fn group(message: u64, files: &[u64]) -> MessageAttachments {
        let files: Vec<_> = files.iter().map(|id| Attachment::new(*id)).collect();
        MessageAttachments::new().with_message_id(message).with_attachments(files)
    }

    #[test]
    fn wire_1_10_files_that_are_named_in_both_lists_count_once() {
        let answer = ConversationAttachments::new("c-1")
            .with_attachments([Attachment::new(1), Attachment::new(2)])
            .with_messages([group(10, &[1]), group(11, &[2])]);
        assert_eq!(answer.all().map(|file| file.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(answer.count(), 2);
    }

    #[test]
    fn wire_1_10_an_empty_flat_list_does_not_hide_the_groups() {
        let answer = ConversationAttachments::new("c-1").with_attachments([]).with_messages([
            group(10, &[1, 2]),
            group(11, &[]),
            group(12, &[3]),
        ]);
        assert_eq!(answer.all().map(|file| file.id).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn wire_1_10_the_answer_s_own_total_is_believed() {
        assert_eq!(ConversationAttachments::new("c-1").with_total_attachments(7).count(), 7);
        assert_eq!(ConversationAttachments::new("c-1").count(), 0);
    }

    #[test]
    fn wire_1_10_older_answers_have_other_names_for_the_numbers() {
        assert_eq!(ConversationAttachments::new("c-1").with_id(3).number(), Some(3));
        assert_eq!(MessageAttachments::new().with_id(4).number(), Some(4));
        assert_eq!(group(5, &[]).number(), Some(5));
    }
}
