use std::time::Duration;

use agentsight_testkit::FakeOptions;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answered, Client};

const STAMP: &str = "2026-01-01T00:00:00.000001Z";

/// `hello`, as base64.
fn hello(filename: &str, mime_type: &str) -> Value {
    json!({"filename": filename, "mime_type": mime_type, "data": "aGVsbG8="})
}

fn upload(client: &Client, fields: Value) -> Answered {
    let mut body = json!({"timestamp": STAMP, "conversation_id": "a", "attachments": [hello("a.txt", "text/plain")]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    client.post("/api/attachments/", body)
}

fn form(client: &Client, parts: &[(&str, &str)]) -> Answered {
    let mut body = String::new();
    for (head, text) in parts {
        body.push_str(&format!("--x-x\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n"));
    }
    body.push_str("--x-x--\r\n");
    client.send_bytes(Method::POST, "/api/attachments/", "multipart/form-data; boundary=x-x", Bytes::from(body))
}

#[test]
fn files_without_a_message_get_one_of_their_own() {
    let client = Client::new();
    let answered = upload(&client, json!({"sender": "agent", "metadata": {"n": 1}, "mode": "base64"}));
    assert_eq!(answered.status, StatusCode::CREATED);
    let message = client.get(&format!("/api/track/{}/", answered.json["message"])).json;
    assert_eq!((message["content"].as_str(), message["sender"].as_str()), (Some("[Attachments]"), Some("agent")));
    assert_eq!((&message["metadata"], &message["timestamp"]), (&json!({"n": 1}), &json!(STAMP)));
    let file = &message["attachments"][0];
    assert_eq!(file["id"], answered.json["attachments"][0]["id"]);
    assert_eq!((file["filename"].as_str(), file["mime_type"].as_str()), (Some("a.txt"), Some("text/plain")));
    assert_eq!((&file["type"], &file["size_bytes"], &file["message"]), (&json!("text"), &json!(5), &message["id"]));
}

#[test]
fn files_for_a_message_hang_on_it_and_do_not_move_it() {
    let client = Client::new();
    let number = client.conversation("a");
    let message = client.message(number, "here");
    let before = client.get(&format!("/api/track/{message}/")).json["timestamp"].clone();
    for message in [json!(message), json!(message.to_string())] {
        let answered = upload(&client, json!({"message": message, "conversation": number.to_string()}));
        assert_eq!(answered.status, StatusCode::CREATED, "{:?}", answered.json);
    }
    let after = client.get(&format!("/api/track/{message}/")).json;
    assert_eq!((after["attachments"].as_array().unwrap().len(), &after["timestamp"]), (2, &before));
    assert_eq!(client.api.transcript("a").len(), 1);
}

#[test]
fn a_message_of_another_conversation_is_404() {
    let client = Client::new();
    let message = client.message(client.conversation("b"), "elsewhere");
    client.conversation("a");
    for (message, conversation_id) in [(message, "a"), (1, "a"), (message, "unknown")] {
        let refused = upload(&client, json!({"message": message, "conversation_id": conversation_id}));
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert_eq!(refused.json, json!({"detail": format!("Message {message} not found")}));
    }
    assert_eq!((client.api.conversations().len(), client.api.files().len()), (2, 0));
}

#[test]
fn blank_text_for_a_message_counts_as_none() {
    let client = Client::new();
    assert_eq!(upload(&client, json!({"message": ""})).status, StatusCode::CREATED);
    assert_eq!(client.api.transcript("a")[0].content, "[Attachments]");
}

#[test]
fn form_data_carries_the_same_things() {
    let client = Client::new();
    let number = client.conversation("a").to_string();
    let answered = form(
        &client,
        &[
            ("name=\"timestamp\"", STAMP),
            ("name=\"conversation\"", &number),
            ("name=\"sender\"", "agent"),
            ("name=\"mode\"", "form_data"),
            ("name=\"metadata\"", "{\"n\": \"\\u00e9\"}"),
            ("name=\"attachment_0\"; filename=\"übung.pdf\"\r\nContent-Type: application/pdf", "%PDF-1.4\r\n\0raw"),
            ("name=\"attachment_1\"; filename=\"b.csv\"", "a,b"),
        ],
    );
    assert_eq!(answered.status, StatusCode::CREATED, "{:?}", answered.json);
    let files = client.api.files();
    assert_eq!((files[0].filename.as_str(), files[0].mime_type.as_str()), ("übung.pdf", "application/pdf"));
    assert_eq!(files[0].content, "%PDF-1.4\r\n\0raw");
    assert_eq!((files[1].filename.as_str(), files[1].mime_type.as_str()), ("b.csv", "text/csv"));
    let message = client.get(&format!("/api/track/{}/", answered.json["message"])).json;
    assert_eq!((message["sender"].as_str(), &message["metadata"]), (Some("agent"), &json!({"n": "é"})));
}

#[test]
fn form_data_that_names_no_conversation_is_400() {
    let client = Client::new();
    let file = ("name=\"attachment_0\"; filename=\"a.txt\"", "hello");
    let refused = form(&client, &[("name=\"timestamp\"", STAMP), file]);
    assert_eq!(
        (refused.status, refused.json),
        (StatusCode::BAD_REQUEST, json!({"conversation": ["This field is required."]}))
    );
    let refused = form(&client, &[("name=\"timestamp\"", STAMP), ("name=\"conversation\"", "None"), file]);
    assert_eq!(refused.json, json!({"conversation": ["A valid integer is required."]}));
}

#[test]
fn a_form_that_breaks_off_is_400() {
    let body = "--x-x\r\nContent-Disposition: form-data; name=\"attachment_0\"; filename=\"a\"\r\n\r\nhel";
    for (content_type, body) in [
        ("multipart/form-data; boundary=x-x", body),
        ("multipart/form-data; boundary=x-x", ""),
        ("multipart/form-data", body),
    ] {
        let refused = Client::new().send_bytes(Method::POST, "/api/attachments/", content_type, body.to_owned().into());
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
}

#[test]
fn a_request_without_files_is_400_in_the_views_own_shape() {
    let client = Client::new();
    for attachments in [json!([]), json!(null), json!("files"), json!({"0": hello("a", "b")})] {
        let refused = upload(&client, json!({"attachments": attachments}));
        assert_eq!(
            (refused.status, refused.json),
            (StatusCode::BAD_REQUEST, json!({"error": "No attachment files found"}))
        );
    }
    let refused = form(&client, &[("name=\"timestamp\"", STAMP), ("name=\"conversation_id\"", "a")]);
    assert_eq!(refused.json, json!({"error": "No attachment files found"}));
}

#[test]
fn a_file_needs_name_type_and_strict_base64() {
    let client = Client::new();
    for attachment in [
        json!({"mime_type": "text/plain", "data": "aGVsbG8="}),
        json!({"filename": "a", "data": "aGVsbG8="}),
        json!({"filename": "a", "mime_type": "text/plain"}),
        json!({"filename": " ", "mime_type": "text/plain", "data": "aGVsbG8="}),
        json!({"filename": "a", "mime_type": "text/plain", "data": "aGVsbG8"}),
        json!({"filename": "a", "mime_type": "text/plain", "data": "aGVs bG8="}),
        json!({"filename": "a", "mime_type": "text/plain", "data": "aGVs-_8="}),
        json!("aGVsbG8="),
    ] {
        let refused = upload(&client, json!({"attachments": [attachment]}));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.json["error"].is_string());
    }
    let empty = json!({"filename": "a", "mime_type": "text/plain", "data": ""});
    assert_eq!(upload(&client, json!({"attachments": [empty]})).status, StatusCode::CREATED);
}

#[test]
fn a_stamp_is_required_here() {
    let refused = upload(&Client::new(), json!({"timestamp": null}));
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json["timestamp"].is_array());
}

#[test]
fn an_unknown_conversation_is_404() {
    let refused = upload(&Client::new(), json!({"conversation": 99}));
    assert_eq!((refused.status, refused.json), (StatusCode::NOT_FOUND, json!({"detail": "Conversation 99 not found"})));
}

#[test]
fn limits_are_413_and_name_the_limit_and_the_file() {
    let client = Client::with_options(FakeOptions::new().file_limit(5).files_limit(2).upload_limit(400));
    let too_large = json!({"filename": "big.bin", "mime_type": "a/b", "data": "aGVsbG8h"});
    let file = hello("a", "a/b");
    let detail = |attachments: Value| {
        let refused = upload(&client, json!({ "attachments": attachments }));
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        refused.json["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail(json!([file, too_large])), "File 'big.bin' exceeds the limit of 5 bytes per file.");
    assert_eq!(detail(json!([file, file, file])), "A request may carry at most 2 files.");
    assert_eq!(detail(json!(vec![file.clone(); 9])), "The request exceeds the limit of 400 bytes.");
    assert_eq!(upload(&client, json!({"attachments": [file, file]})).status, StatusCode::CREATED);
}

#[test]
fn the_documented_limits_are_25_mb_a_file_and_10_files() {
    let client = Client::new();
    let large = |bytes: usize| {
        let body = format!(
            "--x-x\r\nContent-Disposition: form-data; name=\"timestamp\"\r\n\r\n{STAMP}\r\n--x-x\r\nContent-Disposition: \
             form-data; name=\"conversation_id\"\r\n\r\na\r\n--x-x\r\nContent-Disposition: form-data; \
             name=\"attachment_0\"; filename=\"f\"\r\n\r\n{}\r\n--x-x--\r\n",
            "x".repeat(bytes)
        );
        client.send_bytes(Method::POST, "/api/attachments/", "multipart/form-data; boundary=x-x", body.into())
    };
    assert_eq!(large(25 * 1024 * 1024).status, StatusCode::CREATED);
    assert_eq!(large(25 * 1024 * 1024 + 1).json["detail"], "File 'f' exceeds the limit of 25 MB per file.");
    assert_eq!(large(40 * 1024 * 1024).json["detail"], "The request exceeds the limit of 40 MB.");
    let files = |count: usize| json!({"attachments": vec![hello("a", "a/b"); count]});
    assert_eq!(upload(&client, files(10)).status, StatusCode::CREATED);
    assert_eq!(upload(&client, files(11)).status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn the_kind_of_a_file_follows_its_mime_type() {
    let client = Client::new();
    for (mime_type, kind) in [
        ("image/png", "image"),
        ("AUDIO/mpeg", "audio"),
        ("video/mp4", "video"),
        ("text/plain; charset=utf-8", "text"),
        ("application/pdf", "document"),
        ("nonsense", "document"),
    ] {
        let answered = upload(&client, json!({"attachments": [hello("a", mime_type)]}));
        assert_eq!(answered.json["attachments"][0]["type"], kind, "{mime_type}");
    }
}

#[test]
fn a_file_can_be_fetched_without_a_key_until_its_signature_expires() {
    let client = Client::new();
    let answered = upload(&client, json!({}));
    let address = answered.json["attachments"][0]["file_url"].as_str().unwrap();
    let path = address.strip_prefix("http://fake.test").unwrap();
    let anyone = client.with_key("nobody");
    let fetched = anyone.get(path);
    assert_eq!((fetched.status, fetched.response.body().as_ref()), (StatusCode::OK, b"hello".as_slice()));
    assert_eq!(fetched.response.headers()["content-type"], "text/plain");
    let later = path.replace("expires=", "expires=9");
    for altered in [path.replace("signature=", "signature=0"), later, path.split_once('?').unwrap().0.to_owned()] {
        assert_eq!(anyone.get(&altered).status, StatusCode::FORBIDDEN, "{altered}");
    }
    client.api.clock().advance(Duration::from_secs(59 * 60 + 59));
    assert_eq!(anyone.get(path).status, StatusCode::OK);
    client.api.clock().advance(Duration::from_secs(1));
    assert_eq!(anyone.get(path).status, StatusCode::FORBIDDEN);
    let renewed = client.get(&format!("/api/track/{}/", answered.json["message"])).json;
    let renewed =
        renewed["attachments"][0]["file_url"].as_str().unwrap().strip_prefix("http://fake.test").unwrap().to_owned();
    assert_eq!(anyone.get(&renewed).status, StatusCode::OK);
}

#[test]
fn an_uploaded_page_is_saved_and_not_shown_on_the_origin_of_the_service() {
    let client = Client::new();
    let page = json!({
        "filename": "a\"\r\n.html", "mime_type": "text/html", "data": "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="
    });
    let answered = upload(&client, json!({ "attachments": [page] }));
    let address = answered.json["attachments"][0]["file_url"].as_str().unwrap();
    let fetched = client.get(address.strip_prefix("http://fake.test").unwrap());
    let header = |name: &str| fetched.response.headers()[name].to_str().unwrap();
    assert_eq!((fetched.status, header("content-type")), (StatusCode::OK, "text/html"));
    assert_eq!(header("content-disposition"), "attachment; filename=\"a___.html\"; filename*=UTF-8''a%22%0D%0A.html");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
}

#[test]
fn the_files_of_a_conversation_are_listed_in_all_documented_shapes() {
    let client = Client::new();
    let number = client.conversation("a");
    client.message(number, "no file");
    upload(&client, json!({"attachments": [hello("1.txt", "text/plain"), hello("2.png", "image/png")]}));
    upload(&client, json!({"sender": "agent"}));
    let listed = client.get(&format!("/api/conversations/{number}/attachments/")).json;
    assert_eq!([&listed["id"], &listed["conversation"]], [number, number]);
    assert_eq!([&listed["total_attachments"], &listed["attachment_count"]], [3, 3]);
    assert_eq!(listed["conversation_id"], "a");
    let messages = listed["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["id"], messages[0]["message_id"]);
    assert_eq!((&messages[0]["sender"], &messages[0]["timestamp"]), (&json!("end_user"), &json!(STAMP)));
    assert_eq!(messages[0]["attachments"][1]["filename"], "2.png");
    let flat = listed["attachments"].as_array().unwrap();
    assert_eq!((flat.len(), &flat[2]["message"]), (3, &messages[1]["id"]));
}
