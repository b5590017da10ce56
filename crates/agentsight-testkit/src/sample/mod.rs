//! Conversations to look at: support, shop and voice, as a service may have them after some weeks.

use chrono::{DateTime, TimeDelta, Utc};

use crate::FakeOptions;
use crate::snapshot::document::ConversationDocument;
use crate::snapshot::parse_seed;

/// A conversation a line, in the order of time. Texts, times and files are made up.
const DEMO: &str = include_str!("demo.jsonl");

/// The sample, moved in time so that its last event happens `now`; the distances within it stay.
#[expect(clippy::expect_used, reason = "the sample is part of the program; a test reads it")]
pub(crate) fn conversations(now: DateTime<Utc>) -> Vec<ConversationDocument> {
    let options = FakeOptions::new();
    let read = |line| parse_seed(line, &options).expect("the sample holds conversations");
    let mut conversations: Vec<ConversationDocument> = DEMO.lines().map(read).collect();
    let last = conversations.iter().flat_map(ConversationDocument::events).max().unwrap_or(now);
    let by = now.signed_duration_since(last);
    for conversation in &mut conversations {
        conversation.move_by(by);
    }
    conversations
}

impl ConversationDocument {
    /// When something happened in it, or was said of it.
    fn events(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let votes = self.messages.iter().filter_map(|message| message.feedback.as_ref());
        let feedbacks = self.feedbacks.iter().chain(votes).filter_map(|feedback| feedback.created_at);
        self.messages.iter().map(|message| message.timestamp).chain(feedbacks).chain(self.started_at)
    }

    fn move_by(&mut self, by: TimeDelta) {
        let optional = |time: &mut Option<DateTime<Utc>>| *time = time.map(|time| moved(time, by));
        optional(&mut self.started_at);
        optional(&mut self.ended_at);
        optional(&mut self.deleted_at);
        self.feedbacks.iter_mut().for_each(|feedback| optional(&mut feedback.created_at));
        for message in &mut self.messages {
            message.timestamp = moved(message.timestamp, by);
            for log in &mut message.action_logs {
                optional(&mut log.started_at);
                optional(&mut log.ended_at);
            }
            message.feedback.iter_mut().for_each(|vote| optional(&mut vote.created_at));
        }
    }
}

/// The time that lies so much later; at the end of time, where it would lie beyond.
fn moved(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    let end = if by < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    time.checked_add_signed(by).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_ends_now_and_its_distances_stay() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let (early, late) = (conversations(at(1_000_000_000)), conversations(at(2_000_000_000)));
        let events = |sample: &[ConversationDocument]| {
            sample.iter().flat_map(ConversationDocument::events).collect::<Vec<DateTime<Utc>>>()
        };
        let (early, late) = (events(&early), events(&late));
        assert_eq!(early.iter().max(), Some(&at(1_000_000_000)));
        assert_eq!(late.iter().max(), Some(&at(2_000_000_000)));
        let by = TimeDelta::seconds(1_000_000_000);
        assert!(early.iter().map(|time| *time + by).eq(late));
    }

    #[test]
    fn no_two_conversations_of_the_sample_are_the_same_and_none_ends_before_it_begins() {
        let sample = conversations(DateTime::UNIX_EPOCH);
        let ids: std::collections::BTreeSet<_> = sample.iter().map(|document| &document.conversation_id).collect();
        assert_eq!(ids.len(), sample.len());
        for document in &sample {
            let times: Vec<_> = document.messages.iter().map(|message| message.timestamp).collect();
            assert!(
                times.is_sorted() && document.started_at.is_some_and(|start| times.iter().all(|time| *time >= start))
            );
        }
    }
}
