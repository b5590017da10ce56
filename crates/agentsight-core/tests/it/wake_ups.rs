//! H9, R25: whoever moves the earliest due time earlier wakes a loop that waits, so that no wake-up is lost.

use std::time::Duration;

use agentsight_core::{
    AgentMessage, AmbiguousCreate, ConfigBuilder, DoubtSettlement, NewAttachment, NewConversation, TokenUsage,
};

use crate::fault::{Fault, Kept, healthy};
use crate::worker::Loops;
use crate::world::{Sent, World};

const SECOND: Duration = Duration::from_secs(1);

/// A thing that happens to a client whose worker waits.
struct Mutator {
    name: &'static str,
    config: fn(ConfigBuilder) -> ConfigBuilder,
    /// What came before, with what befell the requests then.
    before: fn(&World),
    fault: fn(&Sent) -> Fault,
    happens: fn(&World),
}

fn nothing(_: &World) {}
fn no_fault(_: &Sent) -> Fault {
    Fault::None
}

fn mutator(name: &'static str, happens: fn(&World)) -> Mutator {
    Mutator { name, config: |config| config, before: nothing, fault: no_fault, happens }
}

fn lane(world: &World) -> agentsight_core::ConversationRecorder {
    world.lane("c")
}

fn track_before(world: &World) {
    lane(world).track_human_message("before").unwrap();
}

fn mutators() -> Vec<Mutator> {
    vec![
        mutator("a message", |world| lane(world).track_human_message("hello").unwrap()),
        mutator("an action", |world| lane(world).track_action("search").unwrap()),
        mutator("files", |world| {
            let file = NewAttachment::bytes("page").filename("scan.txt");
            lane(world).track_agent_message(AgentMessage::new("see").attachments(file)).unwrap();
        }),
        mutator("a registration", |world| {
            world.core.recorder().get_or_create_conversation(NewConversation::new("c")).unwrap();
        }),
        mutator("tokens alone", |world| lane(world).track_token_usage(TokenUsage::new(1, 1))),
        Mutator {
            before: track_before,
            fault: |sent| if sent.route == "POST /api/track/" { Fault::status(422) } else { Fault::None },
            ..mutator("a dead letter that is put back", |world| {
                let letter = world.core.recorder().dead_letters().remove(0);
                world.core.recorder().requeue(&letter).unwrap();
            })
        },
        Mutator {
            before: track_before,
            fault: |sent| if sent.route == "POST /api/conversations/" { Fault::status(422) } else { Fault::None },
            ..mutator("a refused record that is put back", |world| {
                let letter = world.core.recorder().dead_letters().remove(0);
                world.core.recorder().requeue(&letter).unwrap();
            })
        },
        Mutator {
            before: track_before,
            fault: |sent| if sent.route == "POST /api/conversations/" { Fault::status(422) } else { Fault::None },
            ..mutator("a corrected record", |world| {
                world.core.recorder().get_or_create_conversation(NewConversation::new("c").name("n")).unwrap();
            })
        },
        Mutator {
            config: |config| config.ambiguous_create(AmbiguousCreate::Hold),
            before: track_before,
            fault: |sent| if sent.route == "POST /api/track/" { Fault::Reset(Kept::No) } else { Fault::None },
            ..mutator("a doubt that is settled", |world| {
                assert!(lane(world).settle_doubt(DoubtSettlement::NotDelivered));
            })
        },
        Mutator {
            config: |config| config.ambiguous_create(AmbiguousCreate::Hold),
            before: |world| {
                track_before(world);
                lane(world).track_human_message("behind it").unwrap();
            },
            fault: |sent| if sent.route == "POST /api/track/" { Fault::Reset(Kept::Yes) } else { Fault::None },
            ..mutator("a doubt that is settled and something behind it", |world| {
                assert!(lane(world).settle_doubt(DoubtSettlement::Delivered));
            })
        },
        Mutator {
            before: track_before,
            fault: |_| Fault::status(401),
            ..mutator("a new key", |world| {
                world.core.set_api_key(world.core.config().api_key().unwrap().clone()).unwrap();
            })
        },
    ]
}

#[test]
fn r25_everything_that_makes_work_wakes_a_worker_that_waits() {
    for loops in [1, 3] {
        for mutator in mutators() {
            let Mutator { name, config, before, fault, happens } = mutator;
            let world = World::with_config(config);
            before(&world);
            let mut worker = Loops::worker(&world, loops, move |_, sent: &Sent| fault(sent));
            worker.run(SECOND);
            worker.set_faults(healthy());
            let waits = worker.next_moment().is_none_or(|next| next > world.clock.since_start() + SECOND);
            assert!(waits, "{name}: the loops wait for long");
            happens(&world);
            worker.run(world.core.config().delivery_delay());
            let pending = world.core.recorder().pending();
            assert!(pending.is_empty(), "{name}, {loops} loops: {pending:?}");
            assert_eq!(worker.next_moment(), None, "{name}");
        }
    }
}

#[test]
fn r25_what_is_due_earlier_than_what_a_loop_waits_for_wakes_it() {
    let world = World::with_config(|config| config.delivery_delay(60 * SECOND));
    let (late, early) = (world.lane("late"), world.lane("early"));
    late.track_human_message("hello").unwrap();
    let mut worker = Loops::worker(&world, 1, healthy());
    worker.run(SECOND);
    early.track_human_message("hello").unwrap();
    worker.settle();
    assert!(world.sent().is_empty());
    let ticket = world.core.ticket(&early);
    assert_eq!(worker.wait_for(None, || ticket.is_over()), Duration::ZERO);
    assert_eq!(ticket.into_report().unwrap().acknowledged(), 1);
    assert!(world.core.recorder().conversation("late").unwrap().has_pending(), "it has its own time");
    let flush = world.core.begin_flush(SECOND);
    assert_eq!(worker.wait_for(Some(SECOND), || flush.is_over()), Duration::ZERO);
    assert!(flush.into_report().is_complete());
}

#[test]
fn h9_what_changes_nothing_for_a_worker_that_waits_does_not_wake_it() {
    let world = World::with_config(|config| config.delivery_delay(60 * SECOND));
    let lane = world.lane("c");
    lane.track_human_message("first").unwrap();
    let mut worker = Loops::worker(&world, 1, healthy());
    worker.settle();
    let (asked, woken) = (worker.asked(), world.woken());
    for _ in 0..100 {
        lane.track_human_message("later").unwrap();
        lane.track_token_usage(TokenUsage::new(1, 1));
        world.lane("another").track_human_message("due later").unwrap();
        worker.settle();
    }
    assert_eq!((worker.asked(), world.woken()), (asked, woken));
}

#[test]
fn r10_a_place_that_becomes_free_wakes_a_loop_that_waits_for_it() {
    let world = World::with_config(|config| config.concurrency(1));
    for id in ["a", "b"] {
        world.lane(id).track_human_message("hello").unwrap();
    }
    let mut worker = Loops::worker(&world, 2, |_, _: &Sent| Fault::Slow(SECOND));
    let took = worker.run_until(|| world.core.recorder().pending().is_empty());
    assert_eq!(took, 4 * SECOND + world.core.config().delivery_delay());
}
