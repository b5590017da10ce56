use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Request;

/// Requests that arrived and take effect later, as a fault wants it.
#[derive(Debug, Default)]
pub(super) struct LateRequests(Vec<(DateTime<Utc>, Request<Bytes>)>);

impl LateRequests {
    pub(super) fn add(&mut self, now: DateTime<Utc>, after: Duration, request: Request<Bytes>) {
        let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::MAX);
        let at = now.checked_add_signed(after).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.0.push((at, request));
    }

    /// Takes the one whose time came first; of several at the same time, the one that arrived first.
    pub(super) fn next_due(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Request<Bytes>)> {
        let due = self.0.iter().enumerate().filter(|(_, (at, _))| *at <= now);
        let (place, _) = due.min_by_key(|(_, (at, _))| *at)?;
        Some(self.0.remove(place))
    }
}
