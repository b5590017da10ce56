use std::cmp::Ordering;

use agentsight_model::Environment;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::any_case::AnyCase;
use super::call::Query;
use super::parameters::{self, Order};
use super::rows::{FeedbackRow, FeedbackSubject};
use super::state::State;
use super::validation::{SENTIMENTS, read_bool};

/// What a ticket can be (wire: 1.15).
const TICKET_STATUSES: &[&str] = &["backlog", "open", "in_progress", "in_review", "done", "closed"];

/// The conditions of a feedback list (wire: 1.14).
#[derive(Debug)]
pub(crate) struct FeedbackFilter {
    agent: Option<u64>,
    kind: Option<String>,
    conversation: Option<u64>,
    conversation_id: Option<String>,
    message: Option<u64>,
    environment: Option<Environment>,
    sentiment: Option<String>,
    category: Option<String>,
    topic: Option<String>,
    reason: Option<String>,
    user: Option<u64>,
    has_comment: Option<bool>,
    comment_part: Option<AnyCase>,
    search: Option<AnyCase>,
    created_at_after: Option<DateTime<Utc>>,
    created_at_before: Option<DateTime<Utc>>,
    only_with_ticket: bool,
    order: Vec<Order>,
}

impl FeedbackFilter {
    pub(crate) fn read(query: &Query) -> Result<Self, Refusal> {
        let text = |name| query.get(name).map(str::to_owned);
        let part = |name| query.get(name).map(AnyCase::new);
        if query.get("kind") == Some("product") {
            return Err(Refusal::forbidden());
        }
        Ok(Self {
            agent: parameters::number(query, "agent")?,
            kind: parameters::choice(query, "kind", FeedbackSubject::KINDS)?,
            conversation: parameters::number(query, "conversation")?,
            conversation_id: text("conversation_id"),
            message: parameters::number(query, "message")?,
            environment: parameters::environment(query)?,
            sentiment: parameters::choice(query, "sentiment", SENTIMENTS)?,
            category: text("category"),
            topic: text("topic"),
            reason: text("reason"),
            user: parameters::number(query, "user")?,
            has_comment: query.get("has_comment").and_then(read_bool),
            comment_part: part("comment_contains"),
            search: part("search"),
            created_at_after: parameters::bound(query, "created_at_after")?,
            created_at_before: parameters::bound(query, "created_at_before")?,
            only_with_ticket: with_tickets(query)?,
            order: Order::read(query, &["created_at", "id", "kind", "sentiment", "category"]),
        })
    }

    /// The matching feedback of an agent, in the order asked for; the newest first unless one was.
    pub(crate) fn apply<'a>(&self, state: &'a State, agent: u64) -> Vec<&'a FeedbackRow> {
        let own = state.feedbacks.all().filter(|feedback| feedback.agent == agent);
        let mut rows: Vec<&FeedbackRow> = own.filter(|feedback| self.matches(state, feedback)).collect();
        rows.sort_by(|left, right| self.compare(left, right));
        rows
    }

    /// The `counts` of the envelope. Nothing here is ever promoted to a ticket, so behind the gate all are zero.
    pub(crate) fn counts(&self, all: usize) -> Value {
        let mut counts = Map::from_iter([("all".to_owned(), json!(all))]);
        if self.only_with_ticket {
            let tallies = ["tickets", "open_tickets"].iter().chain(TICKET_STATUSES);
            counts.extend(tallies.map(|name| ((*name).to_owned(), json!(0))));
        }
        Value::Object(counts)
    }

    fn matches(&self, state: &State, feedback: &FeedbackRow) -> bool {
        let subject = &feedback.subject;
        let is_number = |wanted: Option<u64>, value: Option<u64>| wanted.is_none() || wanted == value;
        let is_text = |wanted: &Option<String>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
        let (message, topic, reason) = match subject {
            FeedbackSubject::Message { message, topic, reason, .. } => {
                (Some(*message), topic.as_deref(), reason.as_deref())
            }
            _ => (None, None, None),
        };
        let conversation = subject.conversation().and_then(|number| state.conversation_of_any_agent(number));
        let conversation_id = conversation.map(|row| row.record.conversation_id.as_str());
        let environment = |wanted: &Environment| state.environment_of(feedback) == Some(wanted.as_str());
        let comment = |part: &AnyCase| part.is_in(&feedback.comment);
        // An agent's key gives no user and no category, so a filter by either finds nothing.
        is_number(self.agent, Some(feedback.agent))
            && is_text(&self.kind, Some(subject.kind()))
            && is_number(self.conversation, subject.conversation())
            && is_text(&self.conversation_id, conversation_id)
            && is_number(self.message, message)
            && self.environment.as_ref().is_none_or(environment)
            && is_text(&self.sentiment, Some(&feedback.sentiment))
            && self.category.is_none()
            && is_text(&self.topic, topic)
            && is_text(&self.reason, reason)
            && self.user.is_none()
            && self.has_comment.is_none_or(|wanted| wanted != feedback.comment.is_empty())
            && self.comment_part.as_ref().is_none_or(comment)
            && self.search.as_ref().is_none_or(|part| {
                comment(part) || conversation_id.is_some_and(|conversation_id| part.is_in(conversation_id))
            })
            && self.created_at_after.is_none_or(|bound| feedback.created_at >= bound)
            && self.created_at_before.is_none_or(|bound| feedback.created_at <= bound)
            && !self.only_with_ticket
    }

    fn compare(&self, left: &FeedbackRow, right: &FeedbackRow) -> Ordering {
        let asked = self.order.iter().map(|order| {
            order.direct(match order.field {
                "created_at" => left.created_at.cmp(&right.created_at),
                "id" => left.number.cmp(&right.number),
                "kind" => left.subject.kind().cmp(right.subject.kind()),
                "sentiment" => left.sentiment.cmp(&right.sentiment),
                _ => Ordering::Equal,
            })
        });
        let newest = right.created_at.cmp(&left.created_at).then(right.number.cmp(&left.number));
        asked.fold(Ordering::Equal, Ordering::then).then(newest)
    }
}

/// Whether only what became a ticket is asked for. The other two parameters of tickets need this one (wire: 1.14).
fn with_tickets(query: &Query) -> Result<bool, Refusal> {
    let is_asked_for = parameters::include_tickets(query)?;
    for name in ["has_ticket", "ticket_status"] {
        if !is_asked_for && query.get(name).is_some() {
            let message = "Ticket filters need ?include_tickets=true on the API-key plane.";
            return Err(Refusal::json(StatusCode::BAD_REQUEST, &json!({ name: message })));
        }
    }
    for status in query.all("ticket_status") {
        parameters::check_choice("ticket_status", status, TICKET_STATUSES)?;
    }
    Ok(is_asked_for)
}
