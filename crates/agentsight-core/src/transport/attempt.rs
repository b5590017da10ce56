use std::time::Duration;

use super::Body;

/// One request to send, with the time and the size that are allowed for it.
///
/// The request is complete: an absolute URL and every header (R24). A transport adds nothing but what its protocol
/// needs (`Host`, `Content-Length`, `Accept-Encoding`).
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The request.
    pub request: http::Request<Body>,
    /// The longest time for the whole attempt, from the first packet to the last byte of the answer (R16).
    pub timeout: Duration,
    /// The longest time for establishing a connection; never longer than `timeout` (R16).
    pub connect_timeout: Duration,
    /// The largest body that may be read, in bytes, counted after decompression (C3, R24).
    pub response_limit: u64,
}

impl Attempt {
    /// An attempt at `request` with the default allowances: 15 s in all, 5 s to connect, 32 MiB of answer.
    pub fn new(request: http::Request<Body>) -> Self {
        Self {
            request,
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            response_limit: 32 * 1024 * 1024,
        }
    }

    /// Sets the time for the whole attempt; the connect timeout is cut to it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.connect_timeout = self.connect_timeout.min(timeout);
        self
    }

    /// Sets the time for establishing a connection, cut to the time for the whole attempt.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.min(self.timeout);
        self
    }

    /// Sets the largest answer, in decompressed bytes.
    #[must_use]
    pub fn response_limit(mut self, bytes: u64) -> Self {
        self.response_limit = bytes;
        self
    }
}
