use std::fmt;
use std::io;
use std::path::Path;

/// Why the program cannot go on, and what to do about it: one sentence or two.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// A file that cannot be read, and why.
    pub(crate) fn reading(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Self(match error.kind() {
            io::ErrorKind::NotFound => format!("there is no file {path}; check the path"),
            io::ErrorKind::PermissionDenied => format!("{path} may not be read; check its permissions"),
            io::ErrorKind::IsADirectory => format!("{path} is a folder; name a file"),
            _ => format!("{path} cannot be read: {error}"),
        })
    }

    /// A file that cannot be written, and why.
    pub(crate) fn writing(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Self(match error.kind() {
            io::ErrorKind::NotFound => format!("{path} cannot be written: its folder is not there; make it first"),
            io::ErrorKind::PermissionDenied => {
                format!("{path} cannot be written; check the permissions of the file and of its folder")
            }
            _ => format!("{path} cannot be written: {error}"),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
