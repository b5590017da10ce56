//! R22: every documented answer is read, and written back as it came.

use agentsight_model::{
    AttachmentKind, Conversation, ConversationAttachments, Created, Deleted, Device, Environment, Feedback,
    FeedbackKind, FeedbackSource, Lookup, Marked, Me, MeEnvironment, Page, Renamed, Role, Sender, Sentiment, Updated,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::rows_as_json::without_nulls;

/// Decodes a fixture and checks that encoding gives it back, up to nulls.
fn read<T: DeserializeOwned + Serialize>(json: &str) -> Result<T, serde_json::Error> {
    let value: T = serde_json::from_str(json)?;
    assert_eq!(
        without_nulls(serde_json::to_value(&value)?),
        without_nulls(serde_json::from_str(json)?),
        "R22: written back as it came"
    );
    Ok(value)
}

#[test]
fn r22_reads_a_full_conversation() -> Result<(), serde_json::Error> {
    let conversation: Conversation = read(include_str!("fixtures/conversation_full.json"))?;

    assert_eq!(conversation.id, 731);
    assert_eq!(conversation.device, Some(Device::Tablet));
    assert_eq!(conversation.environment, Some(Environment::Production));
    assert!(conversation.marked() && conversation.used() && !conversation.deleted());
    assert_eq!(conversation.metadata.as_ref().and_then(|metadata| metadata.get("tier")), Some(&json!("gold")));
    assert_eq!(conversation.ended_at.map(|at| at.timestamp_subsec_micros()), Some(500_000));
    assert!(conversation.extra.contains_key("tickets") && conversation.extra.contains_key("token_usage"));

    let [question, action, click] = conversation.messages() else { panic!("three messages") };
    assert_eq!(question.sender, Sender::EndUser);
    assert_eq!(question.attachments()[0].kind, Some(AttachmentKind::Image));
    assert_eq!(action.action_logs()[0].duration_ms.as_ref().and_then(|duration| duration.as_f64()), Some(150.302));
    assert_eq!(action.action_logs()[0].error(), None);
    assert_eq!(action.metadata.as_ref().and_then(|metadata| metadata.get("attempt")), Some(&json!(1)));
    assert_eq!(click.button.as_ref().and_then(|button| button.value.as_deref()), Some("yes"));

    assert_eq!(conversation.feedbacks()[0].kind, Some(FeedbackKind::Conversation));
    Ok(())
}

#[test]
fn r22_reads_the_conversation_of_an_older_server() -> Result<(), serde_json::Error> {
    let conversation: Conversation = read(include_str!("fixtures/conversation_older.json"))?;

    assert!(!conversation.marked(), "the older name of the mark is not the mark");
    assert_eq!(conversation.extra["is_favorite"], json!(true));
    assert_eq!(conversation.feedbacks()[0].source, Some(FeedbackSource::Platform));
    assert_eq!(conversation.messages()[0].action_logs()[0].error(), Some("The hub does not answer"));
    Ok(())
}

#[test]
fn r22_reads_the_current_page_with_lean_rows() -> Result<(), serde_json::Error> {
    let page: Page<Conversation> = read(include_str!("fixtures/page_lean.json"))?;

    assert_eq!((page.count, page.page_size, page.total_pages, page.current_page), (32, Some(15), Some(3), Some(2)));
    assert_eq!(page.results[0].message_count, Some(6));
    assert_eq!(page.results[0].environment, Some(Environment::from("qa-europe")));
    assert!(page.results[0].messages().is_empty());
    Ok(())
}

#[test]
fn r22_reads_the_older_page() -> Result<(), serde_json::Error> {
    let page: Page<Conversation> = read(include_str!("fixtures/page_older.json"))?;

    assert_eq!((page.count, page.next, page.page_size), (1, None, None));
    assert_eq!(page.results[0].conversation_id, "only");
    Ok(())
}

#[test]
fn r22_reads_the_same_attachments_from_each_of_the_three_shapes() -> Result<(), serde_json::Error> {
    for json in [
        include_str!("fixtures/attachments_oldest.json"),
        include_str!("fixtures/attachments_grouped.json"),
        include_str!("fixtures/attachments_flat.json"),
    ] {
        let answer: ConversationAttachments = read(json)?;
        let names: Vec<_> = answer.all().filter_map(|attachment| attachment.filename.as_deref()).collect();
        assert_eq!((answer.number(), answer.count()), (Some(18), 2));
        assert_eq!(names, ["lamp.jpg", "manual.pdf"]);
    }
    Ok(())
}

#[test]
fn r22_reads_older_and_current_feedback() -> Result<(), serde_json::Error> {
    let older: Feedback = read(include_str!("fixtures/feedback_older.json"))?;
    assert_eq!((older.sentiment, older.source), (Sentiment::Neutral, Some(FeedbackSource::Customer)));

    let vote: Feedback = read(include_str!("fixtures/feedback_message.json"))?;
    assert_eq!((vote.kind, vote.message), (Some(FeedbackKind::Message), Some(5002)));
    assert_eq!(vote.topic.as_deref(), Some("delivery"));
    Ok(())
}

#[test]
fn r22_reads_environments_that_are_only_slugs() -> Result<(), serde_json::Error> {
    let me: Me = read(include_str!("fixtures/me.json"))?;

    assert_eq!((me.agent_id, &me.role), (9, &Some(Role::Write)));
    assert_eq!(me.capabilities().collect::<Vec<_>>(), ["gzip-ingest"]);
    let slugs: Vec<_> = me.environments().iter().map(|environment| environment.slug().as_str()).collect();
    assert_eq!(slugs, ["production", "development", "qa-europe"]);
    assert!(matches!(me.environments()[1], MeEnvironment::Slug(Environment::Development)));
    Ok(())
}

#[test]
fn r22_reads_the_answers_of_the_management_calls() -> Result<(), serde_json::Error> {
    let lookup: Lookup = read(include_str!("fixtures/lookup.json"))?;
    assert_eq!(lookup.id, 731);
    let renamed: Renamed = read(include_str!("fixtures/renamed.json"))?;
    assert_eq!(renamed.name, "Parcel arrived");
    let marked: Marked = read(include_str!("fixtures/marked.json"))?;
    assert!(marked.is_marked);
    let updated: Updated = read(include_str!("fixtures/updated.json"))?;
    assert_eq!(updated.updated_fields(), ["device", "metadata"]);
    assert_eq!((updated.device, updated.name), (Some(Device::Mobile), None));
    let deleted: Deleted = read(include_str!("fixtures/deleted.json"))?;
    assert_eq!(deleted.is_deleted, Some(true));
    Ok(())
}

#[test]
fn r22_reads_a_create_that_answers_without_a_number() -> Result<(), serde_json::Error> {
    let created: Created = read(include_str!("fixtures/created_attachments.json"))?;

    assert_eq!((created.id, created.message), (None, Some(5004)));
    assert!(created.extra["attachments"].is_array());
    Ok(())
}

#[test]
fn r22_reads_from_a_value_as_from_text() -> Result<(), serde_json::Error> {
    let json = include_str!("fixtures/conversation_full.json");
    let from_text: Conversation = serde_json::from_str(json)?;
    let from_value: Conversation = serde_json::from_value(serde_json::from_str::<Value>(json)?)?;
    let from_reader: Conversation = serde_json::from_reader(json.as_bytes())?;

    assert_eq!(from_value, from_text);
    assert_eq!(from_reader, from_text);
    Ok(())
}
