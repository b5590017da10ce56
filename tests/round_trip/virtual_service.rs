//! The fake service without a socket, in virtual time: what it is asked takes effect at once, and waiting moves its clock.

use std::sync::{Arc, Mutex};

use agentsight_core::transport::Attempt;
use agentsight_core::{Config, Context, Now};
use agentsight_testkit::{FakeApi, Fault, FaultPlan, FaultRule};
use bytes::Bytes;
use http::{Request, Response, StatusCode};

/// A service, and the clock that it shares with the client.
#[derive(Clone, Default)]
pub(crate) struct VirtualService {
    pub(crate) api: FakeApi,
    faults: Arc<Mutex<FaultPlan>>,
}

impl VirtualService {
    /// What a client of it is configured with.
    pub(crate) fn config(&self) -> Config {
        Config::builder().api_key(self.api.api_key()).build().expect("the fake's key is well-formed")
    }

    /// The surroundings of a client of it: the same clock, which its waits move, and randomness that is none.
    pub(crate) fn context(&self) -> Context {
        let clock = self.api.clock().clone();
        let start = clock.now();
        let now = move || {
            let utc = clock.now();
            Now::new((utc - start).to_std().unwrap_or_default(), utc)
        };
        let moved = self.api.clock().clone();
        Context::new(now, || 0x5EED).with_virtual_waits(move |wait| moved.advance(wait))
    }

    /// Lets a request take effect.
    pub(crate) fn apply(&self, attempt: Attempt) -> Response<Bytes> {
        let (head, body) = attempt.request.into_parts();
        let body = body.to_bytes().expect("no request of these tests holds a file");
        let request = Request::from_parts(head, body);
        let fault = self.faults.lock().expect("nothing panics under the lock").next(&request);
        self.api.react(request, fault).answer.expect("no fault of these tests closes the connection")
    }

    /// Refuses the next request.
    pub(crate) fn refuse_next(&self) {
        let fault = FaultRule::new(Fault::status(StatusCode::BAD_REQUEST));
        self.faults.lock().expect("nothing panics under the lock").add(fault);
    }
}
