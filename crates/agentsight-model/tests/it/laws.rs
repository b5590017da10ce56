//! R22: encode(decode(x)) = x, up to nulls, and decode(encode(y)) = y.

use std::fmt::Debug;

use agentsight_model::{
    ActionLog, Attachment, Conversation, ConversationAttachments, Created, Deleted, ErrorBody, Feedback, Lookup,
    Marked, Me, Message, Page, Renamed, Updated,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::rows_as_json::{
    action_log, any_json, attachment, conversation, conversation_attachments, created, feedback, managed, me, message,
    page_of, updated, without_nulls,
};

fn holds<T: DeserializeOwned + Serialize + PartialEq + Debug>(row: &Value) -> TestCaseResult {
    let failed = |error: serde_json::Error| TestCaseError::fail(error.to_string());
    let decoded: T = serde_json::from_str(&row.to_string()).map_err(failed)?;
    let encoded = serde_json::to_string(&decoded).map_err(failed)?;
    let encoded_value: Value = serde_json::from_str(&encoded).map_err(failed)?;
    prop_assert_eq!(without_nulls(encoded_value), without_nulls(row.clone()));
    prop_assert_eq!(serde_json::from_str::<T>(&encoded).map_err(failed)?, decoded);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r22_a_conversation_is_written_back_as_it_came(row in conversation()) {
        holds::<Conversation>(&row)?;
    }

    #[test]
    fn r22_a_message_is_written_back_as_it_came(row in message()) {
        holds::<Message>(&row)?;
    }

    #[test]
    fn r22_an_action_log_is_written_back_as_it_came(row in action_log()) {
        holds::<ActionLog>(&row)?;
    }

    #[test]
    fn r22_an_attachment_is_written_back_as_it_came(row in attachment()) {
        holds::<Attachment>(&row)?;
    }

    #[test]
    fn r22_a_feedback_is_written_back_as_it_came(row in feedback()) {
        holds::<Feedback>(&row)?;
    }

    #[test]
    fn r22_a_page_is_written_back_as_it_came(row in page_of(feedback())) {
        holds::<Page<Feedback>>(&row)?;
    }

    #[test]
    fn r22_the_files_of_a_conversation_are_written_back_as_they_came(row in conversation_attachments()) {
        holds::<ConversationAttachments>(&row)?;
    }

    #[test]
    fn r22_the_owner_of_a_key_is_written_back_as_it_came(row in me()) {
        holds::<Me>(&row)?;
    }

    #[test]
    fn r22_an_update_is_written_back_as_it_came(row in updated()) {
        holds::<Updated>(&row)?;
    }

    #[test]
    fn r22_the_answers_to_managing_are_written_back_as_they_came(row in managed()) {
        holds::<Lookup>(&row)?;
        holds::<Renamed>(&row)?;
        holds::<Marked>(&row)?;
        holds::<Deleted>(&row)?;
    }

    #[test]
    fn r22_a_create_is_written_back_as_it_came(row in created()) {
        holds::<Created>(&row)?;
    }

    #[test]
    fn r22_any_json_decodes_or_fails_and_what_decodes_is_kept(row in any_json()) {
        if let Ok(decoded) = serde_json::from_value::<Created>(row.clone()) {
            prop_assert_eq!(serde_json::to_value(decoded).ok(), Some(row));
        }
    }

    #[test]
    fn e1_any_body_is_read_as_an_error(body in prop::collection::vec(any::<u8>(), 0..600)) {
        let detail = ErrorBody::parse(&body).detail();
        prop_assert!(detail.is_none_or(|detail| !detail.is_empty()));
    }

    #[test]
    fn e1_any_json_body_is_read_as_an_error(body in any_json()) {
        let body = ErrorBody::parse(body.to_string().as_bytes());
        prop_assert!(body.field_errors().values().all(|messages| !messages.is_empty()));
        prop_assert!(body.field_errors().is_empty() || body.detail().is_some());
    }
}
