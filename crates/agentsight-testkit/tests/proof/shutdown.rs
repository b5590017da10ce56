//! The end of background delivery under faults, wherever it is ended: it keeps its time and leaves no thread, and nothing
//! is lost, doubled or out of order (R25, R27).

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use agentsight_core::transport::{AsyncTransport, Attempt, Transport, TransportFailure};
use agentsight_core::{Config, FlushReport};
use agentsight_http_async as asynchronous;
use agentsight_http_blocking as blocking;
use agentsight_testkit::VirtualTransport;
use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use tokio::runtime::{self, Runtime};

use crate::traffic::{Traffic, faults};

/// How often each is ended in each place, each time with a seed of its own.
const ROUNDS: u64 = 50;

/// How long the end may take, in virtual time: too short for what is pending, often too short, and long enough.
const TIMEOUTS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(600)];

/// More conversations would take longer to track than an attempt may take, and a thread that the system holds up
/// meanwhile would then be too late (R11).
const CONVERSATIONS: u32 = 3;
const _: () = assert!(CONVERSATIONS * 5 < 20);

/// More flushes than any round takes.
const MOST_FLUSHES: usize = 10;

/// More real time than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the clients call the threads of background delivery.
const THREAD_NAME: &str = "agentsight-delivery";

/// Where the asynchronous client is ended.
#[derive(Clone, Copy, Debug)]
enum Place {
    NoRuntime,
    Within(Flavour),
    Awaited(Flavour),
    AfterRuntime(Flavour),
    OwnThread { is_awaited: bool },
}

#[derive(Clone, Copy, Debug)]
enum Flavour {
    CurrentThread,
    MultiThread,
}

/// Counts the threads of background delivery that have sent something and have not ended.
#[derive(Clone, Default)]
struct Threads(Arc<AtomicUsize>);

/// What a thread is counted by, until it ends.
struct Mark(Threads);

thread_local! {
    static MARK: RefCell<Option<Mark>> = const { RefCell::new(None) };
}

/// A transport that counts the threads that send, and ends background delivery on the first of them if it holds the
/// guard.
struct Watched<G> {
    service: VirtualTransport,
    threads: Threads,
    held: Arc<Mutex<Option<G>>>,
    is_awaited: bool,
    /// Which client, for as long as anybody has it.
    _client: Arc<()>,
}

/// One run to the end, and what is to come of it.
struct Round {
    what: String,
    seed: u64,
    timeout: Duration,
    service: VirtualTransport,
    threads: Threads,
    client: Arc<()>,
}

impl Round {
    fn new(place: &str, seed: u64) -> Self {
        let service = VirtualTransport::new();
        service.set_faults(faults(seed));
        let timeout = TIMEOUTS[usize::try_from(seed % 4).unwrap()];
        let (threads, client) = (Threads::default(), Arc::default());
        Self { what: format!("{place}, seed {seed}"), seed, timeout, service, threads, client }
    }

    fn config(&self, concurrency: usize, delay: Duration) -> Config {
        Config::builder()
            .api_key(self.service.api().api_key())
            .environment("production")
            .concurrency(concurrency)
            .poison_after(None)
            .delivery_delay(delay)
            .shutdown_timeout(self.timeout)
            .build()
            .unwrap()
    }

    /// Half of the time there is much under way at the end, and half of the time nothing has left.
    fn delay(&self) -> Duration {
        if self.seed % 8 < 4 { Duration::ZERO } else { Duration::from_secs(3600) }
    }

    fn transport<G>(&self, held: &Arc<Mutex<Option<G>>>, is_awaited: bool) -> Watched<G> {
        let (service, threads) = (self.service.clone(), self.threads.clone());
        Watched { service, threads, held: held.clone(), is_awaited, _client: self.client.clone() }
    }

