use agentsight_model::ConversationRecord;
use chrono::{DateTime, Utc};

use super::document::{
    ActionDocument, ActionLogDocument, ConversationDocument, FeedbackDocument, FileDocument, MessageDocument,
};
use super::{InvalidSnapshot, Snapshot};
use crate::api::{
    ActionLogRow, ActionRow, ButtonRow, ConversationRow, FeedbackRow, FeedbackSubject, FileRow, LastNumbers,
    MessageRow, State, Table, verbatim,
};
use crate::key::DEFAULT_AGENT;

impl Snapshot {
    /// A state that holds what the snapshot does. What has no number gets one beyond all that are given.
    pub(crate) fn to_state(&self, now: DateTime<Utc>) -> Result<State, InvalidSnapshot> {
        let mut state = State::default();
        state.number_beyond(self.greatest_numbers());
        let mut filling = Filling { state: &mut state, now, numbers: Numbers::Own };
        for (index, action) in self.actions.iter().enumerate() {
            filling.add_action(action).map_err(|error| error.within(format!("actions[{index}]")))?;
        }
        for (index, conversation) in self.conversations.iter().enumerate() {
            let added = filling.add_checked(conversation);
            added.map_err(|error| error.within(format!("conversations[{index}]")))?;
        }
        for (index, feedback) in self.feedbacks.iter().enumerate() {
            let agent = feedback.agent.unwrap_or(DEFAULT_AGENT);
            let subject = FeedbackSubject::Agent { environment: feedback.environment.clone() };
            let added = filling.add_feedback(feedback, agent, subject, now);
            added.map_err(|error| error.within(format!("feedbacks[{index}]")))?;
        }
        Ok(state)
    }

    fn greatest_numbers(&self) -> LastNumbers {
        let mut numbers = self.numbers.clone();
        for action in &self.actions {
            raise(&mut numbers, Table::Actions, action.id);
        }
        for feedback in &self.feedbacks {
            raise(&mut numbers, Table::Feedbacks, feedback.id);
        }
        for conversation in &self.conversations {
            raise(&mut numbers, Table::Conversations, conversation.id);
            for feedback in &conversation.feedbacks {
                raise(&mut numbers, Table::Feedbacks, feedback.id);
            }
            for message in &conversation.messages {
                message.raise(&mut numbers);
            }
        }
        numbers
    }
}

/// Puts documents into a state.
pub(super) struct Filling<'a> {
    pub(super) state: &'a mut State,
    pub(super) now: DateTime<Utc>,
    pub(super) numbers: Numbers,
}

/// What becomes of the numbers in a document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers {
    /// They are kept; two rows with the same one are refused.
    Own,
    /// They were given elsewhere, and new ones are given here. Nothing is refused then.
    New,
}

