//! An action that is to be tracked.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::setters::{metadata_setters, setters};
use crate::{MetadataDraft, Numeric};

/// A run of an action, such as a tool call, that is to be tracked.
///
/// Nothing is checked here: tracking it does (R7).
///
/// ```
/// use agentsight_model::NewAction;
/// use serde_json::json;
///
/// let action = NewAction::new("database_lookup")
///     .duration_ms(150)
///     .tools_used(json!({"database": "PostgreSQL"}))
///     .response("User found");
/// assert_eq!(action.duration_ms.and_then(|duration| duration.as_f64()), Some(150.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewAction {
    /// The action's name: not blank, at most 255 characters. The service defines it on first use.
    pub name: String,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds; not negative.
    pub duration_ms: Option<Numeric>,
    /// What it used: an object.
    pub tools_used: Option<Value>,
    /// What came out.
    pub response: Option<String>,
    /// What went wrong.
    pub error_message: Option<String>,
    /// The caller's own data.
    pub metadata: MetadataDraft,
    /// When it is tracked as; unset: now (R6).
    pub at: Option<DateTime<Utc>>,
}

impl NewAction {
    /// A run of the action of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            started_at: None,
            ended_at: None,
            duration_ms: None,
            tools_used: None,
            response: None,
            error_message: None,
            metadata: MetadataDraft::default(),
            at: None,
        }
    }

    setters! {
        /// Sets when it began.
        started_at: DateTime<Utc>,
        /// Sets when it ended.
        ended_at: DateTime<Utc>,
        /// Sets how long it took, in milliseconds, whole (`150`) or not (`150.302`).
        duration_ms: impl Into<Numeric>,
        /// Sets what it used: an object, such as `json!({"database": "PostgreSQL"})`.
        tools_used: impl Into<Value>,
        /// Sets what came out.
        response: impl Into<String>,
        /// Sets what went wrong.
        #[doc(alias = "error_msg")]
        error_message: impl Into<String>,
        /// Sets when it happened, for back-filling (R6).
        at: DateTime<Utc>,
    }

    metadata_setters!();
}

impl From<&str> for NewAction {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for NewAction {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_or_fractions() {
        let duration = |action: NewAction| action.duration_ms.and_then(|duration| duration.as_f64());
        assert_eq!(duration(NewAction::new("a").duration_ms(150)), Some(150.0));
        assert_eq!(duration(NewAction::new("a").duration_ms(0.25)), Some(0.25));
        assert_eq!(duration(NewAction::new("a").duration_ms(-1.0)), Some(-1.0), "refused when it is tracked");
    }
}
