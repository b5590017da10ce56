use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use crate::FakeApi;
use crate::fault::FaultPlan;

/// What every connection shares.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pub(super) api: FakeApi,
    pub(super) faults: Arc<Mutex<FaultPlan>>,
    pub(super) body_limit: usize,
}

/// Hyper closes a connection whose service fails: that is how a fault ends one without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was closed by a fault")
    }
}

impl std::error::Error for Closed {}

impl Connections {
    /// Accepts until `stopped` resolves; the caller's runtime then drops what is still open.
    pub(super) async fn serve(self, listener: TcpListener, mut stopped: oneshot::Receiver<()>) {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        loop {
            tokio::select! {
                _ = &mut stopped => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        // Answers are small and single: waiting to fill a packet only slows tests down.
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(self.clone().serve_one(stream));
                    }
                    // A connection that was gone before it was accepted, or no more descriptors for a moment.
                    Err(error) => pause_after(&error).await,
                },
            }
        }
    }

    async fn serve_one(self, stream: tokio::net::TcpStream) {
        let service = service_fn(|request| self.answer(request));
        // A client that hangs up, or talks no HTTP, is its own concern.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Closed> {
        let (head, body) = request.into_parts();
        let Some(body) = self.read(body).await.map_err(|_| Closed)? else {
            let response = self.api.refuse_body(Request::from_parts(head, Bytes::new()), self.body_limit);
            return Ok(response.map(Full::new));
        };
        let request = Request::from_parts(head, body);
        let _in_flight = self.api.begin(&request);
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).next(&request);
        let reaction = self.api.react(request, fault);
        if !reaction.delay.is_zero() {
            tokio::time::sleep(reaction.delay).await;
        }
        reaction.answer.map(|response| response.map(Full::new)).ok_or(Closed)
    }

    /// The whole body, or `None` if it is too large; then it is read all the same, so that the client gets to see
    /// the answer.
    async fn read(&self, mut body: Incoming) -> Result<Option<Bytes>, hyper::Error> {
        let mut kept = BytesMut::new();
        let mut is_too_large = false;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            is_too_large = is_too_large || kept.len().saturating_add(data.len()) > self.body_limit;
            if is_too_large {
                kept = BytesMut::new();
            } else {
                kept.extend_from_slice(&data);
            }
        }
        Ok((!is_too_large).then(|| kept.freeze()))
    }
}

async fn pause_after(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
