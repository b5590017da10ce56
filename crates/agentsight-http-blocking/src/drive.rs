//! The one loop: poll, send or wait, hand back what came, until it is done.

use std::thread;

use agentsight_core::{ConversationLane, Error, Machine, SendReport, Step, StopSignal};

use crate::client::Shared;

/// Drives a machine to its end.
pub(crate) fn drive<M: Machine>(shared: &Shared, machine: &mut M) -> Result<M::Output, Error> {
    loop {
        match machine.poll(shared.core.now()) {
            Step::Send(attempt) => match shared.transport.send(attempt) {
                Ok(response) => machine.handle_response(shared.core.now(), response),
                Err(failure) => machine.handle_failure(shared.core.now(), failure),
            },
            Step::Wait(duration) => {
                if !shared.core.context().skip(duration) {
                    thread::sleep(duration);
                }
            }
            Step::Done(result) => return result,
        }
    }
}

/// Sends one conversation, after whoever else is sending it (R10).
pub(crate) fn send_lane(shared: &Shared, lane: &ConversationLane, stop: &StopSignal) -> Result<SendReport, Error> {
    loop {
        let seen = shared.gate.releases();
        match shared.core.begin_delivery(lane, stop.clone()) {
            Some(mut delivery) => return drive(shared, &mut delivery),
            None => shared.gate.wait_past(seen),
        }
    }
}
