//! The service as a state machine over requests; one file for each part of its HTTP surface.

mod action_logs;
mod action_table;
mod actions;
mod answer;
mod any_case;
mod attachments;
mod audit;
mod buttons;
mod call;
mod content_disposition;
mod conversation_feedbacks;
mod conversation_order;
mod conversations;
mod dispatch;
mod feedback_filter;
mod feedback_table;
mod feedbacks;
mod file_name;
mod filter;
mod inspect;
mod late;
#[cfg(feature = "cli")]
mod look;
mod manage;
mod me;
mod messages;
mod metadata_filter;
mod metadata_in_use;
mod nesting;
mod page;
mod parameters;
mod recent_rows;
mod reference;
mod render;
mod reset;
mod revision;
mod route;
mod rows;
mod rows_by_number;
mod signature;
mod snapshot;
mod state;
mod timestamp;
mod transcript_filter;
mod upload;
mod validation;
mod view;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response};

use self::answer::Refusal;
use self::call::Query;
#[cfg(feature = "cli")]
pub(crate) use self::content_disposition::attachment_to_save;
pub use self::inspect::StoredFile;
use self::late::LateRequests;
pub(crate) use self::nesting::{DEEPEST, is_too_deep};
pub(crate) use self::page::LARGEST_PAGE;
pub(crate) use self::reference::Reference;
#[cfg(feature = "cli")]
pub(crate) use self::revision::Revision;
use self::revision::Revisions;
pub(crate) use self::route::{Route, is_file_address};
pub(crate) use self::rows::{
    ActionLogRow, ActionRow, ButtonRow, ConversationRow, FeedbackRow, FeedbackSubject, FileRow, MessageRow, Sender,
    verbatim,
};
pub(crate) use self::state::{GREATEST_NUMBER, LastNumbers, State, Table};
pub(crate) use self::timestamp::{WRONG_FORMAT, read as read_time, write as write_time};
pub(crate) use self::upload::part_names;
pub(crate) use self::validation::{SENTIMENTS, SHORT_TEXT};
use crate::audit::{Scope, TrafficMeter};
use crate::fault::{Effect, Fault, Reaction};
use crate::key::{DEFAULT_KEY, FakeKey};
use crate::rate_limit::Buckets;
#[cfg(feature = "cli")]
use crate::record::RequestPage;
use crate::record::{RecordedRequest, RequestLog};
use crate::{FakeClock, FakeOptions};

/// AgentSight in memory: the same requests, the same answers, no socket and no account.
///
/// Clones share one service. It starts no thread, reads no clock but the injected one, and does not panic or answer
/// 5xx, whatever it is sent.
///
/// ```
/// use agentsight_testkit::FakeApi;
/// use bytes::Bytes;
/// use http::{Request, StatusCode};
///
/// # fn main() -> Result<(), http::Error> {
/// let api = FakeApi::new();
/// let request = Request::post("/api/conversations/")
///     .header("authorization", format!("Api-Key {}", api.api_key()))
///     .header("content-type", "application/json")
///     .body(Bytes::from(r#"{"conversation_id": "support-123"}"#))?;
/// assert_eq!(api.handle(request).status(), StatusCode::CREATED);
/// assert!(api.conversation("support-123").is_some_and(|conversation| conversation.used()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeApi {
    shared: Arc<Shared>,
}

struct Shared {
    options: FakeOptions,
    clock: FakeClock,
    state: Mutex<State>,
    late: Mutex<LateRequests>,
    buckets: Mutex<Buckets>,
    log: Mutex<RequestLog>,
    meter: Mutex<TrafficMeter>,
    revisions: Revisions,
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
        let clock = options.clock.clone().unwrap_or_default();
        let log = Mutex::new(RequestLog::new(options.recorded_requests));
        let meter = Mutex::new(TrafficMeter::new(options.recorded_requests));
        let shared = Shared {
            options,
            clock,
            state: Mutex::default(),
            late: Mutex::default(),
            buckets: Mutex::default(),
            log,
            meter,
            revisions: Revisions::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Answers a request, and remembers it.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let arrival = self.arrive(self.scope(&request), &request);
        let response = self.answer(&request);
        self.leave(&arrival, &response, Duration::ZERO);
        self.record(request, &arrival, Duration::ZERO, Some(&response), None);
        response
    }

