//! The deliberate differences, by the names that `docs/differences.md` explains.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::call::time;
use super::expectation::Expectation;
use super::outcome::Outcome;
use super::request::{Body, Request};

/// One difference: its name, and what it makes of a recorded expectation. It answers how many places it changed.
pub(crate) struct Difference {
    pub(crate) name: &'static str,
    pub(crate) apply: fn(&mut Expectation<'_>) -> usize,
}

/// Every difference that shows in the recording. The order does not matter: no two change the same place.
pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference { name: "content-type-only-with-a-body", apply: content_type_only_with_a_body },
    Difference { name: "counters-restart", apply: counters_restart },
    Difference { name: "error-under-both-names", apply: error_under_both_names },
    Difference { name: "files-carry-their-messages-time", apply: files_carry_their_messages_time },
    Difference { name: "later-sends-carry-the-number", apply: later_sends_carry_the_number },
    Difference { name: "lookups-are-cached", apply: lookups_are_cached },
    Difference { name: "mime-type-is-always-derived", apply: mime_type_is_always_derived },
    Difference { name: "plain-text-is-not-csv", apply: plain_text_is_not_csv },
    Difference { name: "previews-are-text", apply: previews_are_text },
    Difference { name: "sources-fit-every-mode", apply: sources_fit_every_mode },
    Difference { name: "times-are-typed", apply: times_are_typed },
    Difference { name: "token-action-keeps-the-order", apply: token_action_keeps_the_order },
    Difference { name: "typed-arguments", apply: typed_arguments },
];

fn content_type_only_with_a_body(expected: &mut Expectation<'_>) -> usize {
    let without_body = expected.requests.iter_mut().filter(|request| request.body == Body::Nothing);
    without_body.filter_map(|request| request.content_type.take()).count()
}

fn counters_restart(expected: &mut Expectation<'_>) -> usize {
    let mut is_sent = false;
    let mut changed = 0;
    for (call, outcome) in expected.calls.iter().zip(&mut expected.outcomes) {
        match (call.method.as_str(), outcome) {
            ("send_tracked_data", _) => is_sent = true,
            ("get_token_usage", Outcome::Answered(usage)) if is_sent => {
                let counters = usage.as_object_mut().expect("the counters are an object");
                counters.values_mut().for_each(|counter| *counter = 0.into());
                changed += 1;
            }
            _ => {}
        }
    }
    changed
}

fn error_under_both_names(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for request in &mut expected.requests {
        if let Body::Json(json) = &mut request.body
            && let Some(message) = json.get("error_msg").cloned()
        {
            json["error_message"] = message;
            changed += 1;
        }
    }
    changed
}

fn files_carry_their_messages_time(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for index in 1..expected.requests.len() {
        let (before, request) = neighbours(&mut expected.requests, index);
        if request.path == "/api/attachments/" && request.field("message").is_some() {
            let time = before.field("timestamp").cloned().expect("the message before has its time");
            *request.field_mut("timestamp").expect("files have a time") = time;
            changed += 1;
        }
    }
    changed
}

fn later_sends_carry_the_number(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for index in 1..expected.requests.len() {
        let (earlier, later) = expected.requests.split_at_mut(index);
        let request = &mut later[0];
        if request.field("conversation") == Some(&Value::Null) {
            let is_same = |other: &&Request| other.field("conversation_id") == request.field("conversation_id");
            let known = earlier.iter().filter(is_same).find_map(|other| other.field("conversation").cloned());
            *request.field_mut("conversation").expect("looked at above") = known.expect("sent before");
            changed += 1;
        }
    }
    changed
}

fn lookups_are_cached(expected: &mut Expectation<'_>) -> usize {
    let mut looked_up = Vec::new();
    let before = expected.requests.len();
    expected.requests.retain(|request| {
        let is_known = looked_up.contains(&request.query);
        let is_lookup = request.path == "/api/conversations/lookup/";
        if is_lookup {
            looked_up.push(request.query.clone());
        }
        !(is_lookup && is_known)
    });
    before - expected.requests.len()
}