impl Filling<'_> {
    /// Adds a conversation of a snapshot.
    fn add_checked(&mut self, document: &ConversationDocument) -> Result<u64, InvalidSnapshot> {
        let agent = document.agent.unwrap_or(DEFAULT_AGENT);
        if self.state.find_conversation(agent, &document.conversation_id).is_some() {
            let problem = "the agent has a conversation of that text id before this one; take one of them out";
            return Err(InvalidSnapshot::new("conversation_id", problem));
        }
        document.check_files()?;
        self.add(agent, document)
    }

    pub(super) fn add(&mut self, agent: u64, document: &ConversationDocument) -> Result<u64, InvalidSnapshot> {
        let mut row = document.row(agent, self.now);
        row.record.id = self.number(Table::Conversations, document.id)?;
        let number = self.state.add_conversation(row);
        for (index, message) in document.messages.iter().enumerate() {
            let added = self.add_message(agent, number, message);
            added.map_err(|error| error.within(format!("messages[{index}]")))?;
        }
        for (index, feedback) in document.feedbacks.iter().enumerate() {
            let subject = FeedbackSubject::Conversation(number);
            let added = self.add_feedback(feedback, agent, subject, document.last_time(self.now));
            added.map_err(|error| error.within(format!("feedbacks[{index}]")))?;
        }
        Ok(number)
    }

    fn add_action(&mut self, document: &ActionDocument) -> Result<(), InvalidSnapshot> {
        let agent = document.agent.unwrap_or(DEFAULT_AGENT);
        if self.state.actions.find(agent, &document.name).is_some() {
            let problem = "the agent has an action of that name before this one; take one of them out";
            return Err(InvalidSnapshot::new("name", problem));
        }
        let mut row = ActionRow::new(agent, document.name.clone());
        row.number = self.number(Table::Actions, document.id)?;
        if let Some(display_name) = &document.display_name {
            row.display_name.clone_from(display_name);
        }
        if let Some(description) = &document.description {
            row.description.clone_from(description);
        }
        self.state.add_action(row);
        Ok(())
    }

    fn add_message(
        &mut self,
        agent: u64,
        conversation: u64,
        document: &MessageDocument,
    ) -> Result<(), InvalidSnapshot> {
        let mut row = MessageRow::new(conversation, document.timestamp, document.sender, document.content.clone());
        row.number = self.number(Table::Messages, document.id)?;
        row.holds_files = document.holds_files();
        row.action_name = document.action_name.clone();
        row.metadata = document.metadata.clone();
        let message = self.state.add_message(row);
        for (index, file) in document.attachments.iter().enumerate() {
            let added = self.add_file(message, file);
            added.map_err(|error| error.within(format!("attachments[{index}]")))?;
        }
        for (index, log) in document.action_logs.iter().enumerate() {
            let name = document.action_name.as_deref().unwrap_or(&document.content);
            let added = self.add_action_log(agent, message, name, log);
            added.map_err(|error| error.within(format!("action_logs[{index}]")))?;
        }
        if let Some(button) = &document.button {
            let number = self.number(Table::Buttons, button.id).map_err(|error| error.within("button"))?;
            self.state.add_button(ButtonRow {
                number,
                message,
                button_event: button.button_event.clone(),
                label: button.label.clone(),
                value: button.value.clone(),
                metadata: button.metadata.clone(),
            });
        }
        if let Some(vote) = &document.feedback {
            let (topic, reason) = (vote.topic.clone(), vote.reason.clone());
            let subject = FeedbackSubject::Message { message, conversation, topic, reason };
            let added = self.add_feedback(vote, agent, subject, document.timestamp);
            added.map_err(|error| error.within("feedback"))?;
        }
        Ok(())
    }

    fn add_file(&mut self, message: u64, document: &FileDocument) -> Result<(), InvalidSnapshot> {
        let number = self.number(Table::Files, document.id)?;
        self.state.add_file(FileRow {
            number,
            message,
            filename: document.filename.clone(),
            mime_type: document.mime_type.clone(),
            bytes: document.data.clone().unwrap_or_default(),
        });
        Ok(())
    }

    /// An action that was renamed since has other names in its older messages: its number counts.
    fn add_action_log(
        &mut self,
        agent: u64,
        message: u64,
        name: &str,
        document: &ActionLogDocument,
    ) -> Result<(), InvalidSnapshot> {
        let own = document.action.filter(|_| matches!(self.numbers, Numbers::Own));
        let action = match own.filter(|number| self.state.actions.get(agent, *number).is_some()) {
            Some(action) => action,
            None => self.state.action(agent, name),
        };
        let number = self.number(Table::ActionLogs, document.id)?;
        self.state.add_action_log(ActionLogRow {
            number,
            action,
            message,
            started_at: document.started_at,
            ended_at: document.ended_at,
            duration_ms: document.duration_ms.clone(),
            tools_used: document.tools_used.clone(),
            response: document.response.clone(),
            error_message: document.error_message.clone().unwrap_or_default(),
            metadata: document.metadata.clone(),
        });
        Ok(())
    }

    fn add_feedback(
        &mut self,
        document: &FeedbackDocument,
        agent: u64,
        subject: FeedbackSubject,
        at: DateTime<Utc>,
    ) -> Result<(), InvalidSnapshot> {
        let created_at = document.created_at.unwrap_or(at);
        let mut row = FeedbackRow::new(agent, subject, document.sentiment.clone(), created_at);
        row.number = self.number(Table::Feedbacks, document.id)?;
        row.comment = document.comment.clone().unwrap_or_default();
        row.metadata = document.metadata.clone();
        self.state.add_feedback(row);
        Ok(())
    }

    /// The number that a new row brings, 0 for one that is still to get it.
    fn number(&self, table: Table, given: Option<u64>) -> Result<u64, InvalidSnapshot> {
        match (self.numbers, given) {
            (Numbers::New, _) | (_, None) => Ok(0),
            (Numbers::Own, Some(number)) if !self.state.has(table, number) => Ok(number),
            (Numbers::Own, Some(_)) => {
                let problem = "another row has that number; change it, or leave it out to have one given";
                Err(InvalidSnapshot::new("id", problem))
            }
        }
    }
}

