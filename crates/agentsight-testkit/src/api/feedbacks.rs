use serde_json::{Map, Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;
use super::feedback_filter::FeedbackFilter;
use super::reference::{Reference, missing_row};
use super::route::Number;
use super::rows::{FeedbackRow, FeedbackSubject, replace};
use super::validation::{COMMENT, Fields, SENTIMENTS};
use crate::CreateAnswer;

/// The longest slug that an application files a vote under (wire: 1.14).
const SLUG: usize = 50;

/// `GET /api/feedbacks/`: every kind, the newest first, with tallies beside the page (wire: 1.14).
pub(crate) fn list(call: &mut Call<'_>) -> Handled {
    let filter = FeedbackFilter::read(&call.query)?;
    let rows = filter.apply(call.state, call.caller.agent);
    let renderer = call.renderer();
    call.page_with(&rows, |feedback| renderer.feedback(feedback), &[("counts", filter.counts(rows.len()))])
}

/// `GET /api/feedbacks/{id}/`: the row and its ticket, which it never has here (wire: 1.14).
pub(crate) fn detail(call: &mut Call<'_>, number: Number) -> Handled {
    let mut value = call.renderer().feedback(call.feedback(number)?);
    value["ticket"] = Value::Null;
    Ok(Answer::ok(&value))
}

/// `POST /api/feedbacks/`: one of three kinds. There is one vote on a message: a repeat changes it, and is answered
/// 200 (wire: 1.14).
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let agent = call.caller.agent;
    let body = call.json_body()?;
    if body.get("kind").and_then(Value::as_str) == Some("product") {
        return Err(Refusal::forbidden());
    }
    let mut fields = Fields::new(&body, call.options);
    let kind = fields.choice("kind", true, FeedbackSubject::KINDS);
    let sentiment = fields.choice("sentiment", true, SENTIMENTS);
    let named = kind.as_deref().and_then(|kind| Named::read(&mut fields, kind));
    let given = Given::read(&mut fields, &body, kind.as_deref());
    let (named, sentiment) = fields.finish(|| Some((named?, sentiment?)))?;

    let subject = named.subject(call)?;
    if let FeedbackSubject::Message { message, .. } = subject
        && let Some(number) = call.state.feedbacks.vote_on(message).map(|vote| vote.number)
    {
        let given = Given { sentiment: Some(sentiment), ..given };
        call.state.feedbacks.change(number, |vote| given.apply(vote));
        return Ok(Answer::ok(&written(call, number)));
    }
    let mut feedback = FeedbackRow::new(agent, subject, sentiment, call.stamp());
    given.apply(&mut feedback);
    let number = call.state.add_feedback(feedback);
    Ok(Answer::created(&written(call, number)))
}

/// `PATCH /api/feedbacks/{id}/`: what is given is changed, as far as the kind has it (wire: 1.14).
pub(crate) fn update(call: &mut Call<'_>, number: Number) -> Handled {
    let feedback = call.feedback(number)?;
    let (number, kind) = (feedback.number, feedback.subject.kind());
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let sentiment = body.contains_key("sentiment").then(|| fields.choice("sentiment", true, SENTIMENTS)).flatten();
    let given = Given { sentiment, ..Given::read(&mut fields, &body, Some(kind)) };
    fields.finish(|| Some(()))?;
    call.state.feedbacks.change(number, |feedback| given.apply(feedback));
    Ok(Answer::ok(&call.renderer().feedback(call.feedback(Number(Some(number)))?)))
}

/// `DELETE /api/feedbacks/{id}/`: for good (wire: 1.14).
pub(crate) fn delete(call: &mut Call<'_>, number: Number) -> Handled {
    let number = call.feedback(number)?.number;
    call.state.remove_feedback(number);
    Ok(Answer::no_content())
}

