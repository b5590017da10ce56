use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agentsight_core::transport::{Body, Segment, TransportFailure};
use agentsight_core::{FileFacts, Files};
use bytes::{Bytes, BytesMut};

/// A file system in memory, seen by the core when it tracks and by the transport when it sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct VirtualFiles(Arc<Mutex<BTreeMap<PathBuf, Bytes>>>);

impl VirtualFiles {
    pub(crate) fn write(&self, path: &str, content: impl Into<Bytes>) {
        self.lock().insert(path.into(), content.into());
    }

    pub(crate) fn remove(&self, path: &str) {
        self.lock().remove(Path::new(path));
    }

    /// The whole of a body, as a transport sends it: nothing, if a file is gone or has another length (R13).
    pub(crate) fn read(&self, body: &Body) -> Result<Bytes, TransportFailure> {
        let mut whole = BytesMut::new();
        for segment in body.segments() {
            match segment {
                Segment::Bytes(bytes) => whole.extend_from_slice(bytes),
                Segment::File(file) => {
                    let files = self.lock();
                    let content = files.get(&*file.path).ok_or_else(|| TransportFailure::file("a file is gone"))?;
                    if content.len() as u64 != file.file_length {
                        return Err(TransportFailure::file("a file has changed"));
                    }
                    let (start, length) = (file.offset as usize, file.length as usize);
                    whole.extend_from_slice(&content[start..start + length]);
                }
                _ => return Err(TransportFailure::request("a segment of an unknown kind")),
            }
        }
        Ok(whole.freeze())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for VirtualFiles {
    fn facts(&self, path: &Path, head: usize) -> io::Result<FileFacts> {
        let files = self.lock();
        let content = files.get(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(FileFacts::new(content.len() as u64, content.slice(..head.min(content.len()))))
    }
}
