use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::name::FaultName;
use crate::fault::alteration::Alteration;
use crate::fault::ending::{Ending, Part, Place};
use crate::fault::mix::FaultMix;
use crate::fault::plan::{Counted, FaultPlan};
use crate::fault::retry_after::RetryAfter;
use crate::fault::rule::{FaultRule, Phase};
use crate::fault::value::{Effect, Fault};

type Object = Map<String, Value>;

pub(super) fn plan(plan: &FaultPlan) -> Value {
    let rules: Vec<Value> = plan.rules.iter().map(counted).collect();
    json!({ "rules": rules, "mix": plan.mix.as_ref().map(mix) })
}

fn counted(Counted { rule, seen, met }: &Counted) -> Value {
    let FaultRule { first, later, method, path, conversation, condition, nth } = rule;
    let mut fields = phase(first);
    let mut optional = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    optional("method", method.as_ref().map(|method| method.as_str().into()));
    optional("path", path.as_deref().map(Value::from));
    optional("conversation", conversation.as_deref().map(Value::from));
    optional("when", condition.as_ref().map(|_| true.into()));
    optional("nth", Some((*nth).into()));
    optional("then", (!later.is_empty()).then(|| later.iter().map(|phase_| Value::Object(phase(phase_))).collect()));
    optional("seen", Some((*seen).into()));
    optional("met", Some((*met).into()));
    Value::Object(fields)
}

fn phase(phase: &Phase) -> Object {
    let mut fields = fault(&phase.fault);
    let times = if phase.times == u64::MAX { "always".into() } else { phase.times.into() };
    fields.insert("times".to_owned(), times);
    fields
}

fn mix(mix: &FaultMix) -> Value {
    let mut fields = json!({ "seed": mix.seed, "percent": mix.percent });
    if !mix.faults.is_empty() {
        fields["faults"] = mix.faults.iter().map(|choice| Value::Object(fault(choice))).collect();
    }
    fields
}

/// The fault by the name of the constructor that makes it, and what differs from what that makes.
fn fault(fault: &Fault) -> Object {
    let (name, arguments, usual) = named(fault);
    let mut fields = Object::new();
    fields.insert("fault".to_owned(), name.as_str().into());
    fields.extend(arguments);
    if !fault.delay.is_zero() || name == FaultName::Delay {
        fields.insert("delay_ms".to_owned(), milliseconds(fault.delay));
    }
    if fault.effect != usual {
        let (name, value) = match fault.effect {
            Effect::Never => ("applied", false.into()),
            Effect::OnArrival => ("applied", true.into()),
            Effect::Late(after) => ("applied_late_ms", milliseconds(after)),
        };
        fields.insert(name.to_owned(), value);
    }
    fields
}

fn named(fault: &Fault) -> (FaultName, Object, Effect) {
    let none = Object::new;
    let one = |name: &str, value: Value| Object::from_iter([(name.to_owned(), value)]);
    match (&fault.ending, fault.effect) {
        (Ending::Own, _) => (FaultName::Delay, none(), Effect::OnArrival),
        (Ending::Altered(alteration), _) => {
            let (name, arguments) = match alteration {
                Alteration::HalfOfBody => (FaultName::TruncatedJson, none()),
                Alteration::WithoutId => (FaultName::WithoutId, none()),
                Alteration::OtherConversation => (FaultName::OtherConversation, none()),
                Alteration::TrimmedText => (FaultName::TrimmedText, none()),
                Alteration::ContentType(value) => (FaultName::ContentType, one("content_type", text(value))),
            };
            (name, arguments, Effect::OnArrival)
        }
        (Ending::Padded { values }, _) => (FaultName::Padded, one("values", (*values).into()), Effect::OnArrival),
        (Ending::Answer(answer), _) => {
            let (name, arguments) = answered(answer);
            (name, arguments, Effect::Never)
        }
        (Ending::EarlyAnswer(answer), _) => {
            let headers = beyond(answer, &Fault::early_too_large()).unwrap_or_default();
            (FaultName::EarlyTooLarge, headers, Effect::Never)
        }
        (Ending::GzipBomb { inflated }, _) => {
            (FaultName::GzipBomb, one("inflated_bytes", (*inflated).into()), Effect::Never)
        }
        (Ending::Refused, _) => (FaultName::Refused, none(), Effect::Never),
        (Ending::ResetOnAccept, _) => (FaultName::ResetOnAccept, none(), Effect::Never),
        (Ending::Stale, _) => (FaultName::StaleConnection, none(), Effect::Never),
        (Ending::Cut { place: Place::BeforeHead, is_reset: true }, _) => {
            (FaultName::ResetAfterRequest, none(), Effect::Never)
        }
        (Ending::Cut { place: Place::BeforeHead, is_reset: false }, Effect::OnArrival) => {
            (FaultName::CloseAfterApplied, none(), Effect::OnArrival)
        }
        (Ending::Cut { place: Place::BeforeHead, is_reset: false }, _) => {
            (FaultName::CloseBeforeApplied, none(), Effect::Never)
        }
        // No constructor makes an orderly end inside the head.
        (Ending::Cut { place: Place::InHead, .. }, _) => (FaultName::ResetInHead, none(), Effect::OnArrival),
        (Ending::Cut { place: Place::InBody(bytes), is_reset }, _) => {
            let name = if *is_reset { FaultName::ResetInBody } else { FaultName::CloseInBody };
            (name, one("bytes", (*bytes).into()), Effect::OnArrival)
        }
        (Ending::Dribble { part, pause }, _) => {
            let name = if *part == Part::Head { FaultName::DribbledHead } else { FaultName::DribbledBody };
            (name, one("pause_ms", milliseconds(*pause)), Effect::OnArrival)
        }
        (Ending::Silence, Effect::Late(after)) => {
            (FaultName::StoreLate, one("after_ms", milliseconds(after)), Effect::Late(after))
        }
        (Ending::Silence, _) => (FaultName::Silence, none(), Effect::Never),
    }
}

