//! Whose the first request of a connection is, before a byte of it is taken: faults that meet connections leave those
//! of the console alone.

use std::time::Duration;

use tokio::net::TcpStream;

use crate::console::Console;

/// How long a client may take to say what it wants, before it counts as one of the service.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two looks at a request line that is not whole.
const PAUSE: Duration = Duration::from_millis(2);
/// More than the longest beginning that leaves it open whose the request is.
const LOOKED_AT: usize = 1024;

/// Whether the connection begins with a request to the console.
pub(super) async fn is_for_console(stream: &TcpStream) -> bool {
    tokio::time::timeout(PATIENCE, look(stream)).await.unwrap_or(false)
}

async fn look(stream: &TcpStream) -> bool {
    let mut bytes = [0; LOOKED_AT];
    loop {
        let Ok(seen @ 1..) = stream.peek(&mut bytes).await else { return false };
        match decide(&bytes[..seen]) {
            Some(decision) => return decision,
            None if seen == LOOKED_AT => return false,
            None => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Whether a request that begins so is the console's; `None` where that is not to be seen yet.
fn decide(beginning: &[u8]) -> Option<bool> {
    let Some(space) = beginning.iter().position(|byte| *byte == b' ') else {
        // No method is longer than this, and no console is asked by one.
        return (beginning.len() > 16).then_some(false);
    };
    let target = beginning.get(space.saturating_add(1)..).unwrap_or_default();
    let length = target.iter().position(|byte| b" ?#\r\n".contains(byte));
    let path = path_of(target.get(..length.unwrap_or(target.len())).unwrap_or_default(), length.is_some())?;
    let Ok(path) = std::str::from_utf8(path) else { return Some(false) };
    match length {
        Some(_) => Some(Console::owns(path)),
        None if path.starts_with("/__testkit/") => Some(true),
        None if "/__testkit".starts_with(path) => None,
        None => Some(false),
    }
}

/// The path of a target, which may be a whole address; `None` where it has not begun yet.
fn path_of(target: &[u8], is_whole: bool) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"http://";
    let Some(rest) = target.strip_prefix(SCHEME) else {
        return (is_whole || target.is_empty() || !SCHEME.starts_with(target)).then_some(target);
    };
    match rest.iter().position(|byte| *byte == b'/') {
        Some(slash) => rest.get(slash..),
        None => is_whole.then_some(b"/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_the_consoles_as_soon_as_its_path_says_so() {
        for (beginning, decision) in [
            ("GET / HTTP/1.1\r\n", Some(true)),
            ("GET /?a=b HTTP/1.1\r\n", Some(true)),
            ("PUT /__testkit/faults HTTP/1.1", Some(true)),
            ("PUT /__testkit/fau", Some(true)),
            ("GET /__testkit?", Some(true)),
            ("GET http://localhost:1/__testkit/ HTTP/1.1", Some(true)),
            ("GET http://localhost:1 HTTP/1.1", Some(true)),
            ("POST /api/track/ HTTP/1.1", Some(false)),
            ("POST /a", Some(false)),
            ("GET /__testkits/ HTTP/1.1", Some(false)),
            ("GET http://localhost:1/api/me/ HTTP/1.1", Some(false)),
            ("GET //__testkit/ HTTP/1.1", Some(false)),
            ("GET /\u{fffd} HTTP/1.1", Some(false)),
            ("OPTIONS * HTTP/1.1", Some(false)),
            ("\u{16}\u{3}\u{1} no HTTP at all", Some(false)),
            ("NOT-HTTP-AT-ALL-AT-ALL", Some(false)),
            ("", None),
            ("GE", None),
            ("GET ", None),
            ("GET /", None),
            ("GET /__test", None),
            ("GET /__testkit", None),
            ("GET http:", None),
            ("GET http://localhost", None),
        ] {
            assert_eq!(decide(beginning.as_bytes()), decision, "{beginning:?}");
        }
    }
}
