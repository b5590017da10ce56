use agentsight_model::{Device, Environment};
use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::any_case::AnyCase;
use super::call::{Call, Query};
use super::metadata_filter::MetadataCondition;
use super::parameters;
use super::rows::ConversationRow;
use super::state::State;
use super::transcript_filter::TranscriptFilter;
use super::validation::{self, read_bool};

/// The conditions of a conversation list (wire: 1.9). Parameters that the service does not know are ignored, and so
/// are truth values that it cannot read; times, choices and the strict `include_tickets` are refused instead.
#[derive(Debug)]
pub(crate) struct Filter {
    conversation_id: Option<String>,
    customer_id: Option<String>,
    customer_id_part: Option<AnyCase>,
    customer_ip_address: Option<String>,
    name_part: Option<AnyCase>,
    device: Option<String>,
    language: Option<String>,
    environment: Option<Environment>,
    is_marked: Option<bool>,
    include_deleted: bool,
    has_messages: Option<bool>,
    has_feedback: Option<bool>,
    feedback_sentiment: Option<String>,
    feedback_source: Option<String>,
    metadata: Vec<MetadataCondition>,
    started_at_after: Option<DateTime<Utc>>,
    started_at_before: Option<DateTime<Utc>>,
    has_tickets: bool,
    transcript: TranscriptFilter,
}

impl Filter {
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let query = &call.query;
        let text = |name| query.get(name).map(str::to_owned);
        let part = |name| query.get(name).map(AnyCase::new);
        let truth = |name| query.get(name).and_then(read_bool);
        Ok(Self {
            conversation_id: text("conversation_id"),
            customer_id: text("customer_id"),
            customer_id_part: part("customer_id__icontains"),
            customer_ip_address: text("customer_ip_address"),
            name_part: part("name"),
            device: text("device"),
            language: text("language"),
            environment: parameters::environment(query)?,
            is_marked: truth("is_marked"),
            include_deleted: truth("include_deleted").unwrap_or(false),
            has_messages: truth("has_messages"),
            has_feedback: truth("has_feedback"),
            feedback_sentiment: parameters::choice(query, "feedback_sentiment", validation::SENTIMENTS)?,
            feedback_source: text("feedback_source").filter(|_| call.options.honour_feedback_source),
            metadata: metadata(query),
            started_at_after: parameters::bound(query, "started_at_after")?,
            started_at_before: parameters::bound(query, "started_at_before")?,
            has_tickets: parameters::include_tickets(query)?,
            transcript: TranscriptFilter {
                has_action: truth("has_action"),
                action_name_part: part("action_name"),
                message_part: part("message_contains"),
                search: part("search"),
            },
        })
    }

    /// The matching conversations of an agent, in no order. What a row knows by itself is asked first; the messages
    /// are read only for rows that are left.
    pub(crate) fn find<'a>(&self, state: &'a State, agent: u64) -> Vec<&'a ConversationRow> {
        let mut rows: Vec<&ConversationRow> = if let Some(text) = &self.conversation_id {
            state.find_conversation(agent, text).into_iter().filter(|row| self.matches(state, row)).collect()
        } else if let Some(customer) = &self.customer_id {
            state.conversations_of_customer(agent, customer).filter(|row| self.matches(state, row)).collect()
        } else {
            state.conversations_of(agent).filter(|row| self.matches(state, row)).collect()
        };
        self.transcript.retain(state, &mut rows);
        rows
    }

    fn matches(&self, state: &State, row: &ConversationRow) -> bool {
        let record = &row.record;
        let is = |wanted: &Option<String>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
        let part = |wanted: &Option<AnyCase>, value: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| value.as_ref().is_some_and(|value| wanted.is_in(value)))
        };
        let truth = |wanted: Option<bool>, value: bool| wanted.is_none_or(|wanted| wanted == value);
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
    }

    fn matches_feedbacks(&self, state: &State, row: &ConversationRow) -> bool {
        let wanted = |sentiment: &String| state.feedbacks_of(row).any(|feedback| feedback.sentiment == *sentiment);
        self.feedback_sentiment.as_ref().is_none_or(wanted)
            && self.feedback_source.as_ref().is_none_or(|source| source == "customer" && !row.feedbacks.is_empty())
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
