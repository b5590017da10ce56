use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::tally::Tally;
use crate::api::{FeedbackRow, FeedbackSubject, State, write_time};

/// The most feedback on agents that is shown, the newest of it.
const MOST: usize = 50;

/// What people thought, whatever they thought it of: a conversation, a message or an agent.
#[derive(Debug)]
pub(super) struct Feedbacks<'a> {
    state: &'a State,
    given: Vec<&'a FeedbackRow>,
}

impl<'a> Feedbacks<'a> {
    /// What was given at such a time. What is about a deleted conversation is not among it.
    pub(super) fn given(state: &'a State, mut is_in_time: impl FnMut(DateTime<Utc>) -> bool) -> Self {
        let is_deleted = |feedback: &FeedbackRow| {
            let about = feedback.subject.conversation().and_then(|number| state.conversation_of_any_agent(number));
            about.is_some_and(|row| row.is_deleted())
        };
        let given = state.feedbacks.all().filter(|feedback| is_in_time(feedback.created_at) && !is_deleted(feedback));
        Self { state, given: given.collect() }
    }

    pub(super) fn sentiments(&self) -> Value {
        let mut sentiments = Tally::default();
        self.given.iter().for_each(|feedback| sentiments.count(&feedback.sentiment));
        sentiments.rows()
    }

    /// How many there are of each kind.
    pub(super) fn subjects(&self) -> Value {
        let count = |kind: &str| self.given.iter().filter(|feedback| feedback.subject.kind() == kind).count();
        FeedbackSubject::KINDS.iter().map(|kind| ((*kind).to_owned(), json!(count(kind)))).collect()
    }

    /// What was said of agents, the newest first.
    pub(super) fn on_agents(&self) -> Value {
        let is_on_agent = |feedback: &&&FeedbackRow| matches!(feedback.subject, FeedbackSubject::Agent { .. });
        let mut rows: Vec<&FeedbackRow> = self.given.iter().filter(is_on_agent).copied().collect();
        rows.sort_by_key(|feedback| std::cmp::Reverse((feedback.created_at, feedback.number)));
        let row = |feedback: &FeedbackRow| {
            json!({
                "id": feedback.number,
                "agent": feedback.agent,
                "environment": self.state.environment_of(feedback),
                "sentiment": feedback.sentiment,
                "comment": feedback.comment,
                "created_at": write_time(feedback.created_at),
            })
        };
        rows.into_iter().take(MOST).map(row).collect()
    }
}
