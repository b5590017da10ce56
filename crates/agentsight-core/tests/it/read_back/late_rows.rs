//! What is stored after its request has failed, or shows in reads later than it was stored.

use std::time::Duration;

use super::{before_and, every_kind, known_conversation};
use crate::drive::Drive;
use crate::fault::{Fault, Kept, first};
use crate::story::{texts, transcript};
use crate::worker::Loops;
use crate::world::World;

const TRACK: &str = super::TRACK;
const MILLISECOND: Duration = Duration::from_millis(1);

/// Every way in which a request can fail at once and yet be acted on.
fn failures(kept: Kept) -> [Fault; 5] {
    let proxies = [500, 502, 408].map(|status| Fault::status(status).kept(kept));
    let [internal, bad_gateway, timeout] = proxies;
    [Fault::Reset(kept), internal, bad_gateway, timeout, Fault::page().kept(kept)]
}

#[test]
fn r17_what_is_stored_300_ms_after_its_request_failed_is_not_sent_again() {
    for (event, route) in every_kind() {
        for fault in failures(Kept::After(300 * MILLISECOND)) {
            let world = World::new();
            let lane = known_conversation(&world);
            event.track(&lane).unwrap();
            assert_eq!(world.send_with(&lane, first(route, [fault.clone()])).unwrap().acknowledged(), 1);
            world.advance(Duration::from_secs(60));
            assert_eq!(transcript(&world.api, "c"), before_and(std::slice::from_ref(&event)), "{event:?}, {fault:?}");
        }
    }
}

#[test]
fn r17_what_shows_in_reads_400_ms_after_it_was_stored_is_not_sent_again() {
    for stored_after in [0, 300] {
        for (event, route) in every_kind() {
            for fault in failures(Kept::After(stored_after * MILLISECOND)) {
                let world = World::with_options(|options| options.visible_after(400 * MILLISECOND));
                let lane = known_conversation(&world);
                world.advance(Duration::from_secs(1));
                event.track(&lane).unwrap();
                let report = world.send_with(&lane, first(route, [fault.clone()])).unwrap();
                assert_eq!((report.acknowledged(), report.remaining), (1, 0), "{event:?}, {fault:?}");
                world.advance(Duration::from_secs(60));
                let shown = transcript(&world.api, "c");
                assert_eq!(shown, before_and(std::slice::from_ref(&event)), "{event:?}, {fault:?}");
            }
        }
    }
}

#[test]
fn r17_how_long_a_row_may_take_is_configurable() {
    for (delay, is_doubled) in [(10, false), (3, true)] {
        let world = World::with_config(|config| config.read_back_delay(Duration::from_secs(delay)));
        let lane = known_conversation(&world);
        lane.track_human_message("hello").unwrap();
        let late = Kept::After(Duration::from_secs(8));
        let _ = world.send_with(&lane, first(TRACK, [Fault::Reset(late)])).unwrap();
        world.advance(Duration::from_secs(60));
        assert_eq!(texts(&world.api, "c").len(), if is_doubled { 3 } else { 2 }, "{delay} s");
    }
}

#[test]
fn r17_waiting_for_a_row_holds_up_no_other_conversation() {
    let world = World::with_config(|config| config.concurrency(1));
    let lane = known_conversation(&world);
    lane.track_human_message("hello").unwrap();
    for number in 0..10 {
        world.lane(&format!("other {number}")).track_human_message("hello").unwrap();
    }
    let start = world.clock.since_start();
    let late = first(TRACK, [Fault::Reset(Kept::After(1_900 * MILLISECOND))]);
    let report = world.send_all(late);
    assert!(report.is_complete());
    let others = world.sent().into_iter().filter(|sent| {
        sent.route == TRACK && sent.json["conversation_id"].as_str().is_some_and(|id| id.starts_with("other"))
    });
    assert!(others.map(|sent| sent.at - start).all(|at| at.is_zero()));
    assert_eq!(world.clock.since_start() - start, world.core.config().read_back_delay());
    assert_eq!(texts(&world.api, "c"), ["before", "hello"]);
}

#[test]
fn r17_a_worker_waits_for_a_row_as_long_as_a_send_does() {
    let world = World::with_options(|options| options.visible_after(400 * MILLISECOND));
    let lane = known_conversation(&world);
    let mut worker = Loops::worker(&world, 3, |index, _: &crate::world::Sent| match index % 4 {
        1 => Fault::Reset(Kept::After(300 * MILLISECOND)),
        _ => Fault::None,
    });
    for number in 0..20 {
        lane.track_human_message(number.to_string()).unwrap();
    }
    worker.run(Duration::from_secs(120));
    let expected: Vec<String> =
        std::iter::once("before".to_owned()).chain((0..20).map(|number| number.to_string())).collect();
    assert_eq!(texts(&world.api, "c"), expected);
}
