use serde_json::{Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::reference::Reference;
use super::rows::FeedbackRow;
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
    let row = match &reference {
        Reference::Number(number) => call.state.conversation(agent, *number),
        Reference::Text(text) => call.state.find_conversation(agent, text),
    };
    let conversation = row.ok_or_else(|| Refusal::not_found("Conversation"))?.number();
    let created_at = call.stamp();
    let number = call.state.add_feedback(FeedbackRow {
        number: 0,
        conversation,
        sentiment,
        comment: comment.unwrap_or_default(),
        metadata,
        created_at,
    });
    let feedback = match call.options.create_answer {
        CreateAnswer::Resource => call.rendered_feedback(conversation, number),
        CreateAnswer::Minimal => None,
    };
    Ok(Answer::created(&feedback.unwrap_or_else(|| json!({ "id": number }))))
}

impl Call<'_> {
    fn rendered_feedback(&self, conversation: u64, number: u64) -> Option<Value> {
        let row = self.state.conversation(self.caller.agent, conversation)?;
        Some(self.renderer().feedback(row, self.state.feedback(number)?))
    }
}
