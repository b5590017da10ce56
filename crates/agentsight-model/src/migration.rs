//! From a conversation that was read to drafts that can be tracked again, for a migration to another agent.

use serde::{Deserialize, Serialize};

use crate::{
    ActionLog, AgentMessage, Button, ButtonClick, Conversation, Feedback, HumanMessage, Message, MessageKind, Metadata,
    MetadataDraft, NewAction, NewConversation, NewFeedback, Sender,
};

/// A conversation as drafts: see [`Conversation::to_drafts`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationDrafts {
    /// The conversation's own record.
    pub conversation: NewConversation,
    /// Its messages, actions and clicks, in the order of the transcript.
    pub events: Vec<EventDraft>,
    /// What people thought of it.
    pub feedbacks: Vec<NewFeedback>,
}

/// Something that can be tracked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventDraft {
    /// A message of the person.
    HumanMessage(HumanMessage),
    /// A message of the agent.
    AgentMessage(AgentMessage),
    /// A run of an action; token counters are one named `token_usage` (R8).
    Action(NewAction),
    /// A click on a button.
    Button(ButtonClick),
}

impl Conversation {
    /// The conversation as drafts, each with its own time, to be tracked again elsewhere.
    ///
    /// Left out is what cannot be written: files, of which a row has no content, messages of other senders than the
    /// person and the agent, and what the service sets itself. Whatever a draft lacks, tracking refuses (R7).
    ///
    /// ```
    /// use agentsight_model::{Conversation, EventDraft};
    ///
    /// let json = r#"{"id": 42, "conversation_id": "support-123", "started_at": "2026-03-02T09:15:00Z", "messages": [
    ///     {"id": 101, "timestamp": "2026-03-02T09:15:05Z", "sender": "end_user", "content": "My screen is black."}
    /// ]}"#;
    /// let conversation: Conversation = serde_json::from_str(json)?;
    /// let drafts = conversation.to_drafts();
    /// assert_eq!(drafts.conversation.at, conversation.started_at);
    /// let [EventDraft::HumanMessage(message)] = drafts.events.as_slice() else { panic!("one message") };
    /// assert_eq!(message.content, "My screen is black.");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn to_drafts(&self) -> ConversationDrafts {
        ConversationDrafts {
            conversation: NewConversation::from(self),
            events: self.messages().iter().flat_map(Message::to_drafts).collect(),
            feedbacks: self.feedbacks().iter().map(NewFeedback::from).collect(),
        }
    }
}

impl Message {
    /// The message as drafts, each with its own time: one, or one for every run of an action, or none for what cannot be
    /// written (see [`Conversation::to_drafts`]).
    #[must_use]
    pub fn to_drafts(&self) -> Vec<EventDraft> {
        let metadata = draft_of(self.metadata.as_ref());
        match self.kind() {
            MessageKind::Action | MessageKind::TokenUsage if self.action_logs().is_empty() => {
                vec![EventDraft::Action(self.action(None))]
            }
            MessageKind::Action | MessageKind::TokenUsage => {
                self.action_logs().iter().map(|run| EventDraft::Action(self.action(Some(run)))).collect()
            }
            MessageKind::Button => self.button.iter().map(|button| EventDraft::Button(self.click(button))).collect(),
            MessageKind::Files | MessageKind::Other => Vec::new(),
            MessageKind::Question | MessageKind::Answer if self.sender == Sender::EndUser => {
                let message = HumanMessage::new(&self.content).at(self.timestamp);
                vec![EventDraft::HumanMessage(HumanMessage { metadata, ..message })]
            }
            MessageKind::Question | MessageKind::Answer => {
                let message = AgentMessage::new(&self.content).at(self.timestamp);
                vec![EventDraft::AgentMessage(AgentMessage { metadata, ..message })]
            }
        }
    }

    fn action(&self, run: Option<&ActionLog>) -> NewAction {
        let name = self.action_name.as_deref().unwrap_or(&self.content);
        let metadata = run.and_then(|run| run.metadata.as_ref()).or(self.metadata.as_ref());
        let action = NewAction { metadata: draft_of(metadata), ..NewAction::new(name).at(self.timestamp) };
        let Some(run) = run else { return action };
        NewAction {
            started_at: run.started_at,
            ended_at: run.ended_at,
            duration_ms: run.duration_ms.clone(),
            tools_used: run.tools_used.clone(),
            response: run.response.clone(),
            error_message: run.error().map(ToOwned::to_owned),
            ..action
        }
    }

    fn click(&self, button: &Button) -> ButtonClick {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let click = ButtonClick::new(text(&button.button_event), text(&button.label), text(&button.value));
        let metadata = draft_of(button.metadata.as_ref().or(self.metadata.as_ref()));
        ButtonClick { metadata, ..click.at(button.timestamp.unwrap_or(self.timestamp)) }
    }
}

