//! What keeping unknown fields costs (R22: at most 1.3 times the decoding time of ignoring them).
//!
//! Decodes a conversation of 50 messages into the model, and into the same structs as serde derives them, which ignore
//! what they do not know. Three documents: as documented; as today's service answers, with tickets and token usage; and
//! crowded, with three unknown fields in every message.
//!
//! `cargo bench -p agentsight-model` prints the ratios first: of decoding alone, and of decoding and freeing, because
//! what is kept must be freed as well. Criterion's own figures, which include freeing, follow.
//!
//! Seen on two x86-64 cores: documented 1.0 (1.0 with freeing), current 1.0 (1.1), crowded 1.3 (1.4). What is left of the
//! crowded case is the allocations of the `Map` itself: today's answers stay far below the bound, and the bound is
//! reached when a fifth of the bytes are unknown.

mod ignoring;
mod transcript;

use std::hint::black_box;
use std::time::{Duration, Instant};

use agentsight_model::Conversation;
use criterion::Criterion;
use serde::Deserialize;

/// Both sides are measured in turns, so that a busy machine disturbs both alike, and in blocks, so that neither warms
/// the allocator for the other.
const BLOCKS: usize = 60;
const DECODES_PER_BLOCK: u32 = 200;

fn main() {
    let documents = [
        ("documented", transcript::documented()),
        ("current", transcript::current()),
        ("crowded", transcript::crowded()),
    ];

    for (name, document) in &documents {
        print_ratios(name, document);
    }

    let mut criterion = Criterion::default().configure_from_args();
    for (name, document) in &documents {
        let mut group = criterion.benchmark_group(*name);
        group.bench_function("keeping", |bencher| bencher.iter(|| decode::<Conversation>(document)));
        group.bench_function("ignoring", |bencher| bencher.iter(|| decode::<ignoring::Conversation>(document)));
        group.finish();
    }
    criterion.final_summary();
}

fn print_ratios(name: &str, document: &str) {
    let (mut keeping, mut ignoring) = (Vec::with_capacity(BLOCKS), Vec::with_capacity(BLOCKS));
    for _ in 0..BLOCKS {
        keeping.push(block::<Conversation>(document));
        ignoring.push(block::<ignoring::Conversation>(document));
    }
    let ratio = |of: fn(&Cost) -> Duration| median(&keeping, of).as_secs_f64() / median(&ignoring, of).as_secs_f64();
    println!(
        "{name} ({} bytes): decoding {:.2}, decoding and freeing {:.2}",
        document.len(),
        ratio(|cost| cost.decoding),
        ratio(|cost| cost.decoding + cost.freeing)
    );
}

#[derive(Default)]
struct Cost {
    decoding: Duration,
    freeing: Duration,
}

fn block<'de, T: Deserialize<'de>>(document: &'de str) -> Cost {
    let mut cost = Cost::default();
    for _ in 0..DECODES_PER_BLOCK {
        let start = Instant::now();
        let value = black_box(decode::<T>(document));
        let decoded = Instant::now();
        drop(value);
        cost.decoding += decoded - start;
        cost.freeing += decoded.elapsed();
    }
    cost
}

fn median(costs: &[Cost], of: fn(&Cost) -> Duration) -> Duration {
    let mut durations: Vec<_> = costs.iter().map(of).collect();
    durations.sort_unstable();
    durations[durations.len() / 2]
}

fn decode<'de, T: Deserialize<'de>>(document: &'de str) -> T {
    match serde_json::from_str(black_box(document)) {
        Ok(value) => value,
        Err(error) => panic!("the document is a conversation: {error}"),
    }
}
