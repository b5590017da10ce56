//! The body of a request on its way out: bytes from memory, files from disk.

use std::collections::VecDeque;
use std::fmt;
use std::fs::Metadata;
use std::io::{self, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentsight_core::transport::{Body, FileSegment, Segment, TransportFailure};
use bytes::{Bytes, BytesMut};
use futures_util::stream::try_unfold;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// How much is handed to the connection at once.
const PIECE: usize = 64 * 1024;

/// A [`Body`] whose files are open: a stream of the bytes to send.
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
    pub(super) async fn open(body: &Body) -> Result<Self, TransportFailure> {
        let mut pieces = VecDeque::with_capacity(body.segments().len());
        let mut position = 0;
        for segment in body.segments() {
            pieces.push_back(match segment {
                Segment::Bytes(bytes) => Piece::Bytes(bytes.clone()),
                Segment::File(segment) => {
                    position += 1;
                    Piece::File { file: open_file(segment, position).await?, left: segment.length, position }
                }
                _ => return Err(TransportFailure::request("a part of the body is of a kind that is not known")),
            });
        }
        Ok(Self { pieces, started: Started::default() })
    }

    /// The body as reqwest streams it. Its length is not known to reqwest, so the request has to state it.
    pub(super) fn into_body(self) -> reqwest::Body {
        reqwest::Body::wrap_stream(try_unfold(self, |mut outgoing| async move {
            Ok::<_, FileFault>(outgoing.next().await?.map(|bytes| (bytes, outgoing)))
        }))
    }

    /// Tells, also while the body is being sent, whether that has begun.
    pub(super) fn started(&self) -> Started {
        self.started.clone()
    }

    /// The next bytes to send.
    async fn next(&mut self) -> Result<Option<Bytes>, FileFault> {
        self.started.set();
        while let Some(piece) = self.pieces.front_mut() {
            match piece {
                Piece::Bytes(bytes) if !bytes.is_empty() => {
                    return Ok(Some(bytes.split_to(bytes.len().min(PIECE))));
                }
                Piece::File { file, left, position } if *left > 0 => {
                    let bytes = read_piece(file, *left, *position).await?;
                    *left -= bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                Piece::Bytes(_) | Piece::File { .. } => {
                    self.pieces.pop_front();
                }
            }
        }
        Ok(None)
    }
}

/// Reads at least one byte and at most `left`, which is not zero.
async fn read_piece(file: &mut File, left: u64, position: usize) -> Result<Bytes, FileFault> {
    let mut piece = BytesMut::with_capacity(usize::try_from(left).unwrap_or(PIECE).min(PIECE));
    match file.take(left).read_buf(&mut piece).await {
        Ok(0) => Err(FileFault::shorter(position)),
        Ok(_) => Ok(piece.freeze()),
        Err(_) => Err(FileFault::unreadable(position)),
    }
}

async fn open_file(segment: &FileSegment, position: usize) -> Result<File, TransportFailure> {
    let unreadable =
        |error: io::Error| FileFault::unreadable(position).into_failure().with_maybe_seen(false).with_source(error);
    let check = |metadata: Metadata| segment.check(position, metadata.is_file(), metadata.len());

    // Before it is opened: opening a named pipe would wait for a writer.
    check(fs::metadata(&segment.path).await.map_err(unreadable)?)?;
    let mut file = File::open(&segment.path).await.map_err(unreadable)?;
    // Once more, in case something else has taken its place.
    check(file.metadata().await.map_err(unreadable)?)?;
    if segment.offset > 0 {
        file.seek(SeekFrom::Start(segment.offset)).await.map_err(unreadable)?;
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
