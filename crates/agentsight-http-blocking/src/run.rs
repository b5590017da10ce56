//! The one loop over what is to be sent: of `send`, `send_all`, `flush` and the worker (H9).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use agentsight_core::virtual_time::Role;
use agentsight_core::{Job, Next, Scope, Ticket};

use crate::client::Shared;
use crate::crew::{Crew, Need, Rest};
use crate::waiting::Party;

/// Runs jobs on the calling thread, and on others as they are needed, until everything that a ticket waits for is over.
///
/// While a worker lives, it runs all jobs, and this only waits.
pub(crate) fn run_ticket(shared: &Shared, ticket: &Ticket, threads: usize) {
    let crew = Crew::new(threads, false, Duration::ZERO);
    let party = shared.join(Role::Caller);
    thread::scope(|scope| help(scope, shared, ticket, &crew, &party, true));
}

/// Starts a thread that runs everything, and others as they are needed, until the crew is over. A panic in the transport
/// costs a job.
pub(crate) fn start_everything(shared: &Arc<Shared>, crew: &Arc<Crew>, role: Role, name: &'static str) -> bool {
    let party = shared.join(role);
    let (own, counted) = (Arc::clone(shared), Arc::clone(crew));
    let work = move || {
        let start = || start_everything(&own, &counted, role, name);
        run(&own, Scope::Everything, &counted, &party, false, &start);
    };
    match thread::Builder::new().name(name.to_owned()).spawn(work) {
        Ok(handle) => {
            crew.keep(handle);
            true
        }
        Err(_) => {
            crew.was_not_started();
            false
        }
    }
}

/// One of the threads of a ticket.
fn help<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    shared: &'scope Shared,
    ticket: &'scope Ticket,
    crew: &'scope Crew,
    party: &Party,
    is_caller: bool,
) {
    let start = || {
        let party = shared.join(Role::Caller);
        let work = move || help(scope, shared, ticket, crew, &party, false);
        let is_started = thread::Builder::new().spawn_scoped(scope, work).is_ok();
        if !is_started {
            crew.was_not_started();
        }
        is_started
    };
    run(shared, Scope::Ticket(ticket), crew, party, is_caller, &start);
}

/// Runs jobs until there is nothing left to wait for, the crew is over, or another thread of it suffices. With `stays`,
/// the last does not count.
fn run(shared: &Shared, scope: Scope<'_>, crew: &Crew, party: &Party, stays: bool, start: &dyn Fn() -> bool) {
    let mut member = crew.enter();
    loop {
        let seen = shared.waiting.seen();
        if crew.is_over() {
            // Whoever goes on waits for what was due before this thread's last job was over.
            shared.waiting.wake();
            return;
        }
        let wait = match next(shared, scope) {
            Next::Send { job, is_more_due } => {
                match crew.took_job(is_more_due) {
                    Need::Another => {
                        start();
                    }
                    Need::Watcher => shared.waiting.wake(),
                    Need::Nobody => {}
                }
                carry_out(shared, scope, job);
                continue;
            }
            Next::Idle if matches!(scope, Scope::Ticket(_)) => return,
            Next::Idle => None,
            Next::Wait(duration) => duration,
        };
        match member.rest(stays) {
            Rest::Watch => {
                party.wait(seen, wait);
                member.stop_watching();
            }
            Rest::End => {
                // Whoever watches began before this thread's last job was over, which may have changed what is due.
                shared.waiting.wake();
                return;
            }
            Rest::Reserve => {
                shared.waiting.wake();
                if !member.wait_in_reserve() {
                    return;
                }
            }
        }
    }
}

/// What is next. With a worker, nobody else runs anything.
fn next(shared: &Shared, scope: Scope<'_>) -> Next {
    match scope {
        Scope::Ticket(ticket) if shared.core.has_worker() => {
            if ticket.is_over() {
                Next::Idle
            } else {
                Next::Wait(None)
            }
        }
        _ => shared.core.next(scope),
    }
}

/// Carries out one attempt. A panic of the transport is the caller's where there is one; else it costs the job alone.
fn carry_out(shared: &Shared, scope: Scope<'_>, job: Job) {
    match scope {
        Scope::Ticket(_) => attempt(shared, job),
        // The job, which is all that the transport may have left in the middle, is given up.
        _ => drop(catch_unwind(AssertUnwindSafe(|| attempt(shared, job)))),
    }
}

fn attempt(shared: &Shared, mut job: Job) {
    if let Some(attempt) = job.attempt() {
        let result = shared.transport.send(attempt);
        job.finish(result);
    }
}
