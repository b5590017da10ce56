//! One call: poll, send or wait, hand back what came, until it is done.

use std::time::Duration;

use agentsight_core::{Context, Error, Machine, Step};

use crate::client::Shared;
use crate::turn;

/// Drives a machine to its end.
pub(crate) async fn drive<M>(shared: &Shared, machine: &mut M) -> Result<M::Output, Error>
where
    M: Machine + Send,
    M::Output: Send,
{
    loop {
        match machine.poll(shared.core.now()) {
            Step::Send(attempt) => match shared.transport.send(attempt).await {
                Ok(response) => machine.handle_response(shared.core.now(), response),
                Err(failure) => machine.handle_failure(shared.core.now(), failure),
            },
            Step::Wait(duration) => wait(shared.core.context(), duration).await,
            Step::Done(result) => return result,
        }
    }
}

/// Waits, or skips the wait where waits are virtual.
async fn wait(context: &Context, duration: Duration) {
    if !context.has_virtual_waits() {
        return tokio::time::sleep(duration).await;
    }
    // As a real wait does, so that a test can drop the future here too (R11).
    turn::pass().await;
    context.skip(duration);
}