/// The first constructor that makes this answer, but for some headers.
fn answered(answer: &Response<Bytes>) -> (FaultName, Object) {
    let status = answer.status();
    let mut candidates = vec![(FaultName::HtmlPage, Object::new(), Fault::html_page())];
    if let Some(location) = answer.headers().get(header::LOCATION) {
        let arguments = Object::from_iter([("location".to_owned(), text(location))]);
        candidates.push((FaultName::Redirect, arguments, Fault::redirect(location.clone())));
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let (name, value, form) = retry_after(answer.headers().get(header::RETRY_AFTER));
        let arguments = Object::from_iter([(name.to_owned(), value)]);
        candidates.push((FaultName::RateLimited, arguments, Fault::rate_limited(form)));
    }
    let arguments = Object::from_iter([("status".to_owned(), status.as_u16().into())]);
    candidates.push((FaultName::Status, arguments.clone(), Fault::status(status)));
    for (name, mut arguments, candidate) in candidates {
        if let Some(headers) = beyond(answer, &candidate) {
            arguments.extend(headers);
            return (name, arguments);
        }
    }
    let mut arguments = arguments;
    let body = match std::str::from_utf8(answer.body()) {
        Ok(body) => ("body", body.to_owned()),
        Err(_) => ("body_base64", STANDARD.encode(answer.body())),
    };
    arguments.insert(body.0.to_owned(), body.1.into());
    let json = HeaderValue::from_static("application/json");
    let candidate = Fault::status_with_body(status, json, answer.body().clone());
    arguments.extend(beyond(answer, &candidate).unwrap_or_default());
    (FaultName::Status, arguments)
}

/// The headers by which the answer differs from the candidate's, as the argument `headers`; `None` where it is
/// another answer.
fn beyond(answer: &Response<Bytes>, candidate: &Fault) -> Option<Object> {
    let (Ending::Answer(made) | Ending::EarlyAnswer(made)) = &candidate.ending else { return None };
    if made.status() != answer.status() || made.body() != answer.body() {
        return None;
    }
    let differing = answer.headers().iter().filter(|(name, value)| made.headers().get(*name) != Some(value));
    let headers: Object = differing.map(|(name, value)| (name.to_string(), text(value))).collect();
    let lacks_none = made.headers().keys().all(|name| answer.headers().contains_key(name));
    let arguments =
        if headers.is_empty() { Object::new() } else { Object::from_iter([("headers".to_owned(), headers.into())]) };
    lacks_none.then_some(arguments)
}

fn retry_after(header: Option<&HeaderValue>) -> (&'static str, Value, RetryAfter) {
    let Some(text) = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()) else {
        return ("retry_after", "absent".into(), RetryAfter::Absent);
    };
    if let Ok(seconds) = text.parse() {
        return ("seconds", Value::from(seconds), RetryAfter::Seconds(seconds));
    }
    match DateTime::parse_from_rfc2822(&text) {
        Ok(date) => {
            let date = date.with_timezone(&Utc);
            ("date", date.to_rfc3339_opts(SecondsFormat::Secs, true).into(), RetryAfter::Date(date))
        }
        Err(_) => ("retry_after", "garbage".into(), RetryAfter::Garbage),
    }
}

fn milliseconds(time: Duration) -> Value {
    match time.subsec_nanos() % 1_000_000 {
        0 => u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into(),
        _ => (time.as_secs_f64() * 1000.0).into(),
    }
}

fn text(value: &HeaderValue) -> Value {
    String::from_utf8_lossy(value.as_bytes()).into()
}
