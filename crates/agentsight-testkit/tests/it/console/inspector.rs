use agentsight_testkit::{FakeApi, FakeKey, FakeOptions};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::{look, look_with, serve};
use crate::support::Client;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what follows";

/// Uploads a file and gives its number.
fn upload(client: &Client, conversation: u64, filename: &str, mime_type: &str, content: &[u8]) -> u64 {
    let body = json!({
        "conversation": conversation,
        "timestamp": "2026-03-01T09:00:00Z",
        "attachments": [{ "filename": filename, "mime_type": mime_type, "data": STANDARD.encode(content) }],
    });
    client.post("/api/attachments/", body).json["attachments"][0]["id"].as_u64().unwrap()
}

/// The addresses that a text names behind a mark, up to the next quote.
fn named<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(mark).skip(1).map(|rest| rest.split(['"', '\'']).next().unwrap())
}

#[test]
fn the_page_and_all_that_it_loads_come_from_here_and_run_nothing_else() {
    let server = serve(&FakeApi::new());
    let page = look(&server, "/");
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part) && !policy.contains("unsafe"), "{policy}");
    }
    let mut wanted: Vec<String> = ["href=\"/__testkit/", "src=\"/__testkit/"]
        .into_iter()
        .flat_map(|mark| named(page.text(), mark))
        .map(|rest| format!("/__testkit/{rest}"))
        .collect();
    let mut seen = Vec::new();
    while let Some(path) = wanted.pop() {
        if seen.contains(&path) {
            continue;
        }
        let asset = look(&server, &path);
        assert_eq!(asset.status, StatusCode::OK, "{path}");
        assert_eq!(asset.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(asset.header("content-security-policy"), policy, "{path}");
        let content_type = match path.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(asset.header("content-type"), content_type, "{path}");
        wanted.extend(named(asset.text(), "from './").map(|name| format!("/__testkit/assets/{name}")));
        seen.push(path);
    }
    assert!(seen.len() > 20 && seen.iter().any(|path| path.ends_with("/window-list.js")), "{seen:?}");
    assert_eq!(look(&server, "/__testkit/assets/../assets.rs").status, StatusCode::NOT_FOUND);
}

#[test]
fn a_browser_that_has_an_asset_is_not_sent_it_again() {
    let server = serve(&FakeApi::new());
    let first = look(&server, "/__testkit/assets/app.js");
    let again = look_with(&server, "/__testkit/assets/app.js", &[("if-none-match", first.header("etag"))]);
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let other = look_with(&server, "/__testkit/assets/app.js", &[("if-none-match", "\"other\"")]);
    assert_eq!((other.status, other.body), (StatusCode::OK, first.body));
}

#[test]
fn the_inspector_only_reads() {
    let server = serve(&FakeApi::new());
    let answer = attohttpc::post(format!("{}/__testkit/inspector/overview", server.url()))
        .header("content-type", "application/json")
        .text("{}")
        .send()
        .unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET");
}

