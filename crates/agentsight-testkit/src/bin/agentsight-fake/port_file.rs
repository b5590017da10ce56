use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::failure::Failure;

/// The file that tells a script the port, there as long as the service answers.
#[derive(Debug)]
pub(crate) struct PortFile(PathBuf);

impl PortFile {
    /// Removes what an earlier process may have left, so that nobody takes its port for this one's.
    pub(crate) fn prepare(path: &Path) -> Result<(), Failure> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::writing(path, &error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn write(path: &Path, port: u16) -> Result<Self, Failure> {
        let written = atomic_file::replace(path, |file| writeln!(file, "{port}"));
        written.map_err(|error| Failure::writing(path, &error))?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
