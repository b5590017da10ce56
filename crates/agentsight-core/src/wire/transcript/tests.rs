//! What the reader keeps of an answer (R17, wire: 1.8, 1.9).

use agentsight_model::Sender;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Transcript, TranscriptReader};
use crate::error::ErrorKind;
use crate::wire::identity::{Finding, Sought, SoughtKind, assign};
use crate::wire::row::{Row, Shows};
use crate::wire::sample::{body, files_row, text_row};

/// 2026-08-17T10:32:33.305953Z in microseconds.
const STAMP: i64 = 1_786_962_753_305_953;

fn message(id: u64) -> Value {
    json!({"id": id, "timestamp": "2026-08-17T10:32:33.305953Z", "sender": "end_user", "content": "hi"})
}

fn with(id: u64, field: &str, value: Value) -> Value {
    let mut message = message(id);
    message[field] = value;
    message
}

fn read_for(sought: &[Sought<'_>], body: &[u8]) -> Transcript {
    TranscriptReader::new(sought, &[]).read(body).expect("a transcript")
}

fn read(messages: &[Value]) -> Transcript {
    read_for(&[Sought::question(STAMP, "hi")], &body(messages))
}

fn kept_ids(transcript: &Transcript) -> Vec<u64> {
    transcript.rows.iter().map(|row| row.id).collect()
}

#[test]
fn r17_only_messages_that_can_matter_are_kept_and_the_range_of_ids_is_of_all() {
    let sought = [Sought::question(STAMP, "hi"), Sought::at(9, files(vec![1], Some(20)))];
    let mut other_time = with(50, "timestamp", json!("2026-08-17T10:32:33.305954Z"));
    other_time["content"] = json!("somebody else");
    let messages = [message(7), other_time.clone(), with(3, "sender", json!("agent")), message(20), {
        other_time["id"] = json!(30);
        other_time
    }];
    // Of our own the reader keeps 50, which shows another time than we gave; 30 shows what we gave.
    let known = [(50, STAMP), (30, STAMP + 1)];
    let transcript = TranscriptReader::new(&sought, &known).read(&body(&messages)).expect("a transcript");
    assert_eq!((transcript.id, transcript.conversation_id.as_deref()), (Some(1), Some("c")));
    assert_eq!(transcript.ids, Some(3..=50));
    assert_eq!(kept_ids(&transcript), [7, 50, 20]);
    assert_eq!(transcript.rows[0], text_row(7, STAMP, Sender::EndUser, "hi"));
    assert_eq!((transcript.rows[1].content.as_str(), &transcript.rows[1].shows), ("", &Shows::Other));
}

fn files(sizes: Vec<u64>, message: Option<u64>) -> SoughtKind<'static> {
    SoughtKind::Files { sender: &Sender::EndUser, sizes, message }
}

#[test]
fn r17_null_empty_and_absent_are_the_same() {
    for field in ["action_name", "button"] {
        for value in [json!(null), json!(""), json!(" "), json!({}), json!([]), json!(false), json!({"label": null})] {
            let transcript = read(&[with(7, field, value.clone())]);
            assert_eq!(transcript.rows, [text_row(7, STAMP, Sender::EndUser, "hi")], "{field}: {value}");
        }
    }
    for field in ["attachments", "metadata", "action_logs", "feedback"] {
        for value in [json!(null), json!([]), json!({}), json!("")] {
            let transcript = read(&[with(7, field, value.clone())]);
            assert_eq!(transcript.rows, [text_row(7, STAMP, Sender::EndUser, "hi")], "{field}: {value}");
        }
    }
}

#[test]
fn r17_actions_and_clicks_are_no_messages() {
    for (field, value) in [
        ("action_name", json!("search")),
        ("action_name", json!(7)),
        ("button", json!({"label": "OK"})),
        ("button", json!({"id": 3})),
        ("button", json!("OK")),
    ] {
        assert_eq!(kept_ids(&read(&[with(7, field, value.clone())])), [0; 0], "{field}: {value}");
    }
}