    /// Ends it, and checks that the end takes no longer than it may and leaves no thread.
    fn end(&self, end: impl FnOnce() -> Option<FlushReport>) {
        let now = || self.service.clock().since_start();
        let (began, really_began) = (now(), Instant::now());
        let report = end();
        assert!(now() - began <= self.timeout, "{:?} of {:?}; {}", now() - began, self.timeout, self.what);
        assert!(really_began.elapsed() < PATIENCE, "{}", self.what);
        // Without time for it, what is under way goes on by itself.
        if !self.timeout.is_zero() {
            assert_eq!(self.threads.count(), 0, "{}", self.what);
        }
        if let Some(report) = report {
            assert_eq!((report.rejected, report.is_complete()), (0, report.pending == 0), "{report:?}; {}", self.what);
        }
        self.leaves_no_thread();
    }

    /// Every thread ends, as soon as what is under way on it is over.
    fn leaves_no_thread(&self) {
        self.waits_for(|| self.threads.count() == 0, "a thread is left");
    }

    /// The guard is taken by the first thread that sends, which then ends as all others do.
    fn leaves_no_thread_after_its_guard<G>(&self, held: &Mutex<Option<G>>) {
        self.waits_for(|| held.lock().unwrap().is_none(), "nothing is sent");
        self.leaves_no_thread();
    }

    /// Nobody has the client any more, also no thread that has sent nothing.
    fn leaves_no_client(&self) {
        self.waits_for(|| Arc::strong_count(&self.client) == 1, "somebody still has the client");
    }

    fn waits_for(&self, is_so: impl Fn() -> bool, what: &str) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < PATIENCE, "{what}; {}", self.what);
            thread::yield_now();
        }
    }

    /// Sends what is left without background delivery, and looks at what the service holds.
    fn check(&self, traffic: &Traffic, flush: impl Fn(Duration) -> FlushReport) {
        let is_complete = (0..MOST_FLUSHES).any(|_| flush(Duration::from_secs(600)).is_complete());
        assert!(is_complete, "it never ends; {}", self.what);
        traffic.check(&self.service, &self.what);
    }
}

/// Ends the blocking client's background delivery with so many threads: by a call and by dropping it in turn, or on a
/// thread of its own.
fn end_blocking(threads: usize, on_own_thread: bool) {
    for seed in 0..ROUNDS {
        let round = Round::new(&format!("{threads} threads, its own: {on_own_thread}"), seed);
        let held = Arc::default();
        let config = round.config(threads, if on_own_thread { Duration::ZERO } else { round.delay() });
        let builder = blocking::AgentSight::builder(config).transport(round.transport(&held, false));
        let sight = builder.context(round.service.clock().context(seed)).build().unwrap();
        let delivery = sight.start_background_delivery().unwrap();
        let register = |conversation| sight.recorder().get_or_create_conversation(conversation).unwrap();
        let traffic = if on_own_thread {
            *held.lock().unwrap() = Some(delivery);
            let traffic = Traffic::track(&round.service, CONVERSATIONS, register);
            round.leaves_no_thread_after_its_guard(&held);
            traffic
        } else {
            let traffic = Traffic::track(&round.service, CONVERSATIONS, register);
            round.end(|| {
                if seed.is_multiple_of(2) {
                    return Some(delivery.shutdown(round.timeout));
                }
                drop(delivery);
                None
            });
            traffic
        };
        round.check(&traffic, |timeout| sight.flush(timeout));
        drop(sight);
        round.leaves_no_client();
    }
}

