use super::*;

fn at(micros: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).expect("a time that chrono can hold")
}

fn track<T>(timeline: &mut Timeline<T>, stamp: Stamp, item: T) -> Micros {
    // Where stamps are unique, the order of tracking makes no difference.
    timeline.insert(stamp, timeline.len() as u64, item);
    stamp.at()
}

fn now<T>(timeline: &mut Timeline<T>, micros: Micros, item: T) -> Micros {
    track(timeline, timeline.automatic(at(micros)), item)
}

fn explicit<T>(timeline: &mut Timeline<T>, micros: Micros, item: T) -> Micros {
    track(timeline, timeline.explicit(at(micros)), item)
}

fn stamps<T>(timeline: &Timeline<T>) -> Vec<Micros> {
    timeline.iter().map(|entry| entry.stamp).collect()
}

#[test]
fn r6_stamps_increase_strictly_when_the_clock_stands_still_or_goes_back() {
    let mut timeline = Timeline::default();
    let stamps = [100, 100, 50, 101, 500].map(|micros| now(&mut timeline, micros, ()));
    assert_eq!(stamps, [100, 101, 102, 103, 500]);
}

#[test]
fn r6_an_explicit_time_is_moved_up_until_it_is_unique_and_leaves_the_watermark_alone() {
    let mut timeline = Timeline::default();
    now(&mut timeline, 100, "now");
    for text in ["one", "two", "three"] {
        explicit(&mut timeline, 99, text);
    }
    explicit(&mut timeline, 1_000, "future");
    let next = timeline.automatic(at(100));
    assert_eq!(next, Stamp::Automatic(103), "past the explicit ones, not past the future one");
    let sent: Vec<_> = std::iter::from_fn(|| timeline.take_first()).map(|entry| (entry.stamp, entry.item)).collect();
    assert_eq!(sent, [(99, "one"), (100, "now"), (101, "two"), (102, "three"), (1_000, "future")]);
}

#[test]
fn r6_an_explicit_time_is_cut_to_microseconds() {
    for (seconds, nanoseconds, asked) in [(1, 999_999_999, 1_999_999), (-1, 999_999_999, -1), (-1, 1, -1_000_000)] {
        let time = DateTime::from_timestamp(seconds, nanoseconds).expect("a valid time");
        let stamp = Timeline::<()>::default().explicit(time);
        assert_eq!(stamp, Stamp::Explicit { asked, at: asked });
    }
}

#[test]
fn r6_a_stamp_takes_effect_when_it_is_inserted() {
    let mut timeline = Timeline::default();
    let before = timeline.clone();
    assert_eq!(timeline.automatic(at(7)), timeline.automatic(at(7)));
    assert_eq!(timeline.explicit(at(7)), timeline.explicit(at(7)));
    assert_eq!(timeline, before);
    timeline.reserve(timeline.automatic(at(7)));
    assert_eq!((timeline.automatic(at(7)).at(), timeline.len()), (8, 0));
    timeline.insert(Stamp::Placed(3), 0, ());
    assert_eq!(stamps(&timeline), [3]);
}

#[test]
fn r6_an_explicit_time_does_not_meet_an_event_that_was_just_sent_until_the_lane_is_idle() {
    let mut timeline = Timeline::default();
    for micros in [7, 8] {
        now(&mut timeline, micros, ());
        timeline.take_first();
    }
    assert_eq!(timeline.explicit(at(7)).at(), 9);
    timeline.settle();
    assert_eq!((timeline.explicit(at(7)).at(), timeline.explicit(at(8)).at()), (7, 9), "but never the last one");
}

#[test]
fn r6_one_explicit_second_keeps_its_order_whatever_lies_between_and_leaves() {
    let second = 1_000_000;
    let mut timeline = Timeline::default();
    let mut of_the_second = Vec::new();
    let mut others = Vec::new();
    for index in 0..132 {
        of_the_second.push(explicit(&mut timeline, second, ()));
        others.push(explicit(&mut timeline, 10 * second + 7 * index, ()));
        timeline.take_first();
        timeline.take_first();
        timeline.settle();
    }
    assert_eq!(of_the_second, (second..second + 132).collect::<Vec<_>>());
    assert_eq!(others, (0..132).map(|index| 10 * second + 7 * index).collect::<Vec<_>>());
    assert_eq!(timeline.runs(), 133);
}

#[test]
fn r6_two_hundred_explicit_times_in_rotation_are_two_hundred_runs() {
    let mut timeline = Timeline::default();
    for round in 0..100 {
        for second in 0..200 {
            assert_eq!(explicit(&mut timeline, 1_000_000 * second, ()), 1_000_000 * second + round);
        }
    }
    assert_eq!((timeline.len(), timeline.runs()), (20_000, 200));
}

#[test]
fn r6_an_explicit_time_inside_a_long_automatic_run_comes_after_it_and_takes_it_whole() {
    let mut timeline = Timeline::default();
    for _ in 0..50_000 {
        now(&mut timeline, 0, ());
    }
    assert_eq!(timeline.explicit(at(20_000)), Stamp::Explicit { asked: 20_000, at: 50_000 });
    for place in 0..50 {
        assert_eq!(explicit(&mut timeline, 20_000 - 100 * place, ()), 50_000 + 2 * place);
        assert_eq!(now(&mut timeline, 0, ()), 50_001 + 2 * place);
    }
    assert_eq!(timeline.runs(), 1, "what was skipped is one run, not one for each microsecond between");
    assert_eq!(stamps(&timeline), (0..50_100).collect::<Vec<_>>());
}

