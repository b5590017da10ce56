use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::TransportFailure;

/// A request body as data: segments of bytes and of files, with an exact total length.
///
/// The core frames everything, so a transport only concatenates: both shipped transports send the same bytes. Cloning
/// copies no content.
#[derive(Clone, Default)]
pub struct Body {
    segments: Vec<Segment>,
    length: u64,
}

/// One stretch of a [`Body`].
#[derive(Clone)]
#[non_exhaustive]
pub enum Segment {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A stretch of a file, read when it is sent.
    File(FileSegment),
}

/// A stretch of a file that is streamed from disk (R13).
///
/// Before the first byte of the request leaves, a transport opens every file of the body and has it checked by
/// [`check`](Self::check). A file that is gone, or that becomes shorter while it is sent, is a
/// [`TransportFailure::file`] too.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSegment {
    /// Where the file is.
    pub path: Arc<Path>,
    /// Where the stretch starts, in bytes.
    pub offset: u64,
    /// How long the stretch is, in bytes.
    pub length: u64,
    /// How long the whole file was when it was tracked, in bytes.
    pub file_length: u64,
}

impl FileSegment {
    /// The whole of a file of `length` bytes.
    pub fn whole(path: impl Into<PathBuf>, length: u64) -> Self {
        Self { path: path.into().into(), offset: 0, length, file_length: length }
    }

    /// Says whether what is at [`path`](Self::path) is still what was tracked: a regular file of the same length, with
    /// this stretch in it (R13).
    ///
    /// `position` is the file's place among the files of its body, from 1. The failure's text names the file by nothing
    /// else (E3); its path is told by [`TransportFailure::path`].
    ///
    /// # Errors
    /// [`FailureKind::File`](super::FailureKind::File) if it is not.
    ///
    /// ```
    /// use agentsight_core::transport::FileSegment;
    ///
    /// let segment = FileSegment::whole("report.pdf", 1024);
    /// assert!(segment.check(1, true, 1024).is_ok());
    /// assert!(segment.check(1, true, 1000).is_err_and(|failure| !failure.maybe_seen()));
    /// ```
    pub fn check(&self, position: usize, is_file: bool, length: u64) -> Result<(), TransportFailure> {
        let end = self.offset.checked_add(self.length);
        if is_file && length == self.file_length && end.is_some_and(|end| end <= length) {
            return Ok(());
        }
        let what = format!("file {position} of the request has changed since it was tracked");
        Err(TransportFailure::file(what).with_path(Arc::clone(&self.path)))
    }
}

impl Body {
    /// A body without content.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Appends bytes.
    pub fn push_bytes(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.length = self.length.saturating_add(bytes.len() as u64);
            self.segments.push(Segment::Bytes(bytes));
        }
    }

    /// Appends a stretch of a file.
    pub fn push_file(&mut self, file: FileSegment) {
        self.length = self.length.saturating_add(file.length);
        self.segments.push(Segment::File(file));
    }

    /// The exact number of bytes that this body sends: the `Content-Length`.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether nothing would be sent.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The segments in the order in which they are sent.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The files among the segments.
    pub fn files(&self) -> impl Iterator<Item = &FileSegment> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::File(file) => Some(file),
            Segment::Bytes(_) => None,
        })
    }

    /// The whole body in one piece, unless a part of it is a file. One segment is handed out without a copy.
    pub fn to_bytes(&self) -> Option<Bytes> {
        if let [Segment::Bytes(bytes)] = self.segments.as_slice() {
            return Some(bytes.clone());
        }
        if self.files().next().is_some() {
            return None;
        }
        let mut whole = BytesMut::with_capacity(usize::try_from(self.length).ok()?);
        for segment in &self.segments {
            match segment {
                Segment::Bytes(bytes) => whole.extend_from_slice(bytes),
                Segment::File(_) => return None,
            }
        }
        Some(whole.freeze())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        let mut body = Self::empty();
        body.push_bytes(bytes);
        body
    }
}

/// Shows the length only: a body is message content.
impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Body").field("len", &self.length).finish_non_exhaustive()
    }
}

/// Shows the length only.
impl fmt::Debug for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(formatter, "Bytes({})", bytes.len()),
            Self::File(file) => file.fmt(formatter),
        }
    }
}

impl fmt::Debug for FileSegment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "File({} bytes at {})", self.length, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::super::FailureKind;
    use super::*;

    #[test]
    fn the_length_is_the_sum_of_the_segments() {
        let mut body = Body::from("head");
        body.push_file(FileSegment::whole("a.bin", 10));
        body.push_bytes("");
        body.push_bytes("tail");
        assert_eq!(body.len(), 18);
        assert_eq!(body.segments().len(), 3);
        assert_eq!(body.files().count(), 1);
    }

    #[test]
    fn only_a_body_without_files_comes_in_one_piece() {
        let mut body = Body::from("ab");
        body.push_bytes("cd");
        assert_eq!(body.to_bytes().as_deref(), Some(&b"abcd"[..]));
        body.push_file(FileSegment::whole("a.bin", 0));
        assert_eq!(body.to_bytes(), None);
        assert_eq!(Body::empty().to_bytes().as_deref(), Some(&b""[..]));
    }

    #[test]
    fn r13_a_file_is_what_was_tracked_if_it_is_regular_as_long_as_it_was_and_holds_the_stretch() {
        let stretch = |offset, length| FileSegment { offset, length, ..FileSegment::whole("secret.bin", 10) };
        for segment in [stretch(0, 10), stretch(3, 4), stretch(10, 0)] {
            assert!(segment.check(1, true, 10).is_ok(), "{segment:?}");
        }
        for (segment, is_file, length) in [
            (stretch(0, 10), false, 10),
            (stretch(0, 10), true, 9),
            (stretch(0, 10), true, 11),
            (stretch(1, 10), true, 10),
            (stretch(u64::MAX, 1), true, 10),
        ] {
            let failure = segment.check(2, is_file, length).expect_err("not what was tracked");
            assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::File, false), "{segment:?}");
            assert_eq!(failure.to_string(), "file 2 of the request has changed since it was tracked");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        assert!(!format!("{:?} {:?}", Body::from("secret"), Segment::Bytes("secret".into())).contains("secret"));
    }
}
