//! R2, R23: current conversations, bounded memory, and the client that sends nothing.

use agentsight_core::{ButtonClick, Config, ErrorKind, ItemKind, NewConversation, TokenUsage};

use crate::drive::Drive;
use crate::fault::healthy;
use crate::story::{one_of_everything, texts, track_all};
use crate::world::World;

#[test]
fn r2_the_current_conversation_is_the_last_one_registered() {
    let world = World::with_config(|config| config.conversation_id("configured"));
    let tracker = world.core.recorder().new_tracker();
    tracker.get_or_create_conversation("one".into()).unwrap();
    tracker.get_or_create_conversation("two".into()).unwrap();
    tracker.track_human_message("to two").unwrap();
    tracker.get_or_create_conversation("one".into()).unwrap();
    tracker.track_human_message("to one").unwrap();
    assert_eq!(tracker.current().conversation_id().as_str(), "one");
    assert!(world.send_all(healthy()).is_complete());
    assert_eq!((texts(&world.api, "one"), texts(&world.api, "two")), (vec!["to one".into()], vec!["to two".into()]));
}

#[test]
fn r2_without_a_registration_it_is_the_configured_one() {
    let world = World::with_config(|config| config.conversation_id("configured"));
    assert_eq!(world.core.recorder().new_tracker().current().conversation_id().as_str(), "configured");
}

#[test]
fn r2_without_any_it_is_generated_on_first_use_and_kept() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    let id = tracker.current().conversation_id().to_string();
    let digits = id.strip_prefix("conv_").unwrap();
    assert!(digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    tracker.track_human_message("hello").unwrap();
    assert_eq!(tracker.clone().current().conversation_id().as_str(), id, "clones share it");
    assert_ne!(
        world.core.recorder().new_tracker().current().conversation_id().as_str(),
        id,
        "another tracker has its own"
    );
}

#[test]
fn r2_a_refused_registration_does_not_change_the_current_conversation() {
    let world = World::new();
    let tracker = world.core.recorder().new_tracker();
    tracker.get_or_create_conversation("one".into()).unwrap();
    let refused = NewConversation::new("two").customer_ip_address("not an address");
    assert_eq!(tracker.get_or_create_conversation(refused).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(tracker.current().conversation_id().as_str(), "one");
}

#[test]
fn r2_two_trackers_share_the_lanes_and_not_the_current_conversation() {
    let world = World::new();
    let (one, other) = (world.core.recorder().new_tracker(), world.core.recorder().new_tracker());
    one.get_or_create_conversation("a".into()).unwrap();
    other.get_or_create_conversation("b".into()).unwrap();
    one.track_human_message("to a").unwrap();
    assert_eq!(world.lane("a").get_tracked_data_summary().summary.questions, 1);
    assert_eq!(other.get_tracked_data_summary().summary.questions, 0);
}

#[test]
fn r23_idle_conversations_beyond_the_limit_are_forgotten_and_registering_again_is_harmless() {
    let world = World::with_config(|config| config.max_idle_conversations(2));
    for round in 1..3 {
        for number in 0..5 {
            let new = NewConversation::new(format!("c{number}")).name("n");
            let lane = world.core.recorder().new_tracker().get_or_create_conversation(new).unwrap();
            lane.track_human_message(format!("round {round}")).unwrap();
            assert_eq!(world.send(&lane).unwrap().remaining, 0);
        }
    }
    assert_eq!(world.count("POST /api/conversations/"), 10, "each was forgotten in between");
    for number in 0..5 {
        assert_eq!(texts(&world.api, &format!("c{number}")), ["round 1", "round 2"]);
    }
}

#[test]
fn r23_nothing_pending_is_ever_forgotten() {
    let world = World::with_config(|config| config.max_idle_conversations(1));
    for number in 0..20 {
        let lane = world.lane(&format!("c{number}"));
        if number % 2 == 0 {
            lane.track_human_message("hello").unwrap();
        } else {
            lane.track_token_usage(TokenUsage::new(1, 1));
        }
    }
    let pending = world.core.recorder().pending();
    assert_eq!((pending.conversations.len(), pending.total()), (20, 20), "counters count as one");
    assert!(world.send_all(healthy()).is_complete());
    assert_eq!(world.api.conversations().len(), 20);
}

#[test]
fn r23_a_refused_record_and_what_it_parks_are_not_forgotten() {
    let world = World::with_config(|config| config.max_idle_conversations(1));
    {
        let new = NewConversation::new("parked").environment("staging");
        let lane = world.core.recorder().new_tracker().get_or_create_conversation(new).unwrap();
        world.send(&lane).unwrap_err();
    }
    for number in 0..20 {
        world.lane(&format!("c{number}"));
    }
    let lane = world.lane("parked");
    lane.track_human_message("hello").unwrap();
    assert_eq!(world.send(&lane).unwrap_err().kind(), ErrorKind::Rejected, "still parked");
}

#[test]
fn queue_full_refuses_every_kind_of_event_and_frees_its_places_when_they_are_sent() {
    let world = World::with_config(|config| config.max_pending(3));
    let lane = world.lane("c");
    for text in ["one", "two", "three"] {
        lane.track_human_message(text).unwrap();
    }
    let other = world.lane("other");
    let tracker = world.core.recorder().new_tracker();
    for (what, result) in [
        ("a message", lane.track_agent_message("four")),
        ("an action", lane.track_action("act")),
        ("a button", lane.track_button(ButtonClick::new("e", "l", "v"))),
        ("another conversation", other.track_human_message("four")),
        ("a registration", tracker.get_or_create_conversation("new".into()).map(drop)),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QueueFull, "{what}");
        assert!(error.to_string().contains('3'), "{error}");
    }
    assert_eq!(world.core.recorder().pending().total(), 3, "nothing was stored");
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 3);
    for text in ["four", "five", "six"] {
        other.track_human_message(text).unwrap();
    }
    assert_eq!(other.track_human_message("seven").unwrap_err().kind(), ErrorKind::QueueFull);
}

