//! The loop of a transport, in virtual time and bounded.

use std::collections::VecDeque;

use agentsight_core::transport::Attempt;
use agentsight_core::{Error, Job, Machine, Next, Scope, SendAllReport, Step};

use crate::fault::{Fault, Faults, healthy};
use crate::world::World;

/// More steps than any honest machine takes in these tests.
const MOST_STEPS: usize = 20_000;

/// Drives machines through the world.
pub(crate) trait Drive {
    /// Until it is done; nothing goes wrong.
    fn drive<M: Machine>(&self, machine: M) -> Result<M::Output, Error>;

    /// Until it is done.
    fn drive_with<M: Machine>(&self, machine: &mut M, faults: impl Faults) -> Result<M::Output, Error>;

    /// So many steps and no more; `None` if it was not done by then. Asking the machine, carrying out its request and
    /// handing it the answer are a step each, so that a drop can fall between any two of them.
    fn drive_n<M: Machine>(
        &self,
        machine: &mut M,
        steps: usize,
        faults: impl Faults,
    ) -> Option<Result<M::Output, Error>>;

    /// Sends every conversation, as many at once as the client is configured for, turn by turn.
    fn send_all(&self, faults: impl Faults) -> SendAllReport;
}

impl Drive for World {
    fn drive<M: Machine>(&self, mut machine: M) -> Result<M::Output, Error> {
        self.drive_with(&mut machine, healthy())
    }

    fn drive_with<M: Machine>(&self, machine: &mut M, faults: impl Faults) -> Result<M::Output, Error> {
        self.drive_n(machine, MOST_STEPS, faults).unwrap_or_else(|| panic!("not done after {MOST_STEPS} steps"))
    }

    fn drive_n<M: Machine>(
        &self,
        machine: &mut M,
        steps: usize,
        mut faults: impl Faults,
    ) -> Option<Result<M::Output, Error>> {
        let mut left = steps;
        let mut step = || {
            let more = left > 0;
            left = left.saturating_sub(1);
            more.then_some(())
        };
        let mut requests = 0;
        loop {
            step()?;
            match machine.poll(self.core.now()) {
                Step::Done(result) => return Some(result),
                Step::Wait(duration) => {
                    step()?;
                    self.advance(duration);
                }
                Step::Send(attempt) => {
                    step()?;
                    let result = self.carry_out(attempt, |sent| faults(requests, sent));
                    requests += 1;
                    step()?;
                    match result {
                        Ok(response) => machine.handle_response(self.core.now(), response),
                        Err(failure) => machine.handle_failure(self.core.now(), failure),
                    }
                }
            }
        }
    }

    fn send_all(&self, mut faults: impl Faults) -> SendAllReport {
        let ticket = self.core.ticket_for_all();
        let mut asked = 0;
        let mut running: VecDeque<(Job, Attempt)> = VecDeque::new();
        for _ in 0..MOST_STEPS {
            let wait = loop {
                match self.core.next(Scope::Ticket(&ticket)) {
                    Next::Send { mut job, .. } => running.extend(job.attempt().map(|attempt| (job, attempt))),
                    Next::Wait(wait) => break wait,
                    Next::Idle => break None,
                }
            };
            assert!(running.len() <= self.core.config().concurrency());
            if let Some((job, attempt)) = running.pop_front() {
                let result = self.carry_out(attempt, |sent| faults(asked, sent));
                asked += 1;
                job.finish(result);
            } else if ticket.is_over() {
                return ticket.into_reports();
            } else {
                // Time passes only when nobody has anything to do.
                self.advance(wait.unwrap());
            }
        }
        panic!("not done after {MOST_STEPS} rounds")
    }
}

/// Drives a machine until it is done, nothing goes wrong, and returns what was to be noted of each attempt.
pub(crate) fn attempts<M: Machine, T>(world: &World, machine: &mut M, note: impl Fn(&Attempt) -> T) -> Vec<T> {
    let mut noted = Vec::new();
    loop {
        match machine.poll(world.core.now()) {
            Step::Done(_) => return noted,
            Step::Wait(duration) => world.advance(duration),
            Step::Send(attempt) => {
                noted.push(note(&attempt));
                let response = world.carry_out(attempt, |_| Fault::None).unwrap();
                machine.handle_response(world.core.now(), response);
            }
        }
    }
}
