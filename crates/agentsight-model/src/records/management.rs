//! Renaming, marking and updating a conversation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Device;
use crate::setters::setters;

/// Renames a conversation (wire: PATCH /api/conversations/{pk}/rename/).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RenameRecord {
    /// The new title.
    pub name: String,
}

impl RenameRecord {
    /// A rename to this title.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Marks or unmarks a conversation (wire: POST /api/conversations/{pk}/mark/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MarkRecord {
    /// Whether it is to be marked.
    pub is_marked: bool,
}

impl MarkRecord {
    /// A mark, or its removal.
    #[must_use]
    pub const fn new(is_marked: bool) -> Self {
        Self { is_marked }
    }
}

/// Updates a conversation (wire: PATCH /api/conversations/{pk}/update/). What is unset does not travel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UpdateRecord {
    /// A new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is to be marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_marked: Option<bool>,
    /// A new id of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// A new device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// A new language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// New metadata, in place of all of the old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

impl UpdateRecord {
    /// An update that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets a new title.
        name: impl Into<String>,
        /// Sets or removes the mark.
        is_marked: bool,
        /// Sets a new id of the person.
        customer_id: impl Into<String>,
        /// Sets a new device.
        device: impl Into<Device>,
        /// Sets a new language.
        language: impl Into<String>,
        /// Sets new metadata.
        metadata: Map<String, Value>,
    }
}
