//! A list is what a filter over every row and a sort of what is left would give, whatever happened to the rows before.

use http::Method;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::support::Client;

/// Something that changes what is stored.
#[derive(Clone, Debug)]
enum Change {
    Create { id: u8, customer: Option<u8>, language: Option<&'static str>, day: u8 },
    Customer { id: u8, customer: Option<u8> },
    Mark { id: u8, is_marked: bool },
    Message { id: u8, content: &'static str, day: u8 },
    Action { id: u8, name: &'static str },
    RemoveMessage { place: u8 },
    Delete { id: u8 },
}

fn change() -> impl Strategy<Value = Change> {
    let (id, customer, day) = (0_u8..12, prop::option::of(0_u8..3), 1_u8..5);
    let language = prop::option::of(select(vec!["en", "de"]));
    let content = select(vec!["My PASSWORD is lost", "Größe ÄNDERN", "weiß nicht", "\u{212a}elvin", "", "Hello"]);
    let name = select(vec!["Database_Lookup", "send_mail"]);
    prop_oneof![
        6 => (id.clone(), customer.clone(), language, day.clone())
            .prop_map(|(id, customer, language, day)| Change::Create { id, customer, language, day }),
        2 => (id.clone(), customer).prop_map(|(id, customer)| Change::Customer { id, customer }),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, is_marked)| Change::Mark { id, is_marked }),
        6 => (id.clone(), content, day).prop_map(|(id, content, day)| Change::Message { id, content, day }),
        2 => (id.clone(), name).prop_map(|(id, name)| Change::Action { id, name }),
        1 => any::<u8>().prop_map(|place| Change::RemoveMessage { place }),
        1 => id.prop_map(|id| Change::Delete { id }),
    ]
}

fn text(id: u8) -> String {
    format!("chat-{id}")
}

fn customer_text(customer: Option<u8>) -> Value {
    customer.map_or(Value::Null, |customer| json!(format!("Customer-{customer}")))
}

fn apply(client: &Client, change: &Change) {
    let lookup =
        |id: u8| client.get(&format!("/api/conversations/lookup/?conversation_id={}", text(id))).json["id"].clone();
    let time = |day: u8| format!("2026-01-0{day}T00:00:00Z");
    match change {
        Change::Create { id, customer, language, day } => {
            let body = json!({
                "conversation_id": text(*id), "customer_id": customer_text(*customer), "language": language,
                "timestamp": time(*day),
            });
            client.conversation_with(body);
        }
        Change::Customer { id, customer } => {
            let body = json!({ "customer_id": customer_text(*customer) });
            client.send(Method::PATCH, &format!("/api/conversations/{}/update/", lookup(*id)), Some(body));
        }
        Change::Mark { id, is_marked } => {
            client.post(&format!("/api/conversations/{}/mark/", lookup(*id)), json!({ "is_marked": is_marked }));
        }
        Change::Message { id, content, day } => {
            let body = json!({
                "conversation_id": text(*id), "content": content, "sender": "agent", "timestamp": time(*day),
            });
            client.post("/api/track/", body);
        }
        Change::Action { id, name } => {
            client.post("/api/action_logs/", json!({ "conversation_id": text(*id), "action_name": name }));
        }
        Change::RemoveMessage { place } => {
            client.send(Method::DELETE, &format!("/api/track/{}/", 1_000_001 + u64::from(*place % 40)), None);
        }
        Change::Delete { id } => {
            client.send(Method::DELETE, &format!("/api/conversations/{}/delete/", lookup(*id)), None);
        }
    }
}

/// Every conversation as the detail route has it: what the lists are held to.
fn everything(client: &Client) -> Vec<Value> {
    let numbers = client.api.conversations().into_iter().map(|conversation| conversation.id);
    numbers.map(|number| client.get(&format!("/api/conversations/{number}/")).json).collect()
}

type Condition = fn(&Value) -> bool;

fn is_in(value: &Value, part: &str) -> bool {
    value.as_str().is_some_and(|text| text.to_lowercase().contains(part))
}

fn any_message(row: &Value, condition: impl Fn(&Value) -> bool) -> bool {
    row["messages"].as_array().unwrap().iter().any(condition)
}

const CONDITIONS: &[(&str, Condition)] = &[
    ("customer_id=Customer-1", |row| row["customer_id"] == "Customer-1"),
    ("customer_id__icontains=MER-2", |row| is_in(&row["customer_id"], "mer-2")),
    ("language=de", |row| row["language"] == "de"),
    ("is_marked=true", |row| row["is_marked"] == true),
    ("has_messages=false", |row| row["messages"] == json!([])),
    ("has_action=true", |row| any_message(row, |message| message["action_name"] != Value::Null)),
    ("has_action=false", |row| !any_message(row, |message| message["action_name"] != Value::Null)),
    ("action_name=LOOKUP", |row| any_message(row, |message| is_in(&message["action_name"], "lookup"))),
    ("message_contains=password", |row| any_message(row, |message| is_in(&message["content"], "password"))),
    ("message_contains=%C3%84ndern", |row| any_message(row, |message| is_in(&message["content"], "ändern"))),
    ("message_contains=kelvin", |row| any_message(row, |message| is_in(&message["content"], "kelvin"))),
    ("search=CHAT-1", |row| is_in(&row["conversation_id"], "chat-1")),
    ("search=hello", |row| any_message(row, |message| is_in(&message["content"], "hello"))),
    ("search=customer-0", |row| is_in(&row["customer_id"], "customer-0")),
    ("started_at_after=2026-01-03", |row| row["started_at"].as_str() >= Some("2026-01-03")),
];

const ORDERS: &[&str] = &[
    "",
    "started_at",
    "-started_at",
    "ended_at",
    "-ended_at",
    "id",
    "-id",
    "customer_id",
    "-customer_id",
    "is_marked",
    "-is_marked,language",
    "language,-id",
    "-language,customer_id,started_at",
    "id,-id",
    "name",
];

/// Ascending, as the service orders: no value comes after every value.
fn compare(column: &str, left: &Value, right: &Value) -> std::cmp::Ordering {
    let key = |row: &Value| {
        let value = &row[column];
        (value.is_null(), value.as_str().map(str::to_owned), value.as_u64(), value.as_bool())
    };
    key(left).cmp(&key(right))
}

fn sort(rows: &mut [Value], ordering: &str) {
    let columns = ["started_at", "ended_at", "id", "customer_id", "is_marked", "language"];
    let orders = ordering.split(',').map(|name| name.strip_prefix('-').map_or((name, false), |name| (name, true)));
    let orders: Vec<_> =
        orders.filter(|(name, _)| columns.contains(name)).chain([("started_at", true), ("id", true)]).collect();
    rows.sort_by(|left, right| {
        let compared = orders.iter().map(|(column, is_descending)| {
            let ordering = compare(column, left, right);
            if *is_descending { ordering.reverse() } else { ordering }
        });
        compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_list_is_every_row_filtered_and_sorted(
        changes in prop::collection::vec(change(), 0..60),
        conditions in prop::collection::vec(select(CONDITIONS), 0..3),
        ordering in select(ORDERS),
        include_deleted in any::<bool>(),
        size in 1_usize..6,
    ) {
        let client = Client::new();
        changes.iter().for_each(|change| apply(&client, change));
        // A name given twice counts once, and this model would count it twice.
        let names: std::collections::BTreeSet<_> = conditions.iter().map(|(query, _)| query.split('=').next()).collect();
        prop_assume!(names.len() == conditions.len());

        let mut expected = everything(&client);
        expected.retain(|row| include_deleted || row["is_deleted"] == false);
        expected.retain(|row| conditions.iter().all(|(_, holds)| holds(row)));
        sort(&mut expected, ordering);

        let queries: Vec<&str> = conditions.iter().map(|(query, _)| *query).collect();
        let pages = expected.len().div_ceil(size).max(1);
        for page in 1..=pages {
            let path = format!(
                "/api/conversations/?{}&ordering={ordering}&include_deleted={include_deleted}&page_size={size}&page={page}",
                queries.join("&")
            );
            let list = client.get(&path).json;
            prop_assert_eq!(&list["count"], &json!(expected.len()), "{}", path);
            let ids: Vec<&Value> = list["results"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
            let wanted: Vec<&Value> = expected.iter().skip((page - 1) * size).take(size).map(|row| &row["id"]).collect();
            prop_assert_eq!(ids, wanted, "{}", path);
        }
    }
}
