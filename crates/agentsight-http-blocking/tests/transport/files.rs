//! Files that are attached by path (R13).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use agentsight_core::transport::{Body, FailureKind, FileSegment, Transport as _, TransportFailure};
use http::Method;

use crate::raw_server::RawServer;
use crate::{attempt, transport};

/// A file that is gone with the test.
struct TestFile(PathBuf);

impl TestFile {
    fn new(content: &[u8]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}.bin", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, content).expect("the directory of the tests is writable");
        Self(path)
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// What becomes of a request with this file when the server must not see a byte of it.
fn refused(segment: FileSegment) -> TransportFailure {
    let server = RawServer::start(|visitors| visitors.next().and_then(|mut visitor| visitor.request()).is_some());
    let mut body = Body::from("before");
    body.push_file(segment);
    let failure = transport().send(attempt(Method::POST, &server.url("/"), body)).expect_err("the file is not right");
    assert!(!server.finish(), "nothing may be sent");
    failure
}

#[test]
fn r13_files_and_bytes_arrive_in_order() {
    let content: Vec<u8> = (0..200_000_u32).map(|index| (index % 253) as u8).collect();
    let (one, two) = (TestFile::new(&content), TestFile::new(b"0123456789"));
    let mut middle = FileSegment::whole(two.0.clone(), 10);
    (middle.offset, middle.length) = (3, 4);
    let mut body = Body::from("<");
    body.push_file(FileSegment::whole(one.0.clone(), content.len() as u64));
    body.push_bytes("|");
    body.push_file(middle);
    body.push_bytes(">");

    let server = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let request = visitor.request();
        visitor.send("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
        request
    });
    transport().send(attempt(Method::POST, &server.url("/"), body)).expect("an answer");
    let request = server.finish().expect("a request arrived");
    assert_eq!(request.body, [b"<".as_slice(), &content, b"|3456>"].concat());
    assert!(request.headers.contains(&("content-length".to_owned(), (content.len() + 7).to_string())));
}

#[test]
fn r13_a_file_that_is_gone_or_has_changed_is_refused_before_a_byte_is_sent() {
    let file = TestFile::new(b"0123456789");
    let gone = FileSegment::whole(file.0.with_extension("gone"), 10);
    let shorter = FileSegment::whole(file.0.clone(), 11);
    let longer = FileSegment::whole(file.0.clone(), 9);
    let directory = FileSegment::whole(env!("CARGO_TARGET_TMPDIR"), 10);
    let mut beyond = FileSegment::whole(file.0.clone(), 10);
    beyond.offset = 1;
    let mut overflowing = FileSegment::whole(file.0.clone(), 10);
    overflowing.offset = u64::MAX;
    for segment in [gone, shorter, longer, directory, beyond, overflowing] {
        let failure = refused(segment);
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::File, false));
        assert!(failure.to_string().starts_with("file 1 of the request "), "{failure}");
    }
}

#[test]
fn e3_a_file_is_named_by_its_position_only() {
    let file = TestFile::new(b"0123456789");
    let failure = refused(FileSegment::whole(file.0.with_extension("secret"), 10));
    assert!(!format!("{failure} {failure:?}").contains("secret"));
}

#[test]
fn r13_a_file_that_shrinks_while_it_is_sent_fails_and_is_not_padded() {
    // Larger than what sockets take in before anybody reads.
    const LENGTH: u64 = 64 * 1024 * 1024;
    let file = TestFile::new(b"");
    File::options().write(true).open(&file.0).and_then(|file| file.set_len(LENGTH)).expect("room for a sparse file");
    let path = file.0.clone();
    let server = RawServer::start(move |visitors| {
        let mut visitor = visitors.next()?;
        visitor.request_head()?;
        File::options().write(true).open(path).and_then(|file| file.set_len(0)).expect("the file is writable");
        Some(visitor.drain())
    });
    let mut body = Body::empty();
    body.push_file(FileSegment::whole(file.0.clone(), LENGTH));
    let failure = transport().send(attempt(Method::POST, &server.url("/"), body)).expect_err("the file shrank");
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::File, true));
    assert!(server.finish().expect("a request began") < LENGTH);
}
