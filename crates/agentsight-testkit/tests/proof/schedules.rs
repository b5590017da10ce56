//! Ten thousand random schedules, half of them for each client. `AGENTSIGHT_SEED` repeats a single one.

use std::ops::Range;

use agentsight_testkit::FaultSeed;

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::client::Client;
use crate::schedule::Schedule;

fn run<C: Client>(seeds: Range<u64>) {
    let mut seen = None;
    let mut stops = 0;
    for own in seeds.clone() {
        // The seed is printed if its schedule fails.
        let seed = FaultSeed::from_env_or(own).unwrap();
        // The environment's is the same for all.
        if seen == Some(seed.value()) {
            return;
        }
        seen = Some(seed.value());
        stops += Schedule::<C>::run(seed.value());
    }
    assert!(stops > seeds.count() / 2, "{stops} conversations had to stop: too few for a proof");
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
