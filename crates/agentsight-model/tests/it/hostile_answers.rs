//! What no honest service sends is an error, never a panic and never a wrong value.

use agentsight_model::{ActionLog, Conversation, Created, Message, Page};
use serde_json::json;

#[test]
fn r22_a_number_that_does_not_fit_is_an_error() {
    for id in ["-1", "1.5", "18446744073709551616", "1e999", "null", "\"42\"", "[]", "{}", "true"] {
        let json = format!(r#"{{"id": {id}, "conversation_id": "c"}}"#);
        assert!(serde_json::from_str::<Conversation>(&json).is_err(), "id {id}");
    }
}

#[test]
fn r22_a_field_of_the_wrong_type_is_an_error() {
    for (name, value) in [
        ("message_count", json!(-1)),
        ("is_marked", json!("yes")),
        ("name", json!(7)),
        ("device", json!(["mobile"])),
        ("started_at", json!(0)),
        ("started_at", json!("yesterday")),
        ("messages", json!({})),
        ("messages", json!([7])),
        ("geo_location", json!("Graz")),
    ] {
        let row = json!({"id": 1, "conversation_id": "c", name: value});
        assert!(serde_json::from_value::<Conversation>(row.clone()).is_err(), "{row}");
    }
}

#[test]
fn r22_a_missing_required_field_is_named() {
    let error = serde_json::from_str::<Message>(r#"{"id": 1, "sender": "agent", "content": ""}"#).map(|_| ());
    assert!(error.is_err_and(|error| error.to_string().contains("`timestamp`")));
}

#[test]
fn r22_of_a_key_that_comes_twice_the_last_one_wins() -> Result<(), serde_json::Error> {
    let json = r#"{"id": 1, "id": 2, "conversation_id": "a", "name": "x", "conversation_id": "b", "name": null,
        "new": 1, "new": {"a": 1}, "messages": [], "messages": null}"#;
    let conversation: Conversation = serde_json::from_str(json)?;

    assert_eq!((conversation.id, conversation.conversation_id.as_str(), conversation.name), (2, "b", None));
    assert_eq!(conversation.extra["new"], json!({"a": 1}));
    assert_eq!(conversation.messages, None);
    Ok(())
}

#[test]
fn r22_nesting_without_end_is_an_error() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for field in ["metadata", "unknown"] {
            let json = format!(r#"{{"id": 1, "conversation_id": "c", "{field}": {deep}}}"#);
            assert!(serde_json::from_str::<Conversation>(&json).is_err());
        }
    }
}

#[test]
fn r22_metadata_text_that_nests_without_end_is_kept_as_text() -> Result<(), serde_json::Error> {
    let text = r#"{"a":"#.repeat(100_000);
    let row = json!({"id": 1, "conversation_id": "c", "metadata": text});
    let conversation: Conversation = serde_json::from_value(row.clone())?;

    assert_eq!(conversation.metadata.as_ref().and_then(|metadata| metadata.as_map()), None);
    assert_eq!(serde_json::to_value(&conversation)?, row);
    Ok(())
}

#[test]
fn r22_a_list_that_claims_to_be_a_row_is_an_error() {
    assert!(serde_json::from_str::<Conversation>(r#"[1, "c"]"#).is_err());
    assert!(serde_json::from_str::<Page<Conversation>>("[]").is_err());
    assert!(serde_json::from_str::<Created>("[]").is_err());
}

#[test]
fn r22_unknown_nulls_are_kept() -> Result<(), serde_json::Error> {
    let row = json!({"id": 1, "conversation_id": "c", "unknown": null});
    let conversation: Conversation = serde_json::from_value(row.clone())?;

    assert_eq!(serde_json::to_value(&conversation)?, row);
    Ok(())
}

#[test]
fn r22_an_extra_field_of_a_known_name_does_not_repeat_the_key() -> Result<(), serde_json::Error> {
    let log = ActionLog::new(1).with_response("typed").with_extra("response", "by hand").with_extra("id", 2);

    assert_eq!(serde_json::to_string(&log)?, r#"{"id":1,"response":"typed"}"#);
    Ok(())
}
