//! How fast schedules of faults run in virtual time: at least 2,000 a second, so that tests can afford thousands.
//!
//! A schedule is a conversation of 10 events, tracked, sent under faults that its seed picks (three of the first twenty
//! requests fail) and sent again until nothing is pending, through the blocking client, the transport over the fake
//! service and the clock that both share. Every schedule has a seed of its own.
//!
//! `cargo bench -p agentsight-testkit` prints the schedules a second as criterion's throughput.
//!
//! Seen on two busy x86-64 cores: 5,500 schedules a second.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has to stop")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agentsight_core::Context;
use agentsight_http_blocking::{AgentMessage, AgentSight, Config, NewAction, NewConversation};
use agentsight_testkit::{Fault, FaultPlan, FaultRule, TestClock, VirtualTransport};
use criterion::{Criterion, Throughput};
use http::StatusCode;

/// More sends than any schedule takes.
const MOST_SENDS: usize = 20;

fn main() {
    let seed = AtomicU64::new(0);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("schedules");
    group.throughput(Throughput::Elements(1));
    group.bench_function("10 events", |bencher| bencher.iter(|| run(seed.fetch_add(1, Ordering::Relaxed))));
    group.finish();
    criterion.final_summary();
}

/// Runs the schedule of a seed to its end.
fn run(seed: u64) {
    let service = VirtualTransport::new();
    // Faults are drawn from a sequence of their own, and not from what the client draws.
    service.set_faults(faults(&TestClock::new().context(!seed)));
    let config = Config::builder().api_key(service.api().api_key()).environment("production").build();
    let config = config.expect("a valid configuration");
    let context = service.clock().context(seed);
    let sight = AgentSight::builder(config).transport(service.clone()).context(context).build();
    let sight = sight.expect("a transport that needs nothing");

    let conversation = NewConversation::new("support-123").name("Password reset");
    let chat = sight.tracker().get_or_create_conversation(conversation).expect("a valid conversation");
    for turn in 0..3 {
        chat.track_human_message("How do I reset my password?").expect("a valid message");
        chat.track_action(NewAction::new("database_lookup").duration_ms(turn)).expect("a valid action");
        chat.track_agent_message(AgentMessage::new("Click 'Forgot password'.")).expect("a valid message");
    }
    chat.track_human_message("Thank you!").expect("a valid message");

    let mut sends = 0;
    while sight.pending().total() > 0 {
        assert!(sends < MOST_SENDS, "seed {seed} never ends");
        sends += 1;
        // A lane that had to stop is sent again, later.
        if chat.send().is_err() {
            service.clock().advance(Duration::from_secs(60));
        }
    }
    let audit = service.api().audit();
    assert_eq!((audit.accepted, audit.duplicated), (10, 0), "seed {seed} lost or doubled an event");
}

fn faults(random: &Context) -> FaultPlan {
    (0..3).fold(FaultPlan::new(), |plan, _| {
        let fault = match random.next_u64() % 6 {
            0 => Fault::status(StatusCode::BAD_GATEWAY),
            1 => Fault::retry_after(random.next_u64() % 60),
            2 => Fault::close_before_applied(),
            3 => Fault::close_after_applied(),
            4 => Fault::status(StatusCode::SERVICE_UNAVAILABLE),
            _ => Fault::delay(Duration::from_secs(random.next_u64() % 30)),
        };
        plan.rule(FaultRule::new(fault).nth(1 + random.next_u64() % 20))
    })
}
