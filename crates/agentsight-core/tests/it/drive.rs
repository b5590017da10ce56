//! The loop of a transport, in virtual time and bounded.

use std::time::Duration;

use agentsight_core::{Error, Machine, SendAllReport, SendReport, Step};

use crate::fault::{Faults, healthy};
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
        let mut dispatcher = self.core.dispatcher();
        let mut asked = 0;
        let mut running = Vec::new();
        for _ in 0..MOST_STEPS {
            while let Some(lane) = dispatcher.next_lane() {
                let delivery = self.core.begin_delivery(&lane, dispatcher.stop_signal()).unwrap();
                running.push((lane, delivery, None::<Duration>));
            }
            assert!(running.len() <= self.core.config().concurrency());
            if running.is_empty() {
                return dispatcher.into_report();
            }
            let mut done: Vec<(usize, Result<SendReport, Error>)> = Vec::new();
            for (index, (_, delivery, until)) in running.iter_mut().enumerate() {
                if until.is_some_and(|until| self.clock.since_start() < until) {
                    continue;
                }
                *until = None;
                match delivery.poll(self.core.now()) {
                    Step::Done(result) => done.push((index, result)),
                    Step::Wait(duration) => *until = Some(self.clock.since_start() + duration),
                    Step::Send(attempt) => {
                        let result = self.carry_out(attempt, |sent| faults(asked, sent));
                        asked += 1;
                        match result {
                            Ok(response) => delivery.handle_response(self.core.now(), response),
                            Err(failure) => delivery.handle_failure(self.core.now(), failure),
                        }
                    }
                }
            }
            let somebody_is_done = !done.is_empty();
            for (index, result) in done.into_iter().rev() {
                let (lane, delivery, _) = running.remove(index);
                drop(delivery);
                dispatcher.finished(&lane, result);
            }
            // Time passes only when nobody has anything to do.
            let all_wait = !somebody_is_done && running.iter().all(|(_, _, until)| until.is_some());
            if let Some(next) = running.iter().filter_map(|(_, _, until)| *until).min()
                && all_wait
            {
                self.advance(next.saturating_sub(self.clock.since_start()));
            }
        }
        panic!("not done after {MOST_STEPS} rounds")
    }
}
