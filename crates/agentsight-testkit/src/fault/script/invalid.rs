use std::fmt;

use crate::verify::nearest;

/// A text that is no plan of faults: where, and what is wrong there.
///
/// `Display` is one line, such as
/// `rules[1].then[0].fault: "refuse" is no fault; did you mean "refused"?`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFaults {
    place: String,
    problem: String,
}

impl InvalidFaults {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }

    /// Where: `line 3, column 9` of JSON that is broken, else a path such as `rules[0].times`. Empty for the whole.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there, and what is allowed.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InvalidFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.is_empty() {
            true => f.write_str(&self.problem),
            false => write!(f, "{}: {}", self.place, self.problem),
        }
    }
}

impl std::error::Error for InvalidFaults {}

impl From<serde_json::Error> for InvalidFaults {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let problem = text.split(" at line ").next().unwrap_or_default();
        Self::new(format!("line {}, column {}", error.line(), error.column()), problem)
    }
}

/// What to say of a name that is none of the choices.
pub(super) fn unknown(name: &str, what: &str, choices: &[&'static str]) -> String {
    let meant = nearest(name, choices.iter().copied()).map(|near| format!("; did you mean \"{near}\"?"));
    format!("{name:.60?} is no {what}{} One of: {}", meant.unwrap_or_else(|| ".".to_owned()), choices.join(", "))
}
