//! Delivery in the background, and what is left when it ends (R25, R27).

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use agentsight_http_async::transport::{Attempt, TransportFailure};
use agentsight_http_async::{
    AgentSight, BackgroundDelivery, Config, ConfigBuilder, Error, ErrorKind, FlushReport, Health,
};
use agentsight_testkit::{Expected, Fault, FaultPlan, FaultRule, VirtualTransport};
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::polling::finish;
use crate::service::{client_of, runtimes, serve};
use crate::virtual_service::VirtualService;

/// How often what depends on the moment is repeated.
const ROUNDS: usize = 50;

/// The same over sockets, where every worker first reads the system's certificates. Each fault is met twice.
const SOCKET_ROUNDS: usize = 10;

/// More than any test of these needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Less than the service of [`Silent`] ever takes.
const BRIEFLY: Duration = Duration::from_millis(20);

/// A service that answers nothing before it is told to.
struct Silent {
    sight: AgentSight,
    arrived: mpsc::Receiver<()>,
    may_answer: Arc<Semaphore>,
}

impl Silent {
    fn new(config: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Result<Self, Error> {
        let service = VirtualService::default();
        let config = config(Config::builder().api_key(service.api.api_key())).build()?;
        let may_answer = Arc::new(Semaphore::new(0));
        let (arrives, arrived) = mpsc::channel();
        let (waiting, arrives) = (Arc::clone(&may_answer), Mutex::new(arrives));
        let transport = move |attempt: Attempt| {
            let _ = arrives.lock().expect("nothing panics under the lock").send(());
            let (waiting, service) = (Arc::clone(&waiting), service.clone());
            async move {
                let _permit = waiting.acquire().await;
                Ok(service.apply(attempt))
            }
        };
        let sight = AgentSight::builder(config).transport(transport).build()?;
        Ok(Self { sight, arrived, may_answer })
    }

    /// From here on it answers at once.
    fn wake_up(&self) {
        self.may_answer.close();
    }
}

fn say(sight: &AgentSight, conversation: &str, text: &str) -> Result<(), Error> {
    sight.conversation(conversation)?.track_human_message(text)
}

/// What the first message of a round meets, in turn: nothing, or something after which it is sent again or looked for.
fn fault_of(round: usize) -> FaultPlan {
    let faults = [
        Fault::close_before_applied(),
        Fault::close_after_applied(),
        Fault::status(StatusCode::SERVICE_UNAVAILABLE),
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR).applied(),
    ];
    let fault = faults.into_iter().nth(round % 5);
    fault.into_iter().fold(FaultPlan::new(), |plan, fault| plan.rule(FaultRule::new(fault).path("/api/track/")))
}

fn counted(report: &FlushReport) -> (u64, u64, bool) {
    (report.acknowledged, report.pending, report.timed_out)
}

#[test]
fn r25_what_is_tracked_is_sent_by_itself_after_the_delay() -> Result<(), Error> {
    let service = VirtualService::default();
    let (arrives, arrived) = mpsc::channel();
    let arrives = Mutex::new(arrives);
    let api = service.api.clone();
    let transport = move |attempt: Attempt| {
        let answer = service.apply(attempt);
        let _ = arrives.lock().expect("nothing panics under the lock").send(Instant::now());
        async { Ok(answer) }
    };
    let delay = Duration::from_millis(30);
    let config = Config::builder().api_key(api.api_key()).delivery_delay(delay).build()?;
    let sight = AgentSight::builder(config).transport(transport).build()?;
    let delivery = sight.start_background_delivery()?;
    for id in ["c-1", "c-2"] {
        let began = Instant::now();
        say(&sight, id, "Hello")?;
        let arrival = arrived.recv_timeout(PATIENCE).expect("a request, without any call");
        assert!(arrival - began >= delay, "not earlier");
        arrived.recv_timeout(PATIENCE).expect("the message after its conversation");
    }
    drop(delivery);
    assert_eq!((api.transcript("c-1").len(), api.transcript("c-2").len()), (1, 1));
    Ok(())
}