#[test]
fn r17_clicks_are_read_as_far_as_they_are_shown() {
    let sought = [Sought::at(STAMP, SoughtKind::Button { event: "confirm", label: "OK", value: "1" }).explicit()];
    for (button, expected) in [
        (json!({"id": 3, "button_event": "confirm", "label": "OK", "value": "1", "metadata": {}}), true),
        (json!({"label": "OK", "value": "", "button_event": null}), true),
        (json!({"id": 3}), true),
        (json!({"label": ["OK"], "button_event": "confirm"}), true),
        (json!("OK"), true),
        (json!({"label": "Cancel"}), false),
        (json!({}), false),
    ] {
        let transcript = read_for(&sought, &body(&[with(7, "button", button.clone())]));
        let found = assign(&transcript, &sought, &[], &|_| false).findings == [Finding::Found { message: 7 }];
        assert_eq!(found, expected, "{button}");
    }
}

#[test]
fn r17_token_counters_are_read_from_the_message_or_its_runs() {
    let metadata: Map<String, Value> = [("prompt_tokens".to_owned(), json!(100))].into_iter().collect();
    let sought = [Sought::at(STAMP, SoughtKind::Action { name: "token_usage", metadata: &metadata })];
    for (fields, expected) in [
        (json!({"metadata": {"prompt_tokens": 100}}), true),
        (json!({"metadata": {"prompt_tokens": 7}}), false),
        (json!({"metadata": "{\"prompt_tokens\": 7}"}), false),
        (json!({"metadata": {}, "action_logs": [{"metadata": {"prompt_tokens": 7}}]}), false),
        (json!({"metadata": null, "action_logs": [null, 7, {"metadata": {"prompt_tokens": 100}}]}), true),
        (json!({"metadata": {"prompt_tokens": 7}, "action_name": " token_usage"}), false),
        (json!({"metadata": [7], "action_logs": {"metadata": 7}}), true),
        (json!({}), true),
    ] {
        let mut message = with(7, "action_name", json!("token_usage"));
        for (field, value) in fields.as_object().into_iter().flatten() {
            message[field] = value.clone();
        }
        assert_eq!(!read_for(&sought, &body(&[message])).rows.is_empty(), expected, "{fields}");
    }
}

#[test]
fn r17_files_are_read_by_size_whatever_their_names_are() {
    let file = |name: &str, size: Value| json!({"id": 1, "filename": name, "size_bytes": size});
    let sought = [Sought::at(STAMP, files(vec![10, 20], None)), Sought::at(5, files(vec![1], Some(8)))];
    let names = [file("my_file.txt", json!(20)), file("u\u{308}ber.txt", json!(10))];
    let odd = [file("a", json!("10")), file("b", json!(-1)), json!(null), json!(7), json!({}), file("c", json!(1))];
    let transcript =
        read_for(&sought, &body(&[with(7, "attachments", json!(names)), with(8, "attachments", json!(odd))]));
    let hi = |row: Row| Row { content: "hi".to_owned(), ..row };
    let expected = [
        hi(files_row(7, STAMP, &[Some(10), Some(20)])),
        hi(files_row(8, STAMP, &[None, None, None, None, None, Some(1)])),
    ];
    assert_eq!(transcript.rows, expected);
    let look = assign(&transcript, &sought, &[], &|_| false);
    assert_eq!(look.findings, [Finding::Found { message: 7 }, Finding::Found { message: 8 }]);
}

