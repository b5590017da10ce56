//! An action that is to be tracked.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewAction {
    /// The action's name: not blank, at most 255 characters. The service defines it on first use.
    pub name: String,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds; not negative.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "finite")]
    pub duration_ms: Option<Numeric>,
    /// What it used: an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools_used: Option<Value>,
    /// What came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The caller's own data.
    #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
    pub metadata: MetadataDraft,
    /// When it is tracked as; unset: now (R6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

    /// Sets how long it took, as [`duration_ms`](Self::duration_ms) does: whole milliseconds as an integer, anything
    /// else as a fraction.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use agentsight_model::{NewAction, Numeric};
    ///
    /// let action = NewAction::new("database_lookup").duration(Duration::from_micros(150_302));
    /// assert_eq!(action.duration_ms, Some(Numeric::from(150.302)));
    /// ```
    #[must_use]
    pub fn duration(self, duration: Duration) -> Self {
        const NANOS_A_MILLI: u128 = 1_000_000;
        let nanos = duration.as_nanos();
        if nanos % NANOS_A_MILLI == 0 {
            self.duration_ms(nanos / NANOS_A_MILLI)
        } else {
            self.duration_ms(nanos as f64 / NANOS_A_MILLI as f64)
        }
    }

    metadata_setters!();
}

/// JSON has no such number: read back, the refusal that tracking owes the caller would be gone (R7).
fn finite<S: Serializer>(duration: &Option<Numeric>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration.as_ref().and_then(Numeric::as_f64) {
        Some(value) if !value.is_finite() => Err(S::Error::custom("duration_ms is not a finite number")),
        _ => duration.serialize(serializer),
    }
}

impl From<&str> for NewAction {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<&String> for NewAction {
    fn from(name: &String) -> Self {
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
        assert_eq!(duration(NewAction::new("a").duration_ms(Duration::from_secs(2).as_millis())), Some(2_000.0));
        assert_eq!(
            duration(NewAction::new("a").duration_ms(chrono::TimeDelta::seconds(2).num_milliseconds())),
            Some(2_000.0)
        );
        assert_eq!(duration(NewAction::new("a").duration(Duration::from_nanos(250))), Some(0.00025));
        assert!(
            NewAction::new("a")
                .duration(Duration::MAX)
                .duration_ms
                .is_some_and(|duration| duration.as_f64() > Some(1e22))
        );
        let whole = NewAction::new("a").duration(Duration::from_millis(150)).duration_ms;
        assert_eq!(whole.and_then(|duration| duration.as_u64()), Some(150), "whole milliseconds stay an integer");
        assert_eq!(duration(NewAction::new("a").duration_ms(-1.0)), Some(-1.0), "refused when it is tracked");
    }
}
