use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::config::ProxyAddress;

/// Why no complete answer came, in words that no HTTP library owns.
///
/// What counts for the core is [`maybe_seen`](Self::maybe_seen): a request that creates something is repeated only if
/// the service cannot have seen it (R16, R17). In doubt, a transport says that it may have.
pub struct TransportFailure {
    kind: FailureKind,
    maybe_seen: bool,
    what: Cow<'static, str>,
    path: Option<Arc<Path>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of a [`TransportFailure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// No connection: name not resolved, refused, TLS handshake failed, proxy failed.
    Connect,
    /// The attempt's time ran out.
    Timeout,
    /// The connection broke after it was established and before the answer's head was complete.
    Reset,
    /// The answer's head came, its body did not: cut short, or not decompressible.
    Body,
    /// The answer's body is larger than allowed.
    TooLarge,
    /// A file of the request could not be opened or has changed since it was tracked.
    File,
    /// The request could not be put on the wire as it is.
    Request,
    /// Anything else.
    Other,
}

impl TransportFailure {
    /// No connection could be established: the service saw nothing.
    pub fn connect() -> Self {
        Self::of(FailureKind::Connect, false, "no connection could be established")
    }

    /// Time ran out before a connection was established: the service saw nothing.
    pub fn connect_timeout() -> Self {
        Self::of(FailureKind::Timeout, false, "no connection within the time allowed")
    }

    /// Time ran out after the request had begun to leave.
    pub fn timeout() -> Self {
        Self::of(FailureKind::Timeout, true, "no answer within the time allowed")
    }

    /// The connection broke after the request had begun to leave.
    pub fn reset() -> Self {
        Self::of(FailureKind::Reset, true, "the connection broke before the answer")
    }

    /// The answer began and broke off, or could not be decompressed.
    pub fn body() -> Self {
        Self::of(FailureKind::Body, true, "the answer broke off")
    }

    /// The answer is larger than [`Attempt::response_limit`](super::Attempt::response_limit).
    pub fn too_large() -> Self {
        Self::of(FailureKind::TooLarge, true, "the answer is larger than allowed")
    }

    /// A file of the body is gone, unreadable, or of another length than when it was tracked; nothing was sent (R13).
    pub fn file(what: impl Into<Cow<'static, str>>) -> Self {
        Self::of(FailureKind::File, false, what)
    }

    /// The request is not one that can be sent; nothing was sent.
    pub fn request(what: impl Into<Cow<'static, str>>) -> Self {
        Self::of(FailureKind::Request, false, what)
    }

    /// Something else went wrong; the service may have seen the request.
    pub fn other(what: impl Into<Cow<'static, str>>) -> Self {
        Self::of(FailureKind::Other, true, what)
    }

    /// Says whether the service may have seen the request, where the constructor's assumption does not hold.
    #[must_use]
    pub fn with_maybe_seen(mut self, maybe_seen: bool) -> Self {
        self.maybe_seen = maybe_seen;
        self
    }

    /// Keeps the HTTP library's error as the [`source`](StdError::source). It must hold no key, query or content.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Names the proxy, if no connection could be established. Other failures stay as they are.
    #[must_use]
    pub fn through(mut self, proxy: &ProxyAddress) -> Self {
        let is_without_connection = matches!(self.kind, FailureKind::Connect | FailureKind::Timeout);
        if is_without_connection && !self.maybe_seen {
            self.what = format!("{} through the proxy {proxy}", self.what).into();
        }
        self
    }

    /// Names the file that a [`file`](Self::file) failure is about. The message of the call's error shows it; what is
    /// reported, counted or logged does not.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use agentsight_core::transport::TransportFailure;
    ///
    /// let failure = TransportFailure::file("file 1 of the request is gone").with_path(Path::new("/data/invoice.pdf"));
    /// assert_eq!(failure.to_string(), "file 1 of the request is gone");
    /// assert_eq!(failure.path(), Some(Path::new("/data/invoice.pdf")));
    /// ```
    #[must_use]
    pub fn with_path(mut self, path: impl Into<Arc<Path>>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The file that the failure is about, if it was named.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What went wrong.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Whether the service may have received, and acted on, the request.
    pub fn maybe_seen(&self) -> bool {
        self.maybe_seen
    }

    fn of(kind: FailureKind, maybe_seen: bool, what: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, maybe_seen, what: what.into(), path: None, source: None }
    }
}

impl fmt::Display for TransportFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

/// Leaves out the path.
impl fmt::Debug for TransportFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TransportFailure")
            .field("kind", &self.kind)
            .field("maybe_seen", &self.maybe_seen)
            .field("what", &self.what)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl StdError for TransportFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_says_whether_the_service_may_have_seen_the_request() {
        for (failure, kind, maybe_seen) in [
            (TransportFailure::connect(), FailureKind::Connect, false),
            (TransportFailure::connect_timeout(), FailureKind::Timeout, false),
            (TransportFailure::timeout(), FailureKind::Timeout, true),
            (TransportFailure::reset(), FailureKind::Reset, true),
            (TransportFailure::body(), FailureKind::Body, true),
            (TransportFailure::too_large(), FailureKind::TooLarge, true),
            (TransportFailure::file("gone"), FailureKind::File, false),
            (TransportFailure::request("bad"), FailureKind::Request, false),
            (TransportFailure::other("odd"), FailureKind::Other, true),
        ] {
            assert_eq!((failure.kind(), failure.maybe_seen()), (kind, maybe_seen), "{failure}");
        }
        assert!(TransportFailure::connect().with_maybe_seen(true).maybe_seen());
    }

    #[test]
    fn c3_a_connection_that_cannot_be_established_names_the_proxy() {
        let config = crate::Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3");
        let config = config.proxy("http://me:hunter2@p:1").build().expect("a valid configuration");
        let proxy = config.proxy_address(|_| None).expect("an address").expect("a proxy");
        for failure in [TransportFailure::connect(), TransportFailure::connect_timeout()] {
            let shown = failure.through(&proxy).to_string();
            assert!(shown.ends_with("through the proxy http://p:1 (proxy)"), "{shown}");
        }
        for failure in [TransportFailure::timeout(), TransportFailure::reset()] {
            let before = failure.to_string();
            assert_eq!(failure.through(&proxy).to_string(), before);
        }
    }

    #[test]
    fn e3_the_path_of_a_file_is_told_and_not_formatted() {
        let failure = TransportFailure::file("gone").with_path(Path::new("/data/secret.pdf"));
        assert_eq!(failure.path(), Some(Path::new("/data/secret.pdf")));
        assert!(!format!("{failure} {failure:?}").contains("secret"));
    }

    #[test]
    fn the_source_is_kept() {
        let failure = TransportFailure::reset().with_source("broken pipe");
        assert_eq!(failure.source().map(ToString::to_string).as_deref(), Some("broken pipe"));
    }
}
