//! The developer's side of the server: the inspector at `/` and the control API under `/__testkit/`.
//!
//! What it answers is neither recorded nor audited, and no fault meets it.

mod answer;
mod inspector;
mod stream;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, StatusCode};

pub(crate) use self::answer::ConsoleAnswer;
use self::inspector::Inspector;
use crate::FakeApi;
use crate::fault::FaultPlan;

/// What the console works on.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    inspector: Inspector,
    #[expect(dead_code, reason = "the skeleton")]
    api: FakeApi,
    #[expect(dead_code, reason = "the skeleton")]
    faults: Arc<Mutex<FaultPlan>>,
}

impl Console {
    pub(crate) fn new(api: FakeApi, faults: Arc<Mutex<FaultPlan>>) -> Self {
        Self { inspector: Inspector::new(api.clone()), api, faults }
    }

    /// Whether a path is the console's. Everything else is the service's.
    pub(crate) fn owns(path: &str) -> bool {
        path == "/" || path == "/__testkit" || path.starts_with("/__testkit/")
    }

    /// Answers a request whose path it [owns](Self::owns).
    pub(crate) fn answer(&self, request: &Request<Bytes>) -> ConsoleAnswer {
        let path = request.uri().path();
        if Inspector::owns(path) {
            return self.inspector.answer(request);
        }
        ConsoleAnswer::problem(StatusCode::NOT_FOUND, "There is nothing here.")
    }
}
