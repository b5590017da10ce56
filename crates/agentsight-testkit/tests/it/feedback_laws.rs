//! Whatever feedback is given, changed and deleted, every way of looking at it agrees.

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Client;

/// What happens next. The number picks a conversation, a message or a feedback, as far as there is one.
#[derive(Clone, Copy, Debug)]
enum Event {
    OnConversation(usize),
    OnAgent,
    OnMessage(usize),
    Change(usize),
    Delete(usize),
    DeleteMessage(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let place = 0..4usize;
    prop_oneof![
        2 => place.clone().prop_map(Event::OnConversation),
        1 => Just(Event::OnAgent),
        4 => place.clone().prop_map(Event::OnMessage),
        2 => (0..8usize).prop_map(Event::Change),
        2 => (0..8usize).prop_map(Event::Delete),
        1 => place.prop_map(Event::DeleteMessage),
    ]
}

fn list(client: &Client, query: &str) -> Vec<Value> {
    let page = client.get(&format!("/api/feedbacks/?page_size=100&{query}")).json;
    assert_eq!(page["count"], page["counts"]["all"]);
    page["results"].as_array().unwrap().clone()
}

proptest! {
    #[test]
    fn lists_messages_and_conversations_show_the_same_feedback(events in prop::collection::vec(event(), 0..24)) {
        let client = Client::new();
        let conversations = ["a", "b"].map(|text| client.conversation(text));
        let messages = [0, 0, 1, 1].map(|place: usize| client.message(conversations[place], "Hello!"));
        let number = |place: usize| list(&client, "ordering=id").get(place).map_or(0, |row| row["id"].as_u64().unwrap());
        for event in events {
            let give = |subject: Value| {
                let mut body = json!({"sentiment": "neutral"});
                body.as_object_mut().unwrap().extend(subject.as_object().unwrap().clone());
                client.post("/api/feedbacks/", body);
            };
            let send = |method, path: String| client.send(method, &path, Some(json!({"sentiment": "positive"})));
            match event {
                Event::OnConversation(place) => {
                    give(json!({"kind": "conversation", "conversation": conversations[place % 2]}));
                }
                Event::OnAgent => give(json!({"kind": "agent", "agent": 1})),
                Event::OnMessage(place) => give(json!({"kind": "message", "message": messages[place]})),
                Event::Change(place) => drop(send(Method::PATCH, format!("/api/feedbacks/{}/", number(place)))),
                Event::Delete(place) => drop(send(Method::DELETE, format!("/api/feedbacks/{}/", number(place)))),
                Event::DeleteMessage(place) => drop(send(Method::DELETE, format!("/api/track/{}/", messages[place]))),
            }
        }

        let all = list(&client, "");
        prop_assert!(all.is_sorted_by(|newer, older| newer["id"].as_u64() > older["id"].as_u64()));
        prop_assert_eq!(all.len(), client.api.feedbacks().len());
        let of_kind = |kind: &str| list(&client, &format!("kind={kind}"));
        let by_kind: usize = ["conversation", "agent", "message"].map(|kind| of_kind(kind).len()).iter().sum();
        prop_assert_eq!(all.len(), by_kind);
        for row in &all {
            let mut detail = client.get(&format!("/api/feedbacks/{}/", row["id"])).json;
            prop_assert_eq!(detail.as_object_mut().unwrap().remove("ticket"), Some(Value::Null));
            prop_assert_eq!(&detail, row);
        }
        for message in messages {
            let votes = list(&client, &format!("message={message}"));
            let shown = client.get(&format!("/api/track/{message}/")).json;
            prop_assert!(votes.len() <= 1);
            prop_assert_eq!(votes.first().unwrap_or(&Value::Null), &shown["feedback"]);
        }
        for conversation in conversations {
            let listed = list(&client, &format!("kind=conversation&conversation={conversation}&ordering=id"));
            let row = client.get(&format!("/api/conversations/{conversation}/")).json;
            let shown = row["feedbacks"].as_array().unwrap();
            let numbers = |rows: &[Value]| rows.iter().map(|row| row["id"].as_u64()).collect::<Vec<_>>();
            prop_assert_eq!(numbers(&listed), numbers(shown));
            prop_assert_eq!(&row["feedback_count"], &json!(shown.len()));
        }
    }
}
