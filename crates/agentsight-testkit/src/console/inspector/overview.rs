use std::sync::{Arc, Mutex, PoisonError};

use agentsight_model::{Device, Environment};
use bytes::Bytes;
use chrono::{Days, NaiveDate};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::feedbacks::Feedbacks;
use super::period::Period;
use super::response_time::{ResponseTimes, Waiting};
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

/// One pass over what was stored. Deleted conversations are only counted.
fn overview(state: &State, today: NaiveDate, days: u64) -> Value {
    let mut period = Period::new(last_day(state, today, days), days);
    let (mut devices, mut languages, mut environments) = (Tally::default(), Tally::default(), Tally::default());
    let (mut tools, mut tokens, mut waits) = (Tools::default(), Tokens::default(), ResponseTimes::default());
    let (mut conversations, mut deleted, mut buttons, mut files) = (0_u64, 0_u64, 0_u64, 0_usize);
    for row in state.conversations() {
        if row.is_deleted() {
            deleted = deleted.saturating_add(1);
            continue;
        }
        let record = &row.record;
        if record.ended_at.is_some_and(|ended| period.is_over_before(ended)) {
            continue;
        }
        if let Some(day) = record.started_at.and_then(|started| period.day(started)) {
            add(&mut day.conversations, 1);
            add(&mut conversations, 1);
            devices.count(record.device.as_ref().map_or("", Device::as_str));
            languages.count(record.language.as_deref().unwrap_or_default());
            environments.count(record.environment.as_ref().map_or("", Environment::as_str));
        }
        let mut waiting = Waiting::default();
        for message in state.transcript(row) {
            let waited = waiting.hear(message);
            let Some(day) = period.day(message.timestamp) else { continue };
            waits.extend(waited);
            match (message.action_name.as_deref(), message.sender) {
                (Some(Tokens::ACTION), _) => {
                    for log in state.action_logs_of(message) {
                        add(&mut day.tokens, tokens.add(log));
                    }
                }
                (Some(name), _) => {
                    add(&mut day.actions, 1);
                    for log in state.action_logs_of(message) {
                        tools.add(name, log);
                    }
                }
                (None, Sender::EndUser) => add(&mut day.end_user, 1),
                (None, Sender::Agent) => add(&mut day.agent, 1),
            }
            add(&mut buttons, u64::from(message.button.is_some()));
            files = files.saturating_add(message.files.len());
        }
    }
    let feedbacks = Feedbacks::given(state, |time| period.day(time).is_some());
    json!({
        "first": period.first,
        "last": period.last,
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
        "sentiments": feedbacks.sentiments(),
        "feedbacks": feedbacks.subjects(),
        "agent_feedbacks": feedbacks.on_agents(),
        "days": period.rows(),
    })
}

/// Today; but where nothing happened within the days up to today, the last day before on which something did; and where
/// all of it is still to come, the last day of that: an export of last year and a clock that stands elsewhere are looked
/// at too, and one stamp of the year 9999 hides nothing.
fn last_day(state: &State, today: NaiveDate, days: u64) -> NaiveDate {
    let (mut newest, mut latest) = (None, None);
    for row in state.conversations().filter(|row| !row.is_deleted()) {
        let ended = row.record.ended_at.map(|time| time.date_naive());
        latest = latest.max(ended);
        if ended <= Some(today) {
            newest = newest.max(ended);
        } else {
            let messages = state.transcript(row).map(|message| message.timestamp);
            let days = messages.chain(row.record.started_at).map(|time| time.date_naive());
            newest = newest.max(days.filter(|day| *day <= today).max());
        }
    }
    let Some(newest) = newest.or(latest) else { return today };
    let first = today.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(today);
    if (first..=today).contains(&newest) { today } else { newest }
}

fn add(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}
