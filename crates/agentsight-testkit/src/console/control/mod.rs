//! The control API under `/__testkit/`: what a test in any language does with the fake service.

mod audit;
mod audited;
mod body;
mod clock;
mod faults;
mod parameters;
mod requests;
mod reset;
mod route;
mod snapshot;
mod verification;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request};

use self::audited::AuditedConversations;
use self::parameters::Parameters;
use self::route::Resource;
use super::{ConsoleAnswer, Refusal, guard};
use crate::FakeApi;
use crate::fault::FaultPlan;

/// The control API's side of the console.
#[derive(Clone, Debug)]
pub(super) struct Control {
    api: FakeApi,
    audited: AuditedConversations,
    faults: Arc<Mutex<FaultPlan>>,
}

type Handled = Result<ConsoleAnswer, Refusal>;

impl Control {
    pub(super) fn new(api: FakeApi, faults: Arc<Mutex<FaultPlan>>) -> Self {
        Self { api, audited: AuditedConversations::default(), faults }
    }

    /// How many bytes the body of a request to this path may have, whatever the service's limit is: a snapshot holds
    /// everything.
    pub(super) fn least_body_limit(path: &str) -> usize {
        const GIGABYTE: usize = 1024 * 1024 * 1024;
        if Resource::find(path) == Some(Resource::Snapshot) { GIGABYTE } else { 0 }
    }

    /// The order of the checks: the path, the method, the type of the body, the parameters, and then the body.
    pub(super) fn answer(&self, request: &Request<Bytes>) -> Handled {
        let resource = Resource::find(request.uri().path())
            .ok_or_else(|| Refusal::not_found("There is nothing here; GET /__testkit/ lists what there is."))?;
        let method = request.method();
        if !resource.methods().any(|allowed| allowed == method.as_str()) {
            let allowed: Vec<_> = resource.methods().collect();
            return Err(Refusal::method_not_allowed(method, &allowed));
        }
        if matches!(*method, Method::POST | Method::PUT) {
            guard::check_json(request.headers())?;
        } else if !request.body().is_empty() {
            return Err(Refusal::bad_request(format!("{method} takes no body.")));
        }
        let parameters = Parameters::of(request, resource.parameters(method))?;
        let body = request.body();
        match (resource, method) {
            (Resource::Index, _) => Ok(route::index()),
            (Resource::Reset, _) => self.reset(body),
            (Resource::Faults, &Method::PUT) => self.replace_faults(body),
            (Resource::Faults, &Method::POST) => self.add_fault(body),
            (Resource::Faults, &Method::DELETE) => Ok(self.clear_faults()),
            (Resource::Faults, _) => Ok(self.show_faults()),
            (Resource::Clock, &Method::PUT) => self.set_clock(body),
            (Resource::Clock, &Method::POST) => self.advance_clock(body),
            (Resource::Clock, _) => Ok(self.show_clock()),
            (Resource::Audit, &Method::POST) => self.check_audit(body),
            (Resource::Audit, _) => self.show_audit(&parameters),
            (Resource::Verification, _) => Ok(self.show_verification()),
            (Resource::Requests, &Method::DELETE) => Ok(self.clear_requests()),
            (Resource::Requests, _) => self.show_requests(&parameters),
            (Resource::Request(number), _) => self.show_request(number),
            (Resource::Snapshot, &Method::PUT) => self.restore_snapshot(body),
            (Resource::Snapshot, _) => Ok(self.show_snapshot()),
        }
    }

    fn faults(&self) -> MutexGuard<'_, FaultPlan> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
