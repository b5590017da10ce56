//! Futures polled by hand, so that they can be dropped at any point.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// More polls than any future of these tests needs.
const PATIENCE: usize = 10_000;

/// Polls a future at most so many times.
pub(crate) fn poll_times<F: Future + ?Sized>(mut future: Pin<&mut F>, times: usize) -> Poll<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..times {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Poll::Ready(output);
        }
    }
    Poll::Pending
}

/// Polls a future so many times and drops it. Answers what it arrived at, if it did.
pub(crate) fn poll_and_drop<F: Future>(future: F, times: usize) -> Option<F::Output> {
    match poll_times(pin!(future), times) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Polls a future to its end.
pub(crate) fn finish<F: Future>(future: F) -> F::Output {
    poll_and_drop(future, PATIENCE).expect("the future comes to its end")
}
