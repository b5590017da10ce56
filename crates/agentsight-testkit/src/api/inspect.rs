use std::fmt;

use agentsight_model::{Conversation, ConversationRef, Feedback, Message};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::FakeApi;
use super::render::{Origin, Renderer};
use super::rows::ConversationRow;
use super::state::State;
use super::view::View;

/// A file that the fake keeps. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredFile {
    /// The number of the attachment.
    pub id: u64,
    /// The number of the message that it hangs on.
    pub message: u64,
    /// The name, as sent.
    pub filename: String,
    /// The MIME type, as sent.
    pub mime_type: String,
    /// What was uploaded, decoded.
    pub content: Bytes,
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredFile")
            .field("id", &self.id)
            .field("message", &self.message)
            .field("filename", &self.filename)
            .field("mime_type", &self.mime_type)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// What the service holds, without a request and without a key: for the assertions of a test.
impl FakeApi {
    /// Every conversation of every agent with its transcript and feedbacks, oldest number first; deleted ones too.
    #[must_use]
    pub fn conversations(&self) -> Vec<Conversation> {
        let state = self.state();
        let renderer = self.inspector(&state);
        state.conversations().map(|row| read(renderer.full(row))).collect()
    }

    /// A conversation with its transcript and feedbacks, by number or by text id; a deleted one too. Where several
    /// agents have the text id, it is the one that was created first.
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    ///
    /// assert!(FakeApi::new().conversation("support-123").is_none());
    /// ```
    #[must_use]
    pub fn conversation(&self, conversation: impl Into<ConversationRef>) -> Option<Conversation> {
        let state = self.state();
        let row = find(&state, &conversation.into())?;
        Some(read(self.inspector(&state).full(row)))
    }

    /// The messages of a conversation in order of time and number; none if there is no such conversation.
    #[must_use]
    pub fn transcript(&self, conversation: impl Into<ConversationRef>) -> Vec<Message> {
        self.conversation(conversation).and_then(|conversation| conversation.messages).unwrap_or_default()
    }

    /// Every feedback of every kind and every agent, oldest number first: on conversations, on agents, and votes on
    /// messages.
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    ///
    /// assert!(FakeApi::new().feedbacks().is_empty());
    /// ```
    #[must_use]
    pub fn feedbacks(&self) -> Vec<Feedback> {
        let state = self.state();
        let renderer = self.inspector(&state);
        state.feedbacks.all().map(|feedback| read(renderer.feedback(feedback))).collect()
    }

    /// Every file, in the order of upload.
    #[must_use]
    pub fn files(&self) -> Vec<StoredFile> {
        let state = self.state();
        let files = state.files().map(|file| StoredFile {
            id: file.number,
            message: file.message,
            filename: file.filename.clone(),
            mime_type: file.mime_type.clone(),
            content: file.bytes.clone(),
        });
        files.collect()
    }

    pub(super) fn inspector<'a>(&'a self, state: &'a State) -> Renderer<'a> {
        Renderer {
            state,
            options: &self.shared.options,
            now: self.clock().now(),
            origin: Origin { scheme: "http", host: "localhost" },
            view: View::default(),
        }
    }
}

fn find<'a>(state: &'a State, conversation: &ConversationRef) -> Option<&'a ConversationRow> {
    match conversation {
        ConversationRef::Number(number) => state.conversation_of_any_agent(*number),
        ConversationRef::Text(text) => state.conversations().find(|row| row.record.conversation_id == *text),
        _ => None,
    }
}

#[expect(
    clippy::expect_used,
    reason = "what the fake answers is what the model reads; a property test holds them to it"
)]
fn read<T: DeserializeOwned>(answer: Value) -> T {
    serde_json::from_value(answer).expect("the model reads every answer of the fake")
}
