use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::fields::Fields;
use super::invalid::{InvalidFaults, unknown};
use super::name::FaultName;
use super::unambiguous::Unambiguous;
use crate::fault::ending::Ending;
use crate::fault::mix::FaultMix;
use crate::fault::plan::{Counted, FaultPlan};
use crate::fault::retry_after::RetryAfter;
use crate::fault::rule::FaultRule;
use crate::fault::value::{Effect, Fault};

pub(super) fn plan(text: &str) -> Result<FaultPlan, InvalidFaults> {
    let mut fields = document(text)?;
    let rules = fields.take_list("rules")?.into_iter().map(counted).collect::<Result<_, _>>()?;
    let mix = fields.take_object("mix")?.map(mix).transpose()?;
    fields.finish()?;
    Ok(FaultPlan { rules, mix })
}

pub(super) fn single_rule(text: &str) -> Result<FaultRule, InvalidFaults> {
    let mut fields = document(text)?;
    let rule = rule(&mut fields)?;
    fields.finish()?;
    Ok(rule)
}

fn document(text: &str) -> Result<Fields, InvalidFaults> {
    let Unambiguous(value) = serde_json::from_str(text).map_err(|error| InvalidFaults::json(&error))?;
    Fields::of("", value)
}

fn counted(mut fields: Fields) -> Result<Counted, InvalidFaults> {
    let rule = rule(&mut fields)?;
    let seen = fields.take("seen")?.unwrap_or(0);
    let met = fields.take("met")?.unwrap_or(0);
    fields.finish()?;
    Ok(Counted { rule, seen, met })
}

fn rule(fields: &mut Fields) -> Result<FaultRule, InvalidFaults> {
    let mut rule = FaultRule::new(fault(fields)?);
    if let Some(times) = times(fields)? {
        rule = rule.times(times);
    }
    if let Some(text) = fields.take::<String>("method")? {
        let method = Method::from_bytes(text.to_ascii_uppercase().as_bytes());
        rule = rule.method(method.map_err(|_| fields.problem("method", "must be an HTTP method, such as \"POST\""))?);
    }
    if let Some(path) = fields.take::<String>("path")? {
        if !path.starts_with('/') || path.contains('?') {
            return Err(fields.problem("path", "must begin with \"/\" and be without a query, as \"/api/track/\""));
        }
        rule = rule.path(path);
    }
    if let Some(id) = fields.take::<String>("conversation")? {
        rule = rule.conversation(id);
    }
    match fields.take("nth")? {
        Some(0) => return Err(fields.problem("nth", "counts from 1")),
        Some(nth) => rule = rule.nth(nth),
        None => {}
    }
    for mut phase in fields.take_list("then")? {
        rule = rule.then(fault(&mut phase)?);
        if let Some(times) = times(&mut phase)? {
            rule = rule.times(times);
        }
        phase.finish()?;
    }
    Ok(rule)
}

fn times(fields: &mut Fields) -> Result<Option<u64>, InvalidFaults> {
    let Some(value) = fields.take::<Value>("times")? else { return Ok(None) };
    let times = if value == "always" { Some(u64::MAX) } else { value.as_u64() };
    times.map(Some).ok_or_else(|| fields.problem("times", "must be a whole number from 0 on, or \"always\""))
}

fn mix(mut fields: Fields) -> Result<FaultMix, InvalidFaults> {
    let mut mix = FaultMix::from_seed(fields.require("seed")?);
    match fields.take::<u8>("percent")? {
        Some(101..) => return Err(fields.problem("percent", "must be from 0 to 100")),
        Some(percent) => mix = mix.percent(percent),
        None => {}
    }
    for mut choice in fields.take_list("faults")? {
        mix = mix.fault(fault(&mut choice)?);
        choice.finish()?;
    }
    fields.finish()?;
    Ok(mix)
}

