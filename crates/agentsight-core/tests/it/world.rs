use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentsight_core::transport::{Attempt, TransportFailure};
use agentsight_core::{
    Config, ConfigBuilder, Context, ConversationLane, Core, Delivery, Error, SendReport, StopSignal,
};
use agentsight_testkit::{FakeApi, FakeOptions};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use crate::clock::VirtualClock;
use crate::drive::Drive;
use crate::fault::{Fault, Faults, Kept, answer, healthy};
use crate::files::VirtualFiles;

/// How long after the client has given up a late request takes effect.
const LATE: Duration = Duration::from_secs(1);

/// A client without its socket, the fake service, and one virtual clock for both.
pub(crate) struct World {
    pub(crate) core: Core,
    pub(crate) api: FakeApi,
    pub(crate) clock: VirtualClock,
    pub(crate) files: VirtualFiles,
    released: Arc<AtomicUsize>,
    sent: Mutex<Vec<Sent>>,
    late: Mutex<Vec<(Duration, Request<Bytes>)>>,
}

/// A request that the client handed out, whether or not the service saw it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Method and path: `"POST /api/track/"`.
    pub(crate) route: String,
    pub(crate) query: String,
    pub(crate) headers: http::HeaderMap,
    /// The body, if it is JSON.
    pub(crate) json: Value,
    pub(crate) at: Duration,
    pub(crate) timeout: Duration,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|options| options, |config| config)
    }

    pub(crate) fn with_config(config: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        Self::with(|options| options, config)
    }

    pub(crate) fn with_options(options: impl FnOnce(FakeOptions) -> FakeOptions) -> Self {
        Self::with(options, |config| config)
    }

    pub(crate) fn with(
        options: impl FnOnce(FakeOptions) -> FakeOptions,
        config: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Self {
        let clock = VirtualClock::new();
        let api = FakeApi::with_options(options(FakeOptions::new().clock(clock.service_clock())));
        let config = config(Config::builder().api_key(api.api_key()).environment("production")).build().unwrap();
        Self::around(api, config, clock)
    }

    /// A client with this configuration, which need not be enabled.
    pub(crate) fn with_whole_config(config: Config) -> Self {
        let clock = VirtualClock::new();
        Self::around(FakeApi::with_options(FakeOptions::new().clock(clock.service_clock())), config, clock)
    }

    /// Another client of the same service, at the same time.
    pub(crate) fn another_client(&self) -> Self {
        Self::around(self.api.clone(), self.core.config().clone(), self.clock.clone())
    }

    fn around(api: FakeApi, config: Config, clock: VirtualClock) -> Self {
        let files = VirtualFiles::default();
        let context = Context::new(clock.clone(), counting_entropy()).with_files(files.clone());
        let released = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&released);
        let on_release = move || {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        let core = Core::new(config, context, "virtual", on_release);
        Self { core, api, clock, files, released, sent: Mutex::default(), late: Mutex::default() }
    }

    /// A handle on a conversation.
    pub(crate) fn lane(&self, id: &str) -> ConversationLane {
        self.core.conversation(id).unwrap()
    }

    /// Takes a conversation's lane.
    pub(crate) fn delivery(&self, lane: &ConversationLane) -> Delivery {
        self.core.begin_delivery(lane, StopSignal::new()).unwrap()
    }

    /// Sends what is pending in a conversation; nothing goes wrong.
    pub(crate) fn send(&self, lane: &ConversationLane) -> Result<SendReport, Error> {
        self.send_with(lane, healthy())
    }

    /// Sends what is pending in a conversation.
    pub(crate) fn send_with(&self, lane: &ConversationLane, faults: impl Faults) -> Result<SendReport, Error> {
        self.drive_with(&mut self.delivery(lane), faults)
    }

    /// Moves time, and lets what is late arrive.
    pub(crate) fn advance(&self, by: Duration) {
        let end = self.clock.since_start() + by;
        loop {
            let due = {
                let mut late = lock(&self.late);
                let next = late.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(index, (at, _))| (index, *at));
                match next {
                    Some((index, at)) if at <= end => late.remove(index),
                    _ => break,
                }
            };
            self.clock.advance(due.0.saturating_sub(self.clock.since_start()));
            let _ = self.api.handle(due.1);
        }
        self.clock.advance(end.saturating_sub(self.clock.since_start()));
    }

    /// Carries out one attempt under a fault, as a transport would.
    pub(crate) fn carry_out(
        &self,
        attempt: Attempt,
        fault: impl FnOnce(&Sent) -> Fault,
    ) -> Result<Response<Bytes>, TransportFailure> {
        let (timeout, connect_timeout) = (attempt.timeout, attempt.connect_timeout);
        let body = self.files.read(attempt.request.body())?;
        let request = attempt.request.map(|_| body);
        let sent = Sent {
            route: format!("{} {}", request.method(), request.uri().path()),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: request.headers().clone(),
            json: serde_json::from_slice(request.body()).unwrap_or_default(),
            at: self.clock.since_start(),
            timeout,
        };
        let fault = fault(&sent);
        lock(&self.sent).push(sent);
        let given_up_after = if matches!(fault, Fault::Timeout(_)) { timeout } else { Duration::ZERO };
        let own = self.act_on(request, fault.effect(), given_up_after);
        match fault {
            Fault::None => Ok(own.unwrap()),
            Fault::Refused => Err(TransportFailure::connect()),
            Fault::ConnectTimeout => {
                self.advance(connect_timeout);
                Err(TransportFailure::connect_timeout())
            }
            Fault::Reset(_) => Err(TransportFailure::reset()),
            Fault::Timeout(_) => {
                self.advance(timeout);
                Err(TransportFailure::timeout())
            }
            Fault::Answer { status, retry_after, body, .. } => Ok(answer(status, retry_after.as_deref(), body)),
            Fault::Panic(_) => panic!("the transport panics, as the test wants it"),
        }
    }

    /// Lets the service act on a request whose client has gone away.
    pub(crate) fn act_late(&self, attempt: Attempt) {
        let body = self.files.read(attempt.request.body()).unwrap();
        self.act_on(attempt.request.map(|_| body), Kept::Late, Duration::ZERO);
    }

    fn act_on(&self, request: Request<Bytes>, kept: Kept, given_up_after: Duration) -> Option<Response<Bytes>> {
        match kept {
            Kept::No => None,
            Kept::Yes => Some(self.api.handle(request)),
            Kept::Late => {
                lock(&self.late).push((self.clock.since_start() + given_up_after + LATE, request));
                None
            }
        }
    }

    /// Every request that was handed out so far, in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        lock(&self.sent).clone()
    }

    /// Method and path of every request that was handed out so far.
    pub(crate) fn routes(&self) -> Vec<String> {
        lock(&self.sent).iter().map(|sent| sent.route.clone()).collect()
    }

    /// How often a route was asked.
    pub(crate) fn count(&self, route: &str) -> usize {
        lock(&self.sent).iter().filter(|sent| sent.route == route).count()
    }

    pub(crate) fn forget_sent(&self) {
        lock(&self.sent).clear();
    }

    /// How often the client has said that a lane is free.
    pub(crate) fn released(&self) -> usize {
        self.released.load(Ordering::SeqCst)
    }
}

/// The same numbers in every run, each unlike the one before.
fn counting_entropy() -> impl Fn() -> u64 + Send + Sync {
    let state = AtomicU64::new(1);
    move || {
        let mut mixed = state.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
