//! What breaks, and what a transport has to make of it (R15 to R17, C3).

use std::time::Duration;

use agentsight_core::transport::{Attempt, FailureKind};

use super::attempts::{both, get};
use super::case::{Case, Outcome};
use super::gzip::gzip;
use super::gzip_bomb::{BOMB_LENGTH, bomb};
use super::judgement::all_failed;
use super::secrets::PRIVATE;
use super::server::Visitor;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const GZIP: &str = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";

pub(super) fn cases() -> Vec<Case> {
    [not_sent(), broken(), undecodable(), out_of_time(), too_large()].concat()
}

fn not_sent() -> Vec<Case> {
    let judge = |outcomes: &[_], _: &[_]| all_failed(outcomes, FailureKind::Connect, false);
    vec![Case::new("r17: nobody listens", drop, both, judge).unattended()]
}

fn broken() -> Vec<Case> {
    let case = |name: &str, script: fn(Visitor)| fault(name, script, both, FailureKind::Reset);
    vec![
        case("r17: the connection is closed without an answer", |visitor| answer(visitor, "")),
        case("r17: the connection is closed in the answer's head", |visitor| {
            answer(visitor, "HTTP/1.1 200 OK\r\nContent-Le");
        }),
        case("r17: something else than HTTP comes", |visitor| {
            answer(visitor, ["220 this is a mail server, ", PRIVATE, "\r\n\r\n"].concat());
        }),
        case("r17: the connection is reset without an answer", |visitor| answer_and_reset(visitor, "")),
        case("r17: the connection is reset in the answer's head", |visitor| {
            answer_and_reset(visitor, "HTTP/1.1 200 OK\r\nContent-Le");
        }),
        unread("r17: the connection is closed before a request is read", Visitor::hang_up),
        unread("r17: the connection is reset before a request is read", Visitor::reset),
        case("c3: the answer's head has no end", |mut visitor| {
            if visitor.request().is_some() && visitor.send("HTTP/1.1 200 OK\r\nX-Endless: ") {
                while visitor.send([b'x'; 0x4000]) {}
            }
        }),
    ]
}

/// Nothing was read, so a transport that can tell may say so; one that cannot is in doubt.
fn unread(name: &str, script: fn(Visitor)) -> Case {
    let judge = |outcomes: &[Outcome], _: &[_]| {
        outcomes.chunks(1).try_for_each(|outcome| {
            all_failed(outcome, FailureKind::Connect, false).or_else(|_| all_failed(outcome, FailureKind::Reset, true))
        })
    };
    Case::new(name, script, both, judge)
}

fn undecodable() -> Vec<Case> {
    let case =
        |name: &str, bytes: Vec<u8>| fault(name, move |visitor| answer(visitor, &bytes), both, FailureKind::Body);
    let reset = |name: &str, bytes: &'static str| {
        fault(name, move |visitor| answer_and_reset(visitor, bytes), both, FailureKind::Body)
    };
    let cut_off = gzip(b"cut off");
    vec![
        reset("r15: the connection is reset before the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"),
        reset("r15: the connection is reset in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\": 1"),
        reset(
            "r15: the connection is reset in a body in chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"",
        ),
        case(
            "r15: the body is shorter than its declared length",
            ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"", PRIVATE, "\""].concat().into(),
        ),
        case("r15: a body in chunks is closed before the first", CHUNKED.into()),
        case("r15: a body in chunks is closed within one", [CHUNKED, "5\r\n{\"a\""].concat().into()),
        case("r15: the length of a chunk is no number", [CHUNKED, PRIVATE, "\r\n"].concat().into()),
        case("r15: a body that says gzip is none", [GZIP, PRIVATE].concat().into()),
        case("r15: gzip is cut short", [GZIP.as_bytes(), &cut_off[..cut_off.len() - 12]].concat()),
    ]
}