fn fault(fields: &mut Fields) -> Result<Fault, InvalidFaults> {
    let text: String = fields.require("fault")?;
    let name =
        FaultName::find(&text).ok_or_else(|| fields.problem("fault", unknown(&text, "fault", FaultName::ALL)))?;
    let fault = named(name, fields)?;
    let delay = match name {
        FaultName::Delay => fields.require_milliseconds("delay_ms")?,
        _ => fields.take_milliseconds("delay_ms")?.unwrap_or_default(),
    };
    effect(fault.delayed(delay), name, fields)
}

/// The fault as its constructor makes it.
fn named(name: FaultName, fields: &mut Fields) -> Result<Fault, InvalidFaults> {
    Ok(match name {
        FaultName::Status => status(fields)?,
        FaultName::RateLimited => {
            let retry_after = retry_after(fields)?;
            with_headers(Fault::rate_limited(retry_after), fields)?
        }
        FaultName::RetryAfter => {
            let seconds = fields.require("seconds")?;
            with_headers(Fault::retry_after(seconds), fields)?
        }
        FaultName::HtmlPage => with_headers(Fault::html_page(), fields)?,
        FaultName::Redirect => {
            let location = header_value(fields, "location")?.ok_or_else(|| fields.problem("location", "is missing"))?;
            with_headers(Fault::redirect(location), fields)?
        }
        FaultName::EarlyTooLarge => with_headers(Fault::early_too_large(), fields)?,
        FaultName::GzipBomb => Fault::gzip_bomb(fields.require("inflated_bytes")?),
        FaultName::Delay => Fault::delay(Duration::ZERO),
        FaultName::TruncatedJson => Fault::truncated_json(),
        FaultName::WithoutId => Fault::without_id(),
        FaultName::ContentType => {
            let value = header_value(fields, "content_type")?;
            Fault::content_type(value.ok_or_else(|| fields.problem("content_type", "is missing"))?)
        }
        FaultName::TrimmedText => Fault::trimmed_text(),
        FaultName::OtherConversation => Fault::other_conversation(),
        FaultName::Padded => Fault::padded(fields.require("values")?),
        FaultName::DribbledHead => Fault::dribbled_head(fields.require_milliseconds("pause_ms")?),
        FaultName::DribbledBody => Fault::dribbled_body(fields.require_milliseconds("pause_ms")?),
        FaultName::Refused => Fault::refused(),
        FaultName::ResetOnAccept => Fault::reset_on_accept(),
        FaultName::ResetAfterRequest => Fault::reset_after_request(),
        FaultName::ResetInHead => Fault::reset_in_head(),
        FaultName::ResetInBody => Fault::reset_in_body(fields.require("bytes")?),
        FaultName::CloseInBody => Fault::close_in_body(fields.require("bytes")?),
        FaultName::CloseBeforeApplied => Fault::close_before_applied(),
        FaultName::CloseAfterApplied => Fault::close_after_applied(),
        FaultName::StoreThenDrop => Fault::store_then_drop(),
        FaultName::StoreLate => Fault::store_late(fields.require_milliseconds("after_ms")?),
        FaultName::Silence => Fault::silence(),
        FaultName::StaleConnection => Fault::stale_connection(),
    })
}

/// When the request takes effect, where that is not the fault's own way.
fn effect(fault: Fault, name: FaultName, fields: &mut Fields) -> Result<Fault, InvalidFaults> {
    let name = name.as_str();
    let applied: Option<bool> = fields.take("applied")?;
    let late = fields.take_milliseconds("applied_late_ms")?;
    if applied.is_some() && late.is_some() {
        return Err(fields.problem("applied", "and applied_late_ms exclude each other"));
    }
    let (field, effect) = match (applied, late) {
        (_, Some(after)) => ("applied_late_ms", Effect::Late(after)),
        (Some(true), None) => ("applied", Effect::OnArrival),
        (Some(false), None) => ("applied", Effect::Never),
        (None, None) => return Ok(fault),
    };
    if effect != Effect::Never && !fault.reaches_service() {
        return Err(fields.problem(field, format!("is not for {name}: the request never reaches the service")));
    }
    let own = matches!(fault.ending, Ending::Own | Ending::Altered(_) | Ending::Dribble { .. } | Ending::Padded { .. });
    if effect == Effect::Never && own {
        let problem = format!("cannot be false for {name}: the service answers; see \"close_before_applied\"");
        return Err(fields.problem(field, problem));
    }
    Ok(fault.with_effect(effect))
}

