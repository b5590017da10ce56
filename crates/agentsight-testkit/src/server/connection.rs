use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderValue};
#[cfg(feature = "cli")]
use http::request::Parts;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

#[cfg(feature = "cli")]
use super::first_request;
use super::raw::{End, gzip_of, gzip_of_spaces};
use crate::FakeApi;
#[cfg(feature = "cli")]
use crate::console::Console;
use crate::fault::{Fault, FaultPlan, Part, Reaction, Wire, written_head};

/// What every connection shares.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pub(super) api: FakeApi,
    pub(super) faults: Arc<Mutex<FaultPlan>>,
    pub(super) body_limit: usize,
    /// What answers to the developer, if anything does.
    #[cfg(feature = "cli")]
    pub(super) console: Option<Console>,
}

/// The body of an answer: whole, or for the console one that goes on as long as somebody listens.
pub(crate) type AnswerBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, Infallible>>;

/// The body of an answer that is there already.
pub(crate) fn whole(body: Bytes) -> AnswerBody {
    Either::Left(Full::new(body))
}

/// One connection.
struct Connection {
    shared: Connections,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// How many requests came before this one.
    requests: u64,
    /// A fault that was due when the connection was accepted, and is for its first request.
    fault: Option<Fault>,
    /// How the connection ends, once a fault has said so.
    end: Option<End>,
}

/// Hyper gives a connection back whose service fails: that is how a fault gets hold of it.
#[derive(Debug)]
struct TakenOver;

impl std::fmt::Display for TakenOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was taken over by a fault")
    }
}

impl std::error::Error for TakenOver {}

impl Connections {
    pub(super) async fn serve_one(self, stream: TcpStream) {
        let fault = if self.is_spared(&stream).await { None } else { self.faults().next_at_connection() };
        if fault.as_ref().is_some_and(Fault::meets_connections) {
            return End::Cut { bytes: Bytes::new(), is_reset: true }.carry_out(stream).await;
        }
        let progress = Mutex::new(Progress { fault, ..Progress::default() });
        let connection = Connection { shared: self, progress };
        let service = service_fn(|request| connection.answer(request));
        let mut serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A client that hangs up, or talks no HTTP, is its own concern.
        let _ = (&mut serving).await;
        let stream = serving.into_parts().io.into_inner();
        let end = connection.progress().end.take();
        if let Some(end) = end {
            end.carry_out(stream).await;
        }
    }

    /// Whether faults of connections leave this one alone: one that begins with a request to the console. It is looked
    /// at only where there is such a fault.
    #[cfg(feature = "cli")]
    async fn is_spared(&self, stream: &TcpStream) -> bool {
        let is_looked_at = self.console.is_some() && self.faults().meets_connections();
        is_looked_at && first_request::is_for_console(stream).await
    }

    #[cfg(not(feature = "cli"))]
    async fn is_spared(&self, _: &TcpStream) -> bool {
        false
    }

    fn faults(&self) -> MutexGuard<'_, FaultPlan> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole body, or `None` if it is too large; then it is read all the same, so that the client gets to see
    /// the answer.
    async fn read(mut body: Incoming, limit: usize) -> Result<Option<Bytes>, hyper::Error> {
        let mut kept = BytesMut::new();
        let mut is_too_large = false;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            is_too_large = is_too_large || kept.len().saturating_add(data.len()) > limit;
            if is_too_large {
                kept = BytesMut::new();
            } else {
                kept.extend_from_slice(&data);
            }
        }
        Ok((!is_too_large).then(|| kept.freeze()))
    }
}

impl Connection {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<AnswerBody>, TakenOver> {
        let (head, body) = request.into_parts();
        #[cfg(feature = "cli")]
        if let Some(console) = self.shared.console.as_ref().filter(|console| console.answers(&head)) {
            return self.answer_by(console, head, body).await;
        }
        let (is_first, brought) = {
            let mut progress = self.progress();
            let is_first = progress.requests == 0;
            progress.requests = progress.requests.saturating_add(1);
            (is_first, progress.fault.take())
        };
        let head = Request::from_parts(head, Bytes::new());
        let at_head = self.shared.faults().next_at_head(&head);
        let early = brought.or(at_head).filter(|fault| !(is_first && fault.needs_kept_connection()));
        if early.as_ref().is_some_and(Fault::meets_heads) {
            return self.carry_out(self.shared.api.react(head, early)).await;
        }
        let Some(body) = Connections::read(body, self.shared.body_limit).await.map_err(|_| TakenOver)? else {
            let response = self.shared.api.refuse_body(head, self.shared.body_limit);
            return Ok(response.map(whole));
        };
        let request = head.map(|_| body);
        let in_flight = self.shared.api.begin(&request);
        let at_end = self.shared.faults().next_at_end(&request);
        let reaction = self.shared.api.react_in(in_flight.scope().clone(), request, early.or(at_end));
        self.carry_out(reaction).await
    }

    /// Answers a request to the console. A refused one is read to its end, so that the client gets to see why.
    #[cfg(feature = "cli")]
    async fn answer_by(
        &self,
        console: &Console,
        head: Parts,
        body: Incoming,
    ) -> Result<Response<AnswerBody>, TakenOver> {
        let admitted = console.admit(&head);
        let limit = admitted.as_ref().map_or(0, |limit| *limit);
        let body = Connections::read(body, limit).await.map_err(|_| TakenOver)?;
        Ok(console.answer(head, admitted, body))
    }

    async fn carry_out(&self, reaction: Reaction) -> Result<Response<AnswerBody>, TakenOver> {
        let Reaction { delay, answer, wire, .. } = reaction;
        let wait = match &wire {
            Wire::Dribble { wait, .. } => *wait,
            Wire::Silence => std::time::Duration::ZERO,
            _ => delay,
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let end = match (wire, answer) {
            (Wire::Answer, Some(answer)) => return Ok(answer.map(whole)),
            (Wire::Inflating(spaces), Some(answer)) => return Ok(inflating(answer, spaces).map(whole)),
            (Wire::Compressed, Some(answer)) => return Ok(compressed(answer).map(whole)),
            (Wire::AnswerAndClose, Some(answer)) => {
                let (head, body) = (written_head(&answer), answer.into_body());
                End::Cut { bytes: [head.into(), body].concat().into(), is_reset: false }
            }
            (Wire::Dribble { part, pause, .. }, Some(answer)) => {
                let (head, body) = (Bytes::from(written_head(&answer)), answer.into_body());
                match part {
                    Part::Head => End::Dribble { quick: Bytes::new(), slow: head, rest: body, pause },
                    Part::Body => End::Dribble { quick: head, slow: body, rest: Bytes::new(), pause },
                }
            }
            (Wire::Cut { bytes, is_reset }, _) => End::Cut { bytes, is_reset },
            (Wire::Silence, _) => End::Silence,
            (
                Wire::Answer | Wire::Inflating(_) | Wire::Compressed | Wire::AnswerAndClose | Wire::Dribble { .. },
                None,
            ) => End::Cut { bytes: Bytes::new(), is_reset: false },
        };
        self.progress().end = Some(end);
        Err(TakenOver)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn inflating(mut answer: Response<Bytes>, spaces: u64) -> Response<Bytes> {
    answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer.map(|_| gzip_of_spaces(spaces))
}

fn compressed(mut answer: Response<Bytes>) -> Response<Bytes> {
    answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer.map(|body| gzip_of(&body))
}
