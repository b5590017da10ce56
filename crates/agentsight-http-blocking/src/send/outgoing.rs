//! The body of a request on its way out: bytes from memory, files from disk.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentsight_core::transport::{Body, FileSegment, Segment, TransportFailure};
use bytes::{Buf as _, Bytes};

/// How much of a file is read at once.
const PIECE: usize = 64 * 1024;

/// A [`Body`] whose files are open: reading it gives the bytes to send.
pub(super) struct Outgoing {
    pieces: VecDeque<Piece>,
    started: Started,
}

enum Piece {
    Bytes(Bytes),
    File { file: File, left: u64, position: usize },
}

/// Whether the first piece of a body was asked for. A library asks when the head of the request has left.
#[derive(Clone, Debug, Default)]
pub(super) struct Started(Arc<AtomicBool>);

impl Started {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A file that could not be read to its end. It is named by its position in the request, from 1 (E3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileFault {
    position: usize,
    what: &'static str,
}

impl Outgoing {
    /// Opens every file, before the first byte of the request leaves, and checks that it is what was tracked (R13).
    pub(super) fn open(body: &Body) -> Result<Self, TransportFailure> {
        let mut pieces = VecDeque::with_capacity(body.segments().len());
        let mut position = 0;
        for segment in body.segments() {
            pieces.push_back(match segment {
                Segment::Bytes(bytes) => Piece::Bytes(bytes.clone()),
                Segment::File(segment) => {
                    position += 1;
                    Piece::File { file: open_file(segment, position)?, left: segment.length, position }
                }
                _ => return Err(TransportFailure::request("a part of the body is of a kind that is not known")),
            });
        }
        Ok(Self { pieces, started: Started::default() })
    }

    /// Tells, also while the body is being sent, whether that has begun.
    pub(super) fn started(&self) -> Started {
        self.started.clone()
    }
}

impl Read for Outgoing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.started.set();
        while let Some(piece) = self.pieces.front_mut() {
            let read = match piece {
                Piece::Bytes(bytes) => {
                    let length = bytes.len().min(buffer.len());
                    bytes.copy_to_slice(&mut buffer[..length]);
                    length
                }
                Piece::File { file, left, position } => {
                    let length = usize::try_from(*left).unwrap_or(PIECE).min(PIECE).min(buffer.len());
                    let read = read_piece(file, &mut buffer[..length], *position)?;
                    *left -= read as u64;
                    read
                }
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.pieces.pop_front();
        }
        Ok(0)
    }
}

/// Reads at least one byte, unless none is asked for.
fn read_piece(file: &mut File, buffer: &mut [u8], position: usize) -> io::Result<usize> {
    loop {
        return match file.read(buffer) {
            Ok(0) if !buffer.is_empty() => Err(io::Error::other(FileFault::shorter(position))),
            Ok(read) => Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Err(io::Error::other(FileFault::unreadable(position))),
        };
    }
}

fn open_file(segment: &FileSegment, position: usize) -> Result<File, TransportFailure> {
    let unreadable = |error| FileFault::unreadable(position).into_failure().with_maybe_seen(false).with_source(error);
    let check = |metadata: Metadata| segment.check(position, metadata.is_file(), metadata.len());

    // Before it is opened: opening a named pipe would wait for a writer.
    check(fs::metadata(&segment.path).map_err(unreadable)?)?;
    let mut file = File::open(&segment.path).map_err(unreadable)?;
    // Once more, in case something else has taken its place.
    check(file.metadata().map_err(unreadable)?)?;
    if segment.offset > 0 {
        file.seek(SeekFrom::Start(segment.offset)).map_err(unreadable)?;
    }
    Ok(file)
}

impl FileFault {
    fn unreadable(position: usize) -> Self {
        Self { position, what: "cannot be read" }
    }

    fn shorter(position: usize) -> Self {
        Self { position, what: "became shorter while it was sent" }
    }

    /// The failure of a request that had begun to leave.
    pub(crate) fn into_failure(self) -> TransportFailure {
        TransportFailure::file(self.to_string()).with_maybe_seen(true)
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "file {} of the request {}", self.position, self.what)
    }
}

impl std::error::Error for FileFault {}
