use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::image::image_type;
use super::{DATA, number};
use crate::FakeApi;
use crate::api::{ConversationRow, Sender, State};
use crate::console::ConsoleAnswer;

/// The most characters of a message that a row of the list shows.
const EXCERPT: usize = 140;

/// `GET conversations`: the service's own list of lean rows, with what a reader of the list wants to see besides.
///
/// It is one agent's list, as the service's is: the `agent` asked for, else the first one that has conversations.
pub(super) fn list(api: &FakeApi, request: &Request<Bytes>) -> ConsoleAnswer {
    let pairs = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut asked = None;
    for (name, value) in pairs {
        match name.as_ref() {
            "agent" => asked = value.parse().ok(),
            "full" | "paginate" => {}
            _ => {
                query.append_pair(&name, &value);
            }
        }
    }
    query.append_pair("full", "false");
    let agents = api.look(agents);
    let agent = asked.or_else(|| agents.first().copied()).unwrap_or(crate::key::DEFAULT_AGENT);
    let mut as_service = Request::new(Bytes::new());
    if let Ok(uri) = format!("{DATA}conversations?{}", query.finish()).parse() {
        *as_service.uri_mut() = uri;
    }
    let answered = api.look_at_list(agent, &as_service);
    let mut body: Value = serde_json::from_slice(answered.body()).unwrap_or_default();
    if let Some(rows) = body.get_mut("results").and_then(Value::as_array_mut) {
        api.look(|state| rows.iter_mut().for_each(|row| add_glance(state, row)));
        body["agents"] = json!(agents);
    }
    ConsoleAnswer::json(answered.status(), &body)
}

/// `GET conversations/{id}`: the detail as the service answers it, with addresses of files that stay good.
pub(super) fn detail(api: &FakeApi, id: &str) -> ConsoleAnswer {
    let number = match number(id) {
        Ok(number) => number,
        Err(problem) => return problem,
    };
    let Some(mut conversation) = api.look_at_conversation(number) else {
        return ConsoleAnswer::problem(StatusCode::NOT_FOUND, "There is no conversation of that number.");
    };
    let messages = conversation.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten();
    let files = messages.filter_map(|message| message.get_mut("attachments")?.as_array_mut()).flatten();
    api.look(|state| files.for_each(|file| point_to_console(state, file)));
    ConsoleAnswer::json(StatusCode::OK, &conversation)
}

/// The agents that have conversations, in order.
fn agents(state: &State) -> Vec<u64> {
    let mut agents: Vec<u64> = state.agents().collect();
    agents.sort_unstable();
    agents
}

/// What tells one conversation from another before it is opened.
fn add_glance(state: &State, row: &mut Value) {
    let Some(stored) = row["id"].as_u64().and_then(|number| state.conversation_of_any_agent(number)) else { return };
    let mut actions = 0_u64;
    let mut errors = 0_u64;
    let mut files = 0_usize;
    for message in state.transcript(stored) {
        files = files.saturating_add(message.files.len());
        for log in state.action_logs_of(message) {
            actions = actions.saturating_add(1);
            errors = errors.saturating_add(u64::from(!log.error_message.is_empty()));
        }
    }
    let sentiments: Vec<&str> = state.feedbacks_of(stored).map(|feedback| feedback.sentiment.as_str()).collect();
    row["excerpt"] = json!(excerpt(state, stored));
    row["sentiments"] = json!(sentiments);
    row["action_count"] = json!(actions);
    row["error_count"] = json!(errors);
    row["file_count"] = json!(files);
}

/// The beginning of the first thing that the person wrote, else of the first thing that was said at all.
fn excerpt(state: &State, row: &ConversationRow) -> Option<String> {
    let spoken = || state.transcript(row).filter(|message| message.action_name.is_none() && !message.holds_files);
    let first = spoken().find(|message| message.sender == Sender::EndUser).or_else(|| spoken().next())?;
    let mut words = String::new();
    for word in first.content.split_whitespace().take(EXCERPT) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(word.chars().take(EXCERPT));
        if words.chars().count() >= EXCERPT {
            words = words.chars().take(EXCERPT).chain(['…']).collect();
            break;
        }
    }
    Some(words)
}

fn point_to_console(state: &State, attachment: &mut Value) {
    let Some(file) = attachment["id"].as_u64().and_then(|number| state.file(number)) else { return };
    attachment["file_url"] = json!(format!("{DATA}files/{}", file.number));
    attachment["preview_url"] =
        image_type(&file.bytes).map_or(Value::Null, |_| json!(format!("{DATA}preview/{}", file.number)));
}
