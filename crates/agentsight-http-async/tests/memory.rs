//! What large bodies cost in memory (R13, C3). Alone in its program: the peak is the process's.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

#[path = "../../agentsight-testkit/src/conformance/gzip_bomb.rs"]
mod gzip_bomb;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use agentsight_core::Config;
use agentsight_core::transport::{AsyncTransport as _, Attempt, Body, FailureKind, FileSegment};
use agentsight_http_async::ReqwestTransport;
use tokio::runtime::Builder;

const FILE_LENGTH: u64 = 25 * 1024 * 1024;
const ALLOWED: u64 = 5 * 1024 * 1024;

#[test]
fn r13_a_large_file_and_c3_a_gzip_bomb_cost_next_to_no_memory() {
    if peak().is_none() {
        eprintln!("skipped: this system does not tell the peak of a process's memory");
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-large.bin", std::process::id()));
    File::create(&path).and_then(|file| file.set_len(FILE_LENGTH)).expect("room for a sparse file");
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let config =
        Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint("http://localhost").build();
    let transport = ReqwestTransport::new(&config.expect("a valid configuration")).expect("a transport");
    let small = |body: Body| http::Request::post(serve()).body(body).map(Attempt::new).expect("a valid request");
    runtime.block_on(transport.send(small(Body::from("to start with")))).expect("an answer");

    let before = peak();
    let mut body = Body::from("the file: ");
    body.push_file(FileSegment::whole(path.clone(), FILE_LENGTH));
    let answer = runtime.block_on(transport.send(small(body))).expect("an answer");
    assert_eq!(&answer.body()[..], (FILE_LENGTH + 10).to_string().as_bytes());
    assert_grown_little("a large file", before);

    let before = peak();
    let bomb = small(Body::empty()).response_limit(1024 * 1024);
    assert_eq!(runtime.block_on(transport.send(bomb)).expect_err("far too large").kind(), FailureKind::TooLarge);
    assert_grown_little("a gzip bomb", before);
    fs::remove_file(path).expect("the file is there");
}

fn assert_grown_little(what: &str, before: Option<u64>) {
    let grown = peak().zip(before).map(|(after, before)| after - before).expect("the peak was told before");
    assert!(grown < ALLOWED, "{what} took {grown} bytes");
}

/// The most memory that the process has had so far, in bytes.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Serves one visitor: counts a body without keeping it and answers with the count; an empty one gets the bomb.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("a bound socket has an address"));
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a visitor");
        match body_length(&mut stream) {
            0 => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n".to_vec();
                // The visitor leaves in the middle.
                let _ = std::iter::once(head).chain(gzip_bomb::bomb()).try_for_each(|piece| stream.write_all(&piece));
            }
            length => {
                let mut body = (&mut stream).take(length);
                let read = std::io::copy(&mut body, &mut std::io::sink()).expect("the body comes");
                assert_eq!(read, length, "the body broke off");
                let count = length.to_string();
                let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", count.len());
                stream.write_all((head + &count).as_bytes()).expect("the visitor reads the answer");
            }
        }
    });
    url
}

/// Reads the head, byte by byte so that nothing of the body is taken, and tells its `Content-Length`.
fn body_length(stream: &mut TcpStream) -> u64 {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8(head).expect("a head is text").to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    length.parse().expect("the length is a number")
}
