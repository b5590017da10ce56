//! One call with its safe repetitions (R16).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::answer::Answer;
use crate::answer::retry_after;
use crate::call::{Machine, Step};
use crate::config::{ApiKey, Config};
use crate::context::Now;
use crate::endpoint::{Operation, Repeat, RequestFrame};
use crate::error::{Error, ErrorKind, Purpose, RequestFate};
use crate::jitter::Jitter;
use crate::retry::{FailedAttempt, Retry, out_of_time};
use crate::transport::{Attempt, FailureKind, TransportFailure};

/// The longest answer to a create that is read, in bytes: it is read for its ids alone (R23).
const CREATE_ANSWER: u64 = 1024 * 1024;

/// What every call of a client shares: where it goes, how it is signed, and how often it is repeated.
#[derive(Debug)]
pub(crate) struct CallSettings {
    pub config: Arc<Config>,
    pub frame: RequestFrame,
    key: RwLock<Option<ApiKey>>,
}

impl CallSettings {
    pub(crate) fn new(config: Arc<Config>, frame: RequestFrame) -> Self {
        let key = RwLock::new(config.api_key().cloned());
        Self { config, frame, key }
    }

    /// The key that requests leave with.
    pub(crate) fn key(&self) -> Option<ApiKey> {
        self.key.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the key.
    pub(crate) fn set_key(&self, key: ApiKey) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }
}

/// One call with its safe repetitions.
///
/// It repeats what cannot do a thing twice. A create that the service may have acted on ends with `MaybeSent`.
#[derive(Debug)]
pub(crate) struct Exchange<O: Operation> {
    operation: O,
    settings: Arc<CallSettings>,
    jitter: Jitter,
    attempts: u32,
    deadline: Option<Duration>,
    state: State<O::Output>,
}

#[derive(Debug)]
enum State<T> {
    Ready,
    Waiting { until: Duration },
    Sent,
    Finished(Result<T, Error>),
    Taken,
}

impl<O: Operation> Exchange<O> {
    pub(crate) fn new(operation: O, settings: Arc<CallSettings>, seed: u64) -> Self {
        Self { operation, settings, jitter: Jitter::new(seed), attempts: 0, deadline: None, state: State::Ready }
    }

    /// How long an attempt may take as long as the call's time is not almost over.
    pub(crate) fn allowance(&self) -> Duration {
        self.operation.allowance(self.settings.config.timeouts())
    }

    /// The longest answer that is read, in bytes.
    fn response_limit(&self) -> u64 {
        let configured = self.settings.config.response_limit();
        match self.operation.repeat() {
            Repeat::Safe => configured,
            Repeat::Creates => configured.min(CREATE_ANSWER),
        }
    }

    /// When the call's whole time is up, on the monotonic clock; fixed by the first poll.
    fn deadline(&mut self, now: Now) -> Duration {
        let (allowance, config) = (self.allowance(), &self.settings.config);
        *self.deadline.get_or_insert_with(|| {
            let retry = config.retry();
            // A large upload would never fit into the time of a small call: each attempt brings its own extra time.
            let extra = allowance.saturating_sub(config.timeouts().attempt).saturating_mul(retry.max_attempts);
            now.since_start.saturating_add(retry.call_timeout).saturating_add(extra)
        })
    }

    fn attempt(&mut self, now: Now) -> Result<Attempt, Error> {
        let left = self.deadline(now).saturating_sub(now.since_start);
        if left.is_zero() {
            return Err(out_of_time(None));
        }
        let config = &self.settings.config;
        let request = self.settings.frame.build(config, self.operation.request()?, self.settings.key().as_ref())?;
        Ok(Attempt::new(request)
            .timeout(self.allowance().min(left))
            .connect_timeout(config.timeouts().connect)
            .response_limit(self.response_limit()))
    }

