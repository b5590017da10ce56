//! What both clients are held to when an answer crosses a real socket; each crate's `tests/wire/` makes the calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agentsight_core::{Config, Context, Error, ErrorKind, Now};
use chrono::{DateTime, TimeDelta, Utc};

/// A well-formed key that belongs to nobody.
pub(crate) const KEY: &str = "ags_0123456789abcdef0123456789abcdef_012345";

/// A configuration for a server at `endpoint`.
pub(crate) fn config(endpoint: String) -> Config {
    Config::builder().api_key(KEY).endpoint(endpoint).build().expect("a valid configuration")
}

/// A clock that moves only when somebody waits: retries take no time, and their waits can be read off.
#[derive(Debug, Default)]
pub(crate) struct VirtualClock(AtomicU64);

impl VirtualClock {
    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).expect("a wait of less than centuries");
        self.0.fetch_add(nanos, Ordering::SeqCst);
    }

    fn now(&self) -> Now {
        let utc: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::from_std(self.elapsed()).expect("a short time");
        Now::new(self.elapsed(), utc)
    }

    /// A context over this clock, whose waits move it, and whose jitter is as small as can be.
    pub(crate) fn context(self: &Arc<Self>) -> Context {
        let (read, moved) = (Arc::clone(self), Arc::clone(self));
        Context::new(move || read.now(), || 0).with_virtual_waits(move |wait| moved.advance(wait))
    }
}

/// An error answer as the service, or something in front of it, gives it (wire: 1.5).
pub(crate) struct ErrorAnswer {
    pub(crate) status: usize,
    pub(crate) content_type: &'static str,
    pub(crate) body: &'static str,
    kind: ErrorKind,
    detail: &'static str,
    fields: &'static [&'static str],
}

/// Every shape of an error body, each under a status that is not repeated.
pub(crate) const ERROR_ANSWERS: &[ErrorAnswer] = &[
    ErrorAnswer {
        status: 401,
        content_type: "application/json",
        body: r#"{"detail": "Invalid API key."}"#,
        kind: ErrorKind::Unauthorized,
        detail: "Invalid API key.",
        fields: &[],
    },
    ErrorAnswer {
        status: 403,
        content_type: "application/json",
        body: r#"{"detail": "You do not have permission to perform this action."}"#,
        kind: ErrorKind::Forbidden,
        detail: "permission",
        fields: &[],
    },
    ErrorAnswer {
        status: 400,
        content_type: "application/json",
        body: r#"{"error": "No attachment files found"}"#,
        kind: ErrorKind::Rejected,
        detail: "No attachment files found",
        fields: &[],
    },
    ErrorAnswer {
        status: 400,
        content_type: "application/json",
        body: r#"{"environment": ["Select a valid choice."], "started_at_after": "Enter a valid date."}"#,
        kind: ErrorKind::Rejected,
        detail: "Enter a valid date.",
        fields: &["environment", "started_at_after"],
    },
    ErrorAnswer {
        status: 422,
        content_type: "application/json",
        body: r#"["first problem", "second problem"]"#,
        kind: ErrorKind::Rejected,
        detail: "second problem",
        fields: &[],
    },
    ErrorAnswer {
        status: 404,
        content_type: "text/html",
        body: "<!doctype html><html><h1>Not Found</h1></html>",
        kind: ErrorKind::NotFound,
        detail: "Not Found",
        fields: &[],
    },
    ErrorAnswer {
        status: 405,
        content_type: "application/json",
        body: r#"{"detail": "Method \"GET\" not allowed."}"#,
        kind: ErrorKind::UnexpectedResponse,
        detail: "not allowed",
        fields: &[],
    },
    ErrorAnswer {
        status: 413,
        content_type: "text/plain",
        body: "request entity too large",
        kind: ErrorKind::Rejected,
        detail: "too large",
        fields: &[],
    },
];

impl ErrorAnswer {
    /// What the caller of a read that was answered with this gets to see.
    pub(crate) fn check(&self, error: &Error) {
        let said = error.detail().unwrap_or_default();
        assert_eq!(error.kind(), self.kind, "{} {}", self.status, self.body);
        assert_eq!(error.status().map(|status| usize::from(status.as_u16())), Some(self.status));
        assert!(said.contains(self.detail), "{said:?} of {}", self.body);
        assert_eq!(error.field_errors().keys().collect::<Vec<_>>(), self.fields);
        assert_eq!(error.attempts(), 1, "{} is not repeated", self.status);
        assert!(!format!("{error} {error:?}").contains(KEY));
    }
}

/// A page without conversations.
pub(crate) const EMPTY_PAGE: &str = r#"{"count": 0, "next": null, "previous": null, "results": []}"#;
