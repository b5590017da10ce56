//! A button click that is to be tracked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::MetadataDraft;
use crate::setters::{metadata_setters, setters};

/// A click on a button that is to be tracked.
///
/// Nothing is checked here: tracking it does. None of the texts may be blank or have more than 255 characters (R7).
///
/// ```
/// use agentsight_model::ButtonClick;
///
/// let click = ButtonClick::new("user_confirmation", "Confirm order", "order_123");
/// assert_eq!(click.label, "Confirm order");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ButtonClick {
    /// What happened, such as `user_confirmation`; `button_event` on the wire.
    pub event: String,
    /// The text on the button.
    pub label: String,
    /// What the button stands for.
    pub value: String,
    /// The caller's own data.
    #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
    pub metadata: MetadataDraft,
    /// When it was clicked; unset: when it is tracked (R6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

impl ButtonClick {
    /// A click with what happened, the text on the button and what the button stands for.
    #[must_use]
    pub fn new(event: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            event: event.into(),
            label: label.into(),
            value: value.into(),
            metadata: MetadataDraft::default(),
            at: None,
        }
    }

    setters! {
        /// Sets when it was clicked, for back-filling (R6).
        at: DateTime<Utc>,
    }

    metadata_setters!();
}
