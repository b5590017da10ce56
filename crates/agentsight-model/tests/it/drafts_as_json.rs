//! Drafts outlive the process: what is written is read back.

use agentsight_model::{
    AgentMessage, AttachmentMode, Attachments, ButtonClick, ConversationUpdate, HumanMessage, MetadataDraft, NewAction,
    NewAttachment, NewConversation, NewFeedback, Sender, Sentiment,
};
use chrono::DateTime;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(draft: &T) {
    let written = serde_json::to_string(draft).unwrap_or_default();
    assert_eq!(serde_json::from_str::<T>(&written).ok().as_ref(), Some(draft), "{written}");
}

#[test]
fn every_draft_is_read_back_as_it_was_written() {
    let at = DateTime::from_timestamp_nanos(1_772_442_905_123_456_789);
    let files = || {
        Attachments::new([
            NewAttachment::path("a/b.pdf").mime_type("application/pdf"),
            NewAttachment::bytes([0, 255, 7]).filename("c.bin"),
            NewAttachment::base64("Zm9v"),
        ])
        .sender(Sender::Agent)
        .mode(AttachmentMode::FormData)
    };
    comes_back(&NewConversation::new("c"));
    comes_back(
        &NewConversation::new("c")
            .customer_id("u")
            .customer_ip_address("::1")
            .device("watch")
            .source("web")
            .language("en")
            .name("n")
            .environment("staging")
            .metadata("a", json!({"b": [1, null]}))
            .at(at),
    );
    comes_back(&HumanMessage::new("").at(at).attachments(files()).metadata_all([("a", 1); 0]));
    comes_back(&AgentMessage::new("two").metadata("a", 1.5));
    comes_back(
        &NewAction::new("a").duration_ms(1.5).tools_used(json!({"a": 1})).response("r").started_at(at).ended_at(at),
    );
    comes_back(&NewAction::new("a").duration_ms(7_u128).error_message("e"));
    comes_back(&ButtonClick::new("e", "l", "v").at(at));
    comes_back(&files());
    comes_back(&NewFeedback::new(Sentiment::Negative).comment("no").metadata("a", 1));
    comes_back(&ConversationUpdate::new());
    comes_back(&ConversationUpdate::new().is_marked(false).name("n"));
}

#[test]
fn what_is_unset_is_left_out_and_may_be_missing() -> Result<(), serde_json::Error> {
    assert_eq!(serde_json::to_value(NewAction::new("a"))?, json!({"name": "a"}));
    assert_eq!(
        serde_json::from_value::<HumanMessage>(json!({"content": "a", "metadata": null}))?,
        HumanMessage::new("a")
    );
    let file = serde_json::to_value(NewAttachment::bytes("foo"))?;
    assert_eq!(file, json!({"source": {"bytes": "Zm9v"}}));
    Ok(())
}

#[test]
fn r7_what_tracking_refuses_is_not_made_good_by_writing_it() {
    assert!(serde_json::to_string(&AgentMessage::new("a").metadata("score", f64::NAN)).is_err());
    assert!(serde_json::to_string(&NewAction::new("a").duration_ms(f64::INFINITY)).is_err());
    let nul = serde_json::from_value::<MetadataDraft>(json!({"a": "\u{0}"}));
    assert!(nul.is_ok_and(|draft| draft.finish().is_err()));
    for odd in [json!(7), json!("a"), json!([])] {
        assert!(serde_json::from_value::<MetadataDraft>(odd).is_err());
    }
}

#[test]
fn texts_are_taken_by_reference_too() {
    let text = String::from("a");
    assert_eq!(HumanMessage::from(&text), HumanMessage::new("a"));
    assert_eq!(AgentMessage::from(&text), AgentMessage::new("a"));
    assert_eq!(NewAction::from(&text), NewAction::new("a"));
    assert_eq!(NewConversation::from(&text).device(&text), NewConversation::new("a").device("a"));
}
