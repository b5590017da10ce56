//! Whole answers, which a transport hands over as they are (R15, R24, C3).

use agentsight_core::transport::FailureKind;
use http::{Method, StatusCode};

use super::attempts::{attempt, both, get, post};
use super::case::{Case, Outcome};
use super::faults::answer;
use super::gzip::gzip;
use super::judgement::{all_answered, all_failed, same};

pub(super) fn cases() -> Vec<Case> {
    [statuses(), redirects(), empty(), bodies(), early()].concat()
}

fn statuses() -> Vec<Case> {
    let statuses = [200, 201, 202, 400, 401, 403, 404, 405, 408, 409, 413, 422, 425, 429, 500, 502, 503];
    let case = |status: u16| {
        Case::new(
            format!("r15: status {status} is an answer"),
            move |visitor| {
                let head = format!("HTTP/1.1 {status} Any\r\nRetry-After: 3\r\nConnection: close\r\n");
                answer(visitor, head + "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"b\": 2}");
            },
            both,
            move |outcomes, received| {
                for answer in all_answered(outcomes)? {
                    same("the status", answer.status().as_u16(), status)?;
                    same("the body", &answer.body()[..], b"{\"b\": 2}")?;
                    let header = |name| answer.headers().get(name).map(http::HeaderValue::as_bytes);
                    same("Retry-After", header("retry-after"), Some(b"3"))?;
                    same("Content-Type", header("content-type"), Some(b"application/json"))?;
                }
                same("the number of requests", received.len(), outcomes.len())
            },
        )
    };
    statuses.map(case).to_vec()
}

fn redirects() -> Vec<Case> {
    let case = |status: u16| {
        Case::new(
            format!("c3: a redirect with {status} is not followed"),
            move |visitor| {
                let head = format!("HTTP/1.1 {status} Elsewhere\r\nLocation: /elsewhere/\r\nConnection: close\r\n");
                answer(visitor, head + "Content-Length: 0\r\n\r\n");
            },
            both,
            move |outcomes, received| {
                for answer in all_answered(outcomes)? {
                    same("the status", answer.status().as_u16(), status)?;
                }
                same("the number of requests", received.len(), outcomes.len())
            },
        )
    };
    [301, 302, 303, 307, 308].map(case).to_vec()
}

fn empty() -> Vec<Case> {
    let case = |head: &'static str| {
        Case::new(
            format!("r15: the answer to {head:?} is empty"),
            move |visitor| answer(visitor, format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n")),
            |url| vec![post(url)],
            |outcomes, _| {
                for answer in all_answered(outcomes)? {
                    same("the body", answer.body().len(), 0)?;
                }
                Ok(())
            },
        )
    };
    ["204 No Content", "304 Not Modified", "200 OK\r\nContent-Length: 0"].map(case).to_vec()
}

/// Bodies of exactly the length that is allowed, in every framing.
fn bodies() -> Vec<Case> {
    let content = [b'x'; 1000];
    let zipped = gzip(&content);
    let zipped_head = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", zipped.len());
    let framings = [
        ("with its length", [b"Content-Length: 1000\r\n\r\n".as_slice(), &content].concat()),
        ("in chunks", {
            let (half, rest) = content.split_at(500);
            let head = b"Transfer-Encoding: chunked\r\n\r\n1f4\r\n".as_slice();
            [head, half, b"\r\n1F4\r\n", rest, b"\r\n0\r\n\r\n"].concat()
        }),
        ("until the connection is closed", [b"\r\n".as_slice(), &content].concat()),
        ("in gzip", [zipped_head.as_bytes(), &zipped].concat()),
    ];
    let case = |(framing, rest): (&str, Vec<u8>)| {
        let bytes = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n".as_slice(), &rest].concat();
        Case::new(
            format!("c3: a body {framing} may be as long as the limit"),
            move |visitor| answer(visitor, &bytes),
            |url| vec![get(url).response_limit(1000)],
            move |outcomes, _| {
                for answer in all_answered(outcomes)? {
                    same("the status", answer.status(), StatusCode::OK)?;
                    same("the body is what was sent", answer.body()[..] == content, true)?;
                }
                Ok(())
            },
        )
    };
    framings.map(case).to_vec()
}

/// Answers that come while the request is still on its way, as a service does that takes no more.
fn early() -> Vec<Case> {
    /// Larger than what sockets take in before anybody reads.
    const LENGTH: usize = 16 * 1024 * 1024;
    const TOO_LARGE: &str = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let attempts = |url: &str| vec![attempt(Method::POST, url, vec![b'x'; LENGTH])];
    let is_413 = |outcomes: &[Outcome]| {
        let answers = all_answered(outcomes)?;
        answers.iter().try_for_each(|answer| same("the status", answer.status(), StatusCode::PAYLOAD_TOO_LARGE))
    };
    vec![
        Case::new(
            "r15: an answer that comes before the whole request has left is an answer",
            |mut visitor| {
                if visitor.head().is_some() && visitor.send(TOO_LARGE) {
                    visitor.wait();
                }
            },
            attempts,
            move |outcomes, _| is_413(outcomes),
        ),
        Case::new(
            "r17: one after which nobody reads the rest is an answer, or a reset in doubt",
            |mut visitor| {
                if visitor.head().is_some() {
                    visitor.send(TOO_LARGE);
                }
                visitor.hang_up();
            },
            attempts,
            move |outcomes, _| is_413(outcomes).or_else(|_| all_failed(outcomes, FailureKind::Reset, true)),
        ),
    ]
}
