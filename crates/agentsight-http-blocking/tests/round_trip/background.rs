//! Delivery in the background, and what is left when it ends (R25, R27).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use agentsight_http_blocking::transport::{Attempt, TransportFailure};
use agentsight_http_blocking::{
    AgentSight, BackgroundDelivery, Config, ConfigBuilder, Error, ErrorKind, FlushReport, Health,
};
use agentsight_testkit::{Expected, Fault, FaultPlan, FaultRule, VirtualTransport};
use http::StatusCode;

use crate::service::{client_of, serve};
use crate::virtual_service::VirtualService;

/// How often what depends on the moment is repeated.
const ROUNDS: usize = 50;

/// More than any test of these needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Less than the service of [`Silent`] ever takes.
const BRIEFLY: Duration = Duration::from_millis(20);

/// A service that answers nothing before it is told to.
struct Silent {
    sight: AgentSight,
    arrived: mpsc::Receiver<()>,
    answer: Option<mpsc::Sender<()>>,
}

impl Silent {
    fn new(config: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Result<Self, Error> {
        let service = VirtualService::default();
        let config = config(Config::builder().api_key(service.api.api_key())).build()?;
        let (answer, may_answer) = mpsc::channel::<()>();
        let (arrives, arrived) = mpsc::channel();
        let (may_answer, arrives) = (Mutex::new(may_answer), Mutex::new(arrives));
        let transport = move |attempt: Attempt| {
            let _ = arrives.lock().expect("nothing panics under the lock").send(());
            // An error: the test has let it go on.
            let _ = may_answer.lock().expect("nothing panics under the lock").recv();
            Ok(service.apply(attempt))
        };
        let sight = AgentSight::builder(config).transport(transport).build()?;
        Ok(Self { sight, arrived, answer: Some(answer) })
    }

    /// From here on it answers at once.
    fn wake_up(&mut self) {
        self.answer = None;
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
        Ok(answer)
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
    assert!(delivery.shutdown(PATIENCE).is_complete());
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

#[test]
fn r27_dropping_delivers_what_is_pending_once_and_without_the_delay() -> Result<(), Error> {
    for threads in [1, 4] {
        let server = serve();
        let config = Config::builder().api_key(server.api_key()).endpoint(server.url()).concurrency(threads);
        let config = config.read_back_delay(Duration::ZERO).shutdown_timeout(PATIENCE);
        let sight = AgentSight::new(config.delivery_delay(PATIENCE).build()?)?;
        let mut expected = Expected::new();
        for round in 0..ROUNDS {
            server.set_faults(fault_of(round));
            let delivery = sight.start_background_delivery()?;
            for id in ["one", "other"].map(|name| format!("{name}-{round}")) {
                say(&sight, &id, "Good")?;
                say(&sight, &id, "bye")?;
                expected = expected.conversation(id).question("Good").question("bye").into();
            }
            drop(delivery);
            assert!(sight.pending().is_empty(), "{threads} threads, round {round}");
        }
        server.audit().assert_exactly_once_in_order(&expected);
    }
    Ok(())
}

#[test]
fn r27_a_flush_tells_what_became_of_everything_with_and_without_a_worker() -> Result<(), Error> {
    for with_worker in [false, true] {
        let server = serve();
        let sight = client_of(&server)?;
        let delivery = with_worker.then(|| sight.start_background_delivery()).transpose()?;
        assert_eq!(counted(&sight.flush(PATIENCE)), (0, 0, false), "nothing to do");
        assert!(server.requests().is_empty());
        say(&sight, "c-1", "one")?;
        say(&sight, "c-2", "two")?;
        assert_eq!(counted(&sight.flush(PATIENCE)), (2, 0, false));
        server.add_fault(FaultRule::new(Fault::status(StatusCode::BAD_REQUEST)).path("/api/track/"));
        say(&sight, "c-1", "three")?;
        let report = sight.flush(PATIENCE);
        assert_eq!((report.rejected, report.pending), (1, 0));
        assert_eq!(report.into_result().map_err(|error| error.kind()).err(), Some(ErrorKind::Rejected));
        drop(delivery);
    }
    Ok(())
}

#[test]
fn r27_a_flush_returns_in_time_while_the_service_is_silent_and_a_late_answer_counts() -> Result<(), Error> {
    for with_worker in [false, true] {
        let mut service = Silent::new(|config| config)?;
        let delivery = with_worker.then(|| service.sight.start_background_delivery()).transpose()?;
        say(&service.sight, "c-1", "Hello")?;
        let began = Instant::now();
        let report = service.sight.flush(BRIEFLY);
        assert!(began.elapsed() >= BRIEFLY && began.elapsed() < PATIENCE);
        assert_eq!(counted(&report), (0, 1, true));
        assert_eq!(report.into_result().map_err(|error| error.kind()).err(), Some(ErrorKind::DeadlineExceeded));
        service.arrived.recv_timeout(PATIENCE).expect("the request is under way");
        service.wake_up();
        let report = service.sight.flush(PATIENCE);
        assert_eq!((report.is_complete(), service.sight.stats().acknowledged), (true, 1));
        assert_eq!(service.sight.stats().retries, 0, "nothing was sent twice");
        drop(delivery);
    }
    Ok(())
}

#[test]
fn r27_a_shutdown_returns_in_time_while_the_service_is_silent() -> Result<(), Error> {
    for _ in 0..3 {
        let mut service = Silent::new(|config| config.shutdown_timeout(BRIEFLY))?;
        let delivery = service.sight.start_background_delivery()?;
        say(&service.sight, "c-1", "Hello")?;
        assert_eq!(counted(&delivery.shutdown(BRIEFLY)), (0, 1, true));
        // The request goes on by itself. Its conversation waits for that, and a second worker for nothing.
        let delivery = service.sight.start_background_delivery()?;
        let began = Instant::now();
        drop(delivery);
        assert!(began.elapsed() < PATIENCE);
        service.wake_up();
        assert!(service.sight.flush(PATIENCE).is_complete());
        assert_eq!(service.sight.stats().acknowledged, 1);
    }
    Ok(())
}

#[test]
fn r27_dropping_while_the_thread_panics_waits_for_nothing() -> Result<(), Error> {
    let service = Silent::new(|config| config.shutdown_timeout(4 * PATIENCE))?;
    let sight = service.sight.clone();
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
    for _ in 0..ROUNDS {
        let service = VirtualService::default();
        let api = service.api.clone();
        let guard: Arc<Mutex<Option<BackgroundDelivery>>> = Arc::default();
        let (held, (over, is_over)) = (Arc::clone(&guard), mpsc::channel());
        let over = Mutex::new(over);
        let transport = move |attempt: Attempt| {
            let delivery = held.lock().map(|mut held| held.take());
            drop(delivery);
            let _ = over.lock().expect("nothing panics under the lock").send(());
            Ok(service.apply(attempt))
        };
        let config = Config::builder().api_key(api.api_key()).delivery_delay(Duration::ZERO).build()?;
        let sight = AgentSight::builder(config).transport(transport).build()?;
        *guard.lock().expect("nothing panics under the lock") = Some(sight.start_background_delivery()?);
        say(&sight, "c-1", "Hello")?;
        // Not a flush: that may hand out the request before the guard is there.
        is_over.recv_timeout(PATIENCE).expect("the drop comes to its end");
        assert!(sight.flush(PATIENCE).is_complete());
        assert_eq!(api.transcript("c-1").len(), 1);
    }
    Ok(())
}

#[test]
fn r25_a_worker_runs_all_jobs_and_callers_take_over_when_it_ends() -> Result<(), Error> {
    let service = VirtualService::default();
    let names: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let (seen, answering) = (Arc::clone(&names), service.clone());
    let transport = move |attempt: Attempt| {
        seen.lock().expect("nothing panics under the lock").push(thread::current().name().map(str::to_owned));
        Ok(answering.apply(attempt))
    };
    let sight = AgentSight::builder(service.config()).transport(transport).build()?;
    let delivery = sight.start_background_delivery()?;
    let chat = sight.conversation("c-1")?;
    chat.track_human_message("Hello")?;
    assert_eq!(chat.send()?.summary.questions, 1);
    say(&sight, "c-2", "Hello")?;
    assert!(sight.send_all().is_complete());
    let names = || std::mem::take(&mut *names.lock().expect("nothing panics under the lock"));
    assert_eq!(names(), vec![Some("agentsight-delivery".to_owned()); 4]);
    drop(delivery);
    chat.track_human_message("Goodbye")?;
    assert_eq!(chat.send()?.summary.questions, 1);
    assert_eq!(names(), [thread::current().name().map(str::to_owned)]);
    Ok(())
}

#[test]
fn r27_whoever_waits_for_a_worker_goes_on_alone_when_it_ends() -> Result<(), Error> {
    for _ in 0..ROUNDS {
        let service = VirtualService::default();
        let answering = service.clone();
        let is_down = Arc::new(AtomicBool::new(true));
        let (down, (asked, was_asked)) = (Arc::clone(&is_down), mpsc::channel());
        let asked = Mutex::new(asked);
        let transport = move |attempt: Attempt| {
            let _ = asked.lock().expect("nothing panics under the lock").send(());
            if down.load(Ordering::SeqCst) {
                return Err(TransportFailure::connect());
            }
            Ok(answering.apply(attempt))
        };
        let sight = AgentSight::builder(service.config()).transport(transport).build()?;
        let delivery = sight.start_background_delivery()?;
        let chat = sight.conversation("c-1")?;
        chat.track_human_message("Hello")?;
        let sending = thread::spawn(move || chat.send());
        was_asked.recv_timeout(PATIENCE).expect("the worker tries");
        is_down.store(false, Ordering::SeqCst);
        let _ = delivery.shutdown(Duration::ZERO);
        assert_eq!(sending.join().expect("no send panics")?.summary.questions, 1);
    }
    Ok(())
}

#[test]
fn r25_a_panic_in_the_transport_costs_its_job_and_not_the_worker() -> Result<(), Error> {
    for with_worker in [false, true] {
        let service = VirtualService::default();
        let answering = service.clone();
        let sent = AtomicUsize::new(0);
        let transport = move |attempt: Attempt| {
            assert_ne!(sent.fetch_add(1, Ordering::Relaxed), 1, "the transport's own fault");
            Ok(answering.apply(attempt))
        };
        let config = Config::builder().api_key(service.api.api_key()).attempt_timeout(Duration::from_millis(50));
        let config = config.read_back_delay(Duration::ZERO).build()?;
        let sight = AgentSight::builder(config).transport(transport).build()?;
        let delivery = with_worker.then(|| sight.start_background_delivery()).transpose()?;
        say(&sight, "c-1", "Hello")?;
        say(&sight, "c-2", "Hello")?;
        assert!(sight.flush(PATIENCE).is_complete());
        assert_eq!((service.api.transcript("c-1").len(), service.api.transcript("c-2").len()), (1, 1));
        drop(delivery);
    }
    Ok(())
}

#[test]
fn h9_where_waits_are_virtual_nothing_takes_time() -> Result<(), Error> {
    for with_worker in [false, true] {
        let service = VirtualTransport::new();
        service.add_fault(FaultRule::new(Fault::retry_after(30)).path("/api/track/"));
        let config = Config::builder().api_key(service.api().api_key()).delivery_delay(PATIENCE).build()?;
        let context = service.clock().context(42);
        let sight = AgentSight::builder(config).context(context).transport(service.clone()).build()?;
        let delivery = with_worker.then(|| sight.start_background_delivery()).transpose()?;
        say(&sight, "c-1", "one")?;
        assert_eq!(counted(&sight.flush(Duration::from_secs(10))), (0, 1, true), "the service asks for more");
        assert_eq!(service.clock().since_start(), Duration::from_secs(10));
        assert_eq!(counted(&sight.flush(Duration::from_secs(60))), (1, 0, false));
        assert!(service.clock().since_start() < Duration::from_secs(60));
        let chat = sight.conversation("c-2")?;
        chat.track_human_message("two")?;
        assert_eq!(chat.send()?.summary.questions, 1);
        drop(delivery);
    }
    Ok(())
}

#[test]
fn h9_background_delivery_of_many_conversations_uses_many_threads() -> Result<(), Error> {
    const AT_ONCE: usize = 4;
    let service = VirtualService::default();
    let api = service.api.clone();
    let (is_there, all_there) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Barrier::new(AT_ONCE)));
    let transport = move |attempt: Attempt| {
        // Nobody of the first ones is answered before all are there, so that one after another would never end.
        if is_there.fetch_add(1, Ordering::SeqCst) < AT_ONCE {
            all_there.wait();
        }
        Ok(service.apply(attempt))
    };
    let config = Config::builder().api_key(api.api_key()).concurrency(AT_ONCE).build()?;
    let sight = AgentSight::builder(config).transport(transport).build()?;
    let delivery = sight.start_background_delivery()?;
    (0..3 * AT_ONCE).try_for_each(|number| say(&sight, &format!("c-{number}"), "Hello"))?;
    assert!(delivery.shutdown(PATIENCE).is_complete());
    assert_eq!(api.conversations().len(), 3 * AT_ONCE);
    Ok(())
}
