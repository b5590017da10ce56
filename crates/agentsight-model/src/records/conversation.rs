//! The registration of a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::setters::setters;
use crate::{Device, Environment, Timestamp};

/// Registers a conversation (wire: POST /api/conversations/).
///
/// Every key is always present, `null` when unset. Other clients leave keys out, which reads as unset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationRecord {
    /// When it began.
    pub timestamp: Option<Timestamp>,
    /// The caller's id.
    pub conversation_id: String,
    /// The caller's id of the person.
    pub customer_id: Option<String>,
    /// The person's IP address.
    pub customer_ip_address: Option<String>,
    /// What the person used.
    pub device: Option<Device>,
    /// The channel.
    pub source: Option<String>,
    /// The language.
    pub language: Option<String>,
    /// A title.
    pub name: Option<String>,
    /// Whether the person engaged (R3, R4).
    pub is_used: Option<bool>,
    /// Where it is held.
    pub environment: Option<Environment>,
    /// The caller's own data.
    pub metadata: Option<Map<String, Value>>,
}

impl ConversationRecord {
    /// A registration with the caller's id; everything else is unset.
    #[must_use]
    pub fn new(conversation_id: impl Into<String>) -> Self {
        Self {
            timestamp: None,
            conversation_id: conversation_id.into(),
            customer_id: None,
            customer_ip_address: None,
            device: None,
            source: None,
            language: None,
            name: None,
            is_used: None,
            environment: None,
            metadata: None,
        }
    }

    setters! {
        /// Sets when it began.
        timestamp: DateTime<Utc>,
        /// Sets the caller's id of the person.
        customer_id: impl Into<String>,
        /// Sets the person's IP address.
        customer_ip_address: impl Into<String>,
        /// Sets what the person used.
        device: impl Into<Device>,
        /// Sets the channel.
        source: impl Into<String>,
        /// Sets the language.
        language: impl Into<String>,
        /// Sets a title.
        name: impl Into<String>,
        /// Sets whether the person engaged.
        is_used: bool,
        /// Sets where it is held.
        environment: impl Into<Environment>,
        /// Sets the caller's own data.
        metadata: Map<String, Value>,
    }
}
