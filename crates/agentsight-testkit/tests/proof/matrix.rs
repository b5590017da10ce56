//! Every fault on every request of every kind of event, at every place, alone and in a crowd.

use std::panic::{AssertUnwindSafe, catch_unwind};

use agentsight_testkit::TestClock;

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::cell::Cell;
use crate::client::Client;
use crate::fault_table;
use crate::foretell::Dose;
use crate::script::Target;

/// Proves every cell of this dose with so many conversations.
fn prove<C: Client>(dose: Dose, conversations: usize) {
    let mut cells = 0;
    let mut failures = 0;
    for entry in fault_table::all(TestClock::new().utc()) {
        for target in Target::ALL {
            for &place in target.places() {
                let cell = Cell { entry: entry.clone(), target, place, dose, conversations };
                match catch_unwind(AssertUnwindSafe(|| cell.prove::<C>())) {
                    Ok(proved) => cells += usize::from(proved),
                    Err(_) => failures += 1,
                }
            }
        }
    }
    assert_eq!(failures, 0, "cells do not hold; each is named above");
    assert!(cells > 1_000, "{cells}");
}

#[test]
fn blocking_alone_meets_each_fault_once() {
    prove::<Blocking>(Dose::Once, 1);
}

#[test]
fn blocking_alone_meets_each_fault_again_and_again() {
    prove::<Blocking>(Dose::Always, 1);
}

#[test]
fn asynchronous_alone_meets_each_fault_once() {
    prove::<Asynchronous>(Dose::Once, 1);
}

#[test]
fn asynchronous_alone_meets_each_fault_again_and_again() {
    prove::<Asynchronous>(Dose::Always, 1);
}

/// R10: one of fifty conversations meets the fault.
#[test]
fn blocking_in_a_crowd_meets_each_fault_once() {
    prove::<Blocking>(Dose::Once, 50);
}

#[test]
fn asynchronous_in_a_crowd_meets_each_fault_once() {
    prove::<Asynchronous>(Dose::Once, 50);
}
