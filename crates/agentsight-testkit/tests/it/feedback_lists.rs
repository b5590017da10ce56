use http::StatusCode;
use serde_json::{Value, json};

use crate::feedbacks::{Service, service};
use crate::support::Client;

/// The kinds on the first page of a list, in order.
fn kinds(client: &Client, query: &str) -> Vec<String> {
    let answered = client.get(&format!("/api/feedbacks/?{query}"));
    assert_eq!(answered.status, StatusCode::OK, "{query}: {answered:?}");
    let kind = |row: &Value| row["kind"].as_str().unwrap().to_owned();
    answered.json["results"].as_array().unwrap().iter().map(kind).collect()
}

#[test]
fn the_list_is_newest_first_and_has_no_tickets() {
    let Service { client, on_conversation, on_agent, on_message, .. } = service();
    let page = client.get("/api/feedbacks/").json;
    assert_eq!(page["results"], json!([on_message, on_agent, on_conversation]));
    assert_eq!((&page["count"], &page["counts"]), (&json!(3), &json!({"all": 3})));
}

#[test]
fn feedback_is_filtered_by_every_parameter() {
    let Service { client, conversation, message, .. } = service();
    let all = ["message", "agent", "conversation"];
    for (query, expected) in [
        ("agent=1".to_owned(), &all[..]),
        ("agent=2".to_owned(), &[]),
        ("kind=agent".to_owned(), &["agent"]),
        (format!("conversation={conversation}"), &["message", "conversation"]),
        ("conversation=-1".to_owned(), &[]),
        ("conversation_id=Support-1".to_owned(), &["message", "conversation"]),
        ("conversation_id=Support".to_owned(), &[]),
        (format!("message={message}"), &["message"]),
        ("env=dev".to_owned(), &["message", "conversation"]),
        ("environment=production".to_owned(), &["agent"]),
        ("sentiment=positive".to_owned(), &["conversation"]),
        ("category=bug".to_owned(), &[]),
        ("user=1".to_owned(), &[]),
        ("topic=style".to_owned(), &["message"]),
        ("topic=sty".to_owned(), &[]),
        ("reason=too_bold".to_owned(), &["message"]),
        ("has_comment=true".to_owned(), &["conversation"]),
        ("has_comment=false".to_owned(), &["message", "agent"]),
        ("comment_contains=helpful".to_owned(), &["conversation"]),
        ("search=helpful".to_owned(), &["conversation"]),
        ("search=support".to_owned(), &["message", "conversation"]),
        ("created_at_after=2025-01-01T00:00:02Z".to_owned(), &["message", "agent"]),
        ("created_at_before=2025-01-01T00:00:02Z".to_owned(), &["agent", "conversation"]),
        ("kind=message&sentiment=positive".to_owned(), &[]),
        ("include_tickets=no".to_owned(), &all),
    ] {
        assert_eq!(kinds(&client, &query), expected, "{query}");
    }
}

#[test]
fn feedback_is_ordered_by_each_column() {
    let Service { client, .. } = service();
    for (ordering, expected) in [
        ("created_at", ["conversation", "agent", "message"]),
        ("-created_at", ["message", "agent", "conversation"]),
        ("id", ["conversation", "agent", "message"]),
        ("kind", ["agent", "conversation", "message"]),
        ("-sentiment", ["conversation", "agent", "message"]),
        ("category", ["message", "agent", "conversation"]),
        ("comment", ["message", "agent", "conversation"]),
    ] {
        assert_eq!(kinds(&client, &format!("ordering={ordering}")), expected, "{ordering}");
    }
}

#[test]
fn a_filter_that_cannot_be_read_is_400_that_names_it() {
    let Service { client, .. } = service();
    for (query, field) in [
        ("conversation=x", "conversation"),
        ("message=1.5", "message"),
        ("agent=me", "agent"),
        ("user=someone", "user"),
        ("kind=thread", "kind"),
        ("sentiment=meh", "sentiment"),
        ("env=staging", "env"),
        ("environment=staging", "environment"),
        ("created_at_after=soon", "created_at_after"),
        ("include_tickets=perhaps", "include_tickets"),
        ("include_tickets=", "include_tickets"),
        ("include_tickets=true&ticket_status=lost", "ticket_status"),
    ] {
        let refused = client.get(&format!("/api/feedbacks/?{query}"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(refused.json.as_object().unwrap().keys().collect::<Vec<_>>(), [field], "{query}");
    }
    let refused = client.get("/api/feedbacks/?env=staging").json;
    assert_eq!(refused, json!({"env": ["Select a valid choice. staging is not one of the available choices."]}));
}

#[test]
fn filters_by_ticket_need_the_tickets() {
    let Service { client, .. } = service();
    for name in ["has_ticket", "ticket_status"] {
        for gate in ["", "&include_tickets=false"] {
            let refused = client.get(&format!("/api/feedbacks/?{name}=open{gate}"));
            let expected = json!({name: "Ticket filters need ?include_tickets=true on the API-key plane."});
            assert_eq!((refused.status, refused.json), (StatusCode::BAD_REQUEST, expected));
        }
    }
}

#[test]
fn with_tickets_the_list_narrows_to_what_became_one() {
    let Service { client, .. } = service();
    let zeros = json!({
        "all": 0, "tickets": 0, "open_tickets": 0, "backlog": 0, "open": 0, "in_progress": 0, "in_review": 0, "done": 0,
        "closed": 0,
    });
    for query in ["", "&has_ticket=true", "&ticket_status=open&ticket_status=done"] {
        let page = client.get(&format!("/api/feedbacks/?include_tickets=true{query}")).json;
        assert_eq!((&page["results"], &page["count"], &page["counts"]), (&json!([]), &json!(0), &zeros));
    }
}
