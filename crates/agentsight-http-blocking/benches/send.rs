//! What sending costs over sockets, beside bare ureq with the same JSON and the same timeout.
//!
//! ```text
//! cargo bench -p agentsight-http-blocking --bench send
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark fails by the value that it does not get")]

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use agentsight_http_blocking::{AgentSight, Config};
use agentsight_testkit::FakeServer;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use ureq::Agent;

const TEXT: &str = "How do I reset my password? I have tried everything already.";
const EVENTS: u64 = 100;
const CONVERSATIONS: u64 = 16;

fn client(server: &FakeServer) -> AgentSight {
    AgentSight::new(Config::builder().api_key(server.api_key()).endpoint(server.url()).build().unwrap()).unwrap()
}

fn track(sight: &AgentSight, conversation: u64) {
    let chat = sight.conversation(format!("c{conversation}")).unwrap();
    (0..EVENTS).for_each(|_| chat.track_human_message(TEXT).unwrap());
}

/// One conversation's requests by ureq alone.
fn bare(server: &FakeServer, agent: &Agent, conversation: u64) {
    for _ in 0..EVENTS {
        let body = json!({"timestamp": "2025-01-01T00:00:00.000000+00:00", "content": TEXT, "sender": "end_user",
            "conversation_id": format!("bare{conversation}"), "metadata": {}, "conversation": null});
        let request = agent
            .post(format!("{}/api/track/", server.url()))
            .header("authorization", format!("Api-Key {}", server.api_key()))
            .header("content-type", "application/json");
        let mut response = request.send(body.to_string()).unwrap();
        black_box(response.body_mut().read_to_vec().unwrap());
    }
}

fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(Duration::from_secs(15))).http_status_as_error(false).build().into()
}

fn send(criterion: &mut Criterion) {
    let server = FakeServer::start().unwrap();
    let (sight, agent) = (client(&server), agent());
    let mut group = criterion.benchmark_group("send");
    group.sample_size(20).throughput(Throughput::Elements(EVENTS));
    group.bench_function("agentsight", |bencher| {
        let chat = sight.conversation("c0").unwrap();
        bencher.iter_batched(|| track(&sight, 0), |()| chat.send().unwrap(), BatchSize::PerIteration);
    });
    group.bench_function("bare ureq", |bencher| bencher.iter(|| bare(&server, &agent, 0)));
    group.finish();
}

fn send_all(criterion: &mut Criterion) {
    let server = FakeServer::start().unwrap();
    let (sight, agent) = (client(&server), agent());
    let mut group = criterion.benchmark_group("send_all");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS * CONVERSATIONS));
    group.bench_function("agentsight", |bencher| {
        let tracked = || (0..CONVERSATIONS).for_each(|conversation| track(&sight, conversation));
        bencher.iter_batched(tracked, |()| assert!(sight.send_all().is_complete()), BatchSize::PerIteration);
    });
    group.bench_function("bare ureq, a thread for each conversation", |bencher| {
        bencher.iter(|| {
            thread::scope(|scope| {
                for conversation in 0..CONVERSATIONS {
                    let (server, agent) = (&server, &agent);
                    scope.spawn(move || bare(server, agent, conversation));
                }
            });
        });
    });
    group.finish();
}

criterion_group!(benches, send, send_all);
criterion_main!(benches);