#[test]
fn a_record_gives_its_place_back_when_it_is_sent() {
    let world = World::with_config(|config| config.max_pending(1));
    for number in 0..3 {
        let lane = world.core.recorder().new_tracker().get_or_create_conversation(format!("c{number}").into()).unwrap();
        assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    }
}

#[test]
fn a_full_queue_does_not_refuse_what_needs_no_place() {
    let world = World::with_config(|config| config.max_pending(1));
    let tracker = world.core.recorder().new_tracker();
    tracker.get_or_create_conversation("c".into()).unwrap();
    let lane = tracker.get_or_create_conversation(NewConversation::new("c").name("coalesced")).unwrap();
    lane.track_token_usage(TokenUsage::new(1, 1));
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
    assert_eq!(world.api.conversation("c").unwrap().name.as_deref(), Some("coalesced"));
}

#[test]
fn a_disabled_client_validates_and_counts_and_sends_nothing() {
    let world = World::with_whole_config(Config::disabled());
    let tracker = world.core.recorder().new_tracker();
    let lane = tracker.get_or_create_conversation(NewConversation::new("c").name("n")).unwrap();
    track_all(&lane, &one_of_everything());
    lane.track_token_usage(TokenUsage::new(1, 1));
    assert_eq!(lane.track_human_message("  ").unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(lane.get_tracked_data_summary().summary.total, 8);
    let report = world.send(&lane).unwrap();
    assert!(report.disabled);
    let sum = report.summary;
    let counts = (sum.questions, sum.answers, sum.actions, sum.buttons, sum.attachments, sum.errors);
    assert_eq!((counts, report.acknowledged(), report.remaining), ((1, 2, 2, 1, 2, 0), 9, 0));
    assert_eq!(report.items[0].kind, ItemKind::Conversation);
    assert!(world.core.recorder().pending().is_empty());
    assert!(world.send_all(healthy()).outcomes.is_empty());
    let initialized = world.core.initialize_conversation("other".into()).unwrap();
    assert_eq!(world.drive(initialized).unwrap().conversation_id().as_str(), "other");
    assert_eq!(world.drive(world.core.me()).unwrap_err().kind(), ErrorKind::Closed);
    assert!(world.sent().is_empty());
}

#[test]
fn a_disabled_client_never_refuses_because_nobody_sends() {
    let config = Config::builder().enabled(false).max_pending(3).build().unwrap();
    let world = World::with_whole_config(config);
    let tracker = world.core.recorder().new_tracker();
    for number in 0..10 {
        tracker.get_or_create_conversation(format!("c{number}").into()).unwrap();
        tracker.track_human_message("hello").unwrap();
    }
    assert_eq!(world.core.recorder().pending().total(), 3, "its memory is bounded all the same");
}
