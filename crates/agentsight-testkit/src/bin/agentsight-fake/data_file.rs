use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use agentsight_testkit::{InvalidSnapshot, Snapshot};

use crate::atomic_file::{beside, replace};
use crate::failure::Failure;

/// The file that keeps what the service holds, and the lock that keeps other processes away from it.
#[derive(Debug)]
pub(crate) struct DataFile {
    path: PathBuf,
    /// The lock lasts as long as this is open. The data file itself cannot carry it: it is replaced all the time.
    _lock: File,
}

impl DataFile {
    /// Takes the file for this process.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let path = resolve(path)?;
        if fs::metadata(&path).is_ok_and(|metadata| metadata.permissions().readonly()) {
            let path = path.display();
            return Err(Failure::new(format!("{path} is read-only; make it writable, or start from a copy of it")));
        }
        let lock_path = beside(&path, ".lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
        let lock = lock.map_err(|error| Failure::writing(&lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::new(format!(
                "{} is in use by another agentsight-fake; stop it, or name another file",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(Failure::new(format!(
                "{} cannot be locked: {error}; put the data on a file system that has locks",
                lock_path.display()
            ))),
        }
    }

    /// What the file holds; nothing if it is not there, or empty. A file that is damaged is left as it is.
    pub(crate) fn load(&self) -> Result<Option<Snapshot>, Failure> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::reading(&self.path, &error)),
        };
        if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
            return Ok(None);
        }
        match Snapshot::read(BufReader::with_capacity(1 << 20, file)) {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(self.damaged(&error)),
            Err(error) => Err(Failure::reading(&self.path, &error)),
        }
    }

    /// Replaces the content.
    pub(crate) fn save(&self, snapshot: &[u8]) -> io::Result<()> {
        replace(&self.path, |file| file.write_all(snapshot))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was found wrong with the snapshot that was loaded, with its place in the file.
    pub(crate) fn locate(&self, invalid: InvalidSnapshot) -> InvalidSnapshot {
        match fs::read_to_string(&self.path) {
            Ok(text) => invalid.located_in(&text),
            Err(_) => invalid,
        }
    }

    /// What to say of content that is no snapshot.
    pub(crate) fn damaged(&self, problem: &dyn std::fmt::Display) -> Failure {
        let path = self.path.display();
        Failure::new(format!("{path}: {problem}. Nothing was changed; mend the file, move it away, or name another"))
    }
}

/// The file behind symbolic links, which stay what they are when the file is replaced.
fn resolve(path: &Path) -> Result<PathBuf, Failure> {
    match fs::canonicalize(path) {
        Ok(path) if path.is_dir() => Err(Failure::new(format!("{} is a folder; name a file", path.display()))),
        Ok(path) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(Failure::reading(path, &error)),
    }
}