#[test]
fn r8_what_is_placed_before_the_last_item_has_a_free_microsecond_after_the_previous_one() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.before_last(None), None, "nothing is last");
    now(&mut timeline, 100, "last");
    assert_eq!(timeline.before_last(None), Some(Stamp::Placed(99)));
    for (previous, stamp) in [(98, Some(Stamp::Placed(99))), (99, None), (100, None), (500, None)] {
        assert_eq!(timeline.before_last(Some(previous)), stamp, "after {previous}");
    }
    let watermark = timeline.automatic(at(0));
    timeline.insert(Stamp::Placed(99), 1, "placed");
    assert_eq!((timeline.before_last(None), timeline.automatic(at(0))), (None, watermark), "it is taken");
    timeline.take_first();
    assert_eq!(timeline.before_last(None), None, "it has just left");
    timeline.settle();
    assert_eq!(timeline.before_last(None), Some(Stamp::Placed(99)));
    timeline.reserve(Stamp::Explicit { asked: 99, at: 99 });
    assert_eq!(timeline.before_last(None), None, "an explicit time has it");
    assert_eq!(timeline.last().map(|entry| entry.item), Some("last"));
}

#[test]
fn r8_nothing_is_placed_on_the_watermark_or_before_the_least_time() {
    let mut timeline = Timeline::default();
    timeline.reserve(Stamp::Automatic(99));
    explicit(&mut timeline, 100, ());
    assert_eq!(timeline.before_last(None), None);
    let mut least = Timeline::default();
    least.insert(Stamp::Placed(Micros::MIN), 0, ());
    assert_eq!(least.before_last(None), None);
}

#[test]
fn r6_at_the_ends_of_time_nothing_overflows_and_order_is_that_of_tracking() {
    let mut timeline = Timeline::default();
    for (sequence, stamp) in [
        Stamp::Automatic(Micros::MAX),
        Stamp::Explicit { asked: Micros::MAX - 1, at: Micros::MAX },
        Stamp::Placed(Micros::MAX),
        Stamp::Explicit { asked: Micros::MIN, at: Micros::MIN },
        Stamp::Placed(Micros::MIN),
    ]
    .into_iter()
    .enumerate()
    {
        timeline.insert(stamp, sequence as u64, sequence);
    }
    assert_eq!(timeline.automatic(at(0)).at(), Micros::MAX);
    assert_eq!(timeline.explicit(DateTime::<Utc>::MAX_UTC).at(), DateTime::<Utc>::MAX_UTC.timestamp_micros());
    assert_eq!(timeline.free_from(Micros::MAX - 1), Micros::MAX);
    assert_eq!(timeline.free_from(Micros::MIN), Micros::MIN + 1);
    assert_eq!(timeline.before_last(None), None);
    let order: Vec<usize> = std::iter::from_fn(|| timeline.take_first()).map(|entry| entry.item).collect();
    assert_eq!(order, [3, 4, 0, 1, 2]);
}

#[test]
fn r6_the_oldest_run_is_forgotten_and_what_is_pending_stays_unique() {
    let mut timeline = Timeline::default();
    for micros in [500, 100, 500] {
        explicit(&mut timeline, micros, ());
    }
    timeline.forget_oldest_run();
    assert_eq!((timeline.has_runs(), timeline.runs(), timeline.explicit(at(100)).at()), (true, 1, 101));
    timeline.take_first();
    timeline.settle();
    assert_eq!((timeline.explicit(at(100)).at(), timeline.explicit(at(500)).at()), (100, 502));
    timeline.forget_oldest_run();
    timeline.forget_oldest_run();
    assert_eq!((timeline.has_runs(), timeline.runs(), timeline.explicit(at(500)).at()), (false, 0, 502));
}

#[test]
fn r23_an_idle_timeline_is_small_and_holds_nothing() {
    assert!(size_of::<Timeline<[u64; 9]>>() <= 32, "{} bytes", size_of::<Timeline<[u64; 9]>>());
    let mut timeline = Timeline::default();
    for micros in 0..1_000 {
        now(&mut timeline, 10 * micros, ());
        explicit(&mut timeline, 5 * micros, ());
    }
    let entry = timeline.take_first().expect("an entry");
    timeline.put_back(entry);
    let count = std::iter::from_fn(|| timeline.take_first()).count();
    assert_eq!((count, timeline.len(), timeline.is_empty()), (2_000, 0, true));
    while timeline.has_runs() {
        timeline.forget_oldest_run();
    }
    timeline.settle();
    assert!(timeline.runs.is_none() && timeline.is_settled());
}

#[test]
fn r6_timelines_that_would_hand_out_other_stamps_are_not_equal() {
    let mut base = Timeline::default();
    now(&mut base, 5, "first");
    let changes: [fn(&mut Timeline<&'static str>); 5] = [
        |timeline| timeline.reserve(Stamp::Automatic(9)),
        |timeline| timeline.reserve(Stamp::Explicit { asked: 7, at: 7 }),
        |timeline| timeline.queued.get_or_insert_default().departed.remember(7),
        |timeline| timeline.put_back(Entry { stamp: 7, sequence: 0, item: "second" }),
        |timeline| timeline.queued = None,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut other = base.clone();
        assert_eq!(other, base);
        change(&mut other);
        assert_ne!(other, base, "change {index}");
    }
}
