//! Background delivery of both clients, in virtual time: whatever its threads do first, everything arrives once and in
//! order (R25, R27).

use std::time::Duration;

use agentsight_core::{Config, ConversationRecorder, FlushReport, NewConversation};
use agentsight_http_async as asynchronous;
use agentsight_http_blocking as blocking;
use agentsight_testkit::{Expected, FaultMix, FaultPlan, TestClock, VirtualTransport};
use tokio::runtime;

use crate::client::Settings;
use crate::fault_table::{self, Symptom};
use crate::foretell::{Dose, foretell};
use crate::script::{Kind, Target, Tracked};
use crate::witness::check_files;

/// How many schedules there are for each number of threads.
const SCHEDULES: u64 = 20;
/// More flushes than any schedule takes.
const MOST_FLUSHES: usize = 10;

/// Faults on one request in ten, of those that refuse nothing and nobody, double nothing and take no time: where all share
/// one clock, time makes everything late that is under way meanwhile, so that only the clients' own waits move it.
fn faults(seed: u64) -> FaultPlan {
    let mut mix = FaultMix::from_seed(seed).percent(10);
    for entry in fault_table::all(TestClock::new().utc()) {
        let is_single = |target| foretell(&entry, target, Dose::Once).unwrap().copies == 1;
        let waits = entry.takes_long() || entry.asks_to_wait_too_long().is_some();
        let is_barred = |target| matches!(entry.symptom(target), Symptom::Barred(_) | Symptom::KeyRefused);
        if !waits
            && !entry.may_refuse()
            && !Target::ALL.into_iter().any(is_barred)
            && Target::ALL.into_iter().all(is_single)
        {
            mix = mix.fault(entry.fault);
        }
    }
    FaultPlan::new().mix(mix)
}

/// Tracks events of four conversations in turn, and flushes until everything is final.
fn run(
    seed: u64,
    service: &VirtualTransport,
    register: impl Fn(NewConversation) -> ConversationRecorder,
    flush: impl Fn(Duration) -> FlushReport,
) {
    let mut conversations: Vec<(String, ConversationRecorder, Vec<Tracked>)> = Vec::new();
    for number in 0..4 {
        let id = format!("c-{number}");
        let lane = register(NewConversation::new(&id));
        conversations.push((id, lane, Vec::new()));
    }
    service.set_faults(faults(seed));
    for kind in [Kind::Question, Kind::Action, Kind::Answer, Kind::Button, Kind::Answer] {
        for (_, lane, events) in &mut conversations {
            events.push(kind.track(lane, service.clock()));
        }
    }
    let is_complete = (0..MOST_FLUSHES).any(|_| flush(Duration::from_secs(600)).is_complete());
    assert!(is_complete, "seed {seed}: it never ends");

    let mut expected = Expected::new();
    for (id, _, events) in &conversations {
        expected = expected.conversation(id).events(events.iter().map(Tracked::expected)).into();
    }
    if let Err(difference) = service.api().audit().check(&expected) {
        panic!("seed {seed}: {difference}");
    }
    check_files(service.api(), &format!("seed {seed}"));
}

fn config(service: &VirtualTransport, concurrency: usize) -> Config {
    Settings { concurrency, poison_after: None, ..Settings::default() }.config(service)
}

#[test]
fn r25_the_blocking_client_delivers_in_the_background_with_one_to_four_threads() {
    for seed in 0..4 * SCHEDULES {
        let service = VirtualTransport::new();
        let config = config(&service, 1 + usize::try_from(seed % 4).unwrap());
        let builder = blocking::AgentSight::builder(config).transport(service.clone());
        let sight = builder.context(service.clock().context(seed)).build().unwrap();
        let delivery = sight.start_background_delivery().unwrap();
        let register = |conversation| sight.recorder().get_or_create_conversation(conversation).unwrap();
        run(seed, &service, register, |timeout| delivery.flush(timeout));
        assert!(delivery.shutdown(Duration::from_secs(1)).is_complete());
    }
}

#[test]
fn r25_the_asynchronous_client_delivers_in_the_background() {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for seed in 0..SCHEDULES {
        let service = VirtualTransport::new();
        let builder = asynchronous::AgentSight::builder(config(&service, 4)).transport(service.clone());
        let sight = builder.context(service.clock().context(seed)).build().unwrap();
        let delivery = sight.start_background_delivery().unwrap();
        let register = |conversation| sight.recorder().get_or_create_conversation(conversation).unwrap();
        run(seed, &service, register, |timeout| runtime.block_on(delivery.flush(timeout)));
        assert!(runtime.block_on(delivery.shutdown(Duration::from_secs(1))).is_complete());
    }
}
