//! Faults as JSON: what `--faults` reads and the control API speaks.

mod fields;
mod invalid;
mod name;
mod read;
mod unambiguous;
mod write;

use serde_json::Value;

pub use self::invalid::InvalidFaults;
use super::plan::FaultPlan;
use super::rule::FaultRule;

impl FaultPlan {
    /// Reads a plan from JSON: `{"rules": [..], "mix": ..}`, both optional.
    ///
    /// A rule is a fault, named as its constructor and with its arguments, and which requests it meets: `method`,
    /// `path`, `conversation`, `nth`, `times` (a number or `"always"`) and `then`, a list of faults that follow. Times
    /// are in milliseconds. `CONTROL.md` lists the faults with their arguments. What is unknown is refused.
    ///
    /// ```
    /// use agentsight_testkit::FaultPlan;
    ///
    /// # fn main() -> Result<(), agentsight_testkit::InvalidFaults> {
    /// let plan = FaultPlan::from_json(
    ///     r#"{
    ///         "rules": [
    ///             {"fault": "status", "status": 503, "method": "POST", "path": "/api/track/", "times": 2},
    ///             {"fault": "store_then_drop", "conversation": "support-123", "nth": 3}
    ///         ],
    ///         "mix": {"seed": 7, "percent": 5}
    ///     }"#,
    /// )?;
    /// # let _ = plan;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The place in the text, and what is wrong there: by line and column, and unless the JSON is broken by its path.
    pub fn from_json(text: &str) -> Result<Self, InvalidFaults> {
        read::plan(text).map_err(|invalid| invalid.located_in(text))
    }

    /// Writes the plan as JSON that [`from_json`](Self::from_json) reads. Each rule says how many requests matched it
    /// (`seen`) and how many of them met a fault of it (`met`), and continues from there when it is read.
    ///
    /// What JSON cannot say is lost: how far a [`FaultMix`](crate::FaultMix) has drawn, and a condition given by
    /// [`FaultRule::when`], which stands as `"when": true` and is refused when it is read.
    #[must_use]
    pub fn to_json(&self) -> Value {
        write::plan(self)
    }
}

impl FaultRule {
    /// Reads one rule from JSON, as [`FaultPlan::from_json`] reads each of its rules.
    ///
    /// ```
    /// use agentsight_testkit::FaultRule;
    ///
    /// let wrong = FaultRule::from_json(r#"{"fault": "delayed"}"#);
    /// assert!(wrong.is_err_and(|error| error.to_string().contains("did you mean \"delay\"?")));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`FaultPlan::from_json`].
    pub fn from_json(text: &str) -> Result<Self, InvalidFaults> {
        read::single_rule(text).map_err(|invalid| invalid.located_in(text))
    }
}