fn status(fields: &mut Fields) -> Result<Fault, InvalidFaults> {
    let code: u16 = fields.require("status")?;
    let status = StatusCode::from_u16(code).ok().filter(|status| (200..600).contains(&status.as_u16()));
    let status = status.ok_or_else(|| fields.problem("status", "must be from 200 to 599"))?;
    let content_type = header_value(fields, "content_type")?;
    let fault = match (body(fields)?, content_type) {
        (Some(body), content_type) => {
            let content_type = content_type.unwrap_or_else(|| HeaderValue::from_static("application/json"));
            Fault::status_with_body(status, content_type, body)
        }
        (None, Some(content_type)) => Fault::status(status).header(http::header::CONTENT_TYPE, content_type),
        (None, None) => Fault::status(status),
    };
    with_headers(fault, fields)
}

/// A text, JSON that is written out, or bytes in base64.
fn body(fields: &mut Fields) -> Result<Option<Bytes>, InvalidFaults> {
    let text = match fields.take::<Value>("body")? {
        Some(Value::String(text)) => Some(Bytes::from(text)),
        Some(json @ (Value::Object(_) | Value::Array(_))) => Some(Bytes::from(json.to_string())),
        Some(_) => return Err(fields.problem("body", "must be a text, an object or an array")),
        None => None,
    };
    let encoded: Option<String> = fields.take("body_base64")?;
    match (text, encoded) {
        (Some(_), Some(_)) => Err(fields.problem("body", "and body_base64 exclude each other")),
        (text, None) => Ok(text),
        (None, Some(encoded)) => match STANDARD.decode(encoded) {
            Ok(bytes) => Ok(Some(Bytes::from(bytes))),
            Err(_) => Err(fields.problem("body_base64", "must be base64")),
        },
    }
}

fn retry_after(fields: &mut Fields) -> Result<RetryAfter, InvalidFaults> {
    let seconds = fields.take("seconds")?.map(RetryAfter::Seconds);
    let date = fields.take::<DateTime<Utc>>("date")?.map(RetryAfter::Date);
    let word = match fields.take::<String>("retry_after")?.as_deref() {
        Some("garbage") => Some(RetryAfter::Garbage),
        Some("absent") => Some(RetryAfter::Absent),
        Some(_) => return Err(fields.problem("retry_after", "must be \"garbage\" or \"absent\"")),
        None => None,
    };
    let mut given = [seconds, date, word].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(fields.problem("fault", "rate_limited takes one of: seconds, date, retry_after")),
    }
}

fn header_value(fields: &mut Fields, name: &'static str) -> Result<Option<HeaderValue>, InvalidFaults> {
    let text: Option<String> = fields.take(name)?;
    let value = text.map(|text| HeaderValue::from_bytes(text.as_bytes())).transpose();
    value.map_err(|_| fields.problem(name, "must be a text that a header can carry"))
}

/// Headers of the fault's own answer, in addition or instead.
fn with_headers(mut fault: Fault, fields: &mut Fields) -> Result<Fault, InvalidFaults> {
    for (name, value) in fields.take::<Map<String, Value>>("headers")?.unwrap_or_default() {
        let header = HeaderName::from_bytes(name.as_bytes())
            .ok()
            .zip(value.as_str().and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()));
        let Some((header, value)) = header else {
            return Err(
                fields.problem("headers", format!("{name:.60?} must be the name of a header, and its value a text"))
            );
        };
        if [http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING, http::header::CONNECTION].contains(&header) {
            return Err(fields.problem("headers", format!("{header} belongs to the server")));
        }
        fault = fault.header(header, value);
    }
    Ok(fault)
}
