//! How many messages `FakeApi::handle` stores: at least 100,000 a second on one core, however much is stored already.
//!
//! 100,000 conversations are stored; each message goes to the next of them. The client names the conversation by its
//! number, as it does once it knows it, or by its text id.
//!
//! `cargo bench -p agentsight-testkit --bench handle` prints the requests a second as criterion's throughput.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has to stop")]

mod population;

use agentsight_testkit::FakeApi;
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput};
use http::Request;
use serde_json::{Value, json};

use self::population::{CONVERSATIONS, populated, request};

/// Makes the message for the conversation at a place.
type Make = fn(&FakeApi, u64) -> Request<Bytes>;

fn main() {
    let api = populated();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("handle");
    group.throughput(Throughput::Elements(1));
    let by_number = |api: &FakeApi, place: u64| message(api, ("conversation", json!(1 + place % CONVERSATIONS)));
    let by_text = |api: &FakeApi, place: u64| {
        message(api, ("conversation_id", json!(format!("support-{}", place % CONVERSATIONS))))
    };
    let cases: [(&str, Make); 2] = [("a message, by number", by_number), ("a message, by text id", by_text)];
    for (name, make) in cases {
        let mut place = 0_u64;
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    // Far from the one before, so that no cache helps.
                    place = place.wrapping_add(7_919);
                    make(&api, place)
                },
                |request| api.handle(request),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    criterion.final_summary();
}

fn message(api: &FakeApi, (field, conversation): (&str, Value)) -> Request<Bytes> {
    let body = json!({
        field: conversation,
        "sender": "agent",
        "content": "Click 'Forgot password' on the login page, and use the newest mail that you find in your inbox.",
        "metadata": {"model": "gpt-4", "tokens": 125},
        "timestamp": "2026-02-01T10:00:00.123456Z",
    });
    request(api, "POST", "/api/track/", &body)
}
