//! How delivery in the background ends, wherever that is (R27).

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use agentsight_http_async::transport::Attempt;
use agentsight_http_async::{AgentSight, BackgroundDelivery, Config, Error};
use agentsight_testkit::{Expected, Fault, FaultPlan, FaultRule};
use http::StatusCode;

use crate::background::ROUNDS;
use crate::service::{runtimes, serve};
use crate::silent::{BRIEFLY, PATIENCE, Silent, counted, say};
use crate::virtual_service::VirtualService;

/// The same over sockets, where every worker first reads the system's certificates. Each fault is met twice.
const SOCKET_ROUNDS: usize = 10;

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
