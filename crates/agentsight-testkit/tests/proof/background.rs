//! Background delivery of both clients, in virtual time: whatever its threads do first, everything arrives once and in
//! order (R25, R27).

use std::time::Duration;

use agentsight_core::{Config, ConversationRecorder, FlushReport, NewConversation};
use agentsight_http_async as asynchronous;
use agentsight_http_blocking as blocking;
use agentsight_testkit::VirtualTransport;
use tokio::runtime;

use crate::client::Settings;
use crate::traffic::{Traffic, faults};

/// How many schedules there are for each number of threads.
const SCHEDULES: u64 = 20;
/// More flushes than any schedule takes.
const MOST_FLUSHES: usize = 10;

/// Tracks events of four conversations in turn, and flushes until everything is final.
fn run(
    seed: u64,
    service: &VirtualTransport,
    register: impl Fn(NewConversation) -> ConversationRecorder,
    flush: impl Fn(Duration) -> FlushReport,
) {
    service.set_faults(faults(seed));
    let traffic = Traffic::track(service, 4, register);
    let is_complete = (0..MOST_FLUSHES).any(|_| flush(Duration::from_secs(600)).is_complete());
    assert!(is_complete, "seed {seed}: it never ends");
    traffic.check(service, &format!("seed {seed}"));
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
