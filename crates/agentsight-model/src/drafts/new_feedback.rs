//! Feedback that is to be submitted.

use serde::{Deserialize, Serialize};

use crate::setters::{metadata_setters, setters};
use crate::{MetadataDraft, Sentiment};

/// What a person thought of a conversation, to be submitted.
///
/// ```
/// use agentsight_model::{NewFeedback, Sentiment};
///
/// let feedback = NewFeedback::new(Sentiment::Positive).comment("Very helpful!");
/// assert_eq!(feedback.comment.as_deref(), Some("Very helpful!"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewFeedback {
    /// The verdict.
    pub sentiment: Sentiment,
    /// The person's own words, at most 5,000 characters (R7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The caller's own data. Most servers discard it.
    #[serde(default, skip_serializing_if = "MetadataDraft::is_unset")]
    pub metadata: MetadataDraft,
}

impl NewFeedback {
    /// Feedback with a verdict and no words.
    #[must_use]
    pub fn new(sentiment: Sentiment) -> Self {
        Self { sentiment, comment: None, metadata: MetadataDraft::default() }
    }

    setters! {
        /// Sets the person's own words.
        comment: impl Into<String>,
    }

    metadata_setters!();
}

impl From<Sentiment> for NewFeedback {
    fn from(sentiment: Sentiment) -> Self {
        Self::new(sentiment)
    }
}
