use agentsight_testkit::FakeOptions;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Client;

/// Three conversations that differ in everything that can be asked for.
fn conversations() -> Client {
    with_options(FakeOptions::new())
}

fn with_options(options: FakeOptions) -> Client {
    let client = Client::with_options(options);
    let first = client.conversation_with(json!({
        "conversation_id": "first", "customer_id": "premium-1", "customer_ip_address": "203.0.113.45",
        "name": "Password Reset", "device": "mobile", "language": "en", "environment": "production",
        "timestamp": "2026-01-01T00:00:00Z",
        "metadata": {"tier": "vip", "visits": 2, "beta": true, "none": null, "analysis": {"sentiment": "positive"}, "a,b": "c:d"},
    }));
    client.message(first, "My PASSWORD is lost");
    let action = json!({"conversation": first, "action_name": "Database_Lookup"});
    client.post("/api/action_logs/", action);
    client.post("/api/conversation-feedbacks/", json!({"conversation": first, "sentiment": "positive"}));
    client.send(Method::POST, &format!("/api/conversations/{first}/mark/"), Some(json!({"is_marked": true})));

    let second = client.conversation_with(json!({
        "conversation_id": "second", "customer_id": "basic-2", "name": "Invoice", "device": "desktop", "language": "de",
        "environment": "development", "timestamp": "2026-01-02T00:00:00Z", "metadata": {"tier": "basic", "visits": "2"},
    }));
    client.message(second, "Where is my invoice?");
    client.post("/api/conversation-feedbacks/", json!({"conversation": second, "sentiment": "negative"}));

    client
        .conversation_with(json!({"conversation_id": "third", "timestamp": "2026-01-03T00:00:00Z", "is_used": false}));
    client
}

fn found(client: &Client, query: &str) -> Vec<String> {
    let answered = client.get(&format!("/api/conversations/?{query}"));
    assert_eq!(answered.status, StatusCode::OK, "{query}: {:?}", answered.json);
    let rows = answered.json["results"].as_array().unwrap();
    assert_eq!(answered.json["count"], rows.len(), "{query}");
    rows.iter().map(|row| row["conversation_id"].as_str().unwrap().to_owned()).collect()
}

/// Each query, and what it finds; the newest comes first.
fn check(queries: &[(&str, &[&str])]) {
    let client = conversations();
    for (query, expected) in queries {
        assert_eq!(found(&client, query), *expected, "{query}");
    }
}

#[test]
fn without_a_filter_everything_is_listed_newest_first() {
    check(&[("", &["third", "second", "first"])]);
}

#[test]
fn ids_customers_and_addresses_match_exactly() {
    check(&[
        ("conversation_id=first", &["first"]),
        ("conversation_id=firs", &[]),
        ("customer_id=premium-1", &["first"]),
        ("customer_id=premium", &[]),
        ("customer_id=premium-1&conversation_id=second", &[]),
        ("customer_ip_address=203.0.113.45", &["first"]),
        ("device=desktop&language=de", &["second"]),
        ("device=Desktop", &[]),
    ]);
}

#[test]
fn names_and_parts_of_customers_match_in_any_case() {
    check(&[
        ("name=password", &["first"]),
        ("name=x+y%2Bz+100%25", &[]),
        ("customer_id__icontains=PREMIUM", &["first"]),
        ("customer_id__icontains=-", &["second", "first"]),
    ]);
}