#[test]
fn r25_a_second_start_is_an_error_until_the_first_has_ended() -> Result<(), Error> {
    let sight = client_of(&serve())?;
    for _ in 0..ROUNDS {
        let first = sight.start_background_delivery()?;
        let error = sight.clone().start_background_delivery().expect_err("it is running");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("running already"), "{error}");
        drop(first);
    }
    let disabled = AgentSight::disabled();
    let (_one, _other) = (disabled.start_background_delivery()?, disabled.start_background_delivery()?);
    assert_eq!(disabled.health(), Health::Closed);
    Ok(())
}

/// Where a guard is dropped.
#[derive(Clone, Copy, Debug)]
enum Place {
    NoRuntime,
    Within(usize),
    After(usize),
    Awaited(usize),
}

#[test]
fn r27_it_ends_everywhere_and_delivers_what_is_pending_once_and_without_the_delay() -> Result<(), Error> {
    let server = serve();
    let config = Config::builder().api_key(server.api_key()).endpoint(server.url()).read_back_delay(Duration::ZERO);
    let sight = AgentSight::new(config.delivery_delay(PATIENCE).shutdown_timeout(PATIENCE).build()?)?;
    let mut expected = Expected::new();
    let places =
        [0, 1].into_iter().flat_map(|flavour| [Place::Within(flavour), Place::After(flavour), Place::Awaited(flavour)]);
    for (place, round) in
        places.chain([Place::NoRuntime]).flat_map(|place| (0..SOCKET_ROUNDS).map(move |round| (place, round)))
    {
        let id = format!("{place:?}-{round}");
        server.set_faults(fault_of(round));
        let start = || {
            let delivery = sight.start_background_delivery()?;
            say(&sight, &id, "Good")?;
            say(&sight, &id, "bye")?;
            Ok::<BackgroundDelivery, Error>(delivery)
        };
        let mut runtimes = runtimes().map(Some);
        match place {
            Place::NoRuntime => drop(start()?),
            Place::Within(flavour) => {
                let runtime = runtimes[flavour].take().expect("it is there");
                runtime.block_on(async {
                    // The runtime has an idle connection of its own.
                    sight.me().await?;
                    drop(start()?);
                    Ok::<(), Error>(())
                })?;
            }
            Place::After(flavour) => {
                let runtime = runtimes[flavour].take().expect("it is there");
                let delivery = runtime.block_on(async { start() })?;
                drop(runtime);
                drop(delivery);
            }
            Place::Awaited(flavour) => {
                let runtime = runtimes[flavour].take().expect("it is there");
                let report = runtime.block_on(async { Ok::<_, Error>(start()?.shutdown(PATIENCE).await) })?;
                assert_eq!(counted(&report), (2, 0, false));
            }
        }
        assert!(sight.pending().is_empty(), "{id}");
        expected = expected.conversation(id).question("Good").question("bye").into();
    }
    server.audit().assert_exactly_once_in_order(&expected);
    Ok(())
}

#[test]
fn r27_a_flush_tells_what_became_of_everything_with_and_without_a_worker() -> Result<(), Error> {
    for (runtime, with_worker) in runtimes().into_iter().chain(runtimes()).zip([false, true, true, false]) {
        let server = serve();
        let sight = client_of(&server)?;
        let flush = || runtime.block_on(sight.flush(PATIENCE));
        let delivery = with_worker.then(|| sight.start_background_delivery()).transpose()?;
        assert_eq!(counted(&flush()), (0, 0, false), "nothing to do");
        assert!(server.requests().is_empty());
        say(&sight, "c-1", "one")?;
        say(&sight, "c-2", "two")?;
        assert_eq!(counted(&flush()), (2, 0, false));
        server.add_fault(FaultRule::new(Fault::status(StatusCode::BAD_REQUEST)).path("/api/track/"));
        say(&sight, "c-1", "three")?;
        let report = flush();
        assert_eq!((report.rejected, report.pending), (1, 0));
        assert_eq!(report.into_result().map_err(|error| error.kind()).err(), Some(ErrorKind::Rejected));
        drop(delivery);
    }
    Ok(())
}

