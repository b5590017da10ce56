use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentsight_core::transport::{Attempt, TransportFailure};
use agentsight_core::{Config, ConfigBuilder, Context, ConversationRecorder, Core, Error, SendReport};
use agentsight_testkit::{FakeApi, FakeOptions};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use crate::clock::VirtualClock;
use crate::delivery::Delivery;
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
    woken: Arc<AtomicUsize>,
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

/// An attempt that was begun.
pub(crate) struct Begun {
    /// How long it takes.
    pub(crate) takes: Duration,
    /// What comes of it.
    pub(crate) result: Result<Response<Bytes>, TransportFailure>,
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
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let wake = move || {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        let core = Core::new(config, context, "virtual", wake);
        Self { core, api, clock, files, woken, sent: Mutex::default(), late: Mutex::default() }
    }

    /// A handle on a conversation.
    pub(crate) fn lane(&self, id: &str) -> ConversationRecorder {
        self.core.recorder().conversation(id).unwrap()
    }

    /// A send of what is pending in a conversation, to be driven.
    pub(crate) fn delivery(&self, lane: &ConversationRecorder) -> Delivery {
        Delivery::new(&self.core, lane)
    }

    /// Sends what is pending in a conversation; nothing goes wrong.
    pub(crate) fn send(&self, lane: &ConversationRecorder) -> Result<SendReport, Error> {
        self.send_with(lane, healthy())
    }

    /// Sends what is pending in a conversation.
    pub(crate) fn send_with(&self, lane: &ConversationRecorder, faults: impl Faults) -> Result<SendReport, Error> {
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
        let Begun { takes, result } = self.begin(attempt, fault);
        self.advance(takes);
        result
    }

    /// Begins one attempt under a fault: says what will have come of it, and when.
    pub(crate) fn begin(&self, attempt: Attempt, fault: impl FnOnce(&Sent) -> Fault) -> Begun {
        let (timeout, connect_timeout) = (attempt.timeout, attempt.connect_timeout);
        let body = match self.files.read(attempt.request.body()) {
            Ok(body) => body,
            Err(failure) => return Begun { takes: Duration::ZERO, result: Err(failure) },
        };
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
        let (takes, result) = match fault {
            Fault::None => (Duration::ZERO, Ok(own.unwrap())),
            Fault::Slow(takes) => (takes, Ok(own.unwrap())),
            Fault::Refused => (Duration::ZERO, Err(TransportFailure::connect())),
            Fault::ConnectTimeout => (connect_timeout, Err(TransportFailure::connect_timeout())),
            Fault::Reset(_) => (Duration::ZERO, Err(TransportFailure::reset())),
            Fault::Timeout(_) => (timeout, Err(TransportFailure::timeout())),
            Fault::Answer { status, retry_after, body, .. } => {
                (Duration::ZERO, Ok(answer(status, retry_after.as_deref(), body)))
            }
            Fault::Panic(_) => panic!("the transport panics, as the test wants it"),
        };
        Begun { takes, result }
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
            Kept::Late => self.act_on(request, Kept::After(LATE), given_up_after),
            Kept::After(late) => {
                lock(&self.late).push((self.clock.since_start() + given_up_after + late, request));
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

    /// How often the client has said that somebody who waits may find something to do.
    pub(crate) fn woken(&self) -> usize {
        self.woken.load(Ordering::SeqCst)
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
