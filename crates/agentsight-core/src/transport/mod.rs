//! The boundary to the network: what a transport is given, what it hands back, and the two traits to implement.
//!
//! A transport decides nothing. It sends one [`Attempt`] within the time and the size that the attempt allows, follows
//! no redirect, and reports a failure as a [`TransportFailure`] that says whether the service may have seen the request.

mod attempt;
mod body;
mod failure;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::attempt::Attempt;
pub use self::body::{Body, FileSegment, Segment};
pub use self::failure::{FailureKind, TransportFailure};

/// Sends requests on the calling thread. The plug for the blocking client, and the way to test it without sockets.
///
/// Implemented for `Arc`s, `Box`es and closures:
///
/// ```
/// use agentsight_core::transport::{Attempt, Transport, TransportFailure};
/// use bytes::Bytes;
///
/// let offline = |_: Attempt| -> Result<http::Response<Bytes>, TransportFailure> {
///     Err(TransportFailure::connect())
/// };
/// # fn assert_transport(_: &dyn Transport) {}
/// assert_transport(&offline);
/// ```
pub trait Transport: Send + Sync {
    /// Sends one request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// A [`TransportFailure`] if no complete answer came within [`Attempt::timeout`] and [`Attempt::response_limit`].
    fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure>;
}

/// Sends requests without blocking. The plug for the asynchronous client.
///
/// Object-safe through [`macro@async_trait`]; implemented for `Arc`s, `Box`es, and closures that return a future.
#[async_trait]
pub trait AsyncTransport: Send + Sync {
    /// Sends one request and reads the whole answer, whatever its status. Dropping the future abandons the request.
    ///
    /// # Errors
    /// A [`TransportFailure`] if no complete answer came within [`Attempt::timeout`] and [`Attempt::response_limit`].
    async fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
        (**self).send(attempt)
    }
}

impl Transport for Box<dyn Transport> {
    fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
        (**self).send(attempt)
    }
}

impl<F> Transport for F
where
    F: Fn(Attempt) -> Result<http::Response<Bytes>, TransportFailure> + Send + Sync,
{
    fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
        self(attempt)
    }
}

#[async_trait]
impl<T: AsyncTransport + ?Sized> AsyncTransport for Arc<T> {
    async fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
        (**self).send(attempt).await
    }
}

#[async_trait]
impl AsyncTransport for Box<dyn AsyncTransport> {
    async fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
        (**self).send(attempt).await
    }
}

#[async_trait]
impl<F, Answer> AsyncTransport for F
where
    F: Fn(Attempt) -> Answer + Send + Sync,
    Answer: Future<Output = Result<http::Response<Bytes>, TransportFailure>> + Send,
{
    async fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
        self(attempt).await
    }
}
