//! Files that are attached by path (R13).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use agentsight_core::transport::{Body, FailureKind, FileSegment};
use http::Method;

use super::attempts::attempt;
use super::case::Case;
use super::faults::answer;
use super::judgement::{all_answered, all_failed, only, same};
use super::requests::NO_CONTENT;
use super::secrets::PRIVATE;

const CONTENT: &[u8] = b"0123456789";

pub(super) fn cases() -> Vec<Case> {
    let file = TestFile::new();
    let mut cases = vec![in_order(&file), shrinks()];
    let segment = |path: &Path, offset, length, file_length| {
        let mut segment = FileSegment::whole(path, length);
        (segment.offset, segment.file_length) = (offset, file_length);
        segment
    };
    for (what, segment) in [
        ("is gone", segment(&file.path.with_extension("gone"), 0, 10, 10)),
        ("became shorter", segment(&file.path, 0, 11, 11)),
        ("became longer", segment(&file.path, 0, 9, 9)),
        ("is a directory", segment(&env::temp_dir(), 0, 10, 10)),
        ("does not hold the stretch", segment(&file.path, 1, 10, 10)),
        ("is asked for beyond all offsets", segment(&file.path, u64::MAX, 10, 10)),
    ] {
        cases.push(refused(what, segment, &file));
    }
    cases
}

fn in_order(file: &Arc<TestFile>) -> Case {
    let file = Arc::clone(file);
    let attempts = move |url: &str| {
        let length = CONTENT.len() as u64;
        let mut middle = FileSegment::whole(file.path.clone(), length);
        (middle.offset, middle.length) = (3, 4);
        let mut body = Body::from("<");
        body.push_file(FileSegment::whole(file.path.clone(), length));
        body.push_bytes("|");
        body.push_file(middle);
        body.push_bytes(">");
        vec![attempt(Method::POST, url, body)]
    };
    Case::new(
        "r13: files and bytes arrive in order",
        |visitor| answer(visitor, NO_CONTENT),
        attempts,
        |outcomes, received| {
            all_answered(outcomes)?;
            let body = String::from_utf8_lossy(&only(received)?.body).into_owned();
            same("the body", body.as_str(), "<0123456789|3456>")
        },
    )
}

fn refused(what: &str, segment: FileSegment, file: &Arc<TestFile>) -> Case {
    let file = Arc::clone(file);
    Case::new(
        format!("r13: a file that {what} is refused before a byte is sent"),
        |visitor| answer(visitor, NO_CONTENT),
        move |url| {
            // The file stays for as long as the case.
            let _ = &file;
            let mut body = Body::from("before");
            body.push_file(segment.clone());
            vec![attempt(Method::POST, url, body)]
        },
        |outcomes, received| {
            all_failed(outcomes, FailureKind::File, false)?;
            same("the number of requests", received.len(), 0)
        },
    )
}

/// A transport that streams notices that the rest is missing, and makes nothing up; one that had read the whole file
/// before may send it.
fn shrinks() -> Case {
    /// Larger than what sockets take in before anybody reads.
    const LENGTH: usize = 16 * 1024 * 1024;
    let file = TestFile::new();
    let sent = Arc::clone(&file);
    Case::new(
        "r13: a file that shrinks while it is sent is not padded",
        move |mut visitor| {
            // A file that cannot be cut is sent as it is, and the case judges nothing but that.
            if visitor.request_after_head(|| drop(fs::write(&file.path, b""))).is_some() {
                visitor.send(NO_CONTENT);
            }
            visitor.hang_up();
        },
        move |url| {
            drop(fs::write(&sent.path, vec![b'x'; LENGTH]));
            let mut body = Body::empty();
            body.push_file(FileSegment::whole(sent.path.clone(), LENGTH as u64));
            vec![attempt(Method::POST, url, body)]
        },
        |outcomes, received| match outcomes {
            [Ok(_)] => {
                let body = &only(received)?.body;
                same("the whole file arrives", body.len() == LENGTH && body.iter().all(|byte| *byte == b'x'), true)
            }
            _ => all_failed(outcomes, FailureKind::File, true),
        },
    )
}

/// A file that is gone with the cases which use it.
struct TestFile {
    path: PathBuf,
}

impl TestFile {
    fn new() -> Arc<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // A file is named by its position in a request only (E3).
        let path = env::temp_dir().join(format!("agentsight-{PRIVATE}-{}-{count}.bin", process::id()));
        // Without the file the cases that use it report it as gone.
        drop(fs::write(&path, CONTENT));
        Arc::new(Self { path })
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}
