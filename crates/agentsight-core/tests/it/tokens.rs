//! R8, R9: token counters and the summary of what is pending.

use agentsight_core::{AgentMessage, HumanMessage, ItemKind, NewConversation, TokenUsage};
use proptest::prelude::*;
use serde_json::json;

use crate::drive::Drive;
use crate::fault::{Fault, Kept, always, first, healthy, nth};
use crate::story::{one_of_everything, some_tokens, texts, track_all};
use crate::world::World;

const ACTIONS: &str = "POST /api/action_logs/";

/// The sum of the counters that the service has.
fn counted(world: &World) -> u64 {
    let messages = world.api.transcript("c").into_iter();
    let usages = messages.filter(|message| message.action_name.as_deref() == Some("token_usage"));
    usages.map(|message| message.metadata.unwrap().as_map().unwrap()["total_tokens"].as_u64().unwrap()).sum()
}

#[test]
fn r8_counters_become_one_action_just_before_the_last_item() {
    let world = World::new();
    let lane = world.core.recorder().new_tracker().get_or_create_conversation(NewConversation::new("c")).unwrap();
    lane.track_human_message("2 + 2 = ?").unwrap();
    lane.track_token_usage(TokenUsage::new(100, 25));
    lane.track_token_usage(TokenUsage::new(1, 1).embedding_tokens(7));
    world.clock.advance(std::time::Duration::from_secs(2));
    lane.track_agent_message("4").unwrap();
    assert_eq!(lane.get_token_usage(), TokenUsage::new(101, 26).embedding_tokens(7));
    let report = world.send(&lane).unwrap();
    assert_eq!((report.summary.actions, report.acknowledged()), (1, 4));
    assert!(lane.get_token_usage().is_zero(), "the counters restart");
    assert_eq!(texts(&world.api, "c"), ["2 + 2 = ?", "token_usage", "4"]);
    let rows = world.api.transcript("c");
    assert_eq!((rows[2].timestamp - rows[1].timestamp).num_microseconds(), Some(1));
    let counters = json!({"prompt_tokens": 101, "completion_tokens": 26, "total_tokens": 127, "embedding_tokens": 7});
    assert_eq!(serde_json::to_value(&rows[1].metadata).unwrap(), counters);
}

#[test]
fn r8_the_action_is_the_end_of_a_conversation_of_one_item() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_human_message("only").unwrap();
    lane.track_token_usage(some_tokens());
    let _ = world.send(&lane).unwrap();
    lane.track_token_usage(some_tokens());
    let _ = world.send(&lane).unwrap();
    assert_eq!(texts(&world.api, "c"), ["only", "token_usage", "token_usage"]);
}

#[test]
fn r8_counters_of_zero_send_nothing() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_token_usage(TokenUsage::default());
    assert!(!lane.has_pending());
    assert!(world.send(&lane).unwrap().items.is_empty());
    assert!(world.sent().is_empty());
}

#[test]
fn r8_counters_saturate() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_token_usage(TokenUsage::new(u64::MAX, 1));
    lane.track_token_usage(TokenUsage::new(2, u64::MAX));
    assert_eq!(lane.get_token_usage(), TokenUsage::new(u64::MAX, u64::MAX).total_tokens(u64::MAX));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
}

#[test]
fn r8_tokens_are_counted_once_whatever_fails() {
    for fault in [Fault::Refused, Fault::Reset(Kept::Yes), Fault::Reset(Kept::No), Fault::Timeout(Kept::Late)] {
        for request in 0..12 {
            let world = World::new();
            let lane = world.lane("c");
            track_all(&lane, &one_of_everything());
            lane.track_token_usage(some_tokens());
            let _ = world.send_with(&lane, nth(request, fault.clone()));
            lane.track_token_usage(TokenUsage::new(7, 3));
            let _ = world.send_with(&lane, nth(request / 2, fault.clone()));
            let _ = world.send(&lane).unwrap();
            assert_eq!(counted(&world), 135, "{fault:?} at request {request}");
        }
    }
}

#[test]
fn r8_tokens_of_a_send_that_was_dropped_are_counted_once() {
    for steps in 0..30 {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_human_message("one").unwrap();
        lane.track_human_message("two").unwrap();
        lane.track_token_usage(some_tokens());
        let mut delivery = world.delivery(&lane);
        world.drive_n(&mut delivery, steps, healthy());
        drop(delivery);
        let _ = world.send(&lane).unwrap();
        assert_eq!(counted(&world), 125, "dropped after {steps} steps");
    }
}

