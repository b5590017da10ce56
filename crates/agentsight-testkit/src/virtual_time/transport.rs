use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agentsight_core::transport::{AsyncTransport, Attempt, Transport, TransportFailure};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::sleep::sleep_until;
use super::{TestClock, files, turn};
use crate::{FakeApi, FakeOptions, FaultPlan, FaultRule, InFlight};

/// Both transports over [`FakeApi`]: requests are calls, a late answer moves a [`TestClock`], nothing is ever slow.
///
/// It is what a client's builder takes as its `transport`, together with [`TestClock::context`]: then the client with its
/// waits, the service and the faults live on one clock, and a test of an outage of an hour takes no time. Clones share
/// the service, the clock and the faults.
///
/// A request that a fault delays beyond [`Attempt::timeout`] is a timeout, and the clock stands at the end of the time
/// allowed; an answer above [`Attempt::response_limit`] is too large; files are read from disk and checked (R13, R16).
/// As an [`AsyncTransport`] it lets other tasks go on once before the service sees a request and once before the answer
/// is handed over, so that a future can be dropped on either side (R11). Requests that are slow at once take their time
/// at once: the clock moves to the end of the one that ends first, and only when the tasks that run meanwhile have
/// nothing to do before. On threads, which come as they please, each request moves it to its own end at once. All the
/// while the request is
/// [under way](FakeApi::begin), for [`Traffic::most_parallel`](crate::Traffic::most_parallel) (R10).
///
/// ```
/// use std::time::Duration;
/// use agentsight_http_blocking::{AgentSight, Config};
/// use agentsight_testkit::{Fault, FaultRule, VirtualTransport};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = VirtualTransport::new();
/// service.add_fault(FaultRule::new(Fault::retry_after(30)).path("/api/track/"));
///
/// let config = Config::builder().api_key(service.api().api_key()).build()?;
/// let context = service.clock().context(42);
/// let sight = AgentSight::builder(config).transport(service.clone()).context(context).build()?;
/// let chat = sight.conversation("support-123")?;
/// chat.track_human_message("How do I reset my password?")?;
/// chat.send()?;
///
/// assert!(service.clock().since_start() >= Duration::from_secs(30));
/// assert_eq!(service.api().transcript("support-123").len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VirtualTransport {
    shared: Arc<Shared>,
}

struct Shared {
    api: FakeApi,
    clock: TestClock,
    faults: Mutex<FaultPlan>,
}

/// A request that is under way, and what its attempt allows.
struct Call {
    in_flight: InFlight,
    request: Request<Bytes>,
    timeout: Duration,
    response_limit: u64,
}

/// What comes of a request, and when, since the start of the clock.
struct Outcome {
    result: Result<Response<Bytes>, TransportFailure>,
    at: Duration,
}

impl VirtualTransport {
    /// An empty service with the default options, on a clock of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_options(FakeOptions::new())
    }

    /// An empty service with these options, on a clock of its own; the options' clock is replaced.
    #[must_use]
    pub fn with_options(options: FakeOptions) -> Self {
        let clock = TestClock::new();
        let api = FakeApi::with_options(options.clock(clock.service_clock()));
        Self::over(api, clock)
    }

    /// A service that exists already. It should read the same clock: `FakeOptions::new().clock(clock.service_clock())`.
    #[must_use]
    pub fn over(api: FakeApi, clock: TestClock) -> Self {
        Self { shared: Arc::new(Shared { api, clock, faults: Mutex::default() }) }
    }

    /// One more rule by which requests fail, counting from now.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).add(rule);
    }

    /// Replaces the rules by which requests fail; an empty plan heals the service.
    pub fn set_faults(&self, faults: FaultPlan) {
        *self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// The service.
    #[must_use]
    pub fn api(&self) -> &FakeApi {
        &self.shared.api
    }

    /// The clock of the service and, through [`TestClock::context`], of the client and its waits.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
    }

    /// Reads the body. From here on the request is under way, until what is returned is dropped (R10).
    fn begin(&self, attempt: Attempt) -> Result<Call, TransportFailure> {
        let Attempt { request, timeout, response_limit, .. } = attempt;
        let body = files::read(request.body())?;
        let request = request.map(|_| body);
        Ok(Call { in_flight: self.shared.api.begin(&request), request, timeout, response_limit })
    }

    /// The service sees the request.
    fn arrive(&self, call: &Call) -> Outcome {
        let Call { in_flight, request, timeout, response_limit } = call;
        let began = self.shared.clock.since_start();
        let fault = self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).next(request);
        let reaction = self.shared.api.react_in(in_flight.scope().clone(), request.clone(), fault);
        let at = began.saturating_add(reaction.elapsed(*timeout));
        Outcome { result: reaction.into_result(*timeout, *response_limit), at }
    }
}

impl Transport for VirtualTransport {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let call = self.begin(attempt)?;
        let Outcome { result, at } = self.arrive(&call);
        self.shared.clock.advance_to(at);
        result
    }
}

#[async_trait]
impl AsyncTransport for VirtualTransport {
    async fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let call = self.begin(attempt)?;
        let clock = &self.shared.clock;
        clock.sleepers().act();
        turn::pass().await;
        let Outcome { result, at } = self.arrive(&call);
        clock.sleepers().act();
        turn::pass().await;
        sleep_until(clock, at).await;
        result
    }
}

impl Default for VirtualTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VirtualTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { api, clock, .. } = &*self.shared;
        formatter.debug_struct("VirtualTransport").field("api", api).field("clock", clock).finish_non_exhaustive()
    }
}
