use std::cmp::Ordering;

use agentsight_model::{Device, Environment};
use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::call::{Call, Query};
use super::metadata_filter::MetadataCondition;
use super::parameters::{self, Order};
use super::rows::ConversationRow;
use super::state::State;
use super::validation::{self, read_bool};

/// The conditions of a conversation list (wire: 1.9). Parameters that the service does not know are ignored, and so
/// are truth values that it cannot read; times, choices and the strict `include_tickets` are refused instead.
#[derive(Debug)]
pub(crate) struct Filter {
    conversation_id: Option<String>,
    customer_id: Option<String>,
    customer_id_part: Option<String>,
    customer_ip_address: Option<String>,
    name_part: Option<String>,
    device: Option<String>,
    language: Option<String>,
    environment: Option<Environment>,
    is_marked: Option<bool>,
    include_deleted: bool,
    has_messages: Option<bool>,
    has_feedback: Option<bool>,
    has_action: Option<bool>,
    action_name_part: Option<String>,
    message_part: Option<String>,
    feedback_sentiment: Option<String>,
    feedback_source: Option<String>,
    metadata: Vec<MetadataCondition>,
    search: Option<String>,
    started_at_after: Option<DateTime<Utc>>,
    started_at_before: Option<DateTime<Utc>>,
    has_tickets: bool,
    order: Vec<Order>,
}