    /// What comes of a request under a fault, and remembers it. Without a fault it is the service's answer, at once.
    ///
    /// Whether the request takes effect is the fault's to say; waiting and closing are the caller's to do. This is how
    /// a transport without a socket meets faults, in virtual time if it likes:
    ///
    /// ```
    /// use agentsight_testkit::{FakeApi, Fault, FaultPlan, FaultRule};
    /// use bytes::Bytes;
    /// use http::Request;
    ///
    /// # fn main() -> Result<(), http::Error> {
    /// let api = FakeApi::new();
    /// let mut faults = FaultPlan::new().rule(FaultRule::new(Fault::close_after_applied()).path("/api/me/"));
    /// let request = Request::get("/api/me/").body(Bytes::new())?;
    /// let fault = faults.next(&request);
    /// let reaction = api.react(request, fault);
    /// api.clock().advance(reaction.delay);
    /// assert!(reaction.answer.is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn react(&self, request: Request<Bytes>, fault: Option<Fault>) -> Reaction {
        let scope = self.scope(&request);
        self.react_in(scope, request, fault)
    }

    /// The same for a request whose scope is known already, because it is [under way](Self::begin).
    pub(crate) fn react_in(&self, scope: Scope, request: Request<Bytes>, fault: Option<Fault>) -> Reaction {
        let arrival = self.arrive(scope, &request);
        let words = fault.as_ref().map(ToString::to_string);
        let reaction = match fault {
            Some(fault) => {
                if let Effect::Late(after) = fault.effect() {
                    let beyond = self.late().add(self.clock().now(), after, request.clone());
                    if let Some(request) = beyond {
                        let _ = self.answer(&request);
                    }
                }
                fault.react(&request, |request| self.answer(request))
            }
            None => Reaction::answered(self.answer(&request)),
        };
        if let Some(answer) = &reaction.answer {
            self.leave(&arrival, answer, reaction.delay);
        }
        self.record(request, &arrival, reaction.delay, reaction.answer.as_ref(), words);
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
        &self.shared.clock
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
        self.shared.revisions.note_request();
    }

    /// What is remembered of the requests with numbers in a range: the first `most`, or the last, newest first.
    #[cfg(feature = "cli")]
    pub(crate) fn requests_between(&self, after: u64, before: u64, newest: bool, most: usize) -> RequestPage {
        let log = self.log();
        let between = log.between(after, before);
        let requests =
            if newest { between.rev().take(most).cloned().collect() } else { between.take(most).cloned().collect() };
        RequestPage { requests, forgotten: log.forgotten(), last: log.last() }
    }

    #[cfg(feature = "server")]
    pub(crate) fn body_limit(&self) -> usize {
        self.shared.options.body_limit
    }

    /// Answers 413 to a request whose body was too large to be handed over, and remembers it.
    #[cfg(feature = "server")]
    pub(crate) fn refuse_body(&self, request: Request<Bytes>, limit: usize) -> Response<Bytes> {
        let arrival = self.arrive(self.scope(&request), &request);
        let response = Refusal::body_too_large(limit).into_answer().into_response();
        self.leave(&arrival, &response, Duration::ZERO);
        self.record(request, &arrival, Duration::ZERO, Some(&response), None);
        response
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.let_late_requests_arrive();
        self.answer_at(request, self.clock().now())
    }

    fn answer_at(&self, request: &Request<Bytes>, now: DateTime<Utc>) -> Response<Bytes> {
        let response = self.dispatch(request, now).unwrap_or_else(Refusal::into_answer).into_response();
        if request.method() != Method::GET {
            self.note_change();
        }
        response
    }

    /// What is stored may have changed.
    fn note_change(&self) {
        self.shared.revisions.note_change();
    }

    /// Requests that a fault holds back take effect at their time, before anybody asks for something later.
    fn let_late_requests_arrive(&self) {
        loop {
            let due = self.late().next_due(self.clock().now());
            let Some((at, request)) = due else { return };
            let _ = self.answer_at(&request, at);
        }
    }

    fn record(
        &self,
        request: Request<Bytes>,
        (_, at): &(Scope, DateTime<Utc>),
        delay: Duration,
        answer: Option<&Response<Bytes>>,
        fault: Option<String>,
    ) {
        let spent = (self.clock().now() - *at).to_std().unwrap_or_default();
        let query = Query::of(&request).into_pairs();
        let (head, body) = request.into_parts();
        let body = if body.len() > self.shared.options.body_limit { Bytes::new() } else { body };
        self.log().push(RecordedRequest {
            number: 0,
            method: head.method,
            path: head.uri.path().to_owned(),
            query,
            headers: head.headers,
            body,
            status: answer.map(Response::status),
            answer_headers: answer.map(|answer| answer.headers().clone()).unwrap_or_default(),
            answer_body: answer.map(|answer| answer.body().clone()).unwrap_or_default(),
            duration: spent.saturating_add(delay),
            fault,
            at: *at,
        });
        self.shared.revisions.note_request();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.let_late_requests_arrive();
        self.present_state()
    }

    /// A test that panicked elsewhere leaves a state that is whole: handlers check first and change then.
    fn present_state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn late(&self) -> MutexGuard<'_, LateRequests> {
        self.shared.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.shared.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FakeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeApi").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl Default for FakeApi {
    fn default() -> Self {
        Self::new()
    }
}