fn mime_type_is_always_derived(expected: &mut Expectation<'_>) -> usize {
    accept(expected, |args| {
        args.get("mode").is_none()
            && files(args).any(|file| file["data"].is_string() && file.get("mime_type").is_none())
    })
}

fn plain_text_is_not_csv(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for request in &mut expected.requests {
        let Body::Form(parts) = &mut request.body else { continue };
        for part in parts.iter_mut().filter(|part| part.content == "plain words, nothing more") {
            for header in &mut part.headers {
                *header = header.replace(".csv\"", ".txt\"").replace("text/csv", "text/plain");
            }
            changed += 1;
        }
    }
    changed
}

fn previews_are_text(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for (call, outcome) in expected.calls.iter().zip(&mut expected.outcomes) {
        let Outcome::Answered(summary) = outcome else { continue };
        if call.method != "get_tracked_data_summary" {
            continue;
        }
        for item in summary["items"].as_array_mut().expect("a list of items") {
            let preview = &item["preview"];
            let texts = ["content_preview", "action_name", "label", "name"].map(|name| preview[name].as_str());
            let preview = texts.into_iter().flatten().next().unwrap_or_default();
            *item = json!({ "index": item["index"], "type": item["type"], "preview": preview });
            changed += 1;
        }
    }
    changed
}

fn sources_fit_every_mode(expected: &mut Expectation<'_>) -> usize {
    accept(expected, |args| args["mode"] == "form_data" && files(args).any(|file| file["data"].is_string()))
}

fn times_are_typed(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    let mut spell = |text: &mut String| {
        let spelled = time(text).format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        changed += usize::from(*text != spelled);
        *text = spelled;
    };
    for request in &mut expected.requests {
        for (_, text) in request.query.iter_mut().filter(|(name, _)| name.starts_with("started_at_")) {
            spell(text);
        }
        for name in ["started_at", "ended_at"] {
            if let Some(Value::String(text)) = request.field_mut(name) {
                spell(text);
            }
        }
    }
    changed
}

fn token_action_keeps_the_order(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for index in 1..expected.requests.len() {
        let (before, request) = neighbours(&mut expected.requests, index);
        if request.field("action_name").is_some_and(|name| name == "token_usage") {
            let time = before.timestamp().expect("the item before has its time") + TimeDelta::microseconds(1);
            let time = time.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
            *request.field_mut("timestamp").expect("an action has a time") = time.into();
            changed += 1;
        }
    }
    changed
}

fn typed_arguments(expected: &mut Expectation<'_>) -> usize {
    let mut changed = 0;
    for (call, outcome) in expected.calls.iter().zip(&mut expected.outcomes) {
        if call.args.get("mode").is_some_and(|mode| mode != "base64" && mode != "form_data") {
            *outcome = Outcome::NotExpressible;
            changed += 1;
        }
    }
    changed
}

/// Turns refusals of files into answers.
fn accept(expected: &mut Expectation<'_>, is_accepted: fn(&Value) -> bool) -> usize {
    let mut changed = 0;
    for (call, outcome) in expected.calls.iter().zip(&mut expected.outcomes) {
        let is_refused = call.method == "track_attachments" && *outcome == Outcome::Refused;
        if is_refused && is_accepted(&Value::Object(call.args.clone())) {
            *outcome = Outcome::Answered(Value::Null);
            changed += 1;
        }
    }
    changed
}

fn files(args: &Value) -> impl Iterator<Item = &Value> {
    args["attachments"].as_array().into_iter().flatten()
}

/// A request and the one before it.
fn neighbours(requests: &mut [Request], index: usize) -> (&Request, &mut Request) {
    let (before, from) = requests.split_at_mut(index);
    (&before[index - 1], &mut from[0])
}