#[test]
fn r27_a_flush_returns_in_time_while_the_service_is_silent_and_a_late_answer_counts() -> Result<(), Error> {
    for (runtime, with_worker) in runtimes().into_iter().chain(runtimes()).zip([false, true, true, false]) {
        let service = Silent::new(|config| config)?;
        let delivery = with_worker.then(|| service.sight.start_background_delivery()).transpose()?;
        say(&service.sight, "c-1", "Hello")?;
        let began = Instant::now();
        let report = runtime.block_on(service.sight.flush(BRIEFLY));
        assert!(began.elapsed() >= BRIEFLY && began.elapsed() < PATIENCE);
        assert_eq!(counted(&report), (0, 1, true));
        assert_eq!(report.into_result().map_err(|error| error.kind()).err(), Some(ErrorKind::DeadlineExceeded));
        service.arrived.recv_timeout(PATIENCE).expect("the request is under way");
        service.wake_up();
        let report = runtime.block_on(service.sight.flush(PATIENCE));
        assert_eq!((report.is_complete(), service.sight.stats().acknowledged), (true, 1));
        assert_eq!(service.sight.stats().retries, 0, "nothing was sent twice");
        drop(delivery);
    }
    Ok(())
}

#[test]
fn r27_a_flush_that_is_dropped_stops_taking_jobs_and_gives_up_none() -> Result<(), Error> {
    for runtime in runtimes() {
        let service = Silent::new(|config| config.concurrency(1))?;
        say(&service.sight, "c-1", "Hello")?;
        say(&service.sight, "c-2", "Hello")?;
        runtime.block_on(async {
            let dropped = tokio::time::timeout(BRIEFLY, service.sight.flush(PATIENCE)).await;
            assert!(dropped.is_err());
            service.wake_up();
            assert!(service.sight.flush(PATIENCE).await.is_complete());
        });
        assert_eq!((service.sight.stats().acknowledged, service.sight.stats().retries), (2, 0));
    }
    Ok(())
}

#[test]
fn r27_a_shutdown_returns_in_time_while_the_service_is_silent() -> Result<(), Error> {
    for runtime in runtimes().into_iter().chain(runtimes()) {
        let service = Silent::new(|config| config.shutdown_timeout(BRIEFLY))?;
        let delivery = service.sight.start_background_delivery()?;
        say(&service.sight, "c-1", "Hello")?;
        assert_eq!(counted(&runtime.block_on(delivery.shutdown(BRIEFLY))), (0, 1, true));
        // The request goes on by itself. Its conversation waits for that, and a second worker for nothing.
        let delivery = service.sight.start_background_delivery()?;
        let began = Instant::now();
        runtime.block_on(async { drop(delivery) });
        assert!(began.elapsed() < PATIENCE);
        service.wake_up();
        assert!(runtime.block_on(service.sight.flush(PATIENCE)).is_complete());
        assert_eq!(service.sight.stats().acknowledged, 1);
    }
    Ok(())
}

#[test]
fn r27_a_shutdown_holds_up_no_other_task() -> Result<(), Error> {
    for runtime in runtimes() {
        let service = Silent::new(|config| config)?;
        let delivery = service.sight.start_background_delivery()?;
        say(&service.sight, "c-1", "Hello")?;
        let may_answer = Arc::clone(&service.may_answer);
        let report = runtime.block_on(async {
            let waking = tokio::spawn(async move { may_answer.close() });
            let report = delivery.shutdown(PATIENCE).await;
            waking.await.expect("no task panics");
            report
        });
        assert_eq!(counted(&report), (1, 0, false));
    }
    Ok(())
}

#[test]
fn r27_a_shutdown_that_is_dropped_goes_on() -> Result<(), Error> {
    for runtime in runtimes() {
        let service = Silent::new(|config| config)?;
        let delivery = service.sight.start_background_delivery()?;
        say(&service.sight, "c-1", "Hello")?;
        let dropped = runtime.block_on(async { tokio::time::timeout(BRIEFLY, delivery.shutdown(PATIENCE)).await });
        assert!(dropped.is_err());
        service.wake_up();
        assert!(runtime.block_on(service.sight.flush(PATIENCE)).is_complete());
    }
    Ok(())
}

#[test]
fn r27_dropping_while_the_thread_panics_waits_for_nothing() -> Result<(), Error> {
    let config =
        Config::builder().api_key("ags_0123456789abcdef0123456789abcdef_012345").shutdown_timeout(4 * PATIENCE);
    let sight = AgentSight::builder(config.build()?).transport(|_: Attempt| pending()).build()?;
    say(&sight, "c-1", "Hello")?;
    let began = Instant::now();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _delivery = sight.start_background_delivery();
        panic!("the application's own fault");
    }));
    assert!(panicked.is_err() && began.elapsed() < PATIENCE);
    assert_eq!(sight.pending().total(), 1, "given up, not lost");
    Ok(())
}

