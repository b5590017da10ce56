//! One call: poll, send or wait, hand back what came, until it is done.

use std::thread;

use agentsight_core::{Error, Machine, Step};

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
