use http::StatusCode;
use serde_json::json;

use crate::support::Client;

fn click(client: &Client, event: &str, value: &str) -> u64 {
    let body = json!({"button_event": event, "label": "Confirm", "value": value, "conversation_id": "a"});
    client.post("/api/buttons/", body).json["id"].as_u64().unwrap()
}

#[test]
fn a_click_shows_as_a_message_of_the_person() {
    let client = Client::new();
    let answered = client.post(
        "/api/buttons/",
        json!({
            "timestamp": "2026-01-01T00:00:00Z", "button_event": "user_confirmation", "label": "Confirm Order",
            "value": "order_123", "conversation_id": "a", "metadata": {}, "conversation": null,
        }),
    );
    assert_eq!(answered.status, StatusCode::CREATED);
    let expected = json!({
        "id": answered.json["id"], "message": answered.json["message"], "button_event": "user_confirmation",
        "label": "Confirm Order", "value": "order_123", "metadata": {},
    });
    assert_eq!(answered.json, expected);
    let message = client.get(&format!("/api/track/{}/", answered.json["message"])).json;
    assert_eq!(
        (message["sender"].as_str(), message["content"].as_str()),
        (Some("end_user"), Some("Button clicked: Confirm Order"))
    );
    assert_eq!(message["button"], expected);
    assert_eq!(message["timestamp"], "2026-01-01T00:00:00Z");
}

#[test]
fn refusals_of_the_buttons_view_have_an_error_and_no_field_map() {
    let client = Client::new();
    for body in [
        json!({"label": "l", "value": "v", "conversation_id": "a"}),
        json!({"button_event": "e", "label": " ", "value": "v", "conversation_id": "a"}),
        json!({"button_event": "e", "label": "l", "value": "x".repeat(256), "conversation_id": "a"}),
        json!({"button_event": "e", "label": "l", "value": "v"}),
    ] {
        let refused = client.post("/api/buttons/", body);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"]);
    }
    let unknown =
        client.post("/api/buttons/", json!({"button_event": "e", "label": "l", "value": "v", "conversation": 99}));
    assert_eq!((unknown.status, unknown.json), (StatusCode::NOT_FOUND, json!({"error": "Conversation 99 not found"})));
}

#[test]
fn clicks_are_listed_newest_first() {
    let client = Client::new();
    let (first, second) = (click(&client, "e", "1"), click(&client, "e", "2"));
    let listed = client.get("/api/buttons/").json;
    assert_eq!(listed["count"], 2);
    assert_eq!([&listed["results"][0]["id"], &listed["results"][1]["id"]], [second, first]);
}

#[test]
fn click_statistics_are_a_bare_array_with_the_most_clicked_first() {
    let client = Client::new();
    for (event, value) in [("rate", "1"), ("rate", "5"), ("rate", "5"), ("confirm", "yes")] {
        click(&client, event, value);
    }
    let stats = client.get("/api/buttons/stats/?event=rate").json;
    assert_eq!(
        stats,
        json!([
            {"button_event": "rate", "value": "5", "label": "Confirm", "count": 2},
            {"button_event": "rate", "value": "1", "label": "Confirm", "count": 1},
        ])
    );
    assert_eq!(client.get("/api/buttons/stats/").json.as_array().unwrap().len(), 3);
}
