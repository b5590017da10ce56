//! What a message of the transcript shows.

use serde_json::Value;

use crate::{ActionLog, Message, Metadata, Sender, TokenUsage};

/// The name of the action that carries token counters (R8).
const TOKEN_USAGE: &str = "token_usage";

/// What a [`Message`] shows: see [`Message::kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// A text of the person.
    Question,
    /// A text of the agent.
    Answer,
    /// A run of an action other than token counters.
    Action,
    /// A click on a button.
    Button,
    /// Files without a text.
    Files,
    /// Token counters: see [`Message::token_usage`].
    TokenUsage,
    /// A text of somebody else, such as the system.
    Other,
}

impl Message {
    /// What the message shows.
    ///
    /// ```
    /// use agentsight_model::{ActionLog, Message, MessageKind, Sender};
    /// use chrono::DateTime;
    ///
    /// let question = Message::new(1, DateTime::UNIX_EPOCH, Sender::EndUser, "My screen is black.");
    /// assert_eq!(question.kind(), MessageKind::Question);
    ///
    /// let action = Message::new(2, DateTime::UNIX_EPOCH, Sender::Agent, "lookup").with_action_name("lookup");
    /// assert_eq!(action.kind(), MessageKind::Action);
    /// ```
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        if let Some(name) = &self.action_name {
            return if name.trim() == TOKEN_USAGE { MessageKind::TokenUsage } else { MessageKind::Action };
        }
        if !self.action_logs().is_empty() {
            return MessageKind::Action;
        }
        if self.button.is_some() {
            return MessageKind::Button;
        }
        if self.content.trim().is_empty() && !self.attachments().is_empty() {
            return MessageKind::Files;
        }
        match self.sender {
            Sender::EndUser => MessageKind::Question,
            Sender::Agent => MessageKind::Answer,
            _ => MessageKind::Other,
        }
    }

    /// The token counters that the message shows; `None` for a message of another kind.
    ///
    /// They are in the metadata of the message, else in that of the action's runs. A counter that is missing or no whole
    /// number is zero, and a missing total is the sum of prompts and answers.
    ///
    /// ```
    /// use agentsight_model::{Message, Metadata, Sender, TokenUsage};
    /// use chrono::DateTime;
    /// use serde_json::json;
    ///
    /// let message = Message::new(3, DateTime::UNIX_EPOCH, Sender::Agent, "token_usage")
    ///     .with_action_name("token_usage")
    ///     .with_metadata(Metadata::from(json!({"prompt_tokens": 100, "completion_tokens": 25})));
    /// assert_eq!(message.token_usage(), Some(TokenUsage::new(100, 25)));
    /// ```
    #[must_use]
    pub fn token_usage(&self) -> Option<TokenUsage> {
        if self.kind() != MessageKind::TokenUsage {
            return None;
        }
        let counter = |name: &str| {
            let of_runs = self.action_logs().iter().map(|run: &ActionLog| run.metadata.as_ref());
            std::iter::once(self.metadata.as_ref())
                .chain(of_runs)
                .flatten()
                .find_map(|metadata: &Metadata| metadata.get(name).and_then(whole_number))
        };
        let usage = TokenUsage::new(
            counter("prompt_tokens").unwrap_or_default(),
            counter("completion_tokens").unwrap_or_default(),
        );
        let usage = counter("total_tokens").map_or(usage, |total| usage.total_tokens(total));
        Some(usage.embedding_tokens(counter("embedding_tokens").unwrap_or_default()))
    }
}

/// The value as an integer. A service may write `100` as `100.0`.
fn whole_number(value: &Value) -> Option<u64> {
    /// Below it every integer is exact as a float: 2^53.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..EXACT).contains(number))?;
        Some(number as u64)
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::{Attachment, Button};

    fn message(sender: &str, content: &str) -> Message {
        Message::new(1, DateTime::UNIX_EPOCH, Sender::from(sender), content)
    }

    #[test]
    fn wire_1_8_every_kind_of_message_is_told_from_the_others() {
        let file = || [Attachment::new(1)];
        for (message, kind) in [
            (message("end_user", "hello"), MessageKind::Question),
            (message("agent", "hello"), MessageKind::Answer),
            (message("system", "hello"), MessageKind::Other),
            (message("end_user", "see this").with_attachments(file()), MessageKind::Question),
            (message("end_user", " ").with_attachments(file()), MessageKind::Files),
            (message("agent", "").with_attachments([]), MessageKind::Answer),
            (message("agent", "a").with_action_name("lookup"), MessageKind::Action),
            (message("agent", "a").with_action_logs([ActionLog::new(1)]), MessageKind::Action),
            (message("agent", "a").with_action_name("token_usage"), MessageKind::TokenUsage),
            (message("end_user", "a").with_button(Button::new()), MessageKind::Button),
        ] {
            assert_eq!(message.kind(), kind, "{message:?}");
        }
    }

    #[test]
    fn r8_token_counters_are_read_from_the_message_and_from_its_runs() {
        let usage = |metadata: Value, run: Value| {
            let run = ActionLog::new(1).with_metadata(Metadata::from(run));
            let message = message("agent", "").with_action_name("token_usage").with_action_logs([run]);
            message.with_metadata(Metadata::from(metadata)).token_usage()
        };
        let counters = json!({"prompt_tokens": 3, "completion_tokens": 4.0, "total_tokens": 9, "embedding_tokens": 2});
        let expected = Some(TokenUsage::new(3, 4).total_tokens(9).embedding_tokens(2));
        assert_eq!(usage(counters.clone(), json!({})), expected);
        assert_eq!(usage(json!({}), counters), expected);
        let odd = json!({"prompt_tokens": -1, "completion_tokens": "4", "total_tokens": 1.5});
        assert_eq!(usage(odd, json!(null)), Some(TokenUsage::default()));
        assert_eq!(message("agent", "token_usage").token_usage(), None);
    }
}