impl Filter {
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let query = &call.query;
        let text = |name| query.get(name).map(str::to_owned);
        let folded = |name| query.get(name).map(str::to_lowercase);
        let truth = |name| query.get(name).and_then(read_bool);
        Ok(Self {
            conversation_id: text("conversation_id"),
            customer_id: text("customer_id"),
            customer_id_part: folded("customer_id__icontains"),
            customer_ip_address: text("customer_ip_address"),
            name_part: folded("name"),
            device: text("device"),
            language: text("language"),
            environment: parameters::environment(query)?,
            is_marked: truth("is_marked"),
            include_deleted: truth("include_deleted").unwrap_or(false),
            has_messages: truth("has_messages"),
            has_feedback: truth("has_feedback"),
            has_action: truth("has_action"),
            action_name_part: folded("action_name"),
            message_part: folded("message_contains"),
            feedback_sentiment: parameters::choice(query, "feedback_sentiment", validation::SENTIMENTS)?,
            feedback_source: text("feedback_source").filter(|_| call.options.honour_feedback_source),
            metadata: metadata(query),
            search: folded("search"),
            started_at_after: parameters::bound(query, "started_at_after")?,
            started_at_before: parameters::bound(query, "started_at_before")?,
            has_tickets: parameters::include_tickets(query)?,
            order: Order::read(query, &["started_at", "ended_at", "id", "customer_id", "is_marked", "language"]),
        })
    }

    /// The matching conversations of an agent, in the order asked for; the newest first unless one was.
    pub(crate) fn apply<'a>(&self, state: &'a State, agent: u64) -> Vec<&'a ConversationRow> {
        let mut rows: Vec<&ConversationRow> = if let Some(text) = &self.conversation_id {
            state.find_conversation(agent, text).into_iter().filter(|row| self.matches(state, row)).collect()
        } else if let Some(customer) = &self.customer_id {
            state.conversations_of_customer(agent, customer).filter(|row| self.matches(state, row)).collect()
        } else {
            state.conversations_of(agent).filter(|row| self.matches(state, row)).collect()
        };
        rows.sort_by(|left, right| self.compare(left, right));
        rows
    }

    fn matches(&self, state: &State, row: &ConversationRow) -> bool {
        let record = &row.record;
        let is = |wanted: &Option<String>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
        let part = |wanted: &Option<String>, value: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| value.as_ref().is_some_and(|value| contains(value, wanted)))
        };
        let truth = |wanted: Option<bool>, value: bool| wanted.is_none_or(|wanted| wanted == value);
        // What a row knows by itself comes first; the transcript is read only for rows that are left.
        is(&self.customer_id, record.customer_id.as_deref())
            && (self.include_deleted || !row.is_deleted())
            && part(&self.customer_id_part, &record.customer_id)
            && is(&self.customer_ip_address, record.customer_ip_address.as_deref())
            && part(&self.name_part, &record.name)
            && is(&self.device, record.device.as_ref().map(Device::as_str))
            && is(&self.language, record.language.as_deref())
            && self.environment.as_ref().is_none_or(|wanted| record.environment.as_ref() == Some(wanted))
            && truth(self.is_marked, record.marked())
            && truth(self.has_messages, !row.messages.is_empty())
            && truth(self.has_feedback, !row.feedbacks.is_empty())
            && self.started_at_after.is_none_or(|bound| record.started_at >= Some(bound))
            && self.started_at_before.is_none_or(|bound| record.started_at <= Some(bound))
            && self.metadata.iter().all(|condition| condition.holds(row.metadata()))
            && !self.has_tickets
            && self.matches_feedbacks(state, row)
            && self.matches_transcript(state, row)
    }

    fn matches_feedbacks(&self, state: &State, row: &ConversationRow) -> bool {
        let wanted = |sentiment: &String| state.feedbacks_of(row).any(|feedback| feedback.sentiment == *sentiment);
        self.feedback_sentiment.as_ref().is_none_or(wanted)
            && self.feedback_source.as_ref().is_none_or(|source| source == "customer" && !row.feedbacks.is_empty())
    }

    fn matches_transcript(&self, state: &State, row: &ConversationRow) -> bool {
        let action = |wanted: &String| {
            state.transcript(row).filter_map(|message| message.action_name.as_ref()).any(|name| contains(name, wanted))
        };
        let content = |wanted: &String| state.transcript(row).any(|message| contains(&message.content, wanted));
        let holds = |text: &Option<String>, wanted: &str| text.as_ref().is_some_and(|text| contains(text, wanted));
        self.has_action
            .is_none_or(|wanted| wanted == state.transcript(row).any(|message| message.action_name.is_some()))
            && self.action_name_part.as_ref().is_none_or(action)
            && self.message_part.as_ref().is_none_or(content)
            && self.search.as_ref().is_none_or(|wanted| {
                holds(&row.record.name, wanted)
                    || contains(&row.record.conversation_id, wanted)
                    || holds(&row.record.customer_id, wanted)
                    || content(wanted)
            })
    }

    fn compare(&self, left: &ConversationRow, right: &ConversationRow) -> Ordering {
        let (left, right) = (&left.record, &right.record);
        let asked = self.order.iter().map(|order| {
            order.direct(match order.field {
                "started_at" => left.started_at.cmp(&right.started_at),
                "ended_at" => left.ended_at.cmp(&right.ended_at),
                "customer_id" => nulls_last(&left.customer_id, &right.customer_id),
                "is_marked" => left.marked().cmp(&right.marked()),
                "language" => nulls_last(&left.language, &right.language),
                _ => left.id.cmp(&right.id),
            })
        });
        let newest = right.started_at.cmp(&left.started_at).then(right.id.cmp(&left.id));
        asked.fold(Ordering::Equal, Ordering::then).then(newest)
    }
}

/// The pairs of `metadata`, and the one pair of `metadata_key` and `metadata_value`; a key alone does nothing.
fn metadata(query: &Query) -> Vec<MetadataCondition> {
    let mut conditions = query.get("metadata").map(MetadataCondition::read_pairs).unwrap_or_default();
    if let (Some(key), Some(value)) = (query.get("metadata_key"), query.get("metadata_value")) {
        conditions.push(MetadataCondition::read(key, value));
    }
    conditions
}

/// As Postgres orders: no value comes after every value.
fn nulls_last(left: &Option<String>, right: &Option<String>) -> Ordering {
    left.is_none().cmp(&right.is_none()).then_with(|| left.cmp(right))
}

/// `part` is in lower case already.
pub(super) fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(part)
}
