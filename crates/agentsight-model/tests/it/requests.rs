//! The bodies of requests, byte for byte.

use agentsight_model::{
    ActionRecord, AttachmentRecord, AttachmentsRecord, ButtonRecord, ConversationRecord, Environment, FeedbackRecord,
    MarkRecord, MessageRecord, RenameRecord, Sender, Sentiment, Timestamp, UpdateRecord,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

fn instant() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_772_442_905_120_400_000)
}

fn object(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

#[test]
fn wire_1_9_a_conversation_has_every_key_and_null_where_unset() -> Result<(), serde_json::Error> {
    let record = ConversationRecord::new("c-1").timestamp(instant()).is_used(true).environment("dev").name("Lamp help");

    assert_eq!(
        serde_json::to_string(&record)?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","conversation_id":"c-1","customer_id":null,"#,
            r#""customer_ip_address":null,"device":null,"source":null,"language":null,"name":"Lamp help","#,
            r#""is_used":true,"environment":"development","metadata":null}"#
        )
    );
    Ok(())
}

#[test]
fn wire_1_9_a_conversation_of_another_client_may_lack_keys() -> Result<(), serde_json::Error> {
    let record: ConversationRecord =
        serde_json::from_value(json!({"conversation_id": "c-1", "environment": "development"}))?;

    assert_eq!(record, ConversationRecord::new("c-1").environment(Environment::Development));
    Ok(())
}

#[test]
fn wire_1_11_a_message_has_its_metadata_and_its_conversation() -> Result<(), serde_json::Error> {
    let record = MessageRecord::new(instant(), "Hello", Sender::EndUser, "c-1");
    assert_eq!(
        serde_json::to_string(&record)?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","content":"Hello","sender":"end_user","#,
            r#""conversation_id":"c-1","metadata":{},"conversation":null}"#
        )
    );

    let known = record.conversation(42).metadata(object("model", json!("m")));
    assert_eq!(serde_json::from_str::<MessageRecord>(&serde_json::to_string(&known)?)?, known);
    Ok(())
}

#[test]
fn wire_1_13_an_action_has_only_the_keys_that_are_set_and_the_error_under_both_names() -> Result<(), serde_json::Error>
{
    let record = ActionRecord::new(instant(), "lookup", "c-1");
    assert_eq!(
        serde_json::to_string(&record)?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","action_name":"lookup","conversation_id":"c-1","#,
            r#""metadata":{},"conversation":null}"#
        )
    );

    let record = record
        .started_at(DateTime::UNIX_EPOCH)
        .ended_at(DateTime::UNIX_EPOCH)
        .duration_ms(150)
        .tools_used(json!({"db": 1}))
        .response("none")
        .error("timed out")
        .conversation(42);
    assert_eq!(
        serde_json::to_string(&record)?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","action_name":"lookup","conversation_id":"c-1","#,
            r#""metadata":{},"started_at":"1970-01-01T00:00:00+00:00","ended_at":"1970-01-01T00:00:00+00:00","#,
            r#""duration_ms":150,"tools_used":{"db":1},"response":"none","error_msg":"timed out","#,
            r#""error_message":"timed out","conversation":42}"#
        )
    );
    Ok(())
}

#[test]
fn wire_1_13_a_button_has_its_three_texts() -> Result<(), serde_json::Error> {
    let record = ButtonRecord::new(instant(), "confirm", "Yes", "y", "c-1").conversation(42);

    assert_eq!(
        serde_json::to_string(&record)?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","button_event":"confirm","label":"Yes","value":"y","#,
            r#""conversation_id":"c-1","metadata":{},"conversation":42}"#
        )
    );
    Ok(())
}

#[test]
fn wire_1_12_files_on_their_own_and_files_of_a_message_differ_in_form() -> Result<(), serde_json::Error> {
    let file = AttachmentRecord::new("a.txt", "text/plain", "aGk=");
    let record = AttachmentsRecord::new(instant(), [file], Sender::Agent, "c-1").conversation(42);
    assert_eq!(
        serde_json::to_string(&record)?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","#,
            r#""attachments":[{"filename":"a.txt","mime_type":"text/plain","data":"aGk="}],"metadata":{},"#,
            r#""mode":"base64","sender":"agent","conversation_id":"c-1","conversation":42}"#
        )
    );

    assert_eq!(
        serde_json::to_string(&record.message(7))?,
        concat!(
            r#"{"timestamp":"2026-03-02T09:15:05.120400+00:00","#,
            r#""attachments":[{"filename":"a.txt","mime_type":"text/plain","data":"aGk="}],"message":7,"#,
            r#""conversation":"42","conversation_id":"c-1","sender":"agent","metadata":{}}"#
        )
    );
    Ok(())
}

#[test]
fn wire_1_12_numbers_that_python_clients_send_as_text_are_read() -> Result<(), serde_json::Error> {
    let mut body = json!({
        "timestamp": "2026-03-02T09:15:05", "attachments": [], "sender": "agent", "message": "7", "conversation": "42"
    });
    let record: AttachmentsRecord = serde_json::from_value(body.clone())?;
    assert_eq!((record.message, record.conversation), (Some(7), Some(42)));

    body["conversation"] = json!("None");
    let record: AttachmentsRecord = serde_json::from_str(&body.to_string())?;
    assert_eq!(record.conversation, None);

    body["conversation"] = json!(-1);
    assert!(serde_json::from_value::<AttachmentsRecord>(body).is_err());
    Ok(())
}

#[test]
fn wire_1_14_feedback_names_its_conversation_once() -> Result<(), serde_json::Error> {
    let by_id = FeedbackRecord::new(Sentiment::Positive, "c-1").comment("Good").metadata(object("stars", json!(5)));
    assert_eq!(
        serde_json::to_string(&by_id)?,
        r#"{"sentiment":"positive","conversation_id":"c-1","comment":"Good","metadata":{"stars":5}}"#
    );

    let by_number = FeedbackRecord::new(Sentiment::Negative, 42);
    assert_eq!(serde_json::to_string(&by_number)?, r#"{"sentiment":"negative","conversation":42}"#);
    Ok(())
}

#[test]
fn wire_1_10_management_sends_only_what_changes() -> Result<(), serde_json::Error> {
    assert_eq!(serde_json::to_string(&RenameRecord::new("N"))?, r#"{"name":"N"}"#);
    assert_eq!(serde_json::to_string(&MarkRecord::new(true))?, r#"{"is_marked":true}"#);
    assert_eq!(serde_json::to_string(&UpdateRecord::new().language("de"))?, r#"{"language":"de"}"#);
    assert_eq!(
        serde_json::to_string(
            &UpdateRecord::new()
                .metadata(object("a", json!({"b": 1})))
                .device("mobile")
                .customer_id("c")
                .is_marked(true)
                .name("N")
        )?,
        r#"{"name":"N","is_marked":true,"customer_id":"c","device":"mobile","metadata":{"a":{"b":1}}}"#
    );
    Ok(())
}

#[test]
fn wire_1_3_a_request_timestamp_has_six_digits_or_none() {
    assert_eq!(Timestamp::from(instant()).to_string(), "2026-03-02T09:15:05.120400+00:00");
    assert_eq!(Timestamp::from(DateTime::UNIX_EPOCH).to_string(), "1970-01-01T00:00:00+00:00");
}