#[test]
fn environment_answers_to_two_names_and_four_words() {
    check(&[
        ("environment=production", &["third", "first"]),
        ("env=dev", &["second"]),
        ("env=prod", &["third", "first"]),
        ("environment=development", &["second"]),
    ]);
    for name in ["environment", "env"] {
        let refused = conversations().get(&format!("/api/conversations/?{name}=staging"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let message = "Select a valid choice. staging is not one of the available choices.";
        assert_eq!(refused.json, json!({name: [message]}));
    }
}

#[test]
fn truth_values_narrow_and_unreadable_ones_are_ignored() {
    check(&[
        ("is_marked=true", &["first"]),
        ("is_marked=false", &["third", "second"]),
        ("is_marked=True", &["first"]),
        ("has_messages=false", &["third"]),
        ("has_feedback=true", &["second", "first"]),
        ("has_action=true", &["first"]),
        ("has_action=false", &["third", "second"]),
        ("has_messages=perhaps", &["third", "second", "first"]),
        ("has_messages=", &["third", "second", "first"]),
    ]);
}

#[test]
fn transcripts_and_actions_are_searched_in_any_case() {
    check(&[
        ("message_contains=password", &["first"]),
        ("message_contains=IS", &["second", "first"]),
        ("action_name=lookup", &["first"]),
        ("action_name=lookup&message_contains=invoice", &[]),
    ]);
}

#[test]
fn search_looks_at_name_ids_customer_and_content() {
    check(&[
        ("search=reset", &["first"]),
        ("search=THIRD", &["third"]),
        ("search=basic-2", &["second"]),
        ("search=lost", &["first"]),
        ("search=nowhere", &[]),
    ]);
}

#[test]
fn feedback_is_found_by_sentiment_and_another_word_is_400() {
    check(&[("feedback_sentiment=positive", &["first"]), ("feedback_sentiment=neutral", &[])]);
    let refused = conversations().get("/api/conversations/?feedback_sentiment=meh");
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.json["feedback_sentiment"].is_array());
}

#[test]
fn the_source_of_feedback_is_ignored_unless_it_is_to_be_honoured() {
    assert_eq!(found(&conversations(), "feedback_source=platform").len(), 3);
    let old = with_options(FakeOptions::new().honour_feedback_source(true));
    assert_eq!(found(&old, "feedback_source=platform"), Vec::<String>::new());
    assert_eq!(found(&old, "feedback_source=customer"), ["second", "first"]);
}

#[test]
fn metadata_values_are_typed_as_they_look_and_pairs_are_joined_by_and() {
    check(&[
        ("metadata=tier:vip", &["first"]),
        ("metadata=tier:vip,visits:2", &["first"]),
        ("metadata=visits:2", &["first"]),
        ("metadata=beta:true", &["first"]),
        ("metadata=none:null", &["first"]),
        ("metadata=missing:null", &[]),
        ("metadata=analysis.sentiment:positive", &["first"]),
        ("metadata=analysis:positive", &[]),
        ("metadata=tier", &["third", "second", "first"]),
    ]);
}

#[test]
fn a_metadata_key_and_value_can_hold_commas_and_colons() {
    check(&[
        ("metadata_key=a,b&metadata_value=c:d", &["first"]),
        ("metadata_key=tier&metadata_value=vip", &["first"]),
        ("metadata_key=tier", &["third", "second", "first"]),
    ]);
}

#[test]
fn bounds_of_the_start_are_inclusive_and_naive_times_are_utc() {
    check(&[
        ("started_at_after=2026-01-02T00:00:00Z", &["third", "second"]),
        ("started_at_before=2026-01-02T00:00:00Z", &["second", "first"]),
        ("started_at_after=2026-01-02T00:00:00&started_at_before=2026-01-02", &["second"]),
        ("started_at_after=2026-01-02T02:00:00%2B02:00", &["third", "second"]),
    ]);
    for bad in ["yesterday", "2026-01-02T02:00:00+02:00"] {
        let refused = conversations().get(&format!("/api/conversations/?started_at_after={bad}"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(refused.json["started_at_after"].is_array());
    }
}

#[test]
fn deleted_conversations_are_hidden_unless_asked_for() {
    let client = conversations();
    let number = client.get("/api/conversations/lookup/?conversation_id=second").json["id"].clone();
    client.send(Method::DELETE, &format!("/api/conversations/{number}/delete/"), None);
    assert_eq!(found(&client, ""), ["third", "first"]);
    assert_eq!(found(&client, "conversation_id=second"), Vec::<String>::new());
    assert_eq!(found(&client, "include_deleted=true"), ["third", "second", "first"]);
}

#[test]
fn ordering_takes_listed_fields_and_ignores_others() {
    check(&[
        ("ordering=started_at", &["first", "second", "third"]),
        ("ordering=-id", &["third", "second", "first"]),
        ("ordering=customer_id", &["second", "first", "third"]),
        ("ordering=-customer_id", &["third", "first", "second"]),
        ("ordering=-is_marked", &["first", "third", "second"]),
        ("ordering=language,-id", &["second", "first", "third"]),
        ("ordering=name", &["third", "second", "first"]),
    ]);
}

#[test]
fn parameters_that_the_service_does_not_know_are_ignored() {
    check(&[("is_favorite=true&colour=blue", &["third", "second", "first"])]);
}

#[test]
fn rows_are_full_unless_lean_ones_are_asked_for() {
    let client = conversations();
    let full = client.get("/api/conversations/?conversation_id=first").json["results"][0].clone();
    assert_eq!(full["messages"].as_array().unwrap().len(), 2);
    assert_eq!(full["feedbacks"].as_array().unwrap().len(), 1);
    let lean = client.get("/api/conversations/?conversation_id=first&full=false").json["results"][0].clone();
    assert_eq!((lean.get("messages"), lean.get("feedbacks"), lean.get("tickets")), (None, None, None));
    assert_eq!((&lean["message_count"], &lean["feedback_count"]), (&json!(2), &json!(1)));
}

#[test]
fn include_tickets_is_strict_and_narrows_to_rows_that_have_one() {
    let client = conversations();
    assert_eq!(found(&client, "include_tickets=yes"), Vec::<String>::new());
    assert_eq!(found(&client, "include_tickets=off").len(), 3);
    for bad in ["include_tickets=perhaps", "include_tickets="] {
        let refused = client.get(&format!("/api/conversations/?{bad}"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_ne!(refused.json["include_tickets"], Value::Null);
    }
}
