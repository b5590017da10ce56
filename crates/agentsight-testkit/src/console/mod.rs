//! The developer's side of the server: the inspector at `/` and the control API under `/__testkit/`.
//!
//! What it answers is neither recorded nor audited, and no fault meets it.

mod answer;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, StatusCode};

pub(crate) use self::answer::ConsoleAnswer;
use crate::FakeApi;
use crate::fault::FaultPlan;

/// What the console works on.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    #[expect(dead_code, reason = "the skeleton")]
    api: FakeApi,
    #[expect(dead_code, reason = "the skeleton")]
    faults: Arc<Mutex<FaultPlan>>,
}

impl Console {
    pub(crate) fn new(api: FakeApi, faults: Arc<Mutex<FaultPlan>>) -> Self {
        Self { api, faults }
    }

    /// Whether a path is the console's. Everything else is the service's.
    pub(crate) fn owns(path: &str) -> bool {
        path == "/" || path == "/__testkit" || path.starts_with("/__testkit/")
    }

    /// Answers a request whose path it [owns](Self::owns).
    pub(crate) fn answer(&self, request: &Request<Bytes>) -> ConsoleAnswer {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => ConsoleAnswer::html("<!doctype html><title>AgentSight fake</title>"),
            _ => ConsoleAnswer::problem(StatusCode::NOT_FOUND, "There is nothing here."),
        }
    }
}
