//! Changes to a conversation.

use serde::{Deserialize, Serialize};

use crate::setters::{metadata_setters, setters};
use crate::{Device, MetadataDraft};

/// Changes to a conversation: only what is set is changed (R21).
///
/// Metadata replaces the whole document that the service has.
///
/// ```
/// use agentsight_model::ConversationUpdate;
///
/// let update = ConversationUpdate::new().language("de").is_marked(true);
/// assert!(!update.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationUpdate {
    /// A new title, at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the team's mark is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_marked: Option<bool>,
    /// A new id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// A new device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// A new language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// New metadata, in place of all of the old.
    #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
    pub metadata: MetadataDraft,
}

impl ConversationUpdate {
    /// An update that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets a new title.
        name: impl Into<String>,
        /// Sets or removes the team's mark.
        is_marked: bool,
        /// Sets a new id of the person.
        customer_id: impl Into<String>,
        /// Sets a new device: a [`Device`] or its word.
        device: impl Into<Device>,
        /// Sets a new language.
        language: impl Into<String>,
    }

    metadata_setters!();

    /// Whether nothing is changed. Sending such an update is an error (R21).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.is_marked.is_none()
            && self.customer_id.is_none()
            && self.device.is_none()
            && self.language.is_none()
            && !self.metadata.is_set()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_an_update_is_empty_until_something_is_set() {
        assert!(ConversationUpdate::new().is_empty());
        for update in [
            ConversationUpdate::new().name("n"),
            ConversationUpdate::new().is_marked(false),
            ConversationUpdate::new().customer_id("c"),
            ConversationUpdate::new().device("mobile"),
            ConversationUpdate::new().language("en"),
            ConversationUpdate::new().metadata_all([("a", 1); 0]),
            ConversationUpdate::new().metadata_from(&7),
        ] {
            assert!(!update.is_empty(), "{update:?}");
        }
    }
}
