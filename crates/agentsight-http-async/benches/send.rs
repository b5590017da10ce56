//! What sending costs over sockets, beside bare reqwest with the same JSON and the same timeout.
//!
//! ```text
//! cargo bench -p agentsight-http-async --bench send
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark fails by the value that it does not get")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use agentsight_http_async::{AgentSight, Config};
use agentsight_testkit::FakeServer;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use reqwest::Client;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const TEXT: &str = "How do I reset my password? I have tried everything already.";
const EVENTS: u64 = 100;
const CONVERSATIONS: u64 = 16;

fn client(server: &FakeServer) -> AgentSight {
    AgentSight::new(Config::builder().api_key(server.api_key()).endpoint(server.url()).build().unwrap()).unwrap()
}

/// A client of reqwest alone; it has a TLS provider only if somebody installs one.
fn bare_client() -> Client {
    #[cfg(feature = "rustls")]
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

fn track(sight: &AgentSight, conversation: u64) {
    let chat = sight.conversation(format!("c{conversation}")).unwrap();
    (0..EVENTS).for_each(|_| chat.track_human_message(TEXT).unwrap());
}

/// One conversation's requests by reqwest alone.
async fn bare(url: String, key: String, client: Client, conversation: u64) {
    for _ in 0..EVENTS {
        let body = json!({"timestamp": "2025-01-01T00:00:00.000000+00:00", "content": TEXT, "sender": "end_user",
            "conversation_id": format!("bare{conversation}"), "metadata": {}, "conversation": null});
        let request = client
            .post(format!("{url}/api/track/"))
            .timeout(Duration::from_secs(15))
            .header("authorization", format!("Api-Key {key}"))
            .header("content-type", "application/json")
            .body(body.to_string());
        black_box(request.send().await.unwrap().bytes().await.unwrap());
    }
}

fn send(criterion: &mut Criterion) {
    let (server, runtime) = (FakeServer::start().unwrap(), Runtime::new().unwrap());
    let (sight, bare_client) = (client(&server), bare_client());
    let mut group = criterion.benchmark_group("send");
    group.sample_size(20).throughput(Throughput::Elements(EVENTS));
    group.bench_function("agentsight", |bencher| {
        let chat = sight.conversation("c0").unwrap();
        bencher.iter_custom(|rounds| {
            let mut taken = Duration::ZERO;
            for _ in 0..rounds {
                track(&sight, 0);
                let start = Instant::now();
                runtime.block_on(chat.send()).map(drop).unwrap();
                taken += start.elapsed();
            }
            taken
        });
    });
    group.bench_function("bare reqwest", |bencher| {
        bencher.iter(|| {
            let (url, key) = (server.url().to_owned(), server.api_key().to_owned());
            runtime.block_on(bare(url, key, bare_client.clone(), 0));
        });
    });
    group.finish();
}

fn send_all(criterion: &mut Criterion) {
    let (server, runtime) = (FakeServer::start().unwrap(), Runtime::new().unwrap());
    let (sight, bare_client) = (client(&server), bare_client());
    let mut group = criterion.benchmark_group("send_all");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS * CONVERSATIONS));
    group.bench_function("agentsight", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut taken = Duration::ZERO;
            for _ in 0..rounds {
                (0..CONVERSATIONS).for_each(|conversation| track(&sight, conversation));
                let start = Instant::now();
                assert!(runtime.block_on(sight.send_all()).is_complete());
                taken += start.elapsed();
            }
            taken
        });
    });
    group.bench_function("bare reqwest, a task for each conversation", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let mut tasks = JoinSet::new();
                for conversation in 0..CONVERSATIONS {
                    let (url, key) = (server.url().to_owned(), server.api_key().to_owned());
                    tasks.spawn(bare(url, key, bare_client.clone(), conversation));
                }
                tasks.join_all().await;
            });
        });
    });
    group.finish();
}

criterion_group!(benches, send, send_all);
criterion_main!(benches);
