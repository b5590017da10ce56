use http::Method;
use serde::Serialize;
use serde_json::json;

use crate::console::ConsoleAnswer;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Index,
    Reset,
    Faults,
    Clock,
    Audit,
    Verification,
    Requests,
    Request(u64),
    Snapshot,
}

/// What a method does with a path; the list that `GET /__testkit/` gives.
#[derive(Serialize)]
struct Entry {
    method: &'static str,
    path: &'static str,
    does: &'static str,
}

const fn entry(method: &'static str, path: &'static str, does: &'static str) -> Entry {
    Entry { method, path, does }
}

const ENTRIES: &[Entry] = &[
    entry("GET", "/__testkit/", "lists the routes"),
    entry("POST", "/__testkit/reset", "makes the service as it was when it began"),
    entry("GET", "/__testkit/faults", "shows the faults, and how far each has counted"),
    entry("PUT", "/__testkit/faults", "replaces the faults"),
    entry("POST", "/__testkit/faults", "adds one fault"),
    entry("DELETE", "/__testkit/faults", "takes all faults away"),
    entry("GET", "/__testkit/clock", "shows the clock of the service"),
    entry("PUT", "/__testkit/clock", "sets, stops or starts the clock"),
    entry("POST", "/__testkit/clock", "moves the clock forward"),
    entry("GET", "/__testkit/audit", "shows what reached the service, doubled, out of order or too early"),
    entry("POST", "/__testkit/audit", "compares what arrived with what was tracked"),
    entry("GET", "/__testkit/verification", "shows which requests AgentSight does not document"),
    entry("GET", "/__testkit/requests", "shows the requests and their answers"),
    entry("DELETE", "/__testkit/requests", "forgets the requests"),
    entry("GET", "/__testkit/requests/{number}", "shows one request whole"),
    entry("GET", "/__testkit/snapshot", "gives what is stored as one document"),
    entry("PUT", "/__testkit/snapshot", "replaces what is stored by such a document"),
];

impl Resource {
    /// A slash at the end does not matter.
    pub(super) fn find(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/__testkit")?;
        Some(match rest.strip_suffix('/').unwrap_or(rest) {
            "" => Self::Index,
            "/reset" => Self::Reset,
            "/faults" => Self::Faults,
            "/clock" => Self::Clock,
            "/audit" => Self::Audit,
            "/verification" => Self::Verification,
            "/requests" => Self::Requests,
            "/snapshot" => Self::Snapshot,
            other => Self::Request(other.strip_prefix("/requests/")?.parse().ok()?),
        })
    }

    /// What can be done with it.
    pub(super) fn methods(self) -> impl Iterator<Item = &'static str> {
        ENTRIES.iter().filter(move |entry| entry.path == self.path()).map(|entry| entry.method)
    }

    /// The query parameters that it knows.
    pub(super) fn parameters(self, method: &Method) -> &'static [&'static str] {
        match (self, method) {
            (Self::Audit, &Method::GET) => &["conversation_id", "after", "limit", "events", "findings"],
            (Self::Requests, &Method::GET) => &["after", "before", "limit", "newest", "bodies"],
            _ => &[],
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Index => "/__testkit/",
            Self::Reset => "/__testkit/reset",
            Self::Faults => "/__testkit/faults",
            Self::Clock => "/__testkit/clock",
            Self::Audit => "/__testkit/audit",
            Self::Verification => "/__testkit/verification",
            Self::Requests => "/__testkit/requests",
            Self::Request(_) => "/__testkit/requests/{number}",
            Self::Snapshot => "/__testkit/snapshot",
        }
    }
}

pub(super) fn index() -> ConsoleAnswer {
    ConsoleAnswer::ok(&json!({ "version": env!("CARGO_PKG_VERSION"), "routes": ENTRIES }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_path_is_found_and_every_method_is_listed_once() {
        for entry in ENTRIES {
            let resource = Resource::find(&entry.path.replace("{number}", "7")).unwrap();
            assert_eq!(resource.path(), entry.path);
            assert_eq!(resource.methods().filter(|method| *method == entry.method).count(), 1, "{}", entry.path);
        }
    }

    #[test]
    fn what_is_no_path_is_not_found() {
        for path in ["/__testkit//", "/__testkit/Reset", "/__testkit/requests/-1", "/__testkit/requests/7/8", "/"] {
            assert_eq!(Resource::find(path), None, "{path}");
        }
    }
}
