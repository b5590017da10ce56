//! A conversation.

use chrono::{DateTime, Utc};

use crate::wire_struct::wire_struct;
use crate::{Device, Environment, Feedback, GeoLocation, Message, Metadata};

wire_struct! {
    /// A conversation between a person and an AI agent (wire: 1.8, 1.9).
    ///
    /// Lists answer with the whole row or with the lean one, which has counts in place of messages and feedbacks. What
    /// newer servers add (`tickets`, `token_usage`) is in [`extra`](Self#structfield.extra).
    ///
    /// ```
    /// use agentsight_model::Conversation;
    ///
    /// let json = r#"{"id": 42, "conversation_id": "support-123", "device": "watch", "tickets": []}"#;
    /// let conversation: Conversation = serde_json::from_str(json)?;
    /// assert_eq!(conversation.device.as_ref().map(|device| device.as_str()), Some("watch"));
    /// assert!(conversation.messages().is_empty());
    /// assert_eq!(serde_json::to_value(&conversation)?, serde_json::from_str::<serde_json::Value>(json)?);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Conversation {
        required {
            /// The service's number.
            id: u64,
            /// The caller's id, as it was given.
            conversation_id: String,
        }
        optional {
            /// The number of the agent.
            agent (with_agent): u64,
            /// A title.
            name (with_name): String,
            /// The caller's id of the person.
            customer_id (with_customer_id): String,
            /// The person's IP address.
            customer_ip_address (with_customer_ip_address): String,
            /// What the person used.
            device (with_device): Device,
            /// The language, such as `en` or `en-US`.
            language (with_language): String,
            /// Where it was held.
            environment (with_environment): Environment,
            /// The number of that environment.
            environment_id (with_environment_id): u64,
            /// The caller's own data.
            metadata (with_metadata): Metadata,
            /// When it began.
            started_at (with_started_at): DateTime<Utc>,
            /// When its last event happened.
            ended_at (with_ended_at): DateTime<Utc>,
            /// When it was deleted.
            deleted_at (with_deleted_at): DateTime<Utc>,
            /// How many messages it has. Lean rows.
            message_count (with_message_count): u64,
            /// How many feedbacks it has. Lean rows.
            feedback_count (with_feedback_count): u64,
            /// Whether a member of the team marked it. See [`marked`](Self::marked).
            is_marked (with_is_marked): bool,
            /// Whether the person engaged. See [`used`](Self::used).
            is_used (with_is_used): bool,
            /// Whether it was deleted; the service keeps the row. See [`deleted`](Self::deleted).
            is_deleted (with_is_deleted): bool,
            /// Where the person was, by IP address.
            geo_location (with_geo_location): GeoLocation,
        }
        lists {
            /// The transcript, in order of time. Full rows.
            messages (with_messages): Message,
            /// What people thought of it. Full rows.
            feedbacks (with_feedbacks): Feedback,
        }
    }
}

impl Conversation {
    /// Whether a member of the team marked it; `false` where the row does not say.
    #[must_use]
    pub fn marked(&self) -> bool {
        self.is_marked.unwrap_or_default()
    }

    /// Whether the person engaged; `false` where the row does not say.
    #[must_use]
    pub fn used(&self) -> bool {
        self.is_used.unwrap_or_default()
    }

    /// Whether it was deleted; `false` where the row does not say.
    #[must_use]
    pub fn deleted(&self) -> bool {
        self.is_deleted.unwrap_or_default()
    }
}
