use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use agentsight_model::Conversation;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::action_table::ActionTable;
use super::feedback_table::FeedbackTable;
use super::recent_rows::RecentRows;
use super::rows::{
    ActionLogRow, ActionRow, ButtonRow, ConversationRow, FeedbackRow, FeedbackSubject, FileRow, MessageRow,
};
use super::rows_by_number::RowsByNumber;

/// Everything the service stores, with an index for each way in: by number, by (agent, text id), by customer.
#[derive(Debug, Default)]
pub(crate) struct State {
    conversations: RowsByNumber<ConversationRow>,
    by_text: HashMap<u64, HashMap<String, u64>>,
    by_customer: HashMap<u64, HashMap<String, BTreeSet<u64>>>,
    messages: RowsByNumber<MessageRow>,
    pub(crate) actions: ActionTable,
    action_logs: BTreeMap<u64, ActionLogRow>,
    buttons: BTreeMap<u64, ButtonRow>,
    files: BTreeMap<u64, FileRow>,
    pub(crate) feedbacks: FeedbackTable,
    last: LastNumbers,
    /// What reads do not show yet.
    pub(crate) recent: RecentRows,
}

/// The greatest number of a row: beyond it JavaScript, and whatever else reads numbers as it does, confuses two rows.
pub(crate) const GREATEST_NUMBER: u64 = (1 << 53) - 1;

/// The numbers given last. Each table starts elsewhere, so that a number taken for another table's finds nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LastNumbers {
    #[serde(deserialize_with = "last_number")]
    pub(crate) conversation: u64,
    #[serde(deserialize_with = "last_number")]
    pub(crate) message: u64,
    #[serde(deserialize_with = "last_number")]
    pub(crate) action: u64,
    #[serde(deserialize_with = "last_number")]
    pub(crate) action_log: u64,
    #[serde(deserialize_with = "last_number")]
    pub(crate) button: u64,
    #[serde(deserialize_with = "last_number")]
    pub(crate) file: u64,
    #[serde(deserialize_with = "last_number")]
    pub(crate) feedback: u64,
}

/// Where rows are kept, each under its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Conversations,
    Messages,
    Actions,
    ActionLogs,
    Buttons,
    Files,
    Feedbacks,
}

impl Default for LastNumbers {
    fn default() -> Self {
        Self {
            conversation: 0,
            message: 1_000_000,
            action: 2_000_000,
            action_log: 3_000_000,
            button: 4_000_000,
            file: 5_000_000,
            feedback: 6_000_000,
        }
    }
}

impl LastNumbers {
    /// The last number of a table.
    pub(crate) fn of(&mut self, table: Table) -> &mut u64 {
        match table {
            Table::Conversations => &mut self.conversation,
            Table::Messages => &mut self.message,
            Table::Actions => &mut self.action,
            Table::ActionLogs => &mut self.action_log,
            Table::Buttons => &mut self.button,
            Table::Files => &mut self.file,
            Table::Feedbacks => &mut self.feedback,
        }
    }
}

impl State {
    /// Has new rows numbered beyond these.
    pub(crate) fn number_beyond(&mut self, last: LastNumbers) {
        self.last = last;
    }

    pub(crate) fn last_numbers(&self) -> &LastNumbers {
        &self.last
    }

    /// The number of a new row: its own if it has one, which later rows then go beyond, else the next. Once the greatest
    /// was given, it is the first that is free.
    fn take_number(&mut self, table: Table, own: u64) -> u64 {
        let last = self.last.of(table);
        if own != 0 {
            *last = (*last).max(own);
            return own;
        }
        if *last < GREATEST_NUMBER {
            *last += 1;
            return *last;
        }
        let begin = *LastNumbers::default().of(table);
        // No memory holds so many rows that none is free.
        (begin + 1..GREATEST_NUMBER).find(|number| !self.has(table, *number)).unwrap_or(GREATEST_NUMBER)
    }

    /// Whether a table has a row of that number.
    pub(crate) fn has(&self, table: Table, number: u64) -> bool {
        match table {
            Table::Conversations => self.conversations.contains(&number),
            Table::Messages => self.messages.contains(&number),
            Table::Actions => self.actions.has(number),
            Table::ActionLogs => self.action_logs.contains_key(&number),
            Table::Buttons => self.buttons.contains_key(&number),
            Table::Files => self.files.contains_key(&number),
            Table::Feedbacks => self.feedbacks.get_of_any_agent(number).is_some(),
        }
    }

    /// Every conversation of every agent, by number.
    pub(crate) fn conversations(&self) -> impl DoubleEndedIterator<Item = &ConversationRow> {
        self.conversations.values()
    }

    #[cfg(feature = "cli")]
    pub(crate) fn conversations_count(&self) -> usize {
        self.conversations.len()
    }

    /// Every agent that has conversations.
    #[cfg(feature = "cli")]
    pub(crate) fn agents(&self) -> impl Iterator<Item = u64> {
        self.by_text.keys().copied()
    }

