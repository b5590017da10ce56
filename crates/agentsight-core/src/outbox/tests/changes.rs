//! Every change shows in the book, so that a replay that misses one is noticed (H7).

use std::sync::Arc;

use agentsight_model::{ConversationId, NewConversation, TokenUsage};

use crate::error::{Error, ErrorKind};
use crate::event::tests::message;
use crate::outbox::change::{PlanId, PlannedPart};
use crate::outbox::letters::{Letter, LetterId};
use crate::outbox::timeline::Stamp;
use crate::outbox::{Book, Change, DeadLetterReason, LaneKey, Part, Removed};

const LANE: LaneKey = LaneKey(0);

fn refusal(reason: DeadLetterReason, what: &'static str) -> Arc<Letter> {
    Arc::new(Letter { reason, error: Error::new(ErrorKind::Rejected, what) })
}

fn tracked(sequence: u64, content: &str) -> Change {
    let (stamp, event) = (Stamp::Automatic(sequence.cast_signed()), Arc::new(message(content)));
    Change::Tracked { lane: LANE, sequence, stamp, event }
}

fn planned(plan: u64, sequence: u64) -> Change {
    let part = PlannedPart { lane: LANE, sequence: Some(sequence), part: Part::Create };
    Change::Planned { plan: PlanId(plan), parts: Arc::new([part]) }
}

/// A life of a conversation in which everything happens that can happen.
fn life() -> Vec<Change> {
    let lane = LANE;
    let conversation = |name: &str| Arc::new(NewConversation::new("a").name(name));
    let explicit = |at| Stamp::Explicit { asked: at, at };
    let why = || refusal(DeadLetterReason::Rejected, "refused");
    vec![
        Change::Opened { lane, id: ConversationId::new("a").expect("an id") },
        Change::Initialized { lane, conversation: conversation("first"), number: 3 },
        Change::Registered { lane, conversation: conversation("wrong"), queued: Some((Stamp::Automatic(5), 1)) },
        Change::Registered { lane, conversation: conversation("filled"), queued: None },
        Change::Parked { lane, letter: LetterId(0), why: why() },
        Change::Requeued { letter: LetterId(0), lane, sequence: 2 },
        Change::RecordAcknowledged { lane, is_queued: true, number: Some(4), is_new: true },
        Change::Tracked { lane, sequence: 10, stamp: explicit(10), event: Arc::new(message("a10")) },
        Change::Tracked { lane, sequence: 20, stamp: explicit(20), event: Arc::new(message("a20")) },
        Change::TokensAdded { lane, sequence: 30, usage: TokenUsage::new(1, 0) },
        Change::TokensAdded { lane, sequence: 31, usage: TokenUsage::new(1, 0) },
        planned(0, 10),
        Change::RoundFailed { lane, sequence: 10 },
        Change::Unplanned { plan: PlanId(0), lane },
        Change::Returned { lane },
        Change::NumberForgotten { lane },
        planned(1, 10),
        Change::PartAcknowledged { lane, sequence: 10, part: Part::Create, message: Some(9) },
        Change::Unplanned { plan: PlanId(1), lane },
        Change::Delivered { lane, sequence: 10 },
        Change::IdsRestarted { highest: 2 },
        planned(2, 20),
        Change::SetAside { lane, sequence: 20, letter: LetterId(1), why: why() },
        Change::Unplanned { plan: PlanId(2), lane },
        Change::Requeued { letter: LetterId(1), lane, sequence: 40 },
        Change::TokensFolded { lane, stamp: Stamp::Placed(19), event: Arc::new(message("tokens")) },
        planned(3, 30),
        Change::SetAside { lane, sequence: 30, letter: LetterId(2), why: why() },
        Change::Discarded { letter: LetterId(2), lane: None },
        Change::RunForgotten { lane },
        planned(4, 40),
        Change::Delivered { lane, sequence: 40 },
        Change::Unplanned { plan: PlanId(4), lane },
        Change::Settled { lane },
        Change::Forgotten { lane },
    ]
}

fn applied(book: &Book, change: &Change) -> Book {
    let mut book = book.clone();
    book.apply(change, &mut Removed::new());
    book
}

#[test]
fn h7_every_change_shows() {
    let mut book = Book::default();
    for change in life() {
        let next = applied(&book, &change);
        assert!(next != book, "{change:?} does not show");
        assert!(next == applied(&book, &change), "{change:?}");
        book = next;
    }
    assert_eq!((book.lanes().len(), book.letters().len()), (0, 0));
}

#[test]
fn h7_what_a_change_says_shows() {
    let opened = applied(&Book::default(), &life()[0]);
    let pairs = [
        (tracked(1, "a"), tracked(1, "b")),
        (
            Change::Parked { lane: LANE, letter: LetterId(0), why: refusal(DeadLetterReason::Rejected, "one") },
            Change::Parked { lane: LANE, letter: LetterId(0), why: refusal(DeadLetterReason::Rejected, "other") },
        ),
        (
            Change::Parked { lane: LANE, letter: LetterId(0), why: refusal(DeadLetterReason::Rejected, "one") },
            Change::Parked { lane: LANE, letter: LetterId(0), why: refusal(DeadLetterReason::Poison, "one") },
        ),
        (
            Change::Opened { lane: LaneKey(1), id: ConversationId::new("b").expect("an id") },
            Change::Opened { lane: LaneKey(2), id: ConversationId::new("b").expect("an id") },
        ),
    ];
    for (one, other) in pairs {
        assert!(applied(&opened, &one) != applied(&opened, &other), "{one:?} and {other:?}");
    }
}

/// A store reads conversations back in an order of its own.
#[test]
fn h7_conversations_may_come_in_any_order_of_their_keys() {
    let opened = |book: &Book, key: u32, id: &str| {
        applied(book, &Change::Opened { lane: LaneKey(key), id: ConversationId::new(id).expect("an id") })
    };
    let book = opened(&Book::default(), 3, "d");
    let book = opened(&book, 1, "b");
    assert_eq!(book.lanes().next_key(), LaneKey(2));
    let book = opened(&book, 0, "a");
    assert_eq!(book.lanes().next_key(), LaneKey(2), "what is taken is not given again");
    let book = opened(&book, 2, "c");
    assert_eq!(book.lanes().next_key(), LaneKey(4));
    let ids: Vec<&str> = book.lanes().iter().map(|(_, lane)| lane.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
}
