use agentsight_model::ConversationRecord;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::Value;

use super::answer::Refusal;
use super::call::Call;
use super::rows::ConversationRow;
use super::state::State;
use super::validation::{Fields, NO_INTEGER, SHORT_TEXT};
use crate::UnknownConversation;

/// How an event says which conversation it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Number(u64),
    Text(String),
}

impl Reference {
    /// Reads `conversation` and `conversation_id`. The number wins where both are given (wire: part 3, 7); a client
    /// that does not know it sends null or the word `None`, and then the text id counts (part 3, 8).
    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let problem = match fields.value("conversation") {
            None | Some(Value::Null) => "This field is required.",
            Some(Value::String(text)) if says_nothing(text) => NO_INTEGER,
            Some(_) => return fields.optional_row("conversation").map(Self::Number),
        };
        let text = fields.optional_text("conversation_id", Some(SHORT_TEXT)).filter(|text| !says_nothing(text));
        if text.is_none() {
            fields.problem("conversation", problem);
        }
        text.map(Self::Text)
    }

    /// The conversation that it names, if it is this agent's.
    pub(crate) fn find<'a>(&self, state: &'a State, agent: u64) -> Option<&'a ConversationRow> {
        match self {
            Self::Number(number) => state.conversation(agent, *number),
            Self::Text(text) => state.find_conversation(agent, text),
        }
    }
}

/// Blank, or the word that a Python client writes for "nothing".
fn says_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "None")
}

impl Call<'_> {
    /// The number of the conversation that an event names. A text id that is not known yet is created in use, unless
    /// the options say otherwise (wire: part 3, 7); `unknown` refuses a number that is not known.
    pub(crate) fn resolve(
        &mut self,
        reference: Reference,
        at: DateTime<Utc>,
        unknown: fn(u64) -> Refusal,
    ) -> Result<u64, Refusal> {
        let agent = self.caller.agent;
        match reference {
            Reference::Number(number) => match self.state.conversation(agent, number) {
                Some(_) => Ok(number),
                None => Err(unknown(number)),
            },
            Reference::Text(text) => match self.state.find_conversation(agent, &text) {
                Some(row) => Ok(row.number()),
                None if self.options.unknown_conversation == UnknownConversation::Refuse => {
                    Err(Refusal::field("conversation", "This field is required."))
                }
                None => {
                    let row = ConversationRow::new(agent, ConversationRecord::new(text), at);
                    Ok(self.state.add_conversation(row))
                }
            },
        }
    }
}

/// As a serializer refuses the number of a row that is not there.
pub(crate) fn invalid_number(number: u64) -> Refusal {
    missing_row("conversation", number)
}

/// As a serializer refuses a number that a field gives and that is no row's, or another agent's (wire: 1.5).
pub(crate) fn missing_row(field: &str, number: u64) -> Refusal {
    Refusal::field(field, format!("Invalid pk \"{number}\" - object does not exist."))
}

/// As the attachments view refuses it.
pub(crate) fn conversation_not_found(number: u64) -> Refusal {
    Refusal::detail(StatusCode::NOT_FOUND, format!("Conversation {number} not found"))
}
