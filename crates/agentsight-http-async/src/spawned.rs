//! An attempt in a task of its own, so that another thread can carry it out.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::task::{self, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// An attempt, until it is over or given up. It is with whoever spawned it too, so that it can be given up at once.
type Attempt = Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>;

/// An attempt in a task of its own. Dropping this gives the attempt up, as if it had never left the task that drops it
/// (R11); a panic in it is resumed where this is polled.
pub(crate) struct Spawned {
    /// None when the runtime has ended before the attempt was over.
    task: Option<JoinHandle<()>>,
    attempt: Arc<Attempt>,
}

impl Spawned {
    /// Spawns the attempt.
    pub(crate) fn start(runtime: &Handle, attempt: impl Future<Output = ()> + Send + 'static) -> Self {
        let attempt: Arc<Attempt> = Arc::new(Mutex::new(Some(Box::pin(attempt))));
        let running = Arc::clone(&attempt);
        let task = runtime.spawn(poll_fn(move |context| poll_attempt(&running, context)));
        Self { task: Some(task), attempt }
    }
}

impl Future for Spawned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<()> {
        if let Some(task) = &mut self.task {
            match ready!(Pin::new(task).poll(context)) {
                Ok(()) => return Poll::Ready(()),
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                // Its runtime has ended, and this one goes on.
                Err(_) => self.task = None,
            }
        }
        poll_attempt(&self.attempt, context)
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let Some(task) = &self.task else { return };
        task.abort();
        let attempt = match self.attempt.try_lock() {
            Ok(mut attempt) => attempt.take(),
            Err(TryLockError::Poisoned(error)) => error.into_inner().take(),
            // It is being polled; its task drops it afterwards.
            Err(TryLockError::WouldBlock) => None,
        };
        drop(attempt);
    }
}

fn poll_attempt(attempt: &Attempt, context: &mut task::Context<'_>) -> Poll<()> {
    let mut attempt = attempt.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = attempt.as_mut() {
        ready!(running.as_mut().poll(context));
    }
    *attempt = None;
    Poll::Ready(())
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn r11_an_attempt_that_is_dropped_is_given_up_at_once() {
        // Nothing else runs on this runtime, so the task never has its turn.
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let (held, mut is_dropped) = oneshot::channel::<()>();
        let spawned = Spawned::start(runtime.handle(), async move {
            let _held = held;
            std::future::pending().await
        });
        drop(spawned);
        assert_eq!(is_dropped.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }

    #[test]
    fn an_attempt_goes_on_here_when_its_runtime_has_ended() {
        let [ended, other] = [(); 2].map(|()| Builder::new_current_thread().build().expect("a runtime"));
        let (tell, mut told) = oneshot::channel();
        let spawned = Spawned::start(ended.handle(), async move { tell.send(7).expect("somebody listens") });
        drop(ended);
        other.block_on(spawned);
        assert_eq!(told.try_recv(), Ok(7));
    }
}
