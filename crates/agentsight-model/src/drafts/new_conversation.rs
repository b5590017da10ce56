//! A conversation that is to be registered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::setters::{metadata_setters, setters};
use crate::{Device, Environment, MetadataDraft};

/// A conversation that is to be registered (R3).
///
/// Nothing is checked here: tracking it does (R1, R7). Texts may have at most 255 characters.
///
/// ```
/// use agentsight_model::{Environment, NewConversation};
///
/// let conversation = NewConversation::new("support-123")
///     .customer_id("user-456")
///     .device("mobile")
///     .environment(Environment::Production)
///     .metadata("user_tier", "premium");
/// assert_eq!(conversation.customer_id.as_deref(), Some("user-456"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewConversation {
    /// The caller's id: not blank, at most 255 characters, no NUL (R1).
    pub conversation_id: String,
    /// The caller's id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// The person's IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_ip_address: Option<String>,
    /// What the person used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The channel, such as `web` or `whatsapp`. The service takes it and does not show it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The language, such as `en` or `en-US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is held; unset: as configured, else `development` (R5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The caller's own data.
    #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
    pub metadata: MetadataDraft,
    /// When it began; unset: with its first event (R6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl NewConversation {
    /// A conversation with the caller's id and nothing else.
    #[must_use]
    pub fn new(conversation_id: impl Into<String>) -> Self {
        Self {
            conversation_id: conversation_id.into(),
            customer_id: None,
            customer_ip_address: None,
            device: None,
            source: None,
            language: None,
            name: None,
            environment: None,
            metadata: MetadataDraft::default(),
            at: None,
        }
    }

    setters! {
        /// Sets the caller's id of the person.
        customer_id: impl Into<String>,
        /// Sets the person's IP address: version 4 or 6, checked when tracked.
        customer_ip_address: impl Into<String>,
        /// Sets what the person used: a [`Device`] or its word.
        device: impl Into<Device>,
        /// Sets the channel, such as `web` or `whatsapp`.
        source: impl Into<String>,
        /// Sets the language, such as `en` or `en-US`.
        language: impl Into<String>,
        /// Sets a title.
        name: impl Into<String>,
        /// Sets where it is held: an [`Environment`] or its word, `prod` and `dev` included (R5).
        environment: impl Into<Environment>,
        /// Sets when it began, for back-filling (R6).
        at: DateTime<Utc>,
    }

    metadata_setters!();
}

impl From<&str> for NewConversation {
    fn from(conversation_id: &str) -> Self {
        Self::new(conversation_id)
    }
}

impl From<&String> for NewConversation {
    fn from(conversation_id: &String) -> Self {
        Self::new(conversation_id)
    }
}

impl From<String> for NewConversation {
    fn from(conversation_id: String) -> Self {
        Self::new(conversation_id)
    }
}
