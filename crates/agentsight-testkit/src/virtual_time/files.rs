use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use agentsight_core::FileFacts;
use agentsight_core::transport::{Body, FileSegment, Segment, TransportFailure};
use bytes::Bytes;

/// What a file that is tracked by path looks like.
pub(super) fn facts(path: &Path, head: usize) -> io::Result<FileFacts> {
    // Before it is opened: opening a named pipe would wait for a writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut first = Vec::new();
    File::open(path)?.take(head as u64).read_to_end(&mut first)?;
    Ok(FileFacts::new(metadata.len(), first.into()))
}

/// The whole of a body, as a transport sends it, or nothing of it if a file is not what was tracked (R13).
pub(super) fn read(body: &Body) -> Result<Bytes, TransportFailure> {
    if let Some(whole) = body.to_bytes() {
        return Ok(whole);
    }
    let mut whole = Vec::new();
    let mut position = 0;
    for segment in body.segments() {
        match segment {
            Segment::Bytes(bytes) => whole.extend_from_slice(bytes),
            Segment::File(file) => {
                position += 1;
                read_file(file, position, &mut whole)?;
            }
            _ => return Err(TransportFailure::request("a part of the body is of a kind that is not known")),
        }
    }
    Ok(whole.into())
}

fn read_file(segment: &FileSegment, position: usize, whole: &mut Vec<u8>) -> Result<(), TransportFailure> {
    let unreadable = |error: io::Error| {
        TransportFailure::file(format!("file {position} of the request cannot be read")).with_source(error)
    };
    let metadata = fs::metadata(&segment.path).map_err(unreadable)?;
    segment.check(position, metadata.is_file(), metadata.len())?;
    let mut file = File::open(&segment.path).map_err(unreadable)?;
    file.seek(SeekFrom::Start(segment.offset)).map_err(unreadable)?;
    let read = file.take(segment.length).read_to_end(whole).map_err(unreadable)?;
    // It may have shrunk between the check and the last read.
    if read as u64 == segment.length {
        return Ok(());
    }
    Err(TransportFailure::file(format!("file {position} of the request became shorter while it was sent")))
}

#[cfg(test)]
mod tests {
    use agentsight_core::transport::FailureKind;

    use super::*;

    const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

    #[test]
    fn r13_a_stretch_of_a_file_is_read_in_its_place() {
        let length = facts(Path::new(MANIFEST), 0).unwrap().length;
        let mut stretch = FileSegment::whole(MANIFEST, length);
        (stretch.offset, stretch.length) = (1, 7);
        let mut body = Body::from("<");
        body.push_file(stretch);
        body.push_bytes(">");
        assert_eq!(&read(&body).unwrap()[..], b"<package>");
    }

    #[test]
    fn r13_a_file_that_is_gone_or_has_changed_is_not_sent() {
        let length = facts(Path::new(MANIFEST), 0).unwrap().length;
        for segment in [
            FileSegment::whole("no such file", 1),
            FileSegment::whole(env!("CARGO_MANIFEST_DIR"), 1),
            FileSegment::whole(MANIFEST, length + 1),
        ] {
            let mut body = Body::empty();
            body.push_file(segment);
            let failure = read(&body).unwrap_err();
            assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::File, false));
        }
    }

    #[test]
    fn r13_a_file_is_described_by_its_length_and_its_first_bytes() {
        assert_eq!(&facts(Path::new(MANIFEST), 9).unwrap().head[..], b"[package]");
        assert!(facts(Path::new(env!("CARGO_MANIFEST_DIR")), 9).is_err());
        assert!(facts(Path::new("no such file"), 9).is_err());
    }
}