#[test]
fn r27_it_may_be_dropped_on_the_workers_own_thread() -> Result<(), Error> {
    for round in 0..2 * ROUNDS {
        let service = VirtualService::default();
        let api = service.api.clone();
        let guard: Arc<Mutex<Option<BackgroundDelivery>>> = Arc::default();
        let (held, (over, is_over)) = (Arc::clone(&guard), mpsc::channel());
        let over = Mutex::new(over);
        let transport = move |attempt: Attempt| {
            let delivery = held.lock().ok().and_then(|mut held| held.take());
            let _ = over.lock().expect("nothing panics under the lock").send(());
            let answer = service.apply(attempt);
            async move {
                match delivery {
                    Some(delivery) if round % 2 == 0 => drop(delivery.shutdown(PATIENCE).await),
                    delivery => drop(delivery),
                }
                Ok(answer)
            }
        };
        let config = Config::builder().api_key(api.api_key()).delivery_delay(Duration::ZERO).build()?;
        let sight = AgentSight::builder(config).transport(transport).build()?;
        *guard.lock().expect("nothing panics under the lock") = Some(sight.start_background_delivery()?);
        say(&sight, "c-1", "Hello")?;
        // Not a flush: that may hand out the request before the guard is there.
        is_over.recv_timeout(PATIENCE).expect("the worker sends");
        assert!(runtimes()[round % 2].block_on(sight.flush(PATIENCE)).is_complete());
        assert_eq!(api.transcript("c-1").len(), 1);
    }
    Ok(())
}

#[test]
fn r25_a_worker_runs_all_jobs_and_callers_take_over_when_it_ends() -> Result<(), Error> {
    for runtime in runtimes() {
        let service = VirtualService::default();
        let names: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
        let (seen, answering) = (Arc::clone(&names), service.clone());
        let transport = move |attempt: Attempt| {
            seen.lock().expect("nothing panics under the lock").push(thread::current().name().map(str::to_owned));
            let answer = answering.apply(attempt);
            async { Ok(answer) }
        };
        let sight = AgentSight::builder(service.config()).transport(transport).build()?;
        let delivery = sight.start_background_delivery()?;
        let chat = sight.conversation("c-1")?;
        chat.track_human_message("Hello")?;
        assert_eq!(runtime.block_on(chat.send())?.summary.questions, 1);
        say(&sight, "c-2", "Hello")?;
        assert!(runtime.block_on(sight.send_all()).is_complete());
        let names = || std::mem::take(&mut *names.lock().expect("nothing panics under the lock"));
        assert_eq!(names(), vec![Some("agentsight-delivery".to_owned()); 4]);
        drop(delivery);
        chat.track_human_message("Goodbye")?;
        assert_eq!(runtime.block_on(chat.send())?.summary.questions, 1);
        assert_eq!(names(), [thread::current().name().map(str::to_owned)]);
    }
    Ok(())
}

#[test]
fn r27_whoever_waits_for_a_worker_goes_on_alone_when_it_ends() -> Result<(), Error> {
    for runtime in (0..ROUNDS).flat_map(|_| runtimes()) {
        let service = VirtualService::default();
        let answering = service.clone();
        let is_down = Arc::new(AtomicBool::new(true));
        let (down, (asked, was_asked)) = (Arc::clone(&is_down), mpsc::channel());
        let asked = Mutex::new(asked);
        let transport = move |attempt: Attempt| {
            let _ = asked.lock().expect("nothing panics under the lock").send(());
            let is_up = !down.load(Ordering::SeqCst);
            let result = if is_up { Ok(answering.apply(attempt)) } else { Err(TransportFailure::connect()) };
            async { result }
        };
        let sight = AgentSight::builder(service.config()).transport(transport).build()?;
        let delivery = sight.start_background_delivery()?;
        let chat = sight.conversation("c-1")?;
        chat.track_human_message("Hello")?;
        let sending = thread::spawn(move || runtime.block_on(chat.send()));
        was_asked.recv_timeout(PATIENCE).expect("the worker tries");
        is_down.store(false, Ordering::SeqCst);
        drop(finish_at_once(delivery));
        assert_eq!(sending.join().expect("no send panics")?.summary.questions, 1);
    }
    Ok(())
}

