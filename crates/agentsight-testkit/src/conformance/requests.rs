//! Requests as they cross the socket (R24).

use agentsight_core::transport::Body;
use http::Method;

use super::attempts::{CONTENT, TARGET, attempt};
use super::case::{Case, Outcome};
use super::faults::answer;
use super::judgement::{all_answered, only, same};
use super::server::Received;

/// What a transport may add, since its protocol needs it, and the key, which every case looks for.
const ITS_OWN: [&str; 5] = ["host", "content-length", "accept-encoding", "connection", "authorization"];

pub(super) const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

pub(super) fn cases() -> Vec<Case> {
    let without = [Method::GET, Method::DELETE].map(|method| headers(method, Body::empty(), None));
    let with = [Method::POST, Method::PATCH].map(|method| headers(method, CONTENT.into(), Some(CONTENT.len())));
    let empty = [Method::POST, Method::PATCH].map(|method| headers(method, Body::empty(), Some(0)));
    let mut cases = [without, with, empty].concat();
    cases.push(segments());
    cases
}

/// The headers of the attempt arrive, each once and as it is, with what the protocol needs and nothing else.
fn headers(method: Method, body: Body, length: Option<usize>) -> Case {
    let name = format!("r24: {method} with {} bytes has its headers once each", body.len());
    let sent = attempt(method.clone(), "http://localhost/", body.clone());
    let line = format!("{method} {TARGET} HTTP/1.1");
    let judge = move |outcomes: &[Outcome], received: &[Received]| {
        all_answered(outcomes)?;
        let request = only(received)?;
        same("the request line", &request.line, &line)?;
        let values = |name: &str| -> Vec<&str> {
            let pairs = request.headers.iter().filter(|(header, _)| header == name);
            pairs.map(|(_, value)| value.as_str()).collect()
        };
        for (name, value) in sent.request.headers() {
            let is_kept = matches!(values(name.as_str())[..], [found] if found.as_bytes() == value.as_bytes());
            same(&format!("`{name}` arrives once, as it is"), is_kept, true)?;
        }
        same("the number of `host`", values("host").len(), 1)?;
        let length = length.map(|length| length.to_string());
        same("`content-length`", values("content-length"), length.as_deref().into_iter().collect())?;
        let foreign = request.headers.iter().map(|(name, _)| name.as_str());
        let foreign = foreign.filter(|name| !ITS_OWN.contains(name) && !sent.request.headers().contains_key(*name));
        same("what nobody asked for", foreign.collect::<Vec<_>>(), Vec::new())
    };
    let attempts = move |url: &str| vec![attempt(method.clone(), url, body.clone())];
    Case::new(name, |visitor| answer(visitor, NO_CONTENT), attempts, judge)
}

/// A multipart body of many segments arrives in one piece.
fn segments() -> Case {
    let large: Vec<u8> = (0..300_000_u32).map(|index| (index % 251) as u8).collect();
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
    let wanted = [head.as_bytes(), &large, b"\r\n--b--\r\n"].concat();
    let mut body = Body::from(head);
    body.push_bytes(large);
    body.push_bytes("\r\n--b--\r\n");
    Case::new(
        "r13: a multipart body of many segments arrives in one piece",
        |visitor| answer(visitor, NO_CONTENT),
        move |url| vec![attempt(Method::POST, url, body.clone())],
        move |outcomes, received| {
            all_answered(outcomes)?;
            same("every byte arrives in its place", only(received)?.body == wanted, true)
        },
    )
}
