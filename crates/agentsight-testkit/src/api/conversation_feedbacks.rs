use serde_json::json;

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::reference::Reference;
use super::rows::{FeedbackRow, FeedbackSubject};
use super::validation::{COMMENT, Fields, SENTIMENTS};
use crate::CreateAnswer;

/// `POST /api/conversation-feedbacks/` (wire: 1.14). Unlike an event, feedback creates no conversation.
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let sentiment = fields.choice("sentiment", true, SENTIMENTS);
    let comment = fields.optional_text("comment", Some(COMMENT));
    let metadata = fields.metadata();
    let reference = Reference::read(&mut fields);
    let (sentiment, reference) = fields.finish(|| Some((sentiment?, reference?)))?;

    let agent = call.caller.agent;
    let row = reference.find(call.state, agent);
    let conversation = row.ok_or_else(|| Refusal::not_found("Conversation"))?.number();
    let mut feedback = FeedbackRow::new(agent, FeedbackSubject::Conversation(conversation), sentiment, call.stamp());
    feedback.comment = comment.unwrap_or_default();
    feedback.metadata = metadata;
    let number = call.state.add_feedback(feedback);
    let feedback = call.state.feedbacks.get(agent, number);
    Ok(Answer::created(&match (feedback, call.options.create_answer) {
        (Some(feedback), CreateAnswer::Resource) => call.renderer().conversation_feedback(feedback),
        _ => json!({ "id": number }),
    }))
}
