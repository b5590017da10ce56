//! What the strategies promise: rows survive JSON, drafts are what tracking accepts.

use agentsight_model::{AttachmentSource, Conversation, MetadataDraft, Page};
use agentsight_testkit::strategies;
use base64::Engine as _;
use proptest::prelude::*;

fn is_short_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 255 && !text.contains('\0')
}

fn is_valid(metadata: &MetadataDraft) -> bool {
    metadata.finish().is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn r22_rows_come_back_from_json_as_they_went(
        page in strategies::page(prop_oneof![strategies::conversation(), strategies::lean_conversation()]),
    ) {
        let json = serde_json::to_string(&page).unwrap();
        let read: Page<Conversation> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read, page);
    }

    #[test]
    fn transcripts_are_in_order(conversation in strategies::conversation()) {
        let keys: Vec<_> = conversation.messages().iter().map(|message| (message.timestamp, message.id)).collect();
        prop_assert!(keys.is_sorted());
        prop_assert!(conversation.started_at <= conversation.ended_at);
    }

    #[test]
    fn pages_are_consistent(page in strategies::page(Just(()))) {
        prop_assert!(page.current_page.is_none_or(|current| (Some(current) < page.total_pages) == page.next.is_some()));
        prop_assert!(page.current_page.is_none_or(|current| (current > 1) == page.previous.is_some()));
        prop_assert!(page.count >= page.results.len() as u64);
    }

    #[test]
    fn r7_registrations_are_what_tracking_accepts(draft in strategies::new_conversation()) {
        let texts = [&draft.customer_id, &draft.source, &draft.name].into_iter().flatten();
        prop_assert!(texts.chain([&draft.conversation_id]).all(|text| is_short_text(text)));
        prop_assert!(draft.customer_ip_address.is_none_or(|address| address.parse::<std::net::IpAddr>().is_ok()));
        prop_assert!(is_valid(&draft.metadata));
    }

    #[test]
    fn r7_events_are_what_tracking_accepts(
        human in strategies::human_message(),
        agent in strategies::agent_message(),
        action in strategies::new_action(),
        click in strategies::button_click(),
    ) {
        prop_assert!(!human.content.trim().is_empty() && !agent.content.trim().is_empty());
        prop_assert!([&action.name, &click.event, &click.label, &click.value].into_iter().all(|text| is_short_text(text)));
        prop_assert!(action.tools_used.is_none_or(|tools| tools.is_object()));
        prop_assert!([&human.metadata, &agent.metadata, &action.metadata, &click.metadata].into_iter().all(is_valid));
    }

    #[test]
    fn r7_files_are_what_tracking_accepts(attachments in strategies::attachments()) {
        prop_assert!(!attachments.attachments.is_empty());
        for file in &attachments.attachments {
            prop_assert!(file.filename.as_deref().is_none_or(is_short_text));
            match &file.source {
                AttachmentSource::Base64(text) => {
                    prop_assert!(base64::engine::general_purpose::STANDARD.decode(text).is_ok());
                }
                AttachmentSource::Bytes(_) => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn r7_feedback_and_updates_are_what_managing_accepts(
        feedback in strategies::new_feedback(),
        update in strategies::conversation_update(),
    ) {
        prop_assert!(feedback.comment.is_none_or(|comment| comment.chars().count() <= 5_000));
        prop_assert!(update.name.as_deref().is_none_or(is_short_text));
        prop_assert!(is_valid(&feedback.metadata) && is_valid(&update.metadata));
    }
}
