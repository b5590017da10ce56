//! Reading an answer, at most as much of it as is allowed.

use std::mem;

use agentsight_core::transport::TransportFailure;
use bytes::{Bytes, BytesMut};
use http::Response;

use crate::map_failure::{Reached, map_failure};

/// Reads the body, at most `limit` bytes of it after decompression (C3, R24).
pub(super) async fn read_answer(
    mut answer: reqwest::Response,
    limit: u64,
) -> Result<Response<Bytes>, TransportFailure> {
    let mut whole = Response::new(Bytes::new());
    *whole.status_mut() = answer.status();
    *whole.version_mut() = answer.version();
    *whole.headers_mut() = mem::take(answer.headers_mut());

    // Known only if the body is not compressed.
    if answer.content_length().is_some_and(|length| length > limit) {
        return Err(TransportFailure::too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| map_failure(error, Reached::Answer))? {
        if (bytes.len() as u64).saturating_add(chunk.len() as u64) > limit {
            return Err(TransportFailure::too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    *whole.body_mut() = bytes.freeze();
    Ok(whole)
}
