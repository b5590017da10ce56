//! What a person thought.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::wire_struct::wire_struct;
use crate::{Environment, FeedbackKind, FeedbackSource, Metadata, Sentiment};

wire_struct! {
    /// What a person thought of a conversation, a message or the agent (wire: 1.14).
    ///
    /// Reads the older row (`source`, `metadata`) as well as the current one (`kind`, `category` and the rest).
    pub struct Feedback {
        required {
            /// The service's number.
            id: u64,
            /// The verdict.
            sentiment: Sentiment,
        }
        optional {
            /// What it is about.
            kind (with_kind): FeedbackKind,
            /// The number of the agent.
            agent (with_agent): u64,
            /// The number of the conversation.
            conversation (with_conversation): u64,
            /// The caller's id of the conversation.
            conversation_id (with_conversation_id): String,
            /// The number of the message, for a vote on one.
            message (with_message): u64,
            /// Who gave it, as the service describes them; the shape is undocumented.
            user (with_user): Value,
            /// Who gave it. Older servers only.
            source (with_source): FeedbackSource,
            /// Where the conversation was held.
            environment (with_environment): Environment,
            /// The number of that environment.
            environment_id (with_environment_id): u64,
            /// A category, where the team chose one.
            category (with_category): String,
            /// The topic of a vote on a message.
            topic (with_topic): String,
            /// The reason of a vote on a message.
            reason (with_reason): String,
            /// The person's own words, at most 5,000 characters.
            comment (with_comment): String,
            /// The caller's own data. Older servers only, and most of them discard it.
            metadata (with_metadata): Metadata,
            /// When it was given.
            created_at (with_created_at): DateTime<Utc>,
        }
        lists {}
    }
}
