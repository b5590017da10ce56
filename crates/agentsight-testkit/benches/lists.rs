//! How long a list over 100,000 conversations takes to answer a page: less than 50 ms, whatever is asked for.
//!
//! Every case counts all that match, as `count` needs it, and writes one page. The conversations have five messages
//! each, actions, feedback, metadata and marks.
//!
//! `cargo bench -p agentsight-testkit --bench lists`

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has to stop")]

mod population;

use criterion::Criterion;
use serde_json::Value;

use self::population::{populated, request};

const CASES: &[&str] = &[
    "",
    "full=false",
    "page=5000",
    "page_size=100",
    "conversation_id=support-4711",
    "customer_id=customer-4711",
    "customer_id__icontains=MER-4711",
    "environment=production",
    "device=mobile",
    "name=invoice",
    "language=de&is_marked=true",
    "has_feedback=true",
    "has_action=true",
    "has_action=false",
    "action_name=lookup",
    "feedback_sentiment=positive",
    "metadata=tier:premium,campaign.source:newsletter",
    "message_contains=PASSWORD",
    "message_contains=%C3%84ndern",
    "message_contains=nowhere+to+be+found",
    "search=refund",
    "search=nowhere+to+be+found",
    "device=mobile&search=password&has_action=true&env=prod",
    "started_at_after=2026-01-01T12:00:00Z&started_at_before=2026-01-01T18:00:00Z",
    "ordering=started_at",
    "ordering=-ended_at",
    "ordering=id",
    "ordering=customer_id",
    "ordering=-is_marked",
    "ordering=language,-customer_id",
];

fn main() {
    let api = populated();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("lists");
    group.sample_size(20);
    for query in CASES {
        let path = format!("/api/conversations/?{query}");
        let request = request(&api, "GET", &path, &Value::Null);
        assert!(api.handle(request.clone()).status().is_success(), "{path}");
        group.bench_function(if query.is_empty() { "all" } else { query }, |bencher| {
            bencher.iter(|| api.handle(request.clone()));
        });
    }
    group.finish();
    criterion.final_summary();
}
