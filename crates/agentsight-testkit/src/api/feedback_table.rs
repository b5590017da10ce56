use std::collections::{BTreeMap, HashMap};

use super::rows::{FeedbackRow, FeedbackSubject};

/// Feedback of every kind, by number, and the vote on each message.
#[derive(Debug, Default)]
pub(crate) struct FeedbackTable {
    rows: BTreeMap<u64, FeedbackRow>,
    votes: HashMap<u64, u64>,
}

impl FeedbackTable {
    /// Every feedback of every agent, by number.
    pub(crate) fn all(&self) -> impl Iterator<Item = &FeedbackRow> {
        self.rows.values()
    }

    /// The feedback of that number, if it is this agent's.
    pub(crate) fn get(&self, agent: u64, number: u64) -> Option<&FeedbackRow> {
        self.rows.get(&number).filter(|feedback| feedback.agent == agent)
    }

    /// The feedback of that number, whichever agent's it is.
    pub(crate) fn get_of_any_agent(&self, number: u64) -> Option<&FeedbackRow> {
        self.rows.get(&number)
    }

    /// The one vote on a message (wire: 1.14).
    pub(crate) fn vote_on(&self, message: u64) -> Option<&FeedbackRow> {
        self.rows.get(self.votes.get(&message)?)
    }

    pub(crate) fn insert(&mut self, feedback: FeedbackRow) {
        if let FeedbackSubject::Message { message, .. } = feedback.subject {
            self.votes.insert(message, feedback.number);
        }
        self.rows.insert(feedback.number, feedback);
    }

    /// Changes a feedback, but not what it is about.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut FeedbackRow)) {
        if let Some(feedback) = self.rows.get_mut(&number) {
            change(feedback);
        }
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<FeedbackRow> {
        let feedback = self.rows.remove(&number)?;
        if let FeedbackSubject::Message { message, .. } = feedback.subject {
            self.votes.remove(&message);
        }
        Some(feedback)
    }

    pub(crate) fn remove_vote_on(&mut self, message: u64) {
        if let Some(number) = self.votes.remove(&message) {
            self.rows.remove(&number);
        }
    }
}
