use std::thread;

use agentsight_testkit::conformance::{LogCapture, LogRecord};

/// What was logged on a target; other tests of this process log as well.
fn logged<'a>(records: &'a [LogRecord], target: &str) -> Vec<(&'a str, &'a str)> {
    let records = records.iter().filter(|record| record.target() == target);
    records.map(|record| (record.level(), record.text())).collect()
}

#[test]
fn every_level_of_both_facades_and_of_every_thread_is_kept() {
    let watch = LogCapture::install().unwrap().watch();
    tracing::trace!(target: "every", answer = 42, "from tracing");
    log::trace!(target: "every", "from {}", "log");
    thread::scope(|scope| {
        scope.spawn(|| log::error!(target: "every", "from another thread"));
    });
    let records = watch.records();
    let expected = [("TRACE", "from tracing answer=42"), ("TRACE", "from log"), ("ERROR", "from another thread")];
    assert_eq!(logged(&records, "every"), expected);
}

#[test]
fn spans_are_kept_with_what_they_learn_later() {
    let watch = LogCapture::install().unwrap().watch();
    let span = tracing::debug_span!(target: "spans", "call", path = "early", status = tracing::field::Empty);
    span.record("status", "late");
    let records = watch.records();
    assert!(records.iter().any(|record| record.target() == "spans" && record.text().contains("early")));
    assert!(records.iter().any(|record| record.text() == "status=\"late\""));
}

#[test]
fn a_watch_keeps_what_comes_after_it_began() {
    let capture = LogCapture::install().unwrap();
    let early = capture.watch();
    log::info!(target: "watched", "one");
    let late = capture.watch();
    log::info!(target: "watched", "two");
    assert_eq!(logged(&early.records(), "watched"), [("INFO", "one"), ("INFO", "two")]);
    assert_eq!(logged(&late.records(), "watched"), [("INFO", "two")]);
}
