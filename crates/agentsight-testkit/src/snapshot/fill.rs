use agentsight_model::ConversationRecord;
use chrono::{DateTime, Utc};

use super::document::{ConversationDocument, FileDocument, MessageDocument};
use super::{InvalidSnapshot, Snapshot};
use crate::api::{
    ActionLogRow, ButtonRow, ConversationRow, FeedbackRow, FileRow, LastNumbers, MessageRow, State, Table, verbatim,
};
use crate::key::DEFAULT_AGENT;

impl Snapshot {
    /// A state that holds what the snapshot does. What has no number gets one beyond all that are given.
    pub(crate) fn to_state(&self, now: DateTime<Utc>) -> Result<State, InvalidSnapshot> {
        let mut numbers = self.numbers.clone();
        for action in &self.actions {
            raise(&mut numbers, Table::Actions, action.id);
        }
        for conversation in &self.conversations {
            conversation.raise(&mut numbers);
        }
        let mut state = State::numbered_after(numbers);
        let mut filling = Filling { state: &mut state, now, taken: Taken::Refused };
        for (index, action) in self.actions.iter().enumerate() {
            let agent = action.agent.unwrap_or(DEFAULT_AGENT);
            let number = filling.number(Table::Actions, action.id);
            let number = number.map_err(|error| error.within(format!("actions[{index}]")))?;
            filling.state.add_action(agent, &action.name, number);
        }
        for (index, conversation) in self.conversations.iter().enumerate() {
            let mut add = || {
                let agent = conversation.agent.unwrap_or(DEFAULT_AGENT);
                if filling.state.find_conversation(agent, &conversation.conversation_id).is_some() {
                    let problem = "the agent has a conversation of that text id before this one; take one of them out";
                    return Err(InvalidSnapshot::new("conversation_id", problem));
                }
                conversation.check_files()?;
                filling.add(agent, conversation)
            };
            add().map_err(|error| error.within(format!("conversations[{index}]")))?;
        }
        Ok(state)
    }
}

/// Puts documents into a state.
pub(crate) struct Filling<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now: DateTime<Utc>,
    pub(crate) taken: Taken,
}

/// What becomes of a number that another row has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taken {
    /// The document is wrong.
    Refused,
    /// The row gets a new one. The document then cannot be wrong.
    Renumbered,
}

impl Filling<'_> {
    pub(crate) fn add(&mut self, agent: u64, document: &ConversationDocument) -> Result<u64, InvalidSnapshot> {
        let number = self.number(Table::Conversations, document.id)?;
        let number = self.state.add_conversation(document.row(agent, number, self.now));
        for (index, message) in document.messages.iter().enumerate() {
            let added = self.add_message(agent, number, message);
            added.map_err(|error| error.within(format!("messages[{index}]")))?;
        }
        for (index, feedback) in document.feedbacks.iter().enumerate() {
            let own = self.number(Table::Feedbacks, feedback.id);
            let own = own.map_err(|error| error.within(format!("feedbacks[{index}]")))?;
            self.state.add_feedback(FeedbackRow {
                number: own,
                conversation: number,
                sentiment: feedback.sentiment.clone(),
                comment: feedback.comment.clone().unwrap_or_default(),
                metadata: feedback.metadata.clone(),
                created_at: feedback.created_at.unwrap_or_else(|| document.last_time(self.now)),
            });
        }
        Ok(number)
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
            let number = self.number(Table::Files, file.id);
            let number = number.map_err(|error| error.within(format!("attachments[{index}]")))?;
            self.state.add_file(FileRow {
                number,
                message,
                filename: file.filename.clone(),
                mime_type: file.mime_type.clone(),
                bytes: file.data.clone().unwrap_or_default(),
            });
        }
        for (index, log) in document.action_logs.iter().enumerate() {
            let number = self.number(Table::ActionLogs, log.id);
            let number = number.map_err(|error| error.within(format!("action_logs[{index}]")))?;
            let action = match log.action.filter(|action| self.knows_action(agent, *action)) {
                Some(action) => action,
                None => self.state.action(agent, document.action_name.as_deref().unwrap_or(&document.content)),
            };
            self.state.add_action_log(ActionLogRow {
                number,
                action,
                message,
                started_at: log.started_at,
                ended_at: log.ended_at,
                duration_ms: log.duration_ms.clone(),
                tools_used: log.tools_used.clone(),
                response: log.response.clone(),
                error_message: log.error_message.clone().unwrap_or_default(),
                metadata: log.metadata.clone(),
            });
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
        Ok(())
    }

    /// The number that a new row has, 0 for one that is still to get it.
    fn number(&self, table: Table, given: Option<u64>) -> Result<u64, InvalidSnapshot> {
        match (given, self.taken) {
            (None, _) => Ok(0),
            (Some(number), _) if !self.state.has(table, number) => Ok(number),
            (Some(_), Taken::Renumbered) => Ok(0),
            (Some(_), Taken::Refused) => Err(InvalidSnapshot::new(
                "id",
                "another row has that number; change it, or leave it out to get a new one",
            )),
        }
    }

    /// What a seed says about numbers of actions is another service's matter.
    fn knows_action(&self, agent: u64, action: u64) -> bool {
        matches!(self.taken, Taken::Refused)
            && self.state.actions().any(|(of, _, number)| (of, number) == (agent, action))
    }
}

impl ConversationDocument {
    /// Whether the content of every file is there.
    pub(crate) fn check_files(&self) -> Result<(), InvalidSnapshot> {
        for (index, message) in self.messages.iter().enumerate() {
            for (file, attachment) in message.attachments.iter().enumerate() {
                if attachment.data.is_none() {
                    return Err(FileDocument::without_data().within(format!("messages[{index}].attachments[{file}]")));
                }
            }
        }
        Ok(())
    }

    fn row(&self, agent: u64, number: u64, now: DateTime<Utc>) -> ConversationRow {
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
        row.record.id = number;
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

    fn raise(&self, numbers: &mut LastNumbers) {
        raise(numbers, Table::Conversations, self.id);
        for feedback in &self.feedbacks {
            raise(numbers, Table::Feedbacks, feedback.id);
        }
        for message in &self.messages {
            raise(numbers, Table::Messages, message.id);
            for file in &message.attachments {
                raise(numbers, Table::Files, file.id);
            }
            for log in &message.action_logs {
                raise(numbers, Table::ActionLogs, log.id);
            }
            raise(numbers, Table::Buttons, message.button.as_ref().and_then(|button| button.id));
        }
    }
}

impl MessageDocument {
    fn holds_files(&self) -> bool {
        self.holds_files.unwrap_or_else(|| self.content == "[Attachments]" && !self.attachments.is_empty())
    }
}

impl FileDocument {
    fn without_data() -> InvalidSnapshot {
        let problem = "the content is missing: an export has only an address, which expires. Add it as base64, or take \
                       the attachment out";
        InvalidSnapshot::new("data", problem)
    }
}

fn raise(numbers: &mut LastNumbers, table: Table, number: Option<u64>) {
    let last = numbers.of(table);
    *last = (*last).max(number.unwrap_or_default());
}