/// Ends a worker without any time for a flush.
fn finish_at_once(delivery: BackgroundDelivery) -> FlushReport {
    runtimes()[0].block_on(delivery.shutdown(Duration::ZERO))
}

#[test]
fn r25_a_panic_in_the_transport_costs_its_job_and_not_the_worker() -> Result<(), Error> {
    for (runtime, with_worker) in runtimes().into_iter().zip([false, true]) {
        let service = VirtualService::default();
        let answering = service.clone();
        let sent = AtomicUsize::new(0);
        let transport = move |attempt: Attempt| {
            let panics = sent.fetch_add(1, Ordering::Relaxed) == 1;
            let answering = answering.clone();
            async move {
                assert!(!panics, "the transport's own fault");
                Ok(answering.apply(attempt))
            }
        };
        let config = Config::builder().api_key(service.api.api_key()).attempt_timeout(Duration::from_millis(50));
        let config = config.read_back_delay(Duration::ZERO).build()?;
        let sight = AgentSight::builder(config).transport(transport).build()?;
        let delivery = with_worker.then(|| sight.start_background_delivery()).transpose()?;
        say(&sight, "c-1", "Hello")?;
        say(&sight, "c-2", "Hello")?;
        assert!(runtime.block_on(sight.flush(PATIENCE)).is_complete());
        assert_eq!((service.api.transcript("c-1").len(), service.api.transcript("c-2").len()), (1, 1));
        drop(delivery);
    }
    Ok(())
}

#[test]
fn h9_where_waits_are_virtual_nothing_takes_time() -> Result<(), Error> {
    for (on_runtime, with_worker) in [(false, false), (true, false), (true, true)] {
        let service = VirtualTransport::new();
        service.add_fault(FaultRule::new(Fault::retry_after(30)).path("/api/track/"));
        let config = Config::builder().api_key(service.api().api_key()).delivery_delay(PATIENCE).build()?;
        let context = service.clock().context(42);
        let sight = AgentSight::builder(config).context(context).transport(service.clone()).build()?;
        let delivery = with_worker.then(|| sight.start_background_delivery()).transpose()?;
        let runtime = on_runtime.then(|| runtimes().into_iter().next()).flatten();
        let flush = |seconds| {
            let flushing = sight.flush(Duration::from_secs(seconds));
            match &runtime {
                Some(runtime) => runtime.block_on(flushing),
                None => finish(flushing),
            }
        };
        say(&sight, "c-1", "one")?;
        assert_eq!(counted(&flush(10)), (0, 1, true), "the service asks for more");
        assert_eq!(service.clock().since_start(), Duration::from_secs(10));
        assert_eq!(counted(&flush(60)), (1, 0, false));
        assert!(service.clock().since_start() < Duration::from_secs(60));
        drop(delivery);
    }
    Ok(())
}

#[test]
fn h9_background_delivery_of_many_conversations_sends_many_at_once() -> Result<(), Error> {
    const AT_ONCE: usize = 4;
    let service = VirtualService::default();
    let api = service.api.clone();
    let (arrived, all_there) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let transport = move |attempt: Attempt| {
        // Nobody is answered before all are there, so that one after another would never end.
        if arrived.fetch_add(1, Ordering::SeqCst) + 1 == AT_ONCE {
            all_there.close();
        }
        let (all_there, service) = (Arc::clone(&all_there), service.clone());
        async move {
            let _closed = all_there.acquire().await;
            Ok(service.apply(attempt))
        }
    };
    let config = Config::builder().api_key(api.api_key()).concurrency(AT_ONCE).build()?;
    let sight = AgentSight::builder(config).transport(transport).build()?;
    let delivery = sight.start_background_delivery()?;
    (0..3 * AT_ONCE).try_for_each(|number| say(&sight, &format!("c-{number}"), "Hello"))?;
    let report = runtimes()[0].block_on(delivery.shutdown(PATIENCE));
    assert!(report.is_complete());
    assert_eq!(api.conversations().len(), 3 * AT_ONCE);
    Ok(())
}
