//! Ten thousand random schedules, half of them for each client, and as many as for one of them with a worker.
//! `AGENTSIGHT_SEED` repeats a single one.

use std::ops::Range;
use std::panic::catch_unwind;

use agentsight_testkit::FaultSeed;

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::client::Client;
use crate::schedule::{OUTAGES, Schedule, Tally};
use crate::worker::Worker;

fn run<C: Client>(seeds: Range<u64>) {
    let mut seen = None;
    let (mut tally, mut failures) = (Tally::default(), 0);
    for own in seeds.clone() {
        // The seed is printed if its schedule fails.
        let seed = FaultSeed::from_env_or(own).unwrap();
        // The environment's is the same for all.
        if seen == Some(seed.value()) {
            break;
        }
        seen = Some(seed.value());
        match catch_unwind(|| Schedule::<C>::run(seed.value())) {
            Ok(seen) => tally += seen,
            Err(_) => {
                eprintln!("the schedule of seed {} does not hold", seed.value());
                failures += 1;
            }
        }
    }
    assert_eq!(failures, 0, "schedules do not hold; each is named above");
    eprintln!("{tally:?}");
    if FaultSeed::from_env_or(0).unwrap().value() != 0 {
        return;
    }
    let schedules = seeds.count();
    let is_met = |seconds: &u64| tally.outages.get(seconds).is_some_and(|met| *met > schedules / 50);
    let bites = [
        ("stops", tally.stops > schedules),
        ("interruptions", tally.interruptions > schedules / 10),
        ("dead letters", tally.dead_letters > schedules / 10),
        ("requests with faults", tally.requests_with_faults > 5 * schedules),
        ("outages of each length", OUTAGES.iter().all(is_met)),
        ("token usages before the last event", tally.usages_before_the_last > schedules / 5),
        ("token usages at the end", tally.usages_at_the_end > schedules / 10),
    ];
    for (what, is_enough) in bites {
        assert!(is_enough, "too few for a proof: {what} in {tally:?}");
    }
}

#[test]
fn blocking_schedules_0_to_2500() {
    run::<Blocking>(0..2_500);
}

#[test]
fn blocking_schedules_2500_to_5000() {
    run::<Blocking>(2_500..5_000);
}

#[test]
fn asynchronous_schedules_5000_to_7500() {
    run::<Asynchronous>(5_000..7_500);
}

#[test]
fn asynchronous_schedules_7500_to_10000() {
    run::<Asynchronous>(7_500..10_000);
}

#[test]
fn worker_schedules_10000_to_12500() {
    run::<Worker>(10_000..12_500);
}

#[test]
fn worker_schedules_12500_to_15000() {
    run::<Worker>(12_500..15_000);
}
