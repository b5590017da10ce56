//! A worker without threads: the core with everything that is due sent in the background, one step after another.
//!
//! Up to sixteen attempts are under way at once and go on in an order that the seed draws. It is interrupted by giving
//! up attempts.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{self, Poll, Waker};
use std::time::Duration;

use agentsight_core::transport::AsyncTransport;
use agentsight_core::{
    Config, Context, ConversationRecorder, Core, DeadLetter, Job, NewConversation, Next, PendingEvents, Scope,
    SendAllReport, Ticket,
};
use agentsight_testkit::{TestClock, VirtualTransport};

use crate::client::Client;

pub(crate) struct Worker {
    core: Core,
    service: VirtualTransport,
    /// What the order of the attempts is drawn from.
    random: Context,
    running: RefCell<Vec<Attempt>>,
}

/// An attempt that is under way.
struct Attempt {
    future: Pin<Box<dyn Future<Output = ()>>>,
    /// Whether its answer is to come at a later time.
    sleeps: bool,
}

/// More polls than an attempt takes that waits for no time.
const MOST_POLLS: usize = 3;

/// Why a worker stops for a while.
enum Pause {
    /// The ticket is over.
    Over,
    /// It was to take so many steps.
    Steps,
    /// Nothing is due before that time.
    Time,
}

impl Client for Worker {
    const REPEATABLE: usize = 16;
    const WORKS_BY_ITSELF: bool = true;

    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self {
        let core = Core::new(config, service.clock().context(seed), "proof", || {});
        core.set_worker(true);
        let random = TestClock::new().context(seed.rotate_left(32));
        Self { core, service: service.clone(), random, running: RefCell::default() }
    }

    fn register(&self, conversation: NewConversation) -> ConversationRecorder {
        self.core.recorder().get_or_create_conversation(conversation).unwrap()
    }

    fn send_all(&self) -> SendAllReport {
        self.interrupted_send_all(usize::MAX).unwrap()
    }

    fn interrupted_send_all(&self, after: usize) -> Option<SendAllReport> {
        let ticket = self.core.ticket_for_all();
        let pause = self.work(Some(&ticket), after, Duration::MAX);
        if matches!(pause, Pause::Steps) {
            self.give_up();
        }
        // What is under way has left: nothing that is tracked later comes before it, whenever the service sees it.
        while !self.running.borrow().is_empty() {
            self.step();
        }
        match pause {
            Pause::Over => Some(ticket.into_reports()),
            Pause::Steps => None,
            Pause::Time => unreachable!("there is no end of time"),
        }
    }

    fn pass(&self, by: Duration) {
        let clock = self.service.clock();
        let until = clock.since_start() + by;
        self.work(None, usize::MAX, until);
        clock.advance(until.saturating_sub(clock.since_start()));
    }

    fn pending(&self) -> PendingEvents {
        self.core.recorder().pending()
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.core.recorder().dead_letters()
    }

    fn requeue(&self, letter: &DeadLetter) {
        self.core.recorder().requeue(letter).unwrap();
    }
}

impl Worker {
    /// Sends what is due until the ticket is over, so many steps were taken, or nothing is due before that time.
    fn work(&self, ticket: Option<&Ticket>, steps: usize, until: Duration) -> Pause {
        for _ in 0..steps {
            if ticket.is_some_and(Ticket::is_over) {
                return Pause::Over;
            }
            let wait = self.take_jobs();
            if !self.running.borrow().is_empty() {
                self.step();
                continue;
            }
            let clock = self.service.clock();
            match wait {
                Some(wait) if clock.since_start() + wait <= until => clock.advance(wait),
                None if ticket.is_some() => panic!("the worker waits for nobody: {:?}", self.pending()),
                _ => return Pause::Time,
            }
        }
        Pause::Steps
    }

    /// Begins everything that is due. Returns how long to wait for more.
    fn take_jobs(&self) -> Option<Duration> {
        loop {
            match self.core.next(Scope::Everything) {
                Next::Send { job, .. } => {
                    let future = Box::pin(carry_out(self.service.clone(), job));
                    let mut attempt = Attempt { future, sleeps: false };
                    // From here on its request is under way.
                    if attempt.poll().is_pending() {
                        self.running.borrow_mut().push(attempt);
                    }
                }
                Next::Wait(wait) => return wait,
                Next::Idle => return None,
            }
        }
    }

    /// One attempt comes to its end: at this time if one can, else at the time at which the first of those that sleep
    /// wakes.
    fn step(&self) {
        while let Some(mut attempt) = self.take_one(|attempt| !attempt.sleeps) {
            if (0..MOST_POLLS).any(|_| attempt.poll().is_ready()) {
                return;
            }
            attempt.sleeps = true;
            self.running.borrow_mut().push(attempt);
        }
        let mut running = self.running.borrow_mut();
        // Time moves when each in turn has nothing else to do.
        while !running.is_empty() {
            if let Some(place) = running.iter_mut().position(|attempt| attempt.poll().is_ready()) {
                running.swap_remove(place);
                return;
            }
        }
    }

    /// Gives up one attempt or all of them, before the service sees it or after.
    fn give_up(&self) {
        let all = self.pick(2) == 0;
        while let Some(mut attempt) = self.take_one(|_| true) {
            if self.pick(2) == 0 {
                let _ = attempt.poll();
            }
            drop(attempt);
            if !all {
                break;
            }
        }
    }

    /// Takes one of these attempts.
    fn take_one(&self, is_one: impl Fn(&Attempt) -> bool) -> Option<Attempt> {
        let mut running = self.running.borrow_mut();
        let places: Vec<_> = (0..running.len()).filter(|place| is_one(&running[*place])).collect();
        let place = (!places.is_empty()).then(|| places[self.pick(places.len())])?;
        Some(running.swap_remove(place))
    }

    fn pick(&self, bound: usize) -> usize {
        usize::try_from(self.random.next_u64() % u64::try_from(bound).unwrap()).unwrap()
    }
}

impl Attempt {
    fn poll(&mut self) -> Poll<()> {
        self.future.as_mut().poll(&mut task::Context::from_waker(Waker::noop()))
    }
}

async fn carry_out(service: VirtualTransport, mut job: Job) {
    if let Some(attempt) = job.attempt() {
        let result = AsyncTransport::send(&service, attempt).await;
        job.finish(result);
    }
}
