//! Which conversations to read, as a value (R18; wire: GET /api/conversations/).

mod encode;
mod metadata_syntax;
mod metadata_value;
mod ordering;

use agentsight_model::{Device, Environment, FeedbackSource, Sentiment};
use chrono::{DateTime, Utc};

pub use self::metadata_value::MetadataValue;
pub use self::ordering::{ConversationOrdering, OrderField};

/// Which conversations to read, in which order, and how much of them. All conditions must hold.
///
/// Setters keep what they are given and never fail; the call that uses the filter, or [`encode`](Self::encode), says
/// what is wrong with it. Setting a condition again replaces it. What is not set is not sent: the service then shows 15
/// (older servers: 10) conversations with their transcripts, newest first, deleted ones left out.
///
/// ```
/// use agentsight_core::ConversationFilter;
/// use agentsight_model::Sentiment;
///
/// # fn main() -> Result<(), agentsight_core::Error> {
/// let filter = ConversationFilter::new()
///     .feedback_sentiment(Sentiment::Negative)
///     .metadata("customer.tier", "vip")
///     .metadata("escalated", true)
///     .page_size(50);
/// assert_eq!(
///     filter.encode()?,
///     "page_size=50&feedback_sentiment=negative&metadata=customer.tier%3Avip%2Cescalated%3Atrue",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ConversationFilter {
    page: Option<u32>,
    page_size: Option<u32>,
    conversation_id: Option<String>,
    customer_id: Option<String>,
    customer_id_contains: Option<String>,
    customer_ip_address: Option<String>,
    name: Option<String>,
    device: Option<Device>,
    language: Option<String>,
    environment: Option<Environment>,
    is_marked: Option<bool>,
    include_deleted: Option<bool>,
    include_tickets: Option<bool>,
    has_messages: Option<bool>,
    has_feedback: Option<bool>,
    has_action: Option<bool>,
    action_name: Option<String>,
    message_contains: Option<String>,
    feedback_sentiment: Option<Sentiment>,
    feedback_source: Option<FeedbackSource>,
    metadata: Vec<(String, MetadataValue)>,
    search: Option<String>,
    ordering: Option<ConversationOrdering>,
    started_at_after: Option<DateTime<Utc>>,
    started_at_before: Option<DateTime<Utc>>,
    full: Option<bool>,
    extra: Vec<(String, String)>,
}

impl ConversationFilter {
    /// Every conversation of the agent that is not deleted.
    pub fn new() -> Self {
        Self::default()
    }

    /// The page to read, from 1. Walking through pages starts here.
    pub fn page(mut self, page: u32) -> Self {
        self.page = Some(page);
        self
    }

    /// How many conversations a page holds: 1 to 100.
    pub fn page_size(mut self, conversations: u32) -> Self {
        self.page_size = Some(conversations);
        self
    }

