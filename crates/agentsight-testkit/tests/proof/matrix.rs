//! Every fault on every request of every kind of event, at every place, alone and in a crowd.

use std::panic::{AssertUnwindSafe, catch_unwind};

use agentsight_testkit::{Effect, TestClock};

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::cell::Cell;
use crate::client::Client;
use crate::fault_table::{self, Entry};
use crate::foretell::{Dose, Foretold, foretell};
use crate::script::Target;
use crate::worker::Worker;

/// The sample of the crowds that would take long: each fault is met on one in four requests, other ones for each fault in
/// turn.
const ONE_REQUEST_IN_FOUR: usize = 12;

/// Every cell of this dose of which the rules foretell anything.
fn cells(dose: Dose, conversations: usize) -> Vec<(Cell, Foretold)> {
    let entries = fault_table::all(TestClock::new().utc());
    let mut cells = Vec::new();
    for entry in &entries {
        for target in Target::ALL {
            let Some(foretold) = foretell(entry, target, dose) else { continue };
            let cell = |&place| Cell { entry: entry.clone(), target, place, dose, conversations };
            cells.extend(target.places().iter().map(cell).map(|cell| (cell, foretold)));
        }
    }
    // The record comes first, and each request of an event is met at three places.
    let requests = 1 + 3 * (Target::ALL.len() - 1);
    let is_foretold = |entry: &&Entry| dose == Dose::Once || !matches!(entry.fault.effect(), Effect::Late(_));
    assert_eq!(cells.len(), requests * entries.iter().filter(is_foretold).count());
    cells
}

/// Proves every so-manieth of these cells.
fn prove<C: Client>(cells: &[(Cell, Foretold)], every: usize) {
    let fails =
        |(cell, foretold): &&(Cell, Foretold)| catch_unwind(AssertUnwindSafe(|| cell.prove::<C>(*foretold))).is_err();
    let failures = cells.iter().step_by(every).filter(fails).count();
    assert_eq!(failures, 0, "cells do not hold; each is named above");
}

#[test]
fn blocking_alone_meets_each_fault_once() {
    prove::<Blocking>(&cells(Dose::Once, 1), 1);
}

#[test]
fn blocking_alone_meets_each_fault_again_and_again() {
    prove::<Blocking>(&cells(Dose::Always, 1), 1);
}

#[test]
fn asynchronous_alone_meets_each_fault_once() {
    prove::<Asynchronous>(&cells(Dose::Once, 1), 1);
}

#[test]
fn asynchronous_alone_meets_each_fault_again_and_again() {
    prove::<Asynchronous>(&cells(Dose::Always, 1), 1);
}

/// R10: one of fifty conversations meets the fault.
#[test]
fn blocking_in_a_crowd_meets_each_fault_once() {
    prove::<Blocking>(&cells(Dose::Once, 50), 1);
}

#[test]
fn asynchronous_in_a_crowd_meets_each_fault_once() {
    prove::<Asynchronous>(&cells(Dose::Once, 50), 1);
}

/// The other forty-nine pass by while it goes wrong again and again: a sample of the cells.
#[test]
fn blocking_in_a_crowd_meets_faults_again_and_again() {
    prove::<Blocking>(&cells(Dose::Always, 50), ONE_REQUEST_IN_FOUR);
}

#[test]
fn asynchronous_in_a_crowd_meets_faults_again_and_again() {
    prove::<Asynchronous>(&cells(Dose::Always, 50), ONE_REQUEST_IN_FOUR);
}

#[test]
fn worker_alone_meets_each_fault_once() {
    prove::<Worker>(&cells(Dose::Once, 1), 1);
}

#[test]
fn worker_alone_meets_each_fault_again_and_again() {
    prove::<Worker>(&cells(Dose::Always, 1), 1);
}

/// A sample, since each of these requests is met alone, and the two clients run all of them.
#[test]
fn worker_in_a_crowd_meets_faults_once() {
    prove::<Worker>(&cells(Dose::Once, 50), ONE_REQUEST_IN_FOUR);
}

#[test]
fn worker_in_a_crowd_meets_faults_again_and_again() {
    prove::<Worker>(&cells(Dose::Always, 50), ONE_REQUEST_IN_FOUR);
}