#[test]
fn r17_a_message_that_cannot_be_read_is_left_out_and_the_others_are_read() {
    for (odd, ids) in [
        (json!(null), 7..=7),
        (json!(7), 7..=7),
        (json!("text"), 7..=7),
        (json!([8, "2026-08-17T10:32:33.305953Z", "end_user", "hi"]), 7..=7),
        (json!({}), 7..=7),
        (with(8, "id", json!("8")), 7..=7),
        (with(8, "id", json!(-8)), 7..=7),
        (with(8, "id", json!(8.5)), 7..=7),
        (with(8, "id", json!(null)), 7..=7),
        (with(8, "timestamp", json!(7)), 7..=8),
        (with(8, "timestamp", json!("yesterday")), 7..=8),
        (with(8, "timestamp", json!(null)), 7..=8),
        (with(8, "sender", json!({"name": "end_user"})), 7..=8),
        (with(8, "sender", json!(null)), 7..=8),
    ] {
        let transcript = read(&[odd.clone(), message(7)]);
        assert_eq!((kept_ids(&transcript), transcript.ids), (vec![7], Some(ids)), "{odd}");
    }
    assert_eq!(read(&[message(u64::MAX), message(0)]).ids, Some(0..=u64::MAX));
}

#[test]
fn r17_a_message_of_the_time_of_an_item_that_shows_no_id_is_told() {
    let other_time = with(8, "timestamp", json!("2026-08-17T10:32:33.305954Z"));
    let without_id = |mut message: Value| {
        message["id"] = json!(null);
        message
    };
    for (odd, lacks_ids) in [
        (message(8), false),
        (without_id(message(8)), true),
        (without_id(other_time), false),
        (without_id(with(8, "timestamp", json!(null))), false),
    ] {
        assert_eq!(read(&[odd.clone(), message(7)]).lacks_ids, lacks_ids, "{odd}");
        let files = [Sought::at(STAMP, files(vec![1], Some(20)))];
        assert_eq!(read_for(&files, &body(&[odd])).lacks_ids, lacks_ids);
    }
}