    /// The conversations of an agent, by number.
    pub(crate) fn conversations_of(&self, agent: u64) -> impl Iterator<Item = &ConversationRow> {
        self.conversations.values().filter(move |row| row.agent == agent)
    }

    pub(crate) fn feedbacks_of<'a>(&'a self, row: &'a ConversationRow) -> impl Iterator<Item = &'a FeedbackRow> {
        row.feedbacks.iter().filter_map(|number| self.feedbacks.get_of_any_agent(*number))
    }

    /// The conversation of that number, if it is this agent's.
    pub(crate) fn conversation(&self, agent: u64, number: u64) -> Option<&ConversationRow> {
        self.conversations.get(&number).filter(|row| row.agent == agent)
    }

    pub(crate) fn conversation_of_any_agent(&self, number: u64) -> Option<&ConversationRow> {
        self.conversations.get(&number)
    }

    pub(crate) fn find_conversation(&self, agent: u64, conversation_id: &str) -> Option<&ConversationRow> {
        self.conversations.get(self.by_text.get(&agent)?.get(conversation_id)?)
    }

    pub(crate) fn conversations_of_customer(
        &self,
        agent: u64,
        customer: &str,
    ) -> impl Iterator<Item = &ConversationRow> {
        let numbers = self.by_customer.get(&agent).and_then(|customers| customers.get(customer));
        numbers.into_iter().flatten().filter_map(|number| self.conversations.get(number))
    }

    pub(crate) fn add_conversation(&mut self, mut row: ConversationRow) -> u64 {
        let number = self.take_number(Table::Conversations, row.record.id);
        row.record.id = number;
        self.by_text.entry(row.agent).or_default().insert(row.record.conversation_id.clone(), number);
        if let Some(customer) = &row.record.customer_id {
            self.by_customer.entry(row.agent).or_default().entry(customer.clone()).or_default().insert(number);
        }
        self.conversations.insert(number, row);
        number
    }

    /// Changes the columns of a row, and keeps the index of customers right.
    pub(crate) fn change_conversation(&mut self, number: u64, change: impl FnOnce(&mut Conversation)) {
        let Some(row) = self.conversations.get_mut(&number) else { return };
        let before = row.record.customer_id.clone();
        change(&mut row.record);
        if before == row.record.customer_id {
            return;
        }
        let customers = self.by_customer.entry(row.agent).or_default();
        if let Some(customer) = before
            && let Entry::Occupied(mut numbers) = customers.entry(customer)
        {
            numbers.get_mut().remove(&number);
            if numbers.get().is_empty() {
                numbers.remove();
            }
        }
        if let Some(customer) = &row.record.customer_id {
            customers.entry(customer.clone()).or_default().insert(number);
        }
    }

    pub(crate) fn message(&self, agent: u64, number: u64) -> Option<&MessageRow> {
        self.messages.get(&number).filter(|message| self.conversation(agent, message.conversation).is_some())
    }