/// Ends the asynchronous client's background delivery in this place.
fn end_asynchronous(place: Place) {
    for seed in 0..ROUNDS {
        let round = Round::new(&format!("{place:?}"), seed);
        let held = Arc::default();
        let is_own = matches!(place, Place::OwnThread { .. });
        let is_awaited = matches!(place, Place::OwnThread { is_awaited: true });
        let config = round.config(4, if is_own { Duration::ZERO } else { round.delay() });
        let builder = asynchronous::AgentSight::builder(config).transport(round.transport(&held, is_awaited));
        let sight = builder.context(round.service.clock().context(seed)).build().unwrap();
        let register = |conversation| sight.recorder().get_or_create_conversation(conversation).unwrap();
        let start = || sight.start_background_delivery().unwrap();
        let track = || Traffic::track(&round.service, CONVERSATIONS, register);
        let end = |delivery: asynchronous::BackgroundDelivery| {
            drop(delivery);
            None
        };
        let traffic = match place {
            Place::NoRuntime => {
                let (delivery, traffic) = (start(), track());
                round.end(|| end(delivery));
                traffic
            }
            Place::Within(flavour) => flavour.runtime().block_on(async {
                let (delivery, traffic) = (start(), track());
                round.end(|| end(delivery));
                traffic
            }),
            Place::Awaited(flavour) => {
                let runtime = flavour.runtime();
                let (delivery, traffic) = runtime.block_on(async { (start(), track()) });
                round.end(|| Some(runtime.block_on(delivery.shutdown(round.timeout))));
                traffic
            }
            Place::AfterRuntime(flavour) => {
                let runtime = flavour.runtime();
                let (delivery, traffic) = runtime.block_on(async { (start(), track()) });
                drop(runtime);
                round.end(|| end(delivery));
                traffic
            }
            Place::OwnThread { .. } => {
                *held.lock().unwrap() = Some(start());
                let traffic = track();
                round.leaves_no_thread_after_its_guard(&held);
                traffic
            }
        };
        let runtime = Flavour::CurrentThread.runtime();
        round.check(&traffic, |timeout| runtime.block_on(sight.flush(timeout)));
        // It may have a task that was to end by itself.
        drop((runtime, sight));
        round.leaves_no_client();
    }
}

impl Flavour {
    fn runtime(self) -> Runtime {
        match self {
            Self::CurrentThread => runtime::Builder::new_current_thread(),
            Self::MultiThread => {
                let mut builder = runtime::Builder::new_multi_thread();
                builder.worker_threads(2);
                builder
            }
        }
        .enable_all()
        .build()
        .unwrap()
    }
}

impl Threads {
    /// Counts the calling thread, if it is one of background delivery and is not counted yet.
    fn see(&self) {
        if thread::current().name() == Some(THREAD_NAME) {
            MARK.with_borrow_mut(|mark| {
                mark.get_or_insert_with(|| {
                    self.0.fetch_add(1, Ordering::SeqCst);
                    Mark(self.clone())
                });
            });
        }
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<G> Watched<G> {
    fn guard(&self) -> Option<G> {
        // Whoever puts it there looks for it later.
        self.threads.see();
        self.held.lock().unwrap().take()
    }
}

impl Transport for Watched<blocking::BackgroundDelivery> {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        drop(self.guard());
        Transport::send(&self.service, attempt)
    }
}

#[async_trait]
impl AsyncTransport for Watched<asynchronous::BackgroundDelivery> {
    async fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        match self.guard() {
            Some(delivery) if self.is_awaited => drop(delivery.shutdown(PATIENCE).await),
            delivery => drop(delivery),
        }
        AsyncTransport::send(&self.service, attempt).await
    }
}

#[test]
fn r27_blocking_delivery_with_one_thread_ends() {
    end_blocking(1, false);
}

#[test]
fn r27_blocking_delivery_with_several_threads_ends() {
    end_blocking(4, false);
}

#[test]
fn r27_blocking_delivery_ends_on_its_own_threads() {
    end_blocking(1, true);
    end_blocking(4, true);
}

#[test]
fn r27_asynchronous_delivery_ends_without_a_runtime() {
    end_asynchronous(Place::NoRuntime);
}

#[test]
fn r27_asynchronous_delivery_ends_within_a_runtime() {
    end_asynchronous(Place::Within(Flavour::CurrentThread));
    end_asynchronous(Place::Within(Flavour::MultiThread));
}

#[test]
fn r27_asynchronous_delivery_ends_when_that_is_awaited() {
    end_asynchronous(Place::Awaited(Flavour::CurrentThread));
    end_asynchronous(Place::Awaited(Flavour::MultiThread));
}

#[test]
fn r27_asynchronous_delivery_ends_after_the_runtime() {
    end_asynchronous(Place::AfterRuntime(Flavour::CurrentThread));
    end_asynchronous(Place::AfterRuntime(Flavour::MultiThread));
}

#[test]
fn r27_asynchronous_delivery_ends_on_its_own_thread() {
    end_asynchronous(Place::OwnThread { is_awaited: false });
    end_asynchronous(Place::OwnThread { is_awaited: true });
}