/// The record of a conversation that was read. Its channel is not shown by the service.
impl From<&Conversation> for NewConversation {
    fn from(row: &Conversation) -> Self {
        Self {
            customer_id: row.customer_id.clone(),
            customer_ip_address: row.customer_ip_address.clone(),
            device: row.device.clone(),
            language: row.language.clone(),
            name: row.name.clone(),
            environment: row.environment.clone(),
            metadata: draft_of(row.metadata.as_ref()),
            at: row.started_at,
            ..Self::new(&row.conversation_id)
        }
    }
}

/// A verdict that was read.
impl From<&Feedback> for NewFeedback {
    fn from(row: &Feedback) -> Self {
        Self {
            comment: row.comment.clone(),
            metadata: draft_of(row.metadata.as_ref()),
            ..Self::new(row.sentiment.clone())
        }
    }
}

fn draft_of(metadata: Option<&Metadata>) -> MetadataDraft {
    metadata.and_then(Metadata::as_map).cloned().map(MetadataDraft::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn conversation() -> Result<Conversation, serde_json::Error> {
        serde_json::from_value(json!({
            "id": 42, "conversation_id": "support-123", "customer_id": "user-456", "device": "mobile",
            "environment": "production", "started_at": "2026-03-02T09:15:00Z", "metadata": "{\"tier\": \"premium\"}",
            "messages": [
                {"id": 1, "timestamp": "2026-03-02T09:15:01Z", "sender": "end_user", "content": "one", "metadata": {"a": 1}},
                {"id": 2, "timestamp": "2026-03-02T09:15:02Z", "sender": "agent", "content": "two"},
                {"id": 3, "timestamp": "2026-03-02T09:15:03Z", "sender": "agent", "content": "lookup",
                 "action_name": "lookup", "action_logs": [
                    {"id": 7, "duration_ms": "150.5", "tools_used": {"database": "x"}, "error_message": ""}]},
                {"id": 4, "timestamp": "2026-03-02T09:15:04Z", "sender": "end_user", "content": "",
                 "button": {"button_event": "confirm", "label": "Yes", "value": "y"}},
                {"id": 5, "timestamp": "2026-03-02T09:15:05Z", "sender": "end_user", "content": "",
                 "attachments": [{"id": 9}]},
                {"id": 6, "timestamp": "2026-03-02T09:15:06Z", "sender": "system", "content": "three"},
                {"id": 8, "timestamp": "2026-03-02T09:15:07Z", "sender": "agent", "content": "token_usage",
                 "action_name": "token_usage", "metadata": {"prompt_tokens": 3}},
            ],
            "feedbacks": [{"id": 1, "sentiment": "positive", "comment": "good"}],
        }))
    }

    #[test]
    fn r6_a_conversation_that_was_read_becomes_drafts_with_their_times() -> Result<(), serde_json::Error> {
        let row = conversation()?;
        let drafts = row.to_drafts();
        let record = NewConversation::new("support-123").customer_id("user-456").device("mobile");
        let record = record.environment("production").metadata("tier", "premium");
        assert_eq!(drafts.conversation, NewConversation { at: row.started_at, ..record });
        let at = |index: usize| row.messages()[index].timestamp;
        assert_eq!(
            drafts.events,
            [
                EventDraft::HumanMessage(HumanMessage::new("one").metadata("a", 1).at(at(0))),
                EventDraft::AgentMessage(AgentMessage::new("two").at(at(1))),
                EventDraft::Action(NewAction {
                    duration_ms: row.messages()[2].action_logs()[0].duration_ms.clone(),
                    ..NewAction::new("lookup").tools_used(json!({"database": "x"})).at(at(2))
                }),
                EventDraft::Button(ButtonClick::new("confirm", "Yes", "y").at(at(3))),
                EventDraft::Action(NewAction::new("token_usage").metadata("prompt_tokens", 3).at(at(6))),
            ]
        );
        assert_eq!(drafts.feedbacks, [NewFeedback::new("positive".into()).comment("good")]);
        Ok(())
    }

    #[test]
    fn drafts_are_written_and_read_back() -> Result<(), serde_json::Error> {
        let drafts = conversation()?.to_drafts();
        let written = serde_json::to_value(&drafts)?;
        assert_eq!(serde_json::from_value::<ConversationDrafts>(written)?, drafts);
        Ok(())
    }

    #[test]
    fn r22_a_row_with_nothing_in_it_becomes_drafts_too() {
        let row = Conversation::new(1, "c").with_metadata(Metadata::from(Value::from(7)));
        let drafts = row.to_drafts();
        assert_eq!(drafts.conversation, NewConversation::new("c"));
        assert!(drafts.events.is_empty() && drafts.feedbacks.is_empty());
    }
}
