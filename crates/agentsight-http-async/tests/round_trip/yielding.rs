//! A transport that yields once before and once after a request takes effect, in virtual time.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use agentsight_http_async::AgentSight;
use agentsight_http_async::transport::{AsyncTransport, Attempt, TransportFailure};
use async_trait::async_trait;
use bytes::Bytes;
use http::Response;

use crate::virtual_service::VirtualService;

/// What becomes of a request whose sender is dropped before it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    /// It never reaches the service.
    Lost,
    /// It takes effect all the same.
    Arrives,
}

/// When the transport panics, counted in requests from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panics {
    Never,
    Before(usize),
    After(usize),
}

/// The transport.
pub(crate) struct Yielding {
    service: VirtualService,
    abandoned: Abandoned,
    panics: Panics,
    sent: AtomicUsize,
}

impl Yielding {
    /// A client that sends through it.
    pub(crate) fn client(service: &VirtualService, abandoned: Abandoned, panics: Panics) -> AgentSight {
        let transport = Self { service: service.clone(), abandoned, panics, sent: AtomicUsize::new(0) };
        AgentSight::builder(service.config())
            .context(service.context())
            .transport(transport)
            .build()
            .expect("a client with a transport of its own")
    }
}

#[async_trait]
impl AsyncTransport for Yielding {
    async fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let place = self.sent.fetch_add(1, Ordering::Relaxed);
        let mut travelling = Travelling { service: &self.service, abandoned: self.abandoned, attempt: Some(attempt) };
        yield_once().await;
        if self.panics == Panics::Before(place) {
            travelling.attempt = None;
            panic!("the transport's own fault");
        }
        let answer = travelling.arrive().ok_or_else(TransportFailure::reset)?;
        assert_ne!(self.panics, Panics::After(place), "the transport's own fault");
        yield_once().await;
        Ok(answer)
    }
}

/// A request on its way.
struct Travelling<'a> {
    service: &'a VirtualService,
    abandoned: Abandoned,
    attempt: Option<Attempt>,
}

impl Travelling<'_> {
    fn arrive(&mut self) -> Option<Response<Bytes>> {
        self.attempt.take().map(|attempt| self.service.apply(attempt))
    }
}

impl Drop for Travelling<'_> {
    fn drop(&mut self) {
        if self.abandoned == Abandoned::Arrives {
            let _ = self.arrive();
        }
    }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
