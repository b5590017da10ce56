//! One run of an action.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::wire_struct::wire_struct;
use crate::{Metadata, Numeric};

wire_struct! {
    /// One run of an action, such as a tool call (wire: 1.8, 1.13).
    ///
    /// The service shows it under a [`Message`](crate::Message) of its own, sent by the agent.
    pub struct ActionLog {
        required {
            /// The service's number.
            id: u64,
        }
        optional {
            /// The number of the action's definition.
            action (with_action): u64,
            /// The number of the message that shows the run.
            message (with_message): u64,
            /// When it began.
            started_at (with_started_at): DateTime<Utc>,
            /// When it ended.
            ended_at (with_ended_at): DateTime<Utc>,
            /// How long it took, in milliseconds.
            duration_ms (with_duration_ms): Numeric,
            /// What it used: an object that the caller chose.
            tools_used (with_tools_used): Value,
            /// What came out.
            response (with_response): String,
            /// What went wrong; empty when nothing did. See [`error`](Self::error).
            error_message (with_error_message): String,
            /// The caller's own data.
            metadata (with_metadata): Metadata,
        }
        lists {}
    }
}

impl ActionLog {
    /// What went wrong, or `None`: the service writes an empty text when nothing did.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error_message.as_deref().filter(|text| !text.is_empty())
    }
}
