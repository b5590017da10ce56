//! The loops of a client in virtual time: a worker's, a flush's and those of callers.
//!
//! They are as strict as a client may be: a loop that was told to wait asks again when its time has come or when it was
//! woken, and at no other moment. Time advances only when no loop can do anything.

use std::rc::Rc;
use std::time::Duration;

use agentsight_core::transport::TransportFailure;
use agentsight_core::{FlushReport, Job, Next, Scope, Ticket};
use bytes::Bytes;
use http::Response;

use crate::fault::{Fault, Faults};
use crate::world::{Begun, Sent, World};

/// More steps than any honest run takes in these tests.
const MOST_STEPS: usize = 5_000_000;

type BoxedFaults<'a> = Box<dyn FnMut(usize, &Sent) -> Fault + 'a>;

/// Loops over one world, and what befalls their requests.
pub(crate) struct Loops<'a> {
    world: &'a World,
    faults: BoxedFaults<'a>,
    requests: usize,
    loops: Vec<Loop>,
    asked: usize,
}

struct Loop {
    /// Whose jobs it runs; everybody's if nobody is named.
    caller: Option<Rc<Ticket>>,
    state: State,
}

enum State {
    /// It is about to ask what to do.
    Ready,
    /// It was told to wait. The number says how often the client had woken its loops before.
    Asleep { until: Option<Duration>, woken: usize },
    /// It carries out an attempt.
    Busy { job: Job, ends: Duration, result: Result<Response<Bytes>, TransportFailure> },
}

impl<'a> Loops<'a> {
    /// So many loops that run every job, as a flush without a worker has them.
    pub(crate) fn new(world: &'a World, count: usize, faults: impl Faults + 'a) -> Self {
        let loops = (0..count).map(|_| Loop { caller: None, state: State::Ready }).collect();
        Self { world, faults: Box::new(faults), requests: 0, loops, asked: 0 }
    }

    /// The loops of a worker.
    pub(crate) fn worker(world: &'a World, count: usize, faults: impl Faults + 'a) -> Self {
        world.core.set_worker(true);
        Self::new(world, count, faults)
    }

    /// Changes what befalls the requests from here on.
    pub(crate) fn set_faults(&mut self, faults: impl Faults + 'a) {
        self.faults = Box::new(faults);
    }

    /// A caller runs the jobs of its own ticket, unless there is a worker.
    pub(crate) fn add_caller(&mut self, ticket: &Rc<Ticket>) {
        self.loops.push(Loop { caller: Some(Rc::clone(ticket)), state: State::Ready });
    }

    /// One more loop that runs every job.
    pub(crate) fn add_loop(&mut self) {
        self.loops.push(Loop { caller: None, state: State::Ready });
    }

    /// How many attempts are under way.
    pub(crate) fn busy(&self) -> usize {
        self.loops.iter().filter(|each| matches!(each.state, State::Busy { .. })).count()
    }

    /// How often a loop has asked what to do.
    pub(crate) fn asked(&self) -> usize {
        self.asked
    }

    /// When a loop does something by itself; `None` while all of them wait to be woken.
    pub(crate) fn next_moment(&self) -> Option<Duration> {
        let moment = |each: &Loop| match &each.state {
            State::Ready => Some(self.world.clock.since_start()),
            State::Asleep { until, .. } => *until,
            State::Busy { ends, .. } => Some(*ends),
        };
        self.loops.iter().filter_map(moment).min()
    }

    /// Does everything that can be done now.
    pub(crate) fn settle(&mut self) {
        self.run(Duration::ZERO);
    }

    /// Lets this time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        self.run_while(Some(self.world.clock.since_start() + time), || true);
    }

    /// Runs until a condition holds, which is looked at after every step. Returns how long that took.
    pub(crate) fn run_until(&mut self, mut holds: impl FnMut() -> bool) -> Duration {
        let start = self.world.clock.since_start();
        self.run_while(None, || !holds());
        self.world.clock.since_start() - start
    }

    /// Waits for something as a caller does: it looks now, whenever the client wakes its loops, and at no other moment.
    /// Returns how long that took.
    pub(crate) fn wait_for(&mut self, most: Option<Duration>, mut is_over: impl FnMut() -> bool) -> Duration {
        let world = self.world;
        let start = world.clock.since_start();
        let mut seen = None;
        let end = most.map(|most| start + most);
        self.run_while(end, || {
            let woken = Some(world.woken());
            let looks = std::mem::replace(&mut seen, woken) != woken;
            !(looks && is_over())
        });
        world.clock.since_start() - start
    }

    /// Flushes. Returns what came of it, and how long it took.
    pub(crate) fn flush(&mut self, timeout: Duration) -> (FlushReport, Duration) {
        let flush = self.world.core.begin_flush(timeout);
        let took = self.wait_for(Some(timeout), || flush.is_over());
        (flush.into_report(), took)
    }

    fn run_while(&mut self, end: Option<Duration>, mut goes_on: impl FnMut() -> bool) {
        for _ in 0..MOST_STEPS {
            if !goes_on() {
                return;
            }
            if self.step() {
                continue;
            }
            let now = self.world.clock.since_start();
            let next = match (self.next_moment(), end) {
                (_, Some(end)) if now >= end => return,
                (Some(next), Some(end)) => next.min(end),
                (None, Some(end)) => end,
                (Some(next), None) => next,
                (None, None) => panic!("every loop waits to be woken, and nobody wakes them"),
            };
            self.world.advance(next - now);
        }
        panic!("not over after {MOST_STEPS} steps: somebody is busy without getting anywhere")
    }

    /// Lets the first loop that can do something do it. Returns whether there was one.
    fn step(&mut self) -> bool {
        let (now, woken) = (self.world.clock.since_start(), self.world.woken());
        let can_move = |each: &Loop| match &each.state {
            State::Ready => true,
            State::Asleep { until, woken: seen } => *seen != woken || until.is_some_and(|until| until <= now),
            State::Busy { ends, .. } => *ends <= now,
        };
        let Some(index) = self.loops.iter().position(can_move) else { return false };
        let state = std::mem::replace(&mut self.loops[index].state, State::Ready);
        if let State::Busy { job, result, .. } = state {
            job.finish(result);
            return true;
        }
        self.ask(index, now, woken);
        true
    }

    fn ask(&mut self, index: usize, now: Duration, woken: usize) {
        self.asked += 1;
        let core = &self.world.core;
        let next = match &self.loops[index].caller {
            // Callers hold their tickets while a worker runs all jobs.
            Some(_) if core.has_worker() => Next::Idle,
            Some(ticket) => core.next(Scope::Ticket(ticket)),
            None => core.next(Scope::Everything),
        };
        self.loops[index].state = match next {
            Next::Send { mut job, .. } => match job.attempt() {
                None => State::Ready,
                Some(attempt) => {
                    let Self { faults, requests, .. } = self;
                    let Begun { takes, result } = self.world.begin(attempt, |sent| faults(*requests, sent));
                    *requests += 1;
                    State::Busy { job, ends: now + takes, result }
                }
            },
            Next::Wait(wait) => State::Asleep { until: wait.map(|wait| now.saturating_add(wait)), woken },
            Next::Idle => State::Asleep { until: None, woken },
        };
    }
}