#[test]
fn the_list_is_the_services_own_with_what_a_reader_wants_besides() {
    let client = Client::new();
    let conversation =
        client.conversation_with(json!({ "conversation_id": "a", "device": "mobile", "environment": "production" }));
    client.conversation("other");
    client.message(conversation, "  Where is\n my parcel?  ");
    let log = json!({ "conversation": conversation, "action_name": "lookup", "error_message": "timeout" });
    client.post("/api/action_logs/", log);
    client.post("/api/conversation-feedbacks/", json!({ "conversation_id": "a", "sentiment": "negative" }));
    let server = serve(&client.api);
    let requests = server.requests().len();

    let listed = look(&server, "/__testkit/inspector/conversations?device=mobile&page_size=5").json();
    let service = client.get("/api/conversations/?device=mobile&page_size=5&full=false").json;
    for key in ["count", "page_size", "total_pages", "current_page"] {
        assert_eq!(listed[key], service[key], "{key}");
    }
    let row = &listed["results"][0];
    for (key, value) in service["results"][0].as_object().unwrap() {
        assert_eq!(row[key], *value, "{key}");
    }
    assert_eq!(row["excerpt"], "Where is my parcel?");
    assert_eq!(row["sentiments"], json!(["negative"]));
    assert_eq!((&row["action_count"], &row["error_count"], &row["file_count"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(row.get("messages"), None);
    assert_eq!(server.requests().len(), requests + 1, "only the client's own request is recorded");
}

#[test]
fn a_list_is_never_whole_and_what_the_service_refuses_is_refused() {
    let client = Client::new();
    for number in 0..3 {
        client.conversation(&number.to_string());
    }
    let server = serve(&client.api);
    let path = "/__testkit/inspector/conversations?full=true&paginate=false&page_size=2";
    let listed = look(&server, path).json();
    assert_eq!((listed["results"].as_array().unwrap().len(), &listed["count"]), (2, &json!(3)));
    assert_eq!(listed["results"][0].get("messages"), None);
    let refused = look(&server, "/__testkit/inspector/conversations?environment=nowhere");
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json()["environment"][0].as_str().unwrap().contains("nowhere"));
}

#[test]
fn a_list_is_one_agents_and_names_the_others() {
    let keys = ["ags_00000000000000000000000000000007_000007", "ags_00000000000000000000000000000003_000003"];
    let options = FakeOptions::new().key(FakeKey::new(keys[0]).agent(7)).key(FakeKey::new(keys[1]).agent(3));
    let client = Client::with_options(options);
    client.with_key(keys[0]).conversation("seven");
    client.with_key(keys[1]).conversation("three");
    let server = serve(&client.api);
    for (query, id) in [("", "three"), ("?agent=3", "three"), ("?agent=7", "seven")] {
        let listed = look(&server, &format!("/__testkit/inspector/conversations{query}")).json();
        assert_eq!((&listed["agents"], &listed["count"]), (&json!([3, 7]), &json!(1)), "{query}");
        assert_eq!(listed["results"][0]["conversation_id"], id, "{query}");
    }
}

#[test]
fn a_conversation_is_what_the_service_answers_but_for_the_addresses_of_files() {
    let client = Client::new();
    let conversation = client.conversation("a");
    client.message(conversation, "Hello!");
    let image = upload(&client, conversation, "dots.png", "image/png", PNG);
    let text = upload(&client, conversation, "plan.txt", "text/plain", b"later");
    let server = serve(&client.api);

    let mut shown = look(&server, &format!("/__testkit/inspector/conversations/{conversation}")).json();
    let mut service = client.get(&format!("/api/conversations/{conversation}/")).json;
    let mut addresses = Vec::new();
    for answer in [&mut shown, &mut service] {
        for message in answer["messages"].as_array_mut().unwrap() {
            for file in message["attachments"].as_array_mut().unwrap() {
                let file = file.as_object_mut().unwrap();
                addresses.push((file.remove("file_url").unwrap(), file.remove("preview_url").unwrap_or(Value::Null)));
            }
        }
    }
    assert_eq!(shown, service);
    let of = |kind: &str, number: u64| json!(format!("/__testkit/inspector/{kind}/{number}"));
    assert_eq!(addresses[0], (of("files", image), of("preview", image)));
    assert_eq!(addresses[1], (of("files", text), Value::Null));
    for path in ["conversations/99", "conversations/a", "files/1", "preview/1", "nothing", "files/1/2"] {
        let missing = look(&server, &format!("/__testkit/inspector/{path}"));
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{path}");
        assert!(missing.json()["error"].is_string(), "{path}");
    }
}

#[test]
fn a_file_is_saved_and_not_shown_whatever_it_is_called() {
    let client = Client::new();
    let conversation = client.conversation("a");
    let page = b"<script>alert(1)</script>";
    let file = upload(&client, conversation, "a\";filename=b.html; \r\n \u{e9}/..\\.html", "text/html", page);
    let odd_type = upload(&client, conversation, "a", "text/\u{1f600}", b"x");
    let server = serve(&client.api);

    let download = look(&server, &format!("/__testkit/inspector/files/{file}"));
    assert_eq!((download.status, &download.body[..]), (StatusCode::OK, &page[..]));
    assert_eq!(
        download.header("content-disposition"),
        "attachment; filename=\"a__filename=b.html_ __ __.._.html\"; \
         filename*=UTF-8''a%22%3Bfilename%3Db.html%3B%20%0D%0A%20%C3%A9%2F..%5C.html"
    );
    assert_eq!(download.header("content-security-policy"), "sandbox");
    assert_eq!(download.header("x-content-type-options"), "nosniff");
    let odd = look(&server, &format!("/__testkit/inspector/files/{odd_type}"));
    assert_eq!(odd.status, StatusCode::OK);
}

#[test]
fn only_what_is_an_image_by_its_content_is_shown() {
    let client = Client::new();
    let conversation = client.conversation("a");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let server = serve(&client.api);
    for (mime_type, content, content_type) in [
        ("image/svg+xml", &svg[..], None),
        ("image/png", &svg[..], None),
        ("image/gif", b"<html><script>alert(1)</script>", None),
        ("image/png", b"", None),
        ("image/svg+xml", PNG, Some("image/png")),
        ("text/html", PNG, Some("image/png")),
    ] {
        let file = upload(&client, conversation, "picture", mime_type, content);
        let preview = look(&server, &format!("/__testkit/inspector/preview/{file}"));
        match content_type {
            None => assert_eq!(preview.status, StatusCode::NOT_FOUND, "{mime_type}"),
            Some(content_type) => {
                assert_eq!((preview.status, preview.header("content-type")), (StatusCode::OK, content_type));
                assert_eq!(preview.header("content-security-policy"), "default-src 'none'; sandbox");
                assert_eq!(preview.header("x-content-type-options"), "nosniff");
            }
        }
    }
}

#[test]
fn a_newcomer_is_told_the_address_that_the_page_was_asked_at_and_a_key() {
    let server = serve(&FakeApi::new());
    let about = look(&server, "/__testkit/inspector/about").json();
    assert_eq!((&about["endpoint"], &about["api_key"]), (&json!(server.url()), &json!(server.api_key())));
}
