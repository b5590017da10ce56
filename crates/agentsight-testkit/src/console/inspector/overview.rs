use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use agentsight_model::{Device, Environment};
use bytes::Bytes;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::response_time::ResponseTimes;
use super::tally::{Tally, Tokens, Tools};
use crate::FakeApi;
use crate::api::{Revision, Sender, State};
use crate::console::ConsoleAnswer;

/// The days that are looked at unless asked for others.
const DAYS: u64 = 30;
/// The most days that are.
const MOST_DAYS: u64 = 366;

/// The last overview, which stays right until something is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Overviews {
    last: Arc<Mutex<Option<(Question, Value)>>>,
}

/// What an overview answers; the same question has the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    stored: u64,
    today: NaiveDate,
    days: u64,
}

impl Overviews {
    /// `GET overview?days=`: what happened in the last days, of all agents; 30 days unless given, at most 366.
    pub(super) fn answer(&self, api: &FakeApi, request: &Request<Bytes>) -> ConsoleAnswer {
        let query = request.uri().query().unwrap_or_default();
        let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "days");
        let days = match asked.map(|(_, value)| value.parse()) {
            None => DAYS,
            Some(Ok(days @ 1..=MOST_DAYS)) => days,
            Some(_) => {
                let problem = format!("days is a number from 1 to {MOST_DAYS}.");
                return ConsoleAnswer::problem(StatusCode::BAD_REQUEST, problem);
            }
        };
        let Revision { stored, .. } = api.revision();
        let question = Question { stored, today: api.clock().now().date_naive(), days };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((answered, overview)) if *answered == question => ConsoleAnswer::json(StatusCode::OK, overview),
            _ => {
                let overview = api.look(|state| overview(state, question.today, days));
                let answer = ConsoleAnswer::json(StatusCode::OK, &overview);
                *last = Some((question, overview));
                answer
            }
        }
    }
}

/// What happened on one day.
#[derive(Clone, Copy, Debug, Default)]
struct Day {
    conversations: u64,
    end_user: u64,
    agent: u64,
    actions: u64,
    tokens: u64,
}

/// One of a day's counts.
type Column = fn(&mut Day) -> &mut u64;

/// One pass over what was stored. Deleted conversations are only counted.
fn overview(state: &State, today: NaiveDate, days: u64) -> Value {
    let last = last_day(state, today, days);
    let first = last.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(last);
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let within = |time: DateTime<Utc>| (first..=last).contains(&time.date_naive());

    let mut each: BTreeMap<NaiveDate, Day> = first.iter_days().take_while(|day| *day <= last).map(new_day).collect();
    let (mut devices, mut languages, mut environments) = (Tally::default(), Tally::default(), Tally::default());
    let mut sentiments = Tally::default();
    let (mut tools, mut tokens, mut waits) = (Tools::default(), Tokens::default(), ResponseTimes::default());
    let (mut conversations, mut deleted, mut buttons, mut files) = (0_u64, 0_u64, 0_u64, 0_usize);
    for row in state.conversations() {
        if row.is_deleted() {
            deleted = deleted.saturating_add(1);
            continue;
        }
        for feedback in state.feedbacks_of(row).filter(|feedback| within(feedback.created_at)) {
            sentiments.count(&feedback.sentiment);
        }
        let record = &row.record;
        if record.ended_at.is_some_and(|ended| ended < since) {
            continue;
        }
        if let Some(started) = record.started_at.filter(|started| within(*started)) {
            conversations = conversations.saturating_add(1);
            devices.count(record.device.as_ref().map_or("", Device::as_str));
            languages.count(record.language.as_deref().unwrap_or_default());
            environments.count(record.environment.as_ref().map_or("", Environment::as_str));
            change(&mut each, started, |day| &mut day.conversations, 1);
        }
        for message in state.transcript(row).filter(|message| within(message.timestamp)) {
            let column: Column = match (&message.action_name, message.sender) {
                (Some(_), _) => |day| &mut day.actions,
                (None, Sender::EndUser) => |day| &mut day.end_user,
                (None, Sender::Agent) => |day| &mut day.agent,
            };
            let is_usage = message.action_name.as_deref() == Some(Tokens::ACTION);
            if !is_usage {
                change(&mut each, message.timestamp, column, 1);
            }
            for log in state.action_logs_of(message) {
                if is_usage {
                    change(&mut each, message.timestamp, |day| &mut day.tokens, tokens.add(log));
                } else {
                    tools.add(message.action_name.as_deref().unwrap_or_default(), log);
                }
            }
            buttons = buttons.saturating_add(u64::from(message.button.is_some()));
            files = files.saturating_add(message.files.len());
        }
        waits.add(state.transcript(row), since);
    }
    let day = |(date, day): (NaiveDate, Day)| {
        json!({
            "date": date,
            "conversations": day.conversations,
            "end_user": day.end_user,
            "agent": day.agent,
            "actions": day.actions,
            "tokens": day.tokens,
        })
    };
    json!({
        "first": first,
        "last": last,
        "conversations": conversations,
        "deleted": deleted,
        "buttons": buttons,
        "files": files,
        "response_time": waits.summary(),
        "tokens": tokens.summary(),
        "tools": tools.rows(),
        "devices": devices.rows(),
        "languages": languages.rows(),
        "environments": environments.rows(),
        "sentiments": sentiments.rows(),
        "days": each.into_iter().map(day).collect::<Value>(),
    })
}

/// Today; but where nothing happened within the days up to today, or something happens later, the last day on which
/// something did: an export of last year and a clock that stands elsewhere are looked at too.
fn last_day(state: &State, today: NaiveDate, days: u64) -> NaiveDate {
    let newest = state.conversations().filter(|row| !row.is_deleted()).filter_map(|row| row.record.ended_at).max();
    let Some(newest) = newest.map(|time| time.date_naive()) else { return today };
    let first = today.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(today);
    if (first..=today).contains(&newest) { today } else { newest }
}

fn new_day(date: NaiveDate) -> (NaiveDate, Day) {
    (date, Day::default())
}

fn change(each: &mut BTreeMap<NaiveDate, Day>, time: DateTime<Utc>, column: Column, by: u64) {
    if let Some(day) = each.get_mut(&time.date_naive()) {
        let count = column(day);
        *count = count.saturating_add(by);
    }
}
