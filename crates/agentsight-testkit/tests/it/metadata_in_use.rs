use http::StatusCode;
use serde_json::json;

use crate::support::Client;

fn conversations() -> Client {
    let client = Client::new();
    for (text, metadata) in
        [("a", json!({"tier": "vip", "deep": {"n": 1, "list": [1]}})), ("b", json!({"tier": "basic"}))]
    {
        client.conversation_with(json!({"conversation_id": text, "metadata": metadata}));
    }
    client
}

#[test]
fn metadata_keys_are_dotted_paths() {
    let keys = conversations().get("/api/conversations/metadata-keys/").json;
    assert_eq!(keys, json!({"keys": ["deep.list", "deep.n", "tier"]}));
}

#[test]
fn metadata_values_are_the_distinct_values_of_a_key() {
    let client = conversations();
    client.conversation_with(json!({"conversation_id": "c", "metadata": {"tier": "vip"}}));
    let values = client.get("/api/conversations/metadata-values/?key=tier").json;
    assert_eq!(values, json!({"key": "tier", "values": ["basic", "vip"]}));
    assert_eq!(client.get("/api/conversations/metadata-values/?key=deep.n").json["values"], json!([1]));
    assert_eq!(client.get("/api/conversations/metadata-values/").status, StatusCode::BAD_REQUEST);
}

#[test]
fn message_metadata_keys_come_from_messages() {
    let client = conversations();
    let body = json!({"conversation_id": "a", "content": "x", "sender": "agent", "metadata": {"model": "gpt-4"}});
    client.post("/api/track/", body);
    assert_eq!(client.get("/api/conversations/message-metadata-keys/").json, json!({"keys": ["model"]}));
}

#[test]
fn at_most_200_keys_are_answered() {
    let client = Client::new();
    let metadata: serde_json::Map<_, _> = (0..300).map(|number| (format!("key_{number}"), json!(number))).collect();
    client.conversation_with(json!({"conversation_id": "a", "metadata": metadata}));
    assert_eq!(client.get("/api/conversations/metadata-keys/").json["keys"].as_array().unwrap().len(), 200);
}
