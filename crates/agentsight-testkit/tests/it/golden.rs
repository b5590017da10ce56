//! The requests that the vendor's client 0.0.44 really sent, replayed.

use std::collections::HashMap;

use agentsight_testkit::FakeApi;
use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Map, Value};

const GOLDEN: &str = include_str!("../data/vendor-client-0.0.44.json");
const BOUNDARY: &str = "7dbb8e2f4a";

#[test]
fn every_step_of_the_golden_file_is_answered_2xx() {
    let steps: Vec<Value> = serde_json::from_str(GOLDEN).unwrap();
    for step in &steps {
        replay(step);
    }
    let requests: usize = steps.iter().map(|step| step["requests"].as_array().unwrap().len()).sum();
    assert_eq!((steps.len(), requests), (14, 62));
}

/// Replays one step against a service that holds what the step takes for granted. Numbers are the recorder's, and are
/// replaced by those that the fake gave in their place.
fn replay(step: &Value) {
    let api = FakeApi::new();
    let mut numbers = HashMap::from([("42".to_owned(), create(&api, "conv-123"))]);
    create(&api, "conv-abc-123");
    let mut recorded = recorded_numbers(step).into_iter();
    let only_read = step["requests"].as_array().unwrap().iter().all(|request| request["method"] == "GET");
    for request in step["requests"].as_array().unwrap() {
        // A second page is asked for: it needs to be there.
        if only_read && request["query"].as_array().unwrap().iter().any(|pair| pair[0] == "page" && pair[1] == "2") {
            for number in 0..60 {
                create(&api, &format!("page-{number}"));
            }
        }
        let response = api.handle(rebuild(request, &numbers));
        assert!(response.status().is_success(), "{}: {request}: {:?}", step["name"], response.body());
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let path = request["path"].as_str().unwrap();
        if request["method"] == "POST"
            && ["/api/conversations/", "/api/track/", "/api/action_logs/", "/api/buttons/"].contains(&path)
            && let Some(number) = recorded.next()
        {
            numbers.insert(number, body["id"].to_string());
        }
    }
    api.verify().assert_verified();
}

/// Creates a conversation and gives its number as text.
fn create(api: &FakeApi, conversation_id: &str) -> String {
    let body = serde_json::json!({ "conversation_id": conversation_id }).to_string();
    let request = Request::post("/api/conversations/")
        .header("authorization", format!("Api-Key {}", api.api_key()))
        .header("content-type", "application/json")
        .body(Bytes::from(body))
        .unwrap();
    let response = api.handle(request);
    serde_json::from_slice::<Value>(response.body()).unwrap()["id"].to_string()
}

/// The numbers that the recorder gave, in the order of the creates; attachments are not linked to.
fn recorded_numbers(step: &Value) -> Vec<String> {
    let returned = step["returned"].as_array().unwrap().iter();
    let items = returned.filter_map(|returned| returned.get("summary").and(returned["items"].as_array())).flatten();
    let created = items.filter(|item| item["type"] != "attachments" && item.get("response").is_some());
    created.map(|item| item["response"]["id"].to_string()).collect()
}

fn rebuild(recorded: &Value, numbers: &HashMap<String, String>) -> Request<Bytes> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for pair in recorded["query"].as_array().unwrap() {
        query.append_pair(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
    }
    let path = recorded["path"].as_str().unwrap().replace("/42/", &format!("/{}/", numbers["42"]));
    let content_type = recorded["headers"]["content-type"].as_str().unwrap();
    let (content_type, body) = match (recorded.get("json"), recorded.get("multipart")) {
        (Some(json), _) => (content_type.to_owned(), renumber(json.as_object().unwrap(), numbers).to_string()),
        (_, Some(parts)) => {
            (format!("{content_type}; boundary={BOUNDARY}"), multipart(parts.as_array().unwrap(), numbers))
        }
        _ => (content_type.to_owned(), String::new()),
    };
    Request::builder()
        .method(recorded["method"].as_str().unwrap().parse::<Method>().unwrap())
        .uri(format!("{path}?{}", query.finish()))
        .header("authorization", recorded["headers"]["authorization"].as_str().unwrap())
        .header("content-type", content_type)
        .body(Bytes::from(body))
        .unwrap()
}

fn renumber(body: &Map<String, Value>, numbers: &HashMap<String, String>) -> Value {
    let mut body = body.clone();
    for field in ["conversation", "message"] {
        let Some(value) = body.get_mut(field) else { continue };
        let recorded = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Some(number) = numbers.get(&recorded) else { continue };
        *value = if value.is_string() { Value::from(number.as_str()) } else { number.parse().unwrap() };
    }
    Value::Object(body)
}

fn multipart(parts: &[Value], numbers: &HashMap<String, String>) -> String {
    let mut body = String::new();
    for part in parts {
        let headers: Vec<&str> =
            part["headers"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let headers = headers.join("\r\n");
        let mut text = part["body"].as_str().unwrap();
        if headers.contains("name=\"conversation\"") || headers.contains("name=\"message\"") {
            text = numbers.get(text).map_or(text, String::as_str);
        }
        body.push_str(&format!("--{BOUNDARY}\r\n{headers}\r\n\r\n{text}\r\n"));
    }
    body + &format!("--{BOUNDARY}--\r\n")
}