/// What a create answers: the row, without a ticket.
fn written(call: &Call<'_>, number: u64) -> Value {
    match (call.state.feedbacks.get(call.caller.agent, number), call.options.create_answer) {
        (Some(feedback), CreateAnswer::Resource) => call.renderer().feedback(feedback),
        _ => json!({ "id": number }),
    }
}

/// What a body names as the subject.
#[derive(Debug)]
enum Named {
    Conversation(Reference),
    Agent(u64),
    Message(u64),
}

impl Named {
    fn read(fields: &mut Fields<'_>, kind: &str) -> Option<Self> {
        match kind {
            "message" => fields.required_row("message").map(Self::Message),
            "agent" => fields.required_row("agent").map(Self::Agent),
            _ => Reference::read(fields).map(Self::Conversation),
        }
    }

    /// The subject, if it is there and the caller's own.
    fn subject(self, call: &Call<'_>) -> Result<FeedbackSubject, Refusal> {
        let agent = call.caller.agent;
        match self {
            Self::Agent(number) if number == agent => Ok(FeedbackSubject::Agent { environment: None }),
            Self::Agent(number) => Err(missing_row("agent", number)),
            Self::Message(message) => {
                let row = call.state.message(agent, message).ok_or_else(|| missing_row("message", message))?;
                let conversation = row.conversation;
                Ok(FeedbackSubject::Message { message, conversation, topic: None, reason: None })
            }
            Self::Conversation(reference) => match (reference.find(call.state, agent), reference) {
                (Some(row), _) => Ok(FeedbackSubject::Conversation(row.number())),
                (None, Reference::Number(number)) => Err(missing_row("conversation", number)),
                (None, Reference::Text(_)) => Err(Refusal::field("conversation_id", "Unknown conversation.")),
            },
        }
    }
}

/// The fields that a body gives. The outer `None` is a field that was not given, and keeps its value.
#[derive(Debug)]
struct Given {
    sentiment: Option<String>,
    comment: Option<String>,
    topic: Option<Option<String>>,
    reason: Option<Option<String>>,
    environment: Option<Option<String>>,
}

impl Given {
    /// Reads all but the sentiment. What only another kind has is refused, not dropped.
    fn read(fields: &mut Fields<'_>, body: &Map<String, Value>, kind: Option<&str>) -> Self {
        let is_given = |name: &str| body.contains_key(name);
        let is_of_another = |own: &str| kind.is_some_and(|kind| kind != own);
        for name in ["topic", "reason"] {
            if is_given(name) && is_of_another("message") {
                fields.problem(name, "Only message feedback has this field.");
            }
        }
        if is_given("environment") && is_of_another("agent") {
            fields.problem("environment", "Derived from the conversation.");
        }
        let comment = fields.optional_text("comment", Some(COMMENT)).unwrap_or_default();
        Self {
            sentiment: None,
            comment: is_given("comment").then_some(comment),
            topic: is_given("topic").then(|| fields.optional_slug("topic", SLUG)),
            reason: is_given("reason").then(|| fields.optional_slug("reason", SLUG)),
            environment: is_given("environment").then(|| fields.environment()),
        }
    }

    fn apply(self, feedback: &mut FeedbackRow) {
        replace(&mut feedback.sentiment, self.sentiment);
        replace(&mut feedback.comment, self.comment);
        match &mut feedback.subject {
            FeedbackSubject::Message { topic, reason, .. } => {
                replace(topic, self.topic);
                replace(reason, self.reason);
            }
            FeedbackSubject::Agent { environment } => replace(environment, self.environment),
            FeedbackSubject::Conversation(_) => {}
        }
    }
}

impl Call<'_> {
    /// The feedback of that number, or 404.
    fn feedback(&self, number: Number) -> Result<&FeedbackRow, Refusal> {
        let feedback = number.0.and_then(|number| self.state.feedbacks.get(self.caller.agent, number));
        feedback.ok_or_else(|| Refusal::not_found("Feedback"))
    }
}
