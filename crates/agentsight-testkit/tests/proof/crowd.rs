//! Fifty conversations, each of which meets a fault of its own, sent sixteen at a time (R10); by the blocking client one
//! at a time, since its threads come as they please and a look would then be as late as they like.
//!
//! The faults of each hold up the others: how far a first send comes is nobody's promise. What is refused is, of every
//! one of them, and what the service holds in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use agentsight_core::{ItemKind, NewConversation};
use agentsight_testkit::{Expected, FaultPlan, TestClock, VirtualTransport};

use crate::asynchronous::Asynchronous;
use crate::blocking::Blocking;
use crate::cell::Cell;
use crate::client::{Client, Settings};
use crate::fault_table;
use crate::foretell::{Dose, FirstSend, Foretold, foretell};
use crate::script::{Target, Tracked};
use crate::witness::{check_files, check_parallel};
use crate::worker::Worker;

/// How many conversations there are.
const CROWD: usize = 50;
/// More sends than the faults take.
const MOST_SENDS: usize = 10;

/// One conversation.
struct Member {
    id: &'static str,
    cell: Cell,
    foretold: Foretold,
    events: Vec<Tracked>,
}

/// Every request and every fault that concerns its conversation alone, and whose end does not hang on how time passes,
/// at one of the three places, a step further on for each fault in turn.
fn cells() -> Vec<(Cell, Foretold)> {
    let mut cells = Vec::new();
    for entry in fault_table::all(TestClock::new().utc()) {
        for target in Target::ALL {
            let foretold = foretell(&entry, target, Dose::Once).unwrap();
            if foretold.copies == 1 && !matches!(foretold.first, FirstSend::AllStopped(_)) {
                let cell =
                    |&place| Cell { entry: entry.clone(), target, place, dose: Dose::Once, conversations: CROWD };
                cells.extend(target.places().iter().map(cell).map(|cell| (cell, foretold)));
            }
        }
    }
    let cells: Vec<_> = cells.into_iter().step_by(3).collect();
    // Neighbours in the table are alike: a crowd is mixed.
    let crowds = cells.len().div_ceil(CROWD);
    let mixed: Vec<_> =
        (0..crowds).flat_map(|first| cells.iter().skip(first).step_by(crowds).cloned().collect::<Vec<_>>()).collect();
    assert_eq!(mixed.len(), cells.len());
    mixed
}

/// Sends a crowd until nothing is pending. Returns how much was refused.
fn prove<C: Client>(cells: &[(Cell, Foretold)], ids: &[&'static str]) -> usize {
    let service = VirtualTransport::new();
    let settings = Settings { concurrency: C::REPEATABLE, ..Settings::default() };
    let client = C::over(&service, settings.config(&service), 42);
    let mut plan = FaultPlan::new();
    let mut members = Vec::new();
    for ((cell, foretold), &id) in cells.iter().zip(ids) {
        let lane = client.register(NewConversation::new(id));
        let kinds = cell.target.events();
        let events: Vec<_> = kinds.iter().map(|kind| kind.track(&lane, service.clock())).collect();
        plan.add(cell.rule(id, &events));
        members.push(Member { id, cell: cell.clone(), foretold: *foretold, events });
    }
    service.set_faults(plan);

    let mut refused = BTreeSet::new();
    for send in 0.. {
        assert!(send < MOST_SENDS, "it never ends: {:?}", client.pending());
        let report = client.send_all();
        assert!(report.outcomes.len() <= members.len());
        client.pass(Duration::from_secs(3600));
        for letter in client.dead_letters() {
            refused.insert((letter.conversation_id.to_string(), letter.kind.as_str()));
            // A record holds up its conversation; an event that is put back now would come between the others.
            if letter.kind == ItemKind::Conversation {
                client.requeue(&letter);
            }
        }
        if client.pending().is_empty() {
            break;
        }
    }
    client.dead_letters().iter().for_each(|letter| client.requeue(letter));
    assert!(client.send_all().is_complete() && client.pending().is_empty() && client.dead_letters().is_empty());
    check(&service, &members, &refused, settings.concurrency)
}

/// Compares what was refused, and what the service holds, with what the rules foretell of each member.
fn check(
    service: &VirtualTransport,
    members: &[Member],
    refused: &BTreeSet<(String, &str)>,
    concurrency: usize,
) -> usize {
    let mut expected = Expected::new();
    for Member { id, cell, foretold, events } in members {
        let kind = match foretold.first {
            FirstSend::SetAside => Some(events[cell.hit()].kind.item()),
            FirstSend::Parked => Some(ItemKind::Conversation),
            _ => None,
        };
        let told = refused.iter().filter(|(conversation, _)| conversation == id).map(|(_, kind)| *kind);
        assert_eq!(told.collect::<Vec<_>>(), kind.map(ItemKind::as_str).into_iter().collect::<Vec<_>>(), "{cell}");
        expected = expected.conversation(*id).events(cell.in_the_end(events, *foretold)).into();
    }
    let audit = service.api().audit();
    check_parallel(&audit, concurrency, "a crowd");
    check_files(service.api(), "a crowd");
    if let Err(difference) = audit.check(&expected) {
        let differing: Vec<&str> = difference.conversation_ids().collect();
        let cells =
            members.iter().filter(|member| differing.contains(&member.id)).map(|member| member.cell.to_string());
        panic!("{:#?}\n{difference}", cells.collect::<Vec<_>>());
    }
    refused.len()
}

/// Proves all cells, a crowd at a time.
fn prove_all<C: Client>() {
    // Rules keep the ids for as long as they like.
    let ids: Vec<&'static str> = (0..CROWD).map(|number| &*format!("member-{number}").leak()).collect();
    let cells = cells();
    let refused: usize = cells.chunks(CROWD).map(|crowd| prove::<C>(crowd, &ids)).sum();
    assert!(refused > 10, "{refused}");
}

#[test]
fn r10_each_blocking_conversation_of_a_crowd_meets_its_own_fault() {
    prove_all::<Blocking>();
}

#[test]
fn r10_each_asynchronous_conversation_of_a_crowd_meets_its_own_fault() {
    prove_all::<Asynchronous>();
}

#[test]
fn r10_each_conversation_of_a_crowd_that_a_worker_sends_meets_its_own_fault() {
    prove_all::<Worker>();
}