    /// Every message of every conversation, by number.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &MessageRow> {
        self.messages.values()
    }

    pub(crate) fn messages_count(&self) -> usize {
        self.messages.len()
    }

    /// The messages of a conversation, in the order of its transcript.
    pub(crate) fn transcript<'a>(&'a self, row: &'a ConversationRow) -> impl Iterator<Item = &'a MessageRow> {
        row.messages.iter().filter_map(|(_, number)| self.messages.get(number))
    }

    /// Stores a message; the conversation ends no earlier than it (wire: part 3, 11).
    pub(crate) fn add_message(&mut self, mut message: MessageRow) -> u64 {
        let number = self.take_number(Table::Messages, message.number);
        message.number = number;
        if let Some(row) = self.conversations.get_mut(&message.conversation) {
            row.messages.insert((message.timestamp, number));
            row.record.ended_at = row.record.ended_at.max(Some(message.timestamp));
        }
        self.messages.insert(number, message);
        number
    }

    pub(crate) fn change_message(&mut self, number: u64, change: impl FnOnce(&mut MessageRow)) {
        if let Some(message) = self.messages.get_mut(&number) {
            change(message);
        }
    }

    /// Removes a message with all that hangs on it; the conversation then ends with the message before.
    pub(crate) fn remove_message(&mut self, number: u64) {
        let Some(message) = self.messages.remove(&number) else { return };
        for log in &message.action_logs {
            self.action_logs.remove(log);
        }
        for file in &message.files {
            self.files.remove(file);
        }
        if let Some(button) = message.button {
            self.buttons.remove(&button);
        }
        self.feedbacks.remove_vote_on(number);
        if let Some(row) = self.conversations.get_mut(&message.conversation) {
            row.messages.remove(&(message.timestamp, number));
            let last = row.messages.last().map(|(time, _)| *time);
            row.record.ended_at = row.record.started_at.max(last);
        }
    }

    /// The number of an agent's action of that name, which its first use creates.
    pub(crate) fn action(&mut self, agent: u64, name: &str) -> u64 {
        match self.actions.find(agent, name) {
            Some(action) => action.number,
            None => self.add_action(ActionRow::new(agent, name.to_owned())),
        }
    }

    pub(crate) fn add_action(&mut self, mut action: ActionRow) -> u64 {
        let number = self.take_number(Table::Actions, action.number);
        action.number = number;
        self.actions.insert(action);
        number
    }

    /// The runs of an action, the first of them first.
    pub(crate) fn action_logs_of_action(&self, action: u64) -> impl Iterator<Item = &ActionLogRow> {
        self.action_logs.values().filter(move |log| log.action == action)
    }

    pub(crate) fn action_logs_of<'a>(&'a self, message: &'a MessageRow) -> impl Iterator<Item = &'a ActionLogRow> {
        message.action_logs.iter().filter_map(|number| self.action_logs.get(number))
    }

    pub(crate) fn add_action_log(&mut self, mut log: ActionLogRow) -> &ActionLogRow {
        log.number = self.take_number(Table::ActionLogs, log.number);
        self.change_message(log.message, |message| message.action_logs.push(log.number));
        self.action_logs.entry(log.number).or_insert(log)
    }

    pub(crate) fn button_of(&self, message: &MessageRow) -> Option<&ButtonRow> {
        self.buttons.get(&message.button?)
    }

    /// The buttons of an agent, the newest first.
    pub(crate) fn buttons_of(&self, agent: u64) -> impl Iterator<Item = &ButtonRow> {
        self.buttons.values().rev().filter(move |button| self.message(agent, button.message).is_some())
    }

    pub(crate) fn add_button(&mut self, mut button: ButtonRow) -> &ButtonRow {
        button.number = self.take_number(Table::Buttons, button.number);
        self.change_message(button.message, |message| message.button = Some(button.number));
        self.buttons.entry(button.number).or_insert(button)
    }

    /// The file of that number, whichever agent's it is: a signature opens it, not a key.
    pub(crate) fn file(&self, number: u64) -> Option<&FileRow> {
        self.files.get(&number)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &FileRow> {
        self.files.values()
    }

    pub(crate) fn files_of<'a>(&'a self, message: &'a MessageRow) -> impl Iterator<Item = &'a FileRow> {
        message.files.iter().filter_map(|number| self.files.get(number))
    }

    pub(crate) fn add_file(&mut self, mut file: FileRow) -> u64 {
        let number = self.take_number(Table::Files, file.number);
        file.number = number;
        self.change_message(file.message, |message| message.files.push(number));
        self.files.insert(number, file);
        number
    }

    pub(crate) fn add_feedback(&mut self, mut feedback: FeedbackRow) -> u64 {
        let number = self.take_number(Table::Feedbacks, feedback.number);
        feedback.number = number;
        if let FeedbackSubject::Conversation(conversation) = feedback.subject
            && let Some(row) = self.conversations.get_mut(&conversation)
        {
            row.feedbacks.push(number);
        }
        self.feedbacks.insert(feedback);
        number
    }

    /// Where the conversation is that feedback is about; what is said of the agent names it itself (wire: 1.14).
    pub(crate) fn environment_of<'a>(&'a self, feedback: &'a FeedbackRow) -> Option<&'a str> {
        match &feedback.subject {
            FeedbackSubject::Agent { environment } => environment.as_deref(),
            subject => {
                let row = self.conversations.get(&subject.conversation()?)?;
                Some(row.record.environment.as_ref()?.as_str())
            }
        }
    }

    pub(crate) fn remove_feedback(&mut self, number: u64) {
        let Some(feedback) = self.feedbacks.remove(number) else { return };
        if let FeedbackSubject::Conversation(conversation) = feedback.subject
            && let Some(row) = self.conversations.get_mut(&conversation)
        {
            row.feedbacks.retain(|kept| *kept != number);
        }
    }
}

fn last_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    match number <= GREATEST_NUMBER {
        true => Ok(number),
        false => Err(D::Error::custom(format!("expected a number up to {GREATEST_NUMBER}"))),
    }
}

#[cfg(test)]
mod tests {
    use agentsight_model::ConversationRecord;
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_index_of_customers_holds_those_that_conversations_have_and_no_others() {
        let mut state = State::default();
        let record = ConversationRecord::new("a");
        let number = state.add_conversation(ConversationRow::new(1, record, DateTime::UNIX_EPOCH));
        for customer in 0..1_000 {
            state.change_conversation(number, |row| row.customer_id = Some(format!("customer-{customer}")));
        }
        assert_eq!(state.by_customer[&1].len(), 1);
        assert_eq!(state.conversations_of_customer(1, "customer-999").count(), 1);
        assert_eq!(state.conversations_of_customer(1, "customer-998").count(), 0);
        state.change_conversation(number, |row| row.customer_id = None);
        assert!(state.by_customer[&1].is_empty());
    }
}
