use std::ops::Deref;

use agentsight_core::ItemKind;
use agentsight_model::{AgentMessage, Attachments, ButtonClick, HumanMessage, Message, NewAction, Sender};
use chrono::{DateTime, Utc};

/// What a test says it tracked: for each conversation its events, in the order in which they are to arrive.
///
/// Built by hand, from the drafts that were tracked, or from a transcript. The action that carries token usage is an
/// event too: [`token_usage`](ExpectedConversation::token_usage). A conversation that is not named has to be without
/// events, unless [`allow_others`](Self::allow_others).
///
/// ```
/// use agentsight_model::NewAction;
/// use agentsight_testkit::{Expected, FakeApi};
///
/// let expected = Expected::new()
///     .conversation("support-123")
///     .question("How do I reset my password?")
///     .event(&NewAction::new("database_lookup"))
///     .answer("Click 'Forgot password'.");
/// assert!(FakeApi::new().audit().check(&expected).is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expected {
    pub(super) conversations: Vec<(String, Vec<ExpectedEvent>)>,
    pub(super) others_allowed: bool,
}

/// [`Expected`], and the conversation whose events are being listed. A reference to it is one to an [`Expected`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedConversation {
    expected: Expected,
    open: usize,
}

/// One event as it is to arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedEvent {
    pub(super) kind: ItemKind,
    pub(super) text: Option<String>,
    pub(super) files: Vec<Option<String>>,
    pub(super) at: Option<DateTime<Utc>>,
}

impl Expected {
    /// Nothing at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What another service, or this one earlier, shows as the transcript of a conversation, stamps included.
    pub fn from_transcript<'a>(
        conversation_id: impl Into<String>,
        messages: impl IntoIterator<Item = &'a Message>,
    ) -> ExpectedConversation {
        Self::new().conversation(conversation_id).events(messages)
    }

    /// Lists the events of a conversation; named again, it is continued.
    #[must_use]
    pub fn conversation(mut self, conversation_id: impl Into<String>) -> ExpectedConversation {
        let id = conversation_id.into();
        let known = self.conversations.iter().position(|(known, _)| *known == id);
        let open = known.unwrap_or_else(|| {
            self.conversations.push((id, Vec::new()));
            self.conversations.len().saturating_sub(1)
        });
        ExpectedConversation { expected: self, open }
    }

    /// Conversations that are not named may hold anything.
    #[must_use]
    pub fn allow_others(mut self) -> Self {
        self.others_allowed = true;
        self
    }
}

impl ExpectedConversation {
    /// Next, a message of the person.
    #[must_use]
    pub fn question(self, content: impl Into<String>) -> Self {
        self.event(ExpectedEvent::new(ItemKind::Question).text(content))
    }

    /// Next, a message of the agent.
    #[must_use]
    pub fn answer(self, content: impl Into<String>) -> Self {
        self.event(ExpectedEvent::new(ItemKind::Answer).text(content))
    }

    /// Next, an action of this name.
    #[must_use]
    pub fn action(self, name: impl Into<String>) -> Self {
        self.event(ExpectedEvent::new(ItemKind::Action).text(name))
    }

    /// Next, the action that carries token usage (R8).
    #[must_use]
    pub fn token_usage(self) -> Self {
        self.action("token_usage")
    }

    /// Next, a click on the button with this label.
    #[must_use]
    pub fn button(self, label: impl Into<String>) -> Self {
        self.event(ExpectedEvent::new(ItemKind::Button).text(label))
    }

    /// Next, files that belong to no message.
    #[must_use]
    pub fn attachments(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.event(ExpectedEvent::new(ItemKind::Attachments).files(names))
    }

    /// Next, this event: an [`ExpectedEvent`], a draft by reference or a message of a transcript.
    #[must_use]
    pub fn event(mut self, event: impl Into<ExpectedEvent>) -> Self {
        if let Some((_, events)) = self.expected.conversations.get_mut(self.open) {
            events.push(event.into());
        }
        self
    }

    /// Next, these events.
    #[must_use]
    pub fn events(self, events: impl IntoIterator<Item = impl Into<ExpectedEvent>>) -> Self {
        events.into_iter().fold(self, Self::event)
    }

    /// Lists the events of another conversation.
    #[must_use]
    pub fn conversation(self, conversation_id: impl Into<String>) -> Self {
        self.expected.conversation(conversation_id)
    }

    /// Conversations that are not named may hold anything.
    #[must_use]
    pub fn allow_others(mut self) -> Self {
        self.expected.others_allowed = true;
        self
    }
}

impl Deref for ExpectedConversation {
    type Target = Expected;

    fn deref(&self) -> &Expected {
        &self.expected
    }
}

impl From<ExpectedConversation> for Expected {
    fn from(conversation: ExpectedConversation) -> Self {
        conversation.expected
    }
}

impl ExpectedEvent {
    /// Any event of this kind, without files.
    #[must_use]
    pub fn new(kind: ItemKind) -> Self {
        Self { kind, text: None, files: Vec::new(), at: None }
    }

    /// Only with this text: the content of a message, the name of an action or the label of a button. Space around it
    /// does not count.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Only with files of these names, in this order.
    #[must_use]
    pub fn files(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.files = names.into_iter().map(|name| Some(name.into())).collect();
        self
    }

    /// Only with this stamp.
    #[must_use]
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }

    fn draft(kind: ItemKind, text: &str, attachments: Option<&Attachments>) -> Self {
        let files = attachments.into_iter().flat_map(|attachments| &attachments.attachments);
        let files = files.map(|attachment| attachment.filename.clone()).collect();
        Self { files, ..Self::new(kind).text(text) }
    }
}

impl From<&HumanMessage> for ExpectedEvent {
    fn from(draft: &HumanMessage) -> Self {
        Self::draft(ItemKind::Question, &draft.content, draft.attachments.as_ref())
    }
}

impl From<&AgentMessage> for ExpectedEvent {
    fn from(draft: &AgentMessage) -> Self {
        Self::draft(ItemKind::Answer, &draft.content, draft.attachments.as_ref())
    }
}

impl From<&NewAction> for ExpectedEvent {
    fn from(draft: &NewAction) -> Self {
        Self::draft(ItemKind::Action, &draft.name, None)
    }
}

impl From<&ButtonClick> for ExpectedEvent {
    fn from(draft: &ButtonClick) -> Self {
        Self::draft(ItemKind::Button, &draft.label, None)
    }
}

impl From<&Attachments> for ExpectedEvent {
    fn from(draft: &Attachments) -> Self {
        Self { text: None, ..Self::draft(ItemKind::Attachments, "", Some(draft)) }
    }
}

impl From<&Message> for ExpectedEvent {
    fn from(message: &Message) -> Self {
        let files = message.attachments.iter().flatten().map(|file| file.filename.clone()).collect::<Vec<_>>();
        let event = match (&message.button, &message.action_name) {
            (Some(button), _) => Self { text: button.label.clone(), ..Self::new(ItemKind::Button) },
            (None, Some(name)) => Self::new(ItemKind::Action).text(name),
            (None, None) if message.content == "[Attachments]" && !files.is_empty() => Self::new(ItemKind::Attachments),
            (None, None) if message.sender == Sender::EndUser => Self::new(ItemKind::Question).text(&message.content),
            (None, None) => Self::new(ItemKind::Answer).text(&message.content),
        };
        Self { files, at: Some(message.timestamp), ..event }
    }
}
