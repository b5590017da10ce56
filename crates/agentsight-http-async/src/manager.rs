//! Managing conversations.

use std::fmt;
use std::sync::Arc;

use agentsight_core::{
    ConversationRef, ConversationUpdate, Deleted, Error, Feedback, Marked, NewFeedback, Renamed, Updated,
};

use crate::client::Shared;
use crate::drive::drive;

/// Renames, marks, updates and deletes conversations, and submits feedback on them.
///
/// A conversation is named by its text id or by the service's number. The number of a text id is looked up once and
/// remembered (R21).
#[derive(Clone)]
pub struct ConversationManager {
    shared: Arc<Shared>,
}

impl ConversationManager {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Renames a conversation. Wire: `PATCH /api/conversations/{pk}/rename/`.
    ///
    /// # Errors
    /// `InvalidInput` if the name, trimmed, is blank or longer than 255 characters; `NotFound`; or whatever can go
    /// wrong in a call.
    pub async fn rename_conversation(
        &self,
        conversation: impl Into<ConversationRef>,
        name: impl Into<String>,
    ) -> Result<Renamed, Error> {
        drive(&self.shared, &mut self.shared.core.rename_conversation(conversation.into(), &name.into())?).await
    }

    /// Marks a conversation as a favourite, or takes the mark away. Wire: `POST /api/conversations/{pk}/mark/`.
    ///
    /// # Errors
    /// `NotFound`, or whatever can go wrong in a call.
    pub async fn mark_conversation(
        &self,
        conversation: impl Into<ConversationRef>,
        is_marked: bool,
    ) -> Result<Marked, Error> {
        drive(&self.shared, &mut self.shared.core.mark_conversation(conversation.into(), is_marked)?).await
    }

    /// Changes the given fields of a conversation and no other. Wire: `PATCH /api/conversations/{pk}/update/`.
    ///
    /// # Errors
    /// `InvalidInput` if no field is given or one is refused; `NotFound`; or whatever can go wrong in a call.
    pub async fn update_conversation(
        &self,
        conversation: impl Into<ConversationRef>,
        update: ConversationUpdate,
    ) -> Result<Updated, Error> {
        drive(&self.shared, &mut self.shared.core.update_conversation(conversation.into(), update)?).await
    }

    /// Deletes a conversation, softly: it disappears from lists and stays readable by number. There is no way back.
    /// Wire: `DELETE /api/conversations/{pk}/delete/`.
    ///
    /// # Errors
    /// `NotFound`, also for a conversation that is deleted already; or whatever can go wrong in a call.
    pub async fn delete_conversation(&self, conversation: impl Into<ConversationRef>) -> Result<Deleted, Error> {
        drive(&self.shared, &mut self.shared.core.delete_conversation(conversation.into())?).await
    }

    /// Submits feedback on a conversation: a [`NewFeedback`], or a sentiment alone. Wire:
    /// `POST /api/conversation-feedbacks/`.
    ///
    /// ```
    /// use agentsight_http_async::{AgentSight, Config, Sentiment};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = agentsight_testkit::FakeServer::start()?;
    /// # let (endpoint, key) = (server.url(), server.api_key());
    ///
    /// let sight = AgentSight::new(Config::builder().api_key(key).endpoint(endpoint).build()?)?;
    /// let chat = sight.conversation("support-123")?;
    /// chat.track_human_message("How do I reset my password?")?;
    /// let report = chat.send().await?;
    /// assert_eq!(report.remaining, 0);
    /// let feedback = sight.manager().submit_feedback("support-123", Sentiment::Positive).await?;
    /// assert_eq!(feedback.sentiment, Sentiment::Positive);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the sentiment is unknown, the comment is longer than 5,000 characters, or the metadata is
    /// refused. If the answer was lost, [`Error::request_fate`] is `MaybeSent`: feedback is never repeated by itself, since
    /// that could count it twice (R17).
    #[doc(alias = "track_feedback")]
    pub async fn submit_feedback(
        &self,
        conversation: impl Into<ConversationRef>,
        feedback: impl Into<NewFeedback>,
    ) -> Result<Feedback, Error> {
        drive(&self.shared, &mut self.shared.core.submit_feedback(conversation.into(), feedback.into())?).await
    }
}

impl fmt::Debug for ConversationManager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ConversationManager").finish_non_exhaustive()
    }
}
