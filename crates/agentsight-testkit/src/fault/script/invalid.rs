use std::fmt;

use crate::json_position;
use crate::verify::nearest;

/// A text that is no plan of faults: where, and what is wrong there.
///
/// `Display` is one line, such as
/// `line 4, column 31: rules[1].then[0].fault: "refuse" is no fault; did you mean "refused"?`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFaults {
    place: String,
    problem: String,
    position: Option<(usize, usize)>,
}

impl InvalidFaults {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into(), position: None }
    }

    /// Text that is no JSON, or names a field twice.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let problem = text.split(" at line ").next().unwrap_or_default();
        Self { position: Some((error.line(), error.column())), ..Self::new("", problem) }
    }

    /// The same with its line and column in the text.
    pub(super) fn located_in(mut self, text: &str) -> Self {
        self.position = self.position.or_else(|| json_position::position(text, &self.place));
        self
    }

    /// Where: a path such as `rules[0].times`. Empty for the whole, and for JSON that is broken.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Line and column of the text, from 1, where they are known.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// What is wrong there, and what is allowed.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InvalidFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for InvalidFaults {}

/// What to say of a name that is none of the choices.
pub(super) fn unknown(name: &str, what: &str, choices: &[&'static str]) -> String {
    let meant = nearest(name, choices.iter().copied()).map(|near| format!("; did you mean \"{near}\"?"));
    format!("{name:.60?} is no {what}{} One of: {}", meant.unwrap_or_else(|| ".".to_owned()), choices.join(", "))
}