#[test]
fn r17_valid_json_that_cannot_be_decoded_costs_one_message_at_most() {
    let bomb = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let odd = [
        r#"{"id": 8, "timestamp": "2026-08-17T10:32:33.305953Z", "content": "\ud800", "feedback": 1e999}"#.to_owned(),
        r#"{"id": 1e999}"#.to_owned(),
        r#"{"id": 1, "id": 2}"#.to_owned(),
        format!(r#"{{"id": 9, "timestamp": "2026-08-17T10:32:33.305953Z", "metadata": {bomb}, "button": {bomb}}}"#),
        format!(r#"{{"id": 9, "timestamp": {bomb}, "action_name": {bomb}, "attachments": {bomb}}}"#),
        bomb.clone(),
        "1e999".to_owned(),
        r#""\ud800""#.to_owned(),
    ];
    let found = message(7);
    for odd in odd {
        let body = format!(r#"{{"tickets": {bomb}, "messages": [{odd}, {found}], "id": 42, "conversation_id": "c"}}"#);
        let transcript = read_for(&[Sought::question(STAMP, "hi")], body.as_bytes());
        assert_eq!((kept_ids(&transcript), transcript.id), (vec![7], Some(42)), "{:.80}", odd);
    }
}

#[test]
fn r17_a_text_that_cannot_be_decoded_does_not_hide_a_message() {
    // Half of a surrogate pair, as clients write that cut a text in the middle of a character.
    let body = br#"{"messages": [
        {"id": 7, "timestamp": "2026-08-17T10:32:33.305953Z", "sender": "end_user", "content": "hi\ud83d"}]}"#;
    assert_eq!(read_for(&[Sought::question(STAMP, "hi")], body).rows, [text_row(7, STAMP, Sender::EndUser, "")]);
}

#[test]
fn r12_the_ids_of_the_conversation_are_told_where_they_can_be_read() {
    for (answer, id, conversation_id) in [
        (r#"{"messages": [], "id": 42, "conversation_id": "c \u00fc"}"#, Some(42), Some("c ü")),
        (r#"{"\u0069d": 42, "messages": []}"#, Some(42), None),
        (r#"{"id": "42", "conversation_id": 7, "messages": []}"#, None, None),
        (r#"{"id": null, "conversation_id": null, "messages": [], "extra": {"id": 7}}"#, None, None),
    ] {
        let transcript = read_for(&[], answer.as_bytes());
        assert_eq!((transcript.id, transcript.conversation_id.as_deref()), (id, conversation_id), "{answer}");
        assert_eq!((transcript.ids, transcript.rows), (None, Vec::new()), "{answer}");
    }
}

#[test]
fn r12_a_transcript_is_about_the_conversation_that_it_names() {
    use crate::answer::AboutConversation as _;
    let transcript = read(&[]);
    assert!(transcript.is_about(Some(1), Some("c")));
    assert!(!transcript.is_about(Some(2), Some("c")) && !transcript.is_about(Some(1), Some("d")));
    assert!(Transcript::default().is_about(Some(2), Some("d")), "what is not said is not wrong");
}

#[test]
fn r17_only_token_counters_are_read_of_an_action() {
    let mut action = with(7, "action_name", json!("lookup"));
    action["metadata"] = json!({"prompt_tokens": 5});
    let metadata = Map::new();
    let sought = Sought::at(STAMP, SoughtKind::Action { name: "lookup", metadata: &metadata });
    let transcript = read_for(&[sought], &body(&[action]));
    let Shows::Action { name, counters } = &transcript.rows[0].shows else { panic!("an action") };
    assert_eq!((name.as_str(), counters), ("lookup", &crate::wire::token_counters::TokenCounters::default()));
}

#[test]
fn r17_a_long_object_of_unset_fields_is_a_value() {
    let unset = |count: usize| (0..count).map(|field| (format!("field {field}"), Value::Null)).collect::<Map<_, _>>();
    for (count, is_text) in [(10, true), (200, false)] {
        let message = with(7, "button", Value::Object(unset(count)));
        assert_eq!(kept_ids(&read(&[message])).len(), usize::from(is_text), "{count}");
    }
}

#[test]
fn r17_an_answer_without_a_list_of_messages_is_an_error() {
    for (answer, kind) in [
        ("{}", ErrorKind::Decode),
        (r#"{"id": 1}"#, ErrorKind::Decode),
        (r#"{"messages": null}"#, ErrorKind::Decode),
        (r#"{"messages": {"secret": 1}}"#, ErrorKind::Decode),
        (r#"{"messages": "secret"}"#, ErrorKind::Decode),
        ("[]", ErrorKind::Decode),
        ("null", ErrorKind::Decode),
        (r#""secret""#, ErrorKind::Decode),
        ("", ErrorKind::UnexpectedResponse),
        ("<html>secret</html>", ErrorKind::UnexpectedResponse),
        (r#"{"messages": [{"id": 1}"#, ErrorKind::UnexpectedResponse),
        (r#"{"messages": []} secret"#, ErrorKind::UnexpectedResponse),
        (r#"{"messages": [secret]}"#, ErrorKind::UnexpectedResponse),
    ] {
        let error = TranscriptReader::new(&[], &[]).read(answer.as_bytes()).expect_err(answer);
        assert_eq!(error.kind(), kind, "{answer}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    let invalid_text = b"{\"messages\": [\"\xff\"]}";
    let error = TranscriptReader::new(&[], &[]).read(invalid_text).expect_err("no UTF-8");
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
}

proptest! {
    #[test]
    fn r17_no_body_makes_the_reader_panic(body in r#"[\[\]{}:,"0-9a-z\\ ]{0,60}"#, bytes in any::<Vec<u8>>()) {
        let sought = [Sought::question(STAMP, "hi")];
        let reader = TranscriptReader::new(&sought, &[(1, 1)]);
        let wrapped = format!(r#"{{"messages": [{{"id": 1, "timestamp": {body}, "button": {body}}}]}}"#);
        for body in [body.as_bytes(), wrapped.as_bytes(), &bytes] {
            let _ = reader.read(body);
        }
    }
}
