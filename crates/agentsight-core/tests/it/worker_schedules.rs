//! Laws over random schedules under a worker that comes and goes, with callers and flushes (R8, R10, R11, R25, R27, R28).

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use agentsight_core::{NewConversation, TokenUsage};
use proptest::prelude::*;

use crate::fault::{Fault, Kept, healthy};
use crate::story::transcript_as_created;
use crate::worker::Loops;
use crate::world::{Sent, World};

const CONVERSATIONS: usize = 4;

/// One thing that happens to a client.
#[derive(Clone, Debug)]
enum Happening {
    Track(usize),
    Tokens(usize),
    Register(usize),
    Pass(Duration),
    /// A caller of `send`, who holds a ticket while there is a worker.
    Send(usize),
    SendAll,
    Flush(Duration),
    /// The worker ends, with what it had begun, and another one begins.
    Restart,
    /// The worker ends; callers and flushes go on without.
    End,
    Begin,
    NewKey,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let conversation = 0..CONVERSATIONS;
    let milliseconds = prop_oneof![0..600_u64, 0..5_000_u64, 0..70_000_u64];
    let happening = prop_oneof![
        12 => conversation.clone().prop_map(Happening::Track),
        2 => conversation.clone().prop_map(Happening::Tokens),
        1 => conversation.clone().prop_map(Happening::Register),
        6 => milliseconds.clone().prop_map(|time| Happening::Pass(Duration::from_millis(time))),
        2 => conversation.prop_map(Happening::Send),
        1 => Just(Happening::SendAll),
        2 => milliseconds.prop_map(|time| Happening::Flush(Duration::from_millis(time))),
        1 => Just(Happening::Restart),
        1 => Just(Happening::End),
        1 => Just(Happening::Begin),
        1 => Just(Happening::NewKey),
    ];
    prop::collection::vec(happening, 1..60)
}

/// Everything that can befall a request without anything being refused for good.
fn fault() -> impl Strategy<Value = Fault> {
    let kept = || prop_oneof![Just(Kept::No), Just(Kept::Yes), Just(Kept::Late)];
    prop_oneof![
        6 => Just(Fault::None),
        4 => (0..3_000_u64).prop_map(|time| Fault::Slow(Duration::from_millis(time))),
        2 => kept().prop_map(Fault::Reset),
        // A job that was given up may be settled when its attempt's time is over: nothing takes effect later than that.
        2 => prop_oneof![Just(Kept::No), Just(Kept::Yes)].prop_map(Fault::Timeout),
        2 => (prop_oneof![Just(500_u16), Just(502), Just(408)], kept())
            .prop_map(|(status, kept)| Fault::status(status).kept(kept)),
        1 => Just(Fault::Refused),
        1 => prop_oneof![Just(429_u16), Just(503), Just(401), Just(403)].prop_map(Fault::status),
        1 => (0..40_u8).prop_map(|seconds| Fault::throttled(seconds.to_string())),
    ]
}

/// What refuses an event, or a record, for good.
fn refusal() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (prop_oneof![Just(422_u16), Just(413), Just(404), Just(302), Just(500)]).prop_map(Fault::status),
        Just(Fault::body(400, r#"{"conversation": ["unknown"]}"#)),
    ]
}

fn id(conversation: usize) -> String {
    format!("c{conversation}")
}

fn balances(world: &World) -> bool {
    let stats = world.core.recorder().stats();
    stats.tracked + stats.requeued == stats.acknowledged + stats.rejected + stats.discarded + stats.pending
}

