/// What went wrong, by the status of the answer or the place of the failure, never by the text of a body (E2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration is not usable: a missing or malformed key, a bad endpoint, an unparsable variable (C1-C3).
    Config,
    /// An argument was refused before anything was stored or sent (R7, R18).
    InvalidInput,
    /// A file to attach is gone, unreadable, or has changed since it was tracked (R13).
    File,
    /// No connection could be established; the service saw nothing.
    Connect,
    /// An attempt's time ran out.
    Timeout,
    /// The connection broke, or the answer was cut short.
    Transport,
    /// The time for the whole call, repetitions and waits included, ran out (R16).
    DeadlineExceeded,
    /// 401: the key is missing, unknown, revoked, or its subscription is inactive.
    Unauthorized,
    /// 403: the key may not do this, for example a read key that writes.
    Forbidden,
    /// 404, or no row matched: there is no such thing, or it belongs to another agent.
    NotFound,
    /// 400, 409, 413, 422 and other 4xx: the service refused what was sent.
    Rejected,
    /// 429: too many requests. See [`Error::retry_after`](super::Error::retry_after).
    RateLimited,
    /// 5xx, 408, 425: the service failed or was not ready.
    Server,
    /// An answer that AgentSight does not give: a redirect, 405, a page that is not JSON. Check the endpoint.
    UnexpectedResponse,
    /// The answer is larger than the cap (C3).
    TooLarge,
    /// JSON of a shape that cannot be read. The message names the place.
    Decode,
    /// So many events are pending that no more are taken. Send, or raise the limit.
    QueueFull,
    /// The client is disabled, or the event can no longer be taken.
    Closed,
}

impl ErrorKind {
    /// Whether the same call may succeed later without anything being changed: the service could not be reached, did
    /// not answer in time, failed, or asked to wait.
    ///
    /// What was tracked is retried by itself. For another call, look at [`Error::request_fate`](super::Error::request_fate)
    /// too: if the request may have been acted on, repeating the call could do a thing twice.
    ///
    /// ```
    /// use agentsight_core::ErrorKind;
    ///
    /// assert!(ErrorKind::RateLimited.is_retryable());
    /// assert!(!ErrorKind::Rejected.is_retryable());
    /// ```
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Connect
                | Self::Timeout
                | Self::Transport
                | Self::DeadlineExceeded
                | Self::RateLimited
                | Self::Server
                | Self::QueueFull
        )
    }

    /// Whether time ran out: of one attempt, or of the whole call.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::Timeout | Self::DeadlineExceeded)
    }

    /// The kind that an answer's status stands for; `None` for 2xx.
    pub(crate) fn of_status(status: http::StatusCode) -> Option<Self> {
        Some(match status.as_u16() {
            200..=299 => return None,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::RateLimited,
            408 | 425 | 500..=599 => Self::Server,
            405 => Self::UnexpectedResponse,
            400..=499 => Self::Rejected,
            _ => Self::UnexpectedResponse,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e2_the_kind_follows_the_status() {
        for (status, kind) in [
            (200, None),
            (204, None),
            (302, Some(ErrorKind::UnexpectedResponse)),
            (400, Some(ErrorKind::Rejected)),
            (401, Some(ErrorKind::Unauthorized)),
            (402, Some(ErrorKind::Rejected)),
            (403, Some(ErrorKind::Forbidden)),
            (404, Some(ErrorKind::NotFound)),
            (405, Some(ErrorKind::UnexpectedResponse)),
            (408, Some(ErrorKind::Server)),
            (409, Some(ErrorKind::Rejected)),
            (413, Some(ErrorKind::Rejected)),
            (422, Some(ErrorKind::Rejected)),
            (425, Some(ErrorKind::Server)),
            (429, Some(ErrorKind::RateLimited)),
            (500, Some(ErrorKind::Server)),
            (503, Some(ErrorKind::Server)),
            (600, Some(ErrorKind::UnexpectedResponse)),
        ] {
            let status = http::StatusCode::from_u16(status).expect("a status between 100 and 999");
            assert_eq!(ErrorKind::of_status(status), kind, "{status}");
        }
    }
}
