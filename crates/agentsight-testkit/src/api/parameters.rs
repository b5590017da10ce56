//! The parameters of a list, read as the service reads them (wire: 1.6).

use std::cmp::Ordering;

use agentsight_model::Environment;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::json;

use super::answer::Refusal;
use super::call::Query;
use super::timestamp;
use super::validation::read_bool;

/// One of a few words; another one is refused.
pub(crate) fn choice(query: &Query, name: &str, choices: &[&str]) -> Result<Option<String>, Refusal> {
    let value = query.get(name);
    value.map_or(Ok(()), |value| check_choice(name, value, choices))?;
    Ok(value.map(str::to_owned))
}

pub(crate) fn check_choice(name: &str, value: &str, choices: &[&str]) -> Result<(), Refusal> {
    if choices.contains(&value) {
        return Ok(());
    }
    let message = format!("Select a valid choice. {value} is not one of the available choices.");
    Err(Refusal::field(name, message))
}

/// Both spellings of the parameter. The choices are fixed here, whatever environments the agent has.
pub(crate) fn environment(query: &Query) -> Result<Option<Environment>, Refusal> {
    let mut found = None;
    for name in ["environment", "env"] {
        let chosen = choice(query, name, &["production", "development", "prod", "dev"])?;
        found = chosen.map(Environment::from).or(found);
    }
    Ok(found)
}

/// The bound of a time, inclusive (wire: part 3, 19).
pub(crate) fn bound(query: &Query, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
    match query.get(name) {
        None => Ok(None),
        Some(text) => match timestamp::read_bound(text) {
            Some(time) => Ok(Some(time)),
            None => Err(Refusal::field(name, "Enter a valid date/time.")),
        },
    }
}

/// The number of a row. One below zero is a number too, and no row's.
pub(crate) fn number(query: &Query, name: &str) -> Result<Option<u64>, Refusal> {
    let read = |text: &str| text.trim().parse::<i64>().ok().map(|number| u64::try_from(number).unwrap_or_default());
    match query.get(name) {
        None => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| Refusal::field(name, "Enter a number.")),
    }
}

/// The one strict truth value: even an empty one is refused.
pub(crate) fn include_tickets(query: &Query) -> Result<bool, Refusal> {
    if !query.has("include_tickets") {
        return Ok(false);
    }
    query.get("include_tickets").and_then(read_bool).ok_or_else(|| {
        let message = "Must be one of: 1, true, yes, on, 0, false, no, off.";
        Refusal::json(StatusCode::BAD_REQUEST, &json!({ "include_tickets": message }))
    })
}

/// A column that rows are ordered by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) field: &'static str,
    descending: bool,
}

impl Order {
    /// Reads `ordering`: columns, each with `-` in front for the other direction. What rows cannot be ordered by is
    /// left out.
    pub(crate) fn read(query: &Query, fields: &[&'static str]) -> Vec<Self> {
        let read = |name: &str| {
            let name = name.trim();
            let (descending, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
            fields.iter().find(|field| **field == name).map(|field| Self { field, descending })
        };
        query.get("ordering").unwrap_or_default().split(',').filter_map(read).collect()
    }

    /// The order of two rows by this column, given their ascending one.
    pub(crate) fn direct(self, ascending: Ordering) -> Ordering {
        if self.descending { ascending.reverse() } else { ascending }
    }
}
