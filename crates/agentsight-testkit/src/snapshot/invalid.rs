use std::fmt;
use std::io;

use crate::json_position;

/// What is wrong with a [`Snapshot`](super::Snapshot) or with a conversation to seed, and where.
///
/// It names the place and what is expected there; what stands there instead is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSnapshot {
    path: String,
    problem: String,
    position: Option<(usize, usize)>,
}

impl InvalidSnapshot {
    pub(super) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), position: None }
    }

    /// What decoding met.
    pub(super) fn decoding(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let path =
            if path == "." || error.inner().is_syntax() || error.inner().is_eof() { String::new() } else { path };
        Self { path, ..Self::json(error.inner()) }
    }

    pub(super) fn json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let text = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
        // Such a message names what was met before what was expected.
        let problem = match text.rsplit_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => text.to_owned(),
        };
        let position = (!error.is_io() && line > 0).then_some((line, column));
        Self { path: String::new(), problem, position }
    }

    pub(super) fn is_missing(&self, field: &str) -> bool {
        self.problem == format!("missing field `{field}`")
    }

    /// The same, seen from the object or list around.
    pub(super) fn within(mut self, outer: impl fmt::Display) -> Self {
        self.path = match self.path.as_str() {
            "" => outer.to_string(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }

    /// The same with its line and column in the text that was read, where the path leads somewhere there. For what
    /// [`FakeApi::restore`](crate::FakeApi::restore) refuses: a [`Snapshot`](super::Snapshot) no longer has its text.
    #[must_use]
    pub fn located_in(mut self, text: &str) -> Self {
        self.position = self.position.or_else(|| json_position::position(text, &self.path));
        self
    }

    /// Where in the document, such as `conversations[3].messages[0].sender`; empty for the document as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there, and what to do.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Line and column of the text, from 1, where they are known.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }
}

impl fmt::Display for InvalidSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for InvalidSnapshot {}

impl From<InvalidSnapshot> for io::Error {
    fn from(invalid: InvalidSnapshot) -> Self {
        Self::new(io::ErrorKind::InvalidData, invalid)
    }
}