    /// After a failure that may be repeated: wait, or give up if attempts or time are used up.
    fn schedule(&mut self, now: Now, error: Error) {
        let failed = FailedAttempt {
            attempts: self.attempts,
            random: self.jitter.next(),
            asked: error.retry_after().unwrap_or_default(),
            now: now.since_start,
            deadline: self.deadline(now),
        };
        self.state = match failed.retry(self.settings.config.retry()) {
            Retry::At(until) => State::Waiting { until },
            Retry::Exhausted | Retry::AskedTooLate => self.failed(error),
            Retry::OutOfTime => self.failed(out_of_time(Some(error))),
        };
    }

    fn failed(&self, error: Error) -> State<O::Output> {
        State::Finished(Err(self.name_error(error)))
    }

    fn name_error(&self, error: Error) -> Error {
        error
            .with_operation(self.operation.name())
            .with_purpose(self.operation.purpose())
            .with_host(self.settings.config.endpoint().authority())
            .with_attempts(self.attempts)
    }
}

impl<O: Operation> Machine for Exchange<O> {
    type Output = O::Output;

    fn poll(&mut self, now: Now) -> Step<O::Output> {
        if let State::Waiting { until } = self.state {
            if now.since_start < until {
                return Step::Wait(until - now.since_start);
            }
            self.state = State::Ready;
        }
        match std::mem::replace(&mut self.state, State::Taken) {
            State::Ready => match self.attempt(now) {
                Ok(attempt) => {
                    self.attempts += 1;
                    self.state = State::Sent;
                    Step::Send(attempt)
                }
                Err(error) => Step::Done(Err(self.name_error(error))),
            },
            State::Finished(result) => Step::Done(result),
            State::Sent | State::Waiting { .. } | State::Taken => {
                let misuse =
                    Error::new(ErrorKind::Closed, "the call was polled while its answer was awaited, or again");
                Step::Done(Err(self.name_error(misuse).with_purpose(Purpose::Ended)))
            }
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        let status = response.status();
        if status.is_success() {
            let answer = Answer { status, body: response.body() };
            match self.operation.read(&answer) {
                Ok(output) => self.state = State::Finished(Ok(output)),
                // Somebody else answered in the service's place, or it left out what we cannot do without.
                Err(error) if error.kind() == ErrorKind::UnexpectedResponse => self.maybe_kept(now, error),
                // It cannot be read; what it answers has been created.
                Err(error) if error.kind() == ErrorKind::TooLarge && self.operation.repeat() == Repeat::Creates => {
                    self.maybe_kept(now, error);
                }
                Err(error) => self.state = self.failed(error),
            }
            return;
        }
        let wait = retry_after(response.headers(), now.utc);
        let error = Error::from_answer(status, response.body(), wait);
        match status {
            // The service says that it did not take the request.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_EARLY => {
                self.schedule(now, error);
            }
            StatusCode::REQUEST_TIMEOUT => self.maybe_kept(now, error),
            _ if status.is_server_error() => self.maybe_kept(now, error),
            // No status of HTTP: it says nothing of what became of the request.
            _ if is_unknown(status) && self.operation.repeat() == Repeat::Creates => self.maybe_kept(now, error),
            _ => self.state = self.failed(error),
        }
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        let hopeless = match failure.kind() {
            FailureKind::File | FailureKind::Request => true,
            // The same answer would be too large again.
            FailureKind::TooLarge => self.operation.repeat() == Repeat::Safe,
            _ => false,
        };
        let maybe_seen = failure.maybe_seen();
        let error = Error::from_failure(failure);
        if hopeless {
            self.state = self.failed(error);
        } else if maybe_seen {
            self.maybe_kept(now, error);
        } else {
            self.schedule(now, error);
        }
    }
}

impl<O: Operation> Exchange<O> {
    /// After a request that the service may have acted on.
    fn maybe_kept(&mut self, now: Now, error: Error) {
        match self.operation.repeat() {
            Repeat::Safe => self.schedule(now, error),
            // Whatever was answered, nobody knows whether the service acted on the request.
            Repeat::Creates => self.state = self.failed(error.with_fate(RequestFate::MaybeSent)),
        }
    }
}

/// Whether a status is no final one, or none at all.
fn is_unknown(status: StatusCode) -> bool {
    status.is_informational() || status.as_u16() > 599
}
