//! The service as a state machine over requests; one file for each part of its HTTP surface.

mod answer;
mod call;
mod conversations;
mod filter;
mod messages;
mod metadata_filter;
mod page;
mod reference;
mod render;
mod route;
mod state;
mod timestamp;
mod validation;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};

use self::answer::{Handled, Refusal};
use self::call::{Call, Query};
pub(crate) use self::page::LARGEST_PAGE;
use self::route::Route;
use self::state::State;
use crate::fault::{Fault, Reaction};
use crate::key::{DEFAULT_KEY, FakeKey, Role, authenticate};
use crate::record::{RecordedRequest, RequestLog};
use crate::{FakeClock, FakeOptions};

/// AgentSight in memory: the same requests, the same answers, no socket and no account.
///
/// Clones share one service. It starts no thread, reads no clock but the injected one, and does not panic or answer
/// 5xx, whatever it is sent.
#[derive(Clone, Debug)]
pub struct FakeApi {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: FakeOptions,
    state: Mutex<State>,
    log: Mutex<RequestLog>,
}

impl FakeApi {
    /// An empty service with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::with_options(FakeOptions::new())
    }

    /// An empty service.
    #[must_use]
    pub fn with_options(options: FakeOptions) -> Self {
        let log = Mutex::new(RequestLog::new(options.recorded_requests));
        Self { shared: Arc::new(Shared { options, state: Mutex::default(), log }) }
    }

    /// Answers a request, and remembers it.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let response = self.answer(&request);
        self.record(request, Some(response.status()));
        response
    }

    /// What comes of a request under a fault, and remembers it. Without a fault it is the service's answer, at once.
    ///
    /// Whether the request takes effect is the fault's to say; waiting and closing are the caller's to do.
    #[must_use]
    pub fn react(&self, request: Request<Bytes>, fault: Option<Fault>) -> Reaction {
        let reaction = match fault {
            Some(fault) => fault.react(|| self.answer(&request)),
            None => Reaction { delay: std::time::Duration::ZERO, answer: Some(self.answer(&request)) },
        };
        self.record(request, reaction.answer.as_ref().map(Response::status));
        reaction
    }

    /// A key that this service accepts for writing: the first such key of the options, else a well-formed one.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.shared.options.keys.iter().find(|key| key.may_write()).map_or(DEFAULT_KEY, FakeKey::text)
    }

    /// The clock of the service.
    #[must_use]
    pub fn clock(&self) -> &FakeClock {
        &self.shared.options.clock
    }

    /// The requests so far, oldest first, as far as they are remembered.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.log().requests()
    }

    /// How many requests are no longer among [`requests`](Self::requests).
    #[must_use]
    pub fn forgotten_requests(&self) -> u64 {
        self.log().forgotten()
    }

    /// Forgets the requests so far, so that a test sees only what follows.
    pub fn clear_requests(&self) {
        self.log().clear();
    }

    /// Answers 413 to a request whose body was too large to be handed over, and remembers it.
    #[cfg(feature = "server")]
    pub(crate) fn refuse_body(&self, request: Request<Bytes>, limit: usize) -> Response<Bytes> {
        let detail = format!("The request body exceeds the limit of {limit} bytes.");
        let response = Refusal::too_large(detail).into_answer().into_response();
        self.record(request, Some(response.status()));
        response
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.route(request).unwrap_or_else(Refusal::into_answer).into_response()
    }

    /// The order of the checks is the service's: the path, the key, the role, the method, and then the body.
    fn route(&self, request: &Request<Bytes>) -> Handled {
        let options = &self.shared.options;
        let route = Route::find(request.uri().path()).ok_or_else(Refusal::no_route)?;
        let authorization = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let caller = authenticate(authorization, &options.keys).map_err(Refusal::unauthorized)?;
        if caller.role == Role::Read && request.method() != Method::GET {
            return Err(Refusal::forbidden());
        }
        if !route.methods().contains(request.method()) {
            return Err(method_not_allowed(request.method(), route));
        }
        let query = Query::of(request);
        let mut state = self.state();
        let mut call = Call { state: &mut state, options, caller, now: options.clock.now(), request, query };
        handle(&mut call, route)
    }

    fn record(&self, request: Request<Bytes>, status: Option<StatusCode>) {
        let query = Query::of(&request).into_pairs();
        let (head, body) = request.into_parts();
        self.log().push(RecordedRequest {
            method: head.method,
            path: head.uri.path().to_owned(),
            query,
            headers: head.headers,
            body,
            status,
            at: self.shared.options.clock.now(),
        });
    }

    /// A test that panicked elsewhere leaves a state that is whole: handlers check first and change then.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FakeApi {
    fn default() -> Self {
        Self::new()
    }
}

fn handle(call: &mut Call<'_>, route: Route) -> Handled {
    let is_get = call.request.method() == Method::GET;
    match route {
        Route::Conversations if is_get => conversations::list(call),
        Route::Conversations => conversations::upsert(call),
        Route::Conversation(number) if is_get => conversations::detail(call, number),
        Route::Track => messages::create(call),
        Route::Message(number) if is_get => messages::detail(call, number),
        _ => Err(Refusal::no_route()),
    }
}

fn method_not_allowed(method: &Method, route: Route) -> Refusal {
    let refusal = Refusal::detail(StatusCode::METHOD_NOT_ALLOWED, format!("Method \"{method}\" not allowed."));
    match route.allow() {
        Some(methods) => refusal.header(header::ALLOW, methods),
        None => refusal,
    }
}
