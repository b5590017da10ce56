use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;

/// One request as the fake received it, and how it was answered.
///
/// `Debug` shows no credentials, and of the bodies their lengths only.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Which request it is since the service began, counted from 1.
    pub number: u64,
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query's pairs in order, decoded.
    pub query: Vec<(String, String)>,
    /// The headers as received.
    pub headers: HeaderMap,
    /// The body as received; empty where it was too large to keep.
    pub body: Bytes,
    /// The status answered; `None` where the connection was closed without an answer.
    pub status: Option<StatusCode>,
    /// The headers answered; none where there was no answer.
    pub answer_headers: HeaderMap,
    /// The body answered; empty where there was no answer.
    pub answer_body: Bytes,
    /// How long the answer took, on the fake's clock; `Duration::MAX` where none would ever come.
    pub duration: Duration,
    /// The fault that the request met, in words.
    pub fault: Option<String>,
    /// When it was received, on the fake's clock.
    pub at: DateTime<Utc>,
}

impl RecordedRequest {
    /// The body as JSON, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header as text, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// About how much memory it takes, beyond what every request does.
    fn kept_bytes(&self) -> usize {
        let header = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        let headers = self.headers.iter().chain(&self.answer_headers).map(header);
        let query = self.query.iter().map(|(name, value)| name.len() + value.len());
        let texts =
            [self.path.len(), self.body.len(), self.answer_body.len(), self.fault.as_ref().map_or(0, String::len)];
        headers.chain(query).chain(texts).fold(0, usize::saturating_add)
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut headers = self.headers.clone();
        for (_, value) in headers.iter_mut().filter(|(name, _)| **name == header::AUTHORIZATION) {
            value.set_sensitive(true);
        }
        f.debug_struct("RecordedRequest")
            .field("number", &self.number)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("headers", &headers)
            .field("body_bytes", &self.body.len())
            .field("status", &self.status)
            .field("answer_bytes", &self.answer_body.len())
            .field("duration", &self.duration)
            .field("fault", &self.fault)
            .field("at", &self.at)
            .finish()
    }
}

/// Some of the remembered requests.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct RequestPage {
    pub(crate) requests: Vec<RecordedRequest>,
    /// How many requests are no longer remembered.
    pub(crate) forgotten: u64,
    /// The number given last.
    pub(crate) last: u64,
}

/// The last requests, within a number of requests and of bytes; what falls out is counted.
#[derive(Debug)]
pub(crate) struct RequestLog {
    requests: VecDeque<RecordedRequest>,
    most: usize,
    bytes: usize,
    forgotten: u64,
    last: u64,
}

impl RequestLog {
    /// The most bytes that are kept, so that a long run of uploads does not fill the memory.
    const MOST_BYTES: usize = 256 * 1024 * 1024;

    pub(crate) fn new(most: usize) -> Self {
        Self { requests: VecDeque::new(), most, bytes: 0, forgotten: 0, last: 0 }
    }

    /// Remembers a request, which gets its number here.
    pub(crate) fn push(&mut self, mut request: RecordedRequest) {
        self.last = self.last.saturating_add(1);
        request.number = self.last;
        self.bytes = self.bytes.saturating_add(request.kept_bytes());
        self.requests.push_back(request);
        while self.requests.len() > self.most || self.bytes > Self::MOST_BYTES {
            let Some(oldest) = self.requests.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(oldest.kept_bytes());
            self.forgotten = self.forgotten.saturating_add(1);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    /// Those with numbers between these two, both excluded, in order.
    #[cfg(feature = "cli")]
    pub(crate) fn between(&self, after: u64, before: u64) -> impl DoubleEndedIterator<Item = &RecordedRequest> {
        let start = self.requests.partition_point(|request| request.number <= after);
        let end = self.requests.partition_point(|request| request.number < before);
        self.requests.range(start..end.max(start))
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The number given last.
    #[cfg(feature = "cli")]
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.bytes = 0;
        self.forgotten = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> RecordedRequest {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Api-Key ags_secret"));
        RecordedRequest {
            number: 0,
            method: Method::GET,
            path: path.to_owned(),
            query: Vec::new(),
            headers,
            body: Bytes::from_static(b"{\"content\": \"private\"}"),
            status: None,
            answer_headers: HeaderMap::new(),
            answer_body: Bytes::from_static(b"{\"detail\": \"private\"}"),
            duration: Duration::ZERO,
            fault: None,
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_oldest_requests_fall_out_and_are_counted() {
        let mut log = RequestLog::new(2);
        for path in ["/1/", "/2/", "/3/"] {
            log.push(request(path));
        }
        let kept: Vec<(u64, String)> =
            log.requests().into_iter().map(|request| (request.number, request.path)).collect();
        assert_eq!(kept, [(2, "/2/".to_owned()), (3, "/3/".to_owned())]);
        assert_eq!(log.forgotten(), 1);
    }

    #[test]
    fn heads_and_bodies_are_bounded_together() {
        let mut log = RequestLog::new(usize::MAX);
        let body = Bytes::from(vec![b' '; RequestLog::MOST_BYTES / 8]);
        for _ in 0..20 {
            let mut request = request("/api/track/");
            request.answer_body = body.clone();
            request.query = vec![("name".to_owned(), "x".repeat(1000))];
            log.push(request);
        }
        assert_eq!((log.requests().len(), log.forgotten()), (7, 13));
        log.push(RecordedRequest { body: Bytes::from(vec![b' '; RequestLog::MOST_BYTES + 1]), ..request("/") });
        assert_eq!((log.requests().len(), log.forgotten()), (0, 21));
    }

    #[test]
    fn debug_shows_neither_the_key_nor_the_content() {
        let shown = format!("{:?}", request("/api/track/"));
        assert!(!shown.contains("secret") && !shown.contains("private"), "{shown}");
        assert!(shown.contains("/api/track/"));
    }
}
