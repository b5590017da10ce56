//! Reading an answer, at most as much of it as is allowed.

use std::io::Read as _;
use std::mem;

use agentsight_core::transport::TransportFailure;
use bytes::Bytes;
use http::Response;

use crate::map_failure::{Reached, map_failure};

/// Reads the body, at most `limit` bytes of it after decompression (C3, R24).
pub(super) fn read_answer(mut answer: Response<ureq::Body>, limit: u64) -> Result<Response<Bytes>, TransportFailure> {
    let mut whole = Response::new(Bytes::new());
    *whole.status_mut() = answer.status();
    *whole.version_mut() = answer.version();
    *whole.headers_mut() = mem::take(answer.headers_mut());

    // Known only if the body is not compressed.
    if answer.body().content_length().is_some_and(|length| length > limit) {
        return Err(TransportFailure::too_large());
    }
    let mut bytes = Vec::new();
    answer
        .into_body()
        .into_reader()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| map_failure(error.into(), Reached::Answer))?;
    if bytes.len() as u64 > limit {
        return Err(TransportFailure::too_large());
    }
    *whole.body_mut() = bytes.into();
    Ok(whole)
}
