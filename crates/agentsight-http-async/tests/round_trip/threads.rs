//! A runtime with several threads carries out several requests at the same instant (R10), and all promises hold.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use agentsight_http_async::transport::{AsyncTransport, Attempt};
use agentsight_http_async::{AgentSight, AmbiguousCreate, Config, Error};
use futures_util::future::select;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::virtual_service::VirtualService;

const CONVERSATIONS: usize = 4;

/// Nothing waits longer than this, so that a failing test ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where two threads meet.
#[derive(Default)]
struct Meeting {
    arrived: Mutex<usize>,
    came: Condvar,
}

impl Meeting {
    /// Blocks the thread until another one is here; whether one came.
    fn attend(&self) -> bool {
        let mut arrived = self.arrived.lock().expect("nobody panics here");
        *arrived += 1;
        self.came.notify_all();
        let (_arrived, waited) =
            self.came.wait_timeout_while(arrived, PATIENCE, |arrived| *arrived < 2).expect("nobody panics here");
        !waited.timed_out()
    }
}

#[test]
fn r10_send_all_uses_the_other_threads_of_its_runtime() -> Result<(), Error> {
    let service = VirtualService::default();
    let (answering, meeting) = (service.clone(), Arc::new(Meeting::default()));
    let transport = move |attempt: Attempt| {
        let (answering, meeting) = (answering.clone(), Arc::clone(&meeting));
        async move {
            assert!(meeting.attend(), "two threads meet");
            Ok(answering.apply(attempt))
        }
    };
    let sight = client(&service, transport)?;
    assert!(threads().block_on(sight.send_all()).is_complete());
    assert_arrived_once(&service);
    Ok(())
}

#[test]
fn r11_send_all_that_is_dropped_gives_up_what_other_threads_carry_out() -> Result<(), Error> {
    let service = VirtualService::default();
    let (begun, given_up) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let is_silent = Arc::new(AtomicBool::new(true));
    let (answering, may_begin, may_give_up, silent) =
        (service.clone(), Arc::clone(&begun), Arc::clone(&given_up), Arc::clone(&is_silent));
    let transport = move |attempt: Attempt| {
        let (answering, begun, given_up) = (answering.clone(), Arc::clone(&may_begin), Arc::clone(&may_give_up));
        let is_silent = silent.load(Ordering::Acquire);
        async move {
            if is_silent {
                let _told = TellsEnd(given_up);
                begun.add_permits(1);
                std::future::pending::<()>().await;
            }
            Ok(answering.apply(attempt))
        }
    };
    let sight = client(&service, transport)?;
    let runtime = threads();
    runtime.block_on(async {
        let sending = Box::pin(sight.send_all());
        let all_begun = pin!(permits(&begun));
        drop(select(sending, all_begun).await);
        // The one who is being polled on another thread ends with that.
        drop(permits(&given_up).await);
    });
    is_silent.store(false, Ordering::Release);
    assert!(runtime.block_on(sight.send_all()).is_complete());
    assert_arrived_once(&service);
    Ok(())
}

#[test]
fn r11_a_panic_on_another_thread_reaches_the_caller_and_costs_its_job_alone() -> Result<(), Error> {
    let service = VirtualService::default();
    let (answering, panics) = (service.clone(), Arc::new(AtomicBool::new(true)));
    let may_panic = Arc::clone(&panics);
    let transport = move |attempt: Attempt| {
        let (answering, panics) = (answering.clone(), may_panic.load(Ordering::Acquire));
        async move {
            assert!(!panics, "asked for");
            Ok(answering.apply(attempt))
        }
    };
    let sight = client(&service, transport)?;
    let runtime = threads();
    assert!(catch_unwind(AssertUnwindSafe(|| runtime.block_on(sight.send_all()))).is_err());
    panics.store(false, Ordering::Release);
    assert!(runtime.block_on(sight.send_all()).is_complete());
    assert_arrived_once(&service);
    Ok(())
}

/// Adds a permit when it is dropped.
struct TellsEnd(Arc<Semaphore>);

impl Drop for TellsEnd {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// Waits for one permit for each conversation.
async fn permits(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let count = u32::try_from(CONVERSATIONS).expect("a few");
    Arc::clone(semaphore).acquire_many_owned(count).await.expect("nobody closes it")
}

fn threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A client in real time, with one message in each conversation. What is in doubt is sent again without a look.
fn client<F>(service: &VirtualService, transport: F) -> Result<AgentSight, Error>
where
    F: AsyncTransport + 'static,
{
    let config = Config::builder().api_key(service.api.api_key()).ambiguous_create(AmbiguousCreate::Resend);
    let sight = AgentSight::builder(config.build()?).transport(transport).build()?;
    for number in 0..CONVERSATIONS {
        sight.conversation(format!("c-{number}"))?.track_human_message("Hello")?;
    }
    Ok(sight)
}

fn assert_arrived_once(service: &VirtualService) {
    for number in 0..CONVERSATIONS {
        assert_eq!(service.api.transcript(format!("c-{number}")).len(), 1, "c-{number}");
    }
}
