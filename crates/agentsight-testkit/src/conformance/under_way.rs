//! Sending an attempt while its transport is looked at.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use agentsight_core::transport::{AsyncTransport, Attempt, Transport};

use super::case::Outcome;
use super::run::Run;

/// How often a transport is looked at while it sends. Some cases take much longer than this.
const LOOK: Duration = Duration::from_millis(10);

/// Looks at the transport before, after, and from another thread during the request.
pub(super) fn send<T: Transport + Debug>(transport: &T, attempt: Attempt, run: &Run<'_>) -> Outcome {
    run.look_at(transport, "before");
    let is_over = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                run.look_at(transport, "during");
                thread::park_timeout(LOOK);
            }
        });
        // Dropped also when the transport panics: the scope waits for the other thread.
        let _end = End { is_over: &is_over, looking: looking.thread().clone() };
        transport.send(attempt)
    });
    run.look_at(transport, "after");
    outcome
}

/// Looks at the transport before, after, and whenever the request has to wait.
pub(super) async fn send_asynchronously<T: AsyncTransport + Debug>(
    transport: &T,
    attempt: Attempt,
    run: &Run<'_>,
) -> Outcome {
    run.look_at(transport, "before");
    let mut sending = pin!(transport.send(attempt));
    let outcome = poll_fn(|context| {
        let polled = sending.as_mut().poll(context);
        if polled.is_pending() {
            run.look_at(transport, "during");
        }
        polled
    });
    let outcome = outcome.await;
    run.look_at(transport, "after");
    outcome
}

struct End<'a> {
    is_over: &'a AtomicBool,
    looking: Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.looking.unpark();
    }
}
