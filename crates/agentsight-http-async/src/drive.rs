//! The one loop: poll, send or wait, hand back what came, until it is done.

use std::pin::pin;
use std::time::Duration;

use agentsight_core::{Context, ConversationLane, Error, Machine, SendReport, Step, StopSignal};

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

/// Sends one conversation, after whoever else is sending it (R10).
pub(crate) async fn send_lane(
    shared: &Shared,
    lane: &ConversationLane,
    stop: &StopSignal,
) -> Result<SendReport, Error> {
    loop {
        let mut released = pin!(shared.gate.notified());
        // Listening before the lane is tried, so that a release in between is not missed.
        released.as_mut().enable();
        match shared.core.begin_delivery(lane, stop.clone()) {
            Some(mut delivery) => return drive(shared, &mut delivery).await,
            None => released.await,
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