#[test]
fn r8_a_token_action_that_was_refused_can_be_put_back() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_token_usage(some_tokens());
    assert_eq!(world.send_with(&lane, first(ACTIONS, [Fault::status(422)])).unwrap().rejected(), 1);
    world.core.recorder().requeue(&world.core.recorder().dead_letters()[0]).unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!(counted(&world), 125);
}

#[test]
fn r8_counters_are_taken_even_if_the_queue_is_full() {
    let world = World::with_config(|config| config.max_pending(1));
    let lane = world.lane("c");
    lane.track_human_message("only").unwrap();
    lane.track_token_usage(some_tokens());
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
    lane.track_human_message("the places are free again").unwrap();
}

#[test]
fn r9_the_summary_lists_what_is_pending_in_order_with_previews() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    let lane = tracker.get_or_create_conversation(NewConversation::new("c").name("Password reset")).unwrap();
    let events = one_of_everything();
    track_all(&lane, &events);
    lane.track_human_message(HumanMessage::new("ü".repeat(5000))).unwrap();
    let earlier = world.clock.utc() - chrono::TimeDelta::hours(1);
    lane.track_agent_message(AgentMessage::new("back-filled").at(earlier)).unwrap();
    let summary = tracker.get_tracked_data_summary();
    assert_eq!(summary.conversation_id.as_str(), "c");
    let kinds: Vec<ItemKind> = summary.items.iter().map(|item| item.kind).collect();
    use ItemKind::{Action, Answer, Attachments, Button, Conversation, Question};
    assert_eq!(
        kinds,
        [Conversation, Answer, Question, Action, Answer, Button, Attachments, Attachments, Answer, Question]
    );
    assert!(summary.items.iter().enumerate().all(|(index, item)| item.index == index));
    assert!(summary.items.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp));
    assert_eq!(
        (summary.items[0].preview.as_str(), summary.items[1].preview.as_str()),
        ("Password reset", "back-filled")
    );
    assert_eq!(summary.items[9].preview, "ü".repeat(100));
    let counts = json!({"conversation": 1, "questions": 2, "answers": 3, "attachments": 2, "actions": 1, "buttons": 1, "total": 10});
    let written = serde_json::to_value(&summary).unwrap();
    assert_eq!(written["summary"], counts);
    assert_eq!(written["items"][4]["type"], "answer");
    assert_eq!(written["items"][4]["timestamp"], serde_json::to_value(summary.items[4].timestamp).unwrap());
}

#[test]
fn r9_the_summary_shows_the_item_in_doubt_and_not_what_was_acknowledged() {
    let world = World::new();
    let lane = world.lane("c");
    for text in ["one", "two", "three"] {
        lane.track_human_message(text).unwrap();
    }
    let mut requests = 0;
    world
        .send_with(&lane, |_: usize, sent: &crate::world::Sent| {
            requests += usize::from(sent.route == "POST /api/track/");
            if requests > 1 { Fault::Reset(Kept::No) } else { Fault::None }
        })
        .unwrap_err();
    let summary = lane.get_tracked_data_summary();
    let previews: Vec<&str> = summary.items.iter().map(|item| item.preview.as_str()).collect();
    assert_eq!(previews, ["two", "three"]);
    world.send_with(&lane, always("POST /api/track/", Fault::Refused)).unwrap_err();
    assert_eq!(lane.get_tracked_data_summary(), summary, "sending in vain changes nothing");
}

proptest! {
    #[test]
    fn r8_every_token_is_counted_once_over_many_sends(
        usages in prop::collection::vec((0..1000_u64, 0..1000_u64, any::<bool>(), any::<bool>()), 1..20)
    ) {
        let world = World::new();
        let lane = world.lane("c");
        let mut total = 0;
        for (prompt, completion, with_message, with_send) in usages {
            total += prompt + completion;
            lane.track_token_usage(TokenUsage::new(prompt, completion));
            if with_message {
                lane.track_human_message("hello").unwrap();
            }
            if with_send {
                let _ = world.send(&lane).unwrap();
            }
        }
        let _ = world.send(&lane).unwrap();
        prop_assert_eq!(counted(&world), total);
    }
}
