//! A transport over a third HTTP library, as an integrator would write it.

use std::fs::{self, File};
use std::io::{self, ErrorKind as IoErrorKind, Read as _, Seek as _, SeekFrom};

use agentsight_core::transport::{Attempt, Body, Segment, Transport, TransportFailure};
use attohttpc::{ErrorKind, ProxySettings, RequestBuilder};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{Method, Response, StatusCode};

/// A transport over attohttpc, which is blocking and opens a connection for every request.
#[derive(Debug)]
pub(crate) struct AttohttpcTransport;

impl Transport for AttohttpcTransport {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let Attempt { request, timeout, connect_timeout, response_limit, .. } = attempt;
        let (head, body) = request.into_parts();
        let body = read_body(&body)?;
        let has_content = !body.is_empty() || matches!(head.method, Method::POST | Method::PUT | Method::PATCH);
        let mut builder = RequestBuilder::try_new(head.method, head.uri.to_string())
            .map_err(|_| TransportFailure::request("the address is not a URL"))?
            .follow_redirects(false)
            .connect_timeout(connect_timeout)
            .timeout(timeout)
            .proxy_settings(ProxySettings::builder().build());
        *builder.headers_mut() = head.headers.clone();
        let sent = if has_content {
            let mut builder = builder.bytes(body);
            // The library guesses a content type; only the attempt's own may travel.
            *builder.headers_mut() = head.headers;
            builder.send()
        } else {
            builder.send()
        };
        let (status, headers, reader) = sent.map_err(failure)?.split();
        // The library takes a body that is cut short for a whole one.
        let declared = headers.get(CONTENT_LENGTH).filter(|_| !headers.contains_key(CONTENT_ENCODING));
        let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
        if declared > response_limit {
            return Err(TransportFailure::too_large());
        }
        let mut bytes = Vec::new();
        reader.take(response_limit.saturating_add(1)).read_to_end(&mut bytes).map_err(body_failure)?;
        if bytes.len() as u64 > response_limit {
            return Err(TransportFailure::too_large());
        }
        if (bytes.len() as u64) < declared && status != StatusCode::NOT_MODIFIED {
            return Err(TransportFailure::body());
        }
        let mut answer = Response::new(bytes.into());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

fn read_body(body: &Body) -> Result<Vec<u8>, TransportFailure> {
    let mut whole = Vec::new();
    let mut position = 0;
    for segment in body.segments() {
        match segment {
            Segment::Bytes(bytes) => whole.extend_from_slice(bytes),
            Segment::File(segment) => {
                position += 1;
                let unreadable = |_: io::Error| TransportFailure::file("a file cannot be read");
                let metadata = fs::metadata(&segment.path).map_err(unreadable)?;
                segment.check(position, metadata.is_file(), metadata.len())?;
                let mut file = File::open(&segment.path).map_err(unreadable)?;
                file.seek(SeekFrom::Start(segment.offset)).map_err(unreadable)?;
                file.take(segment.length).read_to_end(&mut whole).map_err(unreadable)?;
            }
            _ => return Err(TransportFailure::request("a part of the body is of a kind that is not known")),
        }
    }
    Ok(whole)
}

/// The request may have left, unless the library says that nobody was there.
fn failure(error: attohttpc::Error) -> TransportFailure {
    match error.kind() {
        ErrorKind::ConnectError { .. } | ErrorKind::InvalidUrlHost => TransportFailure::connect(),
        ErrorKind::Io(error) if error.kind() == IoErrorKind::ConnectionRefused => TransportFailure::connect(),
        ErrorKind::Io(error) if is_timeout(error) => TransportFailure::timeout(),
        _ => TransportFailure::reset(),
    }
}

fn body_failure(error: io::Error) -> TransportFailure {
    if is_timeout(&error) { TransportFailure::timeout() } else { TransportFailure::body() }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), IoErrorKind::TimedOut | IoErrorKind::WouldBlock)
}
