//! What tracking and sending cost in the core, each beside its bare counterpart in the same run.
//!
//! ```text
//! cargo bench -p agentsight-core --bench outbox
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark fails by the value that it does not get")]
#![expect(clippy::disallowed_methods, reason = "a benchmark runs on the real clock")]

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use agentsight_core::{Config, Context, ConversationRecorder, Core, HumanMessage, Next, Now, Scope};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::Response;
use serde_json::json;

const TEXT: &str = "How do I reset my password? I have tried everything already.";

fn core() -> Core {
    let config = Config::builder()
        .api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3")
        .max_pending(usize::MAX)
        .max_pending_bytes(u64::MAX)
        .build()
        .unwrap();
    let start = Instant::now();
    let drawn = AtomicU64::new(1);
    let now = move || Now::new(start.elapsed(), SystemTime::now().into());
    let entropy = move || drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    Core::new(config, Context::new(now, entropy), "benchmark", || {})
}

fn chat(core: &Core, id: impl Into<String>) -> ConversationRecorder {
    core.recorder().conversation(id).unwrap()
}

fn with_metadata() -> HumanMessage {
    HumanMessage::new(TEXT).metadata("model", "gpt-4").metadata("turn", 7).metadata("cached", true)
}

/// One event; beside it, the same message pushed to a queue under a lock.
fn track(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("track");
    for name in ["text", "metadata"] {
        let message = || if name == "text" { HumanMessage::new(TEXT) } else { with_metadata() };
        group.bench_function(BenchmarkId::new("core", name), |bencher| {
            let core = core();
            let chat = chat(&core, "c");
            bencher.iter(|| chat.track_human_message(message()));
        });
        group.bench_function(BenchmarkId::new("bare queue", name), |bencher| {
            let queue = Mutex::new(VecDeque::new());
            bencher.iter(|| queue.lock().unwrap().push_back(Box::new(message())));
        });
    }
    group.finish();
}

/// Several threads at once, in one conversation and in one each.
fn threads(criterion: &mut Criterion) {
    const EVENTS: u32 = 20_000;
    let mut group = criterion.benchmark_group("threads");
    group.sample_size(10);
    for count in [1, 2, 4] {
        group.throughput(Throughput::Elements(u64::from(EVENTS) * count));
        for is_shared in [true, false] {
            let name = if is_shared { "one conversation" } else { "one each" };
            group.bench_function(BenchmarkId::new(name, count), |bencher| {
                bencher.iter_batched(
                    core,
                    |core| {
                        thread::scope(|scope| {
                            for thread in 0..count {
                                let core = &core;
                                scope.spawn(move || {
                                    let chat = chat(core, if is_shared { "c".to_owned() } else { thread.to_string() });
                                    (0..EVENTS).for_each(|_| chat.track_human_message(TEXT).unwrap());
                                });
                            }
                        });
                        core
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// Back-fill with few and many distinct times.
fn explicit_times(criterion: &mut Criterion) {
    const EVENTS: i64 = 100_000;
    let mut group = criterion.benchmark_group("explicit times");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS.unsigned_abs()));
    let base = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    for distinct in [1, 100, 10_000] {
        group.bench_function(BenchmarkId::new("distinct seconds", distinct), |bencher| {
            bencher.iter_batched(
                core,
                |core| {
                    let chat = chat(&core, "c");
                    for event in 0..EVENTS {
                        let at = base + TimeDelta::seconds(event % distinct);
                        chat.track_human_message(HumanMessage::new(TEXT).at(at)).unwrap();
                    }
                    core
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// What is pending, listed; beside it, the previews alone.
fn summary(criterion: &mut Criterion) {
    const EVENTS: usize = 100_000;
    let core = core();
    let chat = chat(&core, "c");
    (0..EVENTS).for_each(|_| chat.track_human_message(TEXT).unwrap());
    let mut group = criterion.benchmark_group("summary of 100,000");
    group.sample_size(10);
    group.bench_function("core", |bencher| bencher.iter(|| black_box(chat.get_tracked_data_summary())));
    group.bench_function("bare previews", |bencher| {
        bencher.iter(|| black_box((0..EVENTS).map(|_| black_box(TEXT).to_owned()).collect::<Vec<_>>()));
    });
    group.finish();
}

/// Sends everything through a transport that answers at once; beside it, the JSON of the same requests.
fn drain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("drain");
    group.sample_size(10);
    for (conversations, events) in [(1, 100_000), (1_000, 100), (100_000, 1)] {
        let name = format!("{conversations} x {events}");
        group.throughput(Throughput::Elements(conversations * events));
        group.bench_function(BenchmarkId::new("core", &name), |bencher| {
            let pending = || {
                let core = core();
                for conversation in 0..conversations {
                    let chat = chat(&core, conversation.to_string());
                    (0..events).for_each(|_| chat.track_human_message(TEXT).unwrap());
                }
                core
            };
            bencher.iter_batched(pending, |core| send_all(&core), BatchSize::PerIteration);
        });
        group.bench_function(BenchmarkId::new("bare JSON", &name), |bencher| {
            bencher.iter(|| {
                for event in 0..conversations * events {
                    let body = json!({"timestamp": "2025-01-01T00:00:00.000000+00:00", "content": TEXT,
                        "sender": "end_user", "conversation_id": "c", "metadata": {}, "conversation": event});
                    black_box(body.to_string());
                }
            });
        });
    }
    group.finish();
}

fn send_all(core: &Core) {
    let ticket = core.ticket_for_all();
    let mut id = 0_u64;
    loop {
        match core.next(Scope::Ticket(&ticket)) {
            Next::Send { mut job, .. } => {
                id += 1;
                if job.attempt().is_some() {
                    job.finish(Ok(Response::new(Bytes::from(format!("{{\"id\": {id}}}")))));
                }
            }
            Next::Wait(wait) => thread::sleep(wait.unwrap_or(Duration::from_millis(1))),
            Next::Idle => break,
        }
    }
    assert!(ticket.into_reports().is_complete());
}

criterion_group!(benches, track, threads, explicit_times, summary, drain);
criterion_main!(benches);
