use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response, header};
use serde::Serialize;

use crate::FakeApi;

/// How the service was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Traffic {
    /// The requests, failed ones included.
    pub requests: u64,
    /// The most requests that were under way at one moment. More than 1 inside a conversation breaks R10.
    pub most_parallel: usize,
    /// The requests that came before the `Retry-After` of an earlier answer had passed (R16).
    ///
    /// An answer holds back its own conversation, and where its request named none, the requests to its path: it is these
    /// that the SDK makes wait for one another.
    pub early: u64,
    /// The bytes of the request bodies. A body that was too large to be kept counts nothing.
    pub bytes_in: u64,
    /// The bytes of the bodies of the answers.
    pub bytes_out: u64,
    #[serde(skip)]
    in_flight: usize,
    #[serde(skip)]
    not_before: Option<DateTime<Utc>>,
}

/// A request that came before it was allowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EarlyRequest {
    /// The conversation that it named; `None` for one that names none.
    pub conversation_id: Option<String>,
    /// The path, without the query.
    pub path: String,
    /// When it came.
    pub at: DateTime<Utc>,
    /// When it would have been allowed. After an endless `Retry-After` this is the end of time.
    pub not_before: DateTime<Utc>,
}

/// A request that is under way; dropping it ends it. See [`FakeApi::begin`].
#[must_use = "dropping it says that the request has ended"]
pub struct InFlight {
    api: FakeApi,
    scope: Scope,
}

/// Requests that have to wait for one another: those of one conversation, else those of one path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Conversation(String),
    Path(String),
}

/// Counts requests as they come, each at a cost that does not grow; remembers at most `most` scopes by name.
#[derive(Debug)]
pub(crate) struct TrafficMeter {
    overall: Traffic,
    by_scope: HashMap<Scope, Traffic>,
    early: Vec<EarlyRequest>,
    most: usize,
}

impl Scope {
    fn name(&self) -> &str {
        match self {
            Self::Conversation(name) | Self::Path(name) => name,
        }
    }
}

impl InFlight {
    pub(crate) fn new(api: FakeApi, scope: Scope) -> Self {
        api.meter().begin(&scope);
        Self { api, scope }
    }

    /// Which requests it has to wait for.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.api.meter().end(&self.scope);
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl TrafficMeter {
    /// The longest name that is remembered. No text id and no path of the service is as long.
    const LONGEST_NAME: usize = 2_048;

    pub(crate) fn new(most: usize) -> Self {
        Self { overall: Traffic::default(), by_scope: HashMap::new(), early: Vec::new(), most }
    }

    pub(crate) fn overall(&self) -> &Traffic {
        &self.overall
    }

    pub(crate) fn early(&self) -> &[EarlyRequest] {
        &self.early
    }

    pub(crate) fn conversation(&self, conversation_id: &str) -> Traffic {
        self.by_scope.get(&Scope::Conversation(conversation_id.to_owned())).cloned().unwrap_or_default()
    }

    /// A request comes in, and may be early.
    pub(crate) fn arrive(&mut self, scope: &Scope, request: &Request<Bytes>, at: DateTime<Utc>) {
        let bytes = request.body().len() as u64;
        let not_before = self.scope(scope).and_then(|traffic| traffic.not_before).filter(|allowed| at < *allowed);
        self.each(scope, |traffic| {
            traffic.requests = traffic.requests.saturating_add(1);
            traffic.bytes_in = traffic.bytes_in.saturating_add(bytes);
            traffic.most_parallel = traffic.most_parallel.max(1);
            traffic.early = traffic.early.saturating_add(u64::from(not_before.is_some()));
        });
        if let Some(not_before) = not_before.filter(|_| self.early.len() < self.most) {
            let conversation_id = match scope {
                Scope::Conversation(id) => Some(id.clone()),
                Scope::Path(_) => None,
            };
            let path = request.uri().path().to_owned();
            self.early.push(EarlyRequest { conversation_id, path, at, not_before });
        }
    }

    /// An answer goes out, and may forbid the next request for a while.
    pub(crate) fn answer(&mut self, scope: &Scope, answer: &Response<Bytes>, at: DateTime<Utc>) {
        let bytes = answer.body().len() as u64;
        let not_before = retry_after(answer, at);
        self.each(scope, |traffic| traffic.bytes_out = traffic.bytes_out.saturating_add(bytes));
        if let Some(traffic) = self.scope(scope) {
            traffic.not_before = traffic.not_before.max(not_before);
        }
    }

    fn begin(&mut self, scope: &Scope) {
        self.each(scope, |traffic| {
            traffic.in_flight = traffic.in_flight.saturating_add(1);
            traffic.most_parallel = traffic.most_parallel.max(traffic.in_flight);
        });
    }

    fn end(&mut self, scope: &Scope) {
        self.each(scope, |traffic| traffic.in_flight = traffic.in_flight.saturating_sub(1));
    }

    fn each(&mut self, scope: &Scope, change: impl Fn(&mut Traffic)) {
        change(&mut self.overall);
        if let Some(traffic) = self.scope(scope) {
            change(traffic);
        }
    }

    fn scope(&mut self, scope: &Scope) -> Option<&mut Traffic> {
        if !self.by_scope.contains_key(scope) {
            if self.by_scope.len() >= self.most || scope.name().len() > Self::LONGEST_NAME {
                return None;
            }
            self.by_scope.insert(scope.clone(), Traffic::default());
        }
        self.by_scope.get_mut(scope)
    }
}

/// From when on the client may ask again: seconds or a date (wire: 1.5). What is neither forbids nothing.
fn retry_after(answer: &Response<Bytes>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let value = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return DateTime::parse_from_rfc2822(value).ok().map(|date| date.with_timezone(&Utc));
    }
    // More seconds than there is time end with it: such a service is not to be asked again.
    let wait = value.parse().ok().and_then(TimeDelta::try_seconds);
    Some(wait.and_then(|wait| at.checked_add_signed(wait)).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_by_name_is_bounded_in_number_and_length() {
        let mut meter = TrafficMeter::new(100);
        let request = Request::new(Bytes::from_static(b"{}"));
        for number in 0..10_000 {
            meter.arrive(&Scope::Path(format!("/{number}/")), &request, DateTime::UNIX_EPOCH);
            meter.arrive(&Scope::Conversation("x".repeat(3_000 + number)), &request, DateTime::UNIX_EPOCH);
        }
        assert_eq!(meter.by_scope.len(), 100);
        assert!(meter.by_scope.keys().all(|scope| scope.name().len() <= TrafficMeter::LONGEST_NAME));
        assert_eq!(meter.overall().requests, 20_000);
    }
}
