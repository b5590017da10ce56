//! One turn of the executor for the other tasks.

use std::future::poll_fn;
use std::task::Poll;

/// Lets the other tasks go on once, on every runtime.
pub(crate) async fn pass() {
    let mut passed = false;
    poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