fn out_of_time() -> Vec<Case> {
    let case = |name: &str, script: fn(Visitor)| fault(name, script, short, FailureKind::Timeout);
    vec![
        case("r16: no answer comes", |visitor| answer_and_wait(visitor, "")),
        case("r16: the answer's head comes in part", |visitor| answer_and_wait(visitor, "HTTP/1.1 200 OK\r\nContent-")),
        case("r16: the answer's body comes in part", |visitor| {
            answer_and_wait(visitor, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"");
        }),
        case("r16: the answer's head dribbles", |visitor| dribble(visitor, "HTTP/1.1 200 OK\r\nX-Dribble: ", "x")),
        case("r16: the answer's body dribbles", |visitor| dribble(visitor, CHUNKED, "1\r\nx\r\n")),
    ]
}

fn too_large() -> Vec<Case> {
    const LIMIT: u64 = 1024 * 1024;
    let limited = |url: &str| both(url).into_iter().map(|attempt| attempt.response_limit(1000)).collect();
    let case = |name: &str, script: fn(Visitor)| fault(name, script, limited, FailureKind::TooLarge);
    let one_too_many = |name: &str, bytes: Vec<u8>| {
        fault(name, move |visitor| answer(visitor, &bytes), limited, FailureKind::TooLarge)
    };
    let bomb = Case::new(
        "c3: a gzip bomb is stopped while it inflates",
        |mut visitor| {
            if visitor.request().is_some() && visitor.send(GZIP) {
                bomb().all(|piece| visitor.send(piece));
            }
        },
        |url| vec![get(url).response_limit(LIMIT)],
        |outcomes, received| {
            all_failed(outcomes, FailureKind::TooLarge, true)?;
            let sent: u64 = received.iter().map(|request| request.answered_bytes).sum();
            // The whole bomb has 7 MB: what the sockets hold, and what inflates to the limit, is far less.
            if sent < BOMB_LENGTH / 160 { Ok(()) } else { Err(format!("{sent} bytes of the bomb were taken in")) }
        },
    );
    vec![
        case("c3: a declared length above the limit is refused without the body", |visitor| {
            answer_and_wait(visitor, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
        }),
        case("c3: a body in chunks has no end", |mut visitor| {
            if visitor.request().is_some() && visitor.send(CHUNKED) {
                while visitor.send(format!("400\r\n{}\r\n", "x".repeat(0x400))) {}
            }
        }),
        one_too_many("c3: one byte too many before the connection is closed", {
            ["HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", &"x".repeat(1001)].concat().into()
        }),
        one_too_many("c3: one byte too many after decompression", [GZIP.as_bytes(), &gzip(&[b'x'; 1001])].concat()),
        bomb,
    ]
}

/// Every attempt has to end in a failure of this kind, and in doubt.
fn fault(
    name: &str,
    script: impl Fn(Visitor) + Send + Sync + 'static,
    attempts: impl Fn(&str) -> Vec<Attempt> + Send + Sync + 'static,
    kind: FailureKind,
) -> Case {
    Case::new(name, script, attempts, move |outcomes, _| all_failed(outcomes, kind, true))
}

/// Attempts with little time.
fn short(url: &str) -> Vec<Attempt> {
    let short = |attempt: Attempt| attempt.timeout(Duration::from_millis(300)).response_limit(u64::MAX);
    both(url).into_iter().map(short).collect()
}

/// Reads the request and answers with these bytes, then closes.
pub(super) fn answer(mut visitor: Visitor, bytes: impl AsRef<[u8]>) {
    if visitor.request().is_some() {
        visitor.send(bytes);
    }
    visitor.hang_up();
}

/// Reads the request, answers with these bytes, then breaks the connection.
fn answer_and_reset(mut visitor: Visitor, bytes: impl AsRef<[u8]>) {
    // A reset may overtake what was sent, so the visitor gets a moment to take it in.
    if visitor.request().is_some() && visitor.send(bytes) && visitor.pause() {
        visitor.reset();
    }
}

/// Reads the request, answers with these bytes and then keeps the visitor waiting.
fn answer_and_wait(mut visitor: Visitor, bytes: impl AsRef<[u8]>) {
    if visitor.request().is_some() && visitor.send(bytes) {
        visitor.wait();
    }
}

/// Reads the request, answers with these bytes, and then with a little more again and again.
fn dribble(mut visitor: Visitor, bytes: &str, more: &str) {
    if visitor.request().is_some() && visitor.send(bytes) {
        while visitor.pause() && visitor.send(more) {}
    }
}