    /// The one with this id.
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.conversation_id = Some(id.into());
        self
    }

    /// Those of this customer, compared exactly.
    pub fn customer_id(mut self, id: impl Into<String>) -> Self {
        self.customer_id = Some(id.into());
        self
    }

    /// Those whose customer id contains this text, in any case.
    #[doc(alias = "customer_id__icontains")]
    pub fn customer_id_contains(mut self, text: impl Into<String>) -> Self {
        self.customer_id_contains = Some(text.into());
        self
    }

    /// Those of the customer at this IP address.
    pub fn customer_ip_address(mut self, address: impl Into<String>) -> Self {
        self.customer_ip_address = Some(address.into());
        self
    }

    /// Those whose name contains this text, in any case.
    pub fn name(mut self, text: impl Into<String>) -> Self {
        self.name = Some(text.into());
        self
    }

    /// Those held on this kind of device.
    pub fn device(mut self, device: impl Into<Device>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// Those held in this language.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Those held in this environment. The service knows `production` and `development` here.
    #[doc(alias = "env")]
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// Those that are marked, or those that are not.
    pub fn is_marked(mut self, marked: bool) -> Self {
        self.is_marked = Some(marked);
        self
    }

    /// Whether deleted ones are shown too.
    pub fn include_deleted(mut self, include: bool) -> Self {
        self.include_deleted = Some(include);
        self
    }

    /// Only those with a ticket, and the tickets with them.
    pub fn include_tickets(mut self, include: bool) -> Self {
        self.include_tickets = Some(include);
        self
    }

    /// Those with messages, or those without.
    pub fn has_messages(mut self, has: bool) -> Self {
        self.has_messages = Some(has);
        self
    }

    /// Those with feedback, or those without.
    pub fn has_feedback(mut self, has: bool) -> Self {
        self.has_feedback = Some(has);
        self
    }

    /// Those in which an action was performed, or those in which none was.
    pub fn has_action(mut self, has: bool) -> Self {
        self.has_action = Some(has);
        self
    }

    /// Those with an action whose name contains this text, in any case.
    pub fn action_name(mut self, text: impl Into<String>) -> Self {
        self.action_name = Some(text.into());
        self
    }

    /// Those with a message that contains this text.
    pub fn message_contains(mut self, text: impl Into<String>) -> Self {
        self.message_contains = Some(text.into());
        self
    }

    /// Those with feedback of this sentiment: positive, neutral or negative.
    pub fn feedback_sentiment(mut self, sentiment: Sentiment) -> Self {
        self.feedback_sentiment = Some(sentiment);
        self
    }

    /// Those with feedback from this source: customer or platform. Newer servers ignore it.
    pub fn feedback_source(mut self, source: FeedbackSource) -> Self {
        self.feedback_source = Some(source);
        self
    }

    /// Those whose metadata has this value under this key; `a.b` is the key `b` inside `a`.
    ///
    /// May be called for several keys, which must all match; a key given again replaces its value. Refused when the
    /// filter is used, because the service would look for something else: a key or text that is blank, has white space
    /// around it, or holds `,`, `:` or control characters, and a text that looks like a number, a bool or null. For one
    /// pair with a comma or a colon use [`extra`](Self::extra) with `metadata_key` and with `metadata_value`.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        let (key, value) = (key.into(), value.into());
        match self.metadata.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.metadata.push((key, value)),
        }
        self
    }

    /// Those with this text in their name, their id, the customer's id, or a message.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// The order in which they come, such as `OrderField::StartedAt.descending()`.
    pub fn ordering(mut self, ordering: impl Into<ConversationOrdering>) -> Self {
        self.ordering = Some(ordering.into());
        self
    }

    /// Those that began at this time or later. Cut to microseconds.
    #[doc(alias = "updated_after")]
    pub fn started_at_after(mut self, time: DateTime<Utc>) -> Self {
        self.started_at_after = Some(time);
        self
    }

    /// Those that began at this time or earlier. Cut to microseconds.
    pub fn started_at_before(mut self, time: DateTime<Utc>) -> Self {
        self.started_at_before = Some(time);
        self
    }

    /// Leaves messages and feedback out of each conversation, and puts their counts in: much smaller, much faster.
    #[doc(alias = "full")]
    pub fn lean(mut self) -> Self {
        self.full = Some(false);
        self
    }

    /// Asks for each conversation with its messages and feedback, which the service also sends when nothing is said.
    pub fn full(mut self) -> Self {
        self.full = Some(true);
        self
    }

    /// A parameter that this version does not know. May be called several times, with one name too.
    ///
    /// The service ignores parameters that it does not know, so a misspelt one widens the result. Refused when the
    /// filter is used: a blank name or value, control characters, and every parameter that has a setter of its own.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The page that is asked for.
    pub(crate) fn page_number(&self) -> Option<u32> {
        self.page
    }

    /// The number of rows a page that the filter asks for.
    pub(crate) fn rows_a_page(&self) -> Option<u32> {
        self.page_size
    }

    /// The same filter for another page.
    pub(crate) fn with_page(&self, page: u32) -> Self {
        self.clone().page(page)
    }
}
