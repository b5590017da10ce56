//! Delivery in the background (R25, R27).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use agentsight_http_async::transport::{Attempt, TransportFailure};
use agentsight_http_async::{AgentSight, BackgroundDelivery, Config, Error, ErrorKind, FlushReport, Health};
use agentsight_testkit::{Fault, FaultRule, VirtualTransport};
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::polling::finish;
use crate::service::{client_of, runtimes, serve};
use crate::silent::{BRIEFLY, PATIENCE, Silent, counted, say};
use crate::virtual_service::VirtualService;

/// How often what depends on the moment is repeated.
pub(crate) const ROUNDS: usize = 50;

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