impl ConversationDocument {
    /// Whether the content of every file is there.
    pub(super) fn check_files(&self) -> Result<(), InvalidSnapshot> {
        for (index, message) in self.messages.iter().enumerate() {
            if let Some(file) = message.attachments.iter().position(|file| file.data.is_none()) {
                let path = format!("messages[{index}].attachments[{file}].data");
                let problem = "the content is missing: an export has only an address, which expires. Add it as \
                               base64, or take the attachment out";
                return Err(InvalidSnapshot::new(path, problem));
            }
        }
        Ok(())
    }

    fn row(&self, agent: u64, now: DateTime<Utc>) -> ConversationRow {
        let started_at = self.started_at.or_else(|| self.times().min()).unwrap_or(now);
        let mut record = ConversationRecord::new(self.conversation_id.clone());
        record.timestamp = Some(started_at.into());
        record.name = self.name.clone();
        record.customer_id = self.customer_id.clone();
        record.customer_ip_address = self.customer_ip_address.clone();
        record.device = self.device.clone().map(verbatim);
        record.language = self.language.clone();
        record.environment = self.environment.clone().map(verbatim);
        record.metadata = self.metadata.clone();
        record.is_used = self.is_used;
        let mut row = ConversationRow::new(agent, record, now);
        row.record.ended_at = row.record.ended_at.max(self.ended_at);
        row.record.is_marked = Some(self.is_marked.unwrap_or_default());
        row.record.deleted_at = match self.deleted_at {
            None if self.is_deleted == Some(true) => Some(self.last_time(now)),
            deleted_at => deleted_at,
        };
        row
    }

    fn times(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.messages.iter().map(|message| message.timestamp)
    }

    fn last_time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.times().chain(self.started_at).chain(self.ended_at).max().unwrap_or(now)
    }
}

impl MessageDocument {
    fn holds_files(&self) -> bool {
        self.holds_files.unwrap_or_else(|| self.content == "[Attachments]" && !self.attachments.is_empty())
    }

    fn raise(&self, numbers: &mut LastNumbers) {
        raise(numbers, Table::Messages, self.id);
        for file in &self.attachments {
            raise(numbers, Table::Files, file.id);
        }
        for log in &self.action_logs {
            raise(numbers, Table::ActionLogs, log.id);
        }
        raise(numbers, Table::Buttons, self.button.as_ref().and_then(|button| button.id));
        raise(numbers, Table::Feedbacks, self.feedback.as_ref().and_then(|vote| vote.id));
    }
}

fn raise(numbers: &mut LastNumbers, table: Table, number: Option<u64>) {
    let last = numbers.of(table);
    *last = (*last).max(number.unwrap_or_default());
}