/// Runs a schedule. With `refuses`, what is refused is put back in the end and comes out of order.
fn run(happenings: Vec<Happening>, faults: &[Fault], loops: usize, refuses: bool) -> Result<(), TestCaseError> {
    let poison_after = refuses.then_some(2);
    let world = World::with_config(|config| config.concurrency(3).poison_after(poison_after));
    let befalls = |index: usize, _: &Sent| faults.get(index % (faults.len() + 7)).cloned().unwrap_or(Fault::None);
    let mut worker = Some(Loops::worker(&world, loops, befalls));
    let mut callers = Loops::new(&world, 0, befalls);
    let mut tickets = Vec::new();
    let mut tracked = vec![Vec::new(); CONVERSATIONS];
    let mut tokens = [0; CONVERSATIONS];
    for (number, happening) in happenings.into_iter().enumerate() {
        match happening {
            Happening::Track(conversation) => {
                let text = format!("event {number}");
                world.lane(&id(conversation)).track_human_message(text.clone()).unwrap();
                tracked[conversation].push(text);
            }
            Happening::Tokens(conversation) => {
                tokens[conversation] += 1;
                world.lane(&id(conversation)).track_token_usage(TokenUsage::new(1, 0));
            }
            Happening::Register(conversation) => {
                let new = NewConversation::new(id(conversation));
                world.core.recorder().get_or_create_conversation(new).unwrap();
            }
            Happening::Pass(time) => match &mut worker {
                Some(worker) => worker.run(time),
                None => callers.run(time),
            },
            Happening::Send(conversation) => {
                let ticket = Rc::new(world.core.ticket(&world.lane(&id(conversation))));
                callers.add_caller(&ticket);
                tickets.push(ticket);
            }
            Happening::SendAll => {
                let ticket = Rc::new(world.core.ticket_for_all());
                callers.add_caller(&ticket);
                tickets.push(ticket);
            }
            Happening::Flush(time) => {
                let start = world.clock.since_start();
                let loops = worker.as_mut().unwrap_or(&mut callers);
                let (report, took) = loops.flush(time);
                prop_assert!(took <= time && world.clock.since_start() - start == took);
                prop_assert!(!report.timed_out || took == time, "{report:?}");
            }
            Happening::Restart => {
                drop(worker.take());
                worker = Some(Loops::worker(&world, loops, befalls));
            }
            Happening::End => {
                drop(worker.take());
                world.core.set_worker(false);
            }
            Happening::Begin => worker = worker.or_else(|| Some(Loops::worker(&world, loops, befalls))),
            Happening::NewKey => world.core.set_api_key(world.core.config().api_key().unwrap().clone()).unwrap(),
        }
        prop_assert!(balances(&world), "after {number}: {:?}", world.core.recorder().stats());
    }
    // Everything is well again: a worker delivers what is left, and every caller is told.
    drop(worker);
    drop(callers);
    let mut worker = Loops::worker(&world, loops, healthy());
    worker.run(Duration::from_secs(200));
    let letters = world.core.recorder().dead_letters();
    prop_assert!(refuses || letters.is_empty(), "{letters:?}");
    let refused: BTreeSet<String> = letters.iter().map(|letter| letter.preview.clone()).collect();
    letters.iter().for_each(|letter| world.core.recorder().requeue(letter).unwrap());
    worker.run(Duration::from_secs(200));
    let pending = world.core.recorder().pending();
    prop_assert!(pending.is_empty(), "{pending:?}, {:?}", world.core.recorder().health());
    prop_assert!(tickets.iter().all(|ticket| ticket.is_over()));
    prop_assert!(balances(&world));
    prop_assert_eq!(world.core.recorder().dead_letters().len(), 0);
    for (conversation, expected) in tracked.iter().enumerate() {
        let shown = transcript_as_created(&world.api, &id(conversation));
        let texts: Vec<_> = shown.iter().filter(|shown| shown.what == "end_user").map(|shown| &shown.text).collect();
        prop_assert_eq!(texts.len(), expected.len(), "{:?}", texts);
        let in_order = |texts: Vec<&String>| -> Vec<String> {
            texts.into_iter().filter(|text| !refused.contains(*text)).cloned().collect()
        };
        prop_assert_eq!(in_order(texts.clone()), in_order(expected.iter().collect()));
        let all = |texts: Vec<&String>| texts.into_iter().cloned().collect::<BTreeSet<String>>();
        prop_assert_eq!(all(texts), all(expected.iter().collect()));
        let counted = world
            .api
            .transcript(id(conversation).as_str())
            .into_iter()
            .filter_map(|message| message.metadata.as_ref()?.as_map()?.get("prompt_tokens")?.as_u64());
        prop_assert_eq!(counted.sum::<u64>(), tokens[conversation]);
    }
    prop_assert_eq!(worker.next_moment(), None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn r25_whatever_happens_under_a_worker_nothing_is_lost_doubled_or_reordered(
        happenings in happenings(), faults in prop::collection::vec(fault(), 1..40), loops in 1..4_usize,
    ) {
        run(happenings, &faults, loops, false)?;
    }

    #[test]
    fn r15_whatever_is_refused_under_a_worker_is_a_dead_letter_and_delivered_once_it_is_put_back(
        happenings in happenings(),
        faults in prop::collection::vec(prop_oneof![4 => fault(), 1 => refusal()], 1..40),
        loops in 1..4_usize,
    ) {
        run(happenings, &faults, loops, true)?;
    }
}
