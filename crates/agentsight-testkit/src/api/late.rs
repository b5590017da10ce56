use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Request;

/// The most requests that wait.
const MOST: usize = 10_000;
/// The most bytes that they have together, heads and bodies.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Requests that arrived and take effect later, as a fault wants it.
#[derive(Debug, Default)]
pub(super) struct LateRequests {
    /// By time, and those of the same time as they arrived.
    waiting: BTreeMap<(DateTime<Utc>, u64), Request<Bytes>>,
    arrived: u64,
    bytes: usize,
}

impl LateRequests {
    /// Has a request wait, or gives it back where no more can: then it is to take effect at once, as nothing that was
    /// to be stored is lost so.
    #[must_use]
    pub(super) fn add(
        &mut self,
        now: DateTime<Utc>,
        after: Duration,
        request: Request<Bytes>,
    ) -> Option<Request<Bytes>> {
        let bytes = self.bytes.saturating_add(size(&request));
        if self.waiting.len() >= MOST || bytes > MOST_BYTES {
            return Some(request);
        }
        let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::MAX);
        let at = now.checked_add_signed(after).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.arrived = self.arrived.wrapping_add(1);
        self.waiting.insert((at, self.arrived), request);
        self.bytes = bytes;
        None
    }

    /// Takes the one whose time came first; of several at the same time, the one that arrived first.
    pub(super) fn next_due(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Request<Bytes>)> {
        let first = self.waiting.first_entry().filter(|first| first.key().0 <= now)?;
        let ((at, _), request) = first.remove_entry();
        self.bytes = self.bytes.saturating_sub(size(&request));
        Some((at, request))
    }
}

/// About what a request takes up, but for what every one does.
fn size(request: &Request<Bytes>) -> usize {
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len().saturating_add(value.len()));
    let uri = request.uri();
    let target = [uri.path().len(), uri.query().map_or(0, str::len), request.body().len()];
    headers.chain(target).fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn request(body: usize) -> Request<Bytes> {
        Request::new(Bytes::from(vec![b'x'; body]))
    }

    #[test]
    fn more_requests_than_may_wait_are_given_back() {
        let mut late = LateRequests::default();
        for _ in 0..MOST {
            assert!(late.add(at(0), Duration::from_secs(9), request(0)).is_none());
        }
        assert!(late.add(at(0), Duration::from_secs(1), request(0)).is_some());
        assert!(late.next_due(at(9)).is_some());
        assert!(late.add(at(0), Duration::from_secs(1), request(0)).is_none());
        assert_eq!(late.next_due(at(9)).unwrap().0, at(1));
    }

    #[test]
    fn more_bytes_than_may_wait_are_given_back() {
        let mut late = LateRequests::default();
        let large = request(MOST_BYTES / 2);
        assert!(late.add(at(0), Duration::ZERO, large.clone()).is_none());
        assert!(late.add(at(0), Duration::ZERO, large.clone()).is_some(), "the target has a byte too");
        assert!(late.next_due(at(0)).is_some());
        assert_eq!(late.bytes, 0);
        assert!(late.add(at(0), Duration::ZERO, large).is_none());
    }
}
