//! The whole client without its socket: every call as a machine for a transport to drive.

use std::fmt;
use std::sync::Arc;

use agentsight_model::{
    Conversation, ConversationAttachments, ConversationRef, ConversationUpdate, Deleted, Feedback, FeedbackRecord,
    MarkRecord, Marked, Me, NewConversation, NewFeedback, Page, RenameRecord, Renamed, Sentiment, UpdateRecord,
    Updated,
};

use crate::calls::{Deletion, FetchByRef, FetchFilesByRef, Managed, Managing, NumberCache, Pager};
use crate::config::Config;
use crate::context::{Context, Now};
use crate::current::CurrentConversation;
use crate::dead_letters::DeadLetter;
use crate::delivery::{Delivery, Dispatcher, StopSignal};
use crate::error::Error;
use crate::exchange::{CallSettings, Exchange};
use crate::filter::ConversationFilter;
use crate::get_or_create::record;
use crate::initialize::Initialize;
use crate::lane::{self, ConversationLane, at_most, checked_metadata, cut_to_micros, no_nul};
use crate::log::log_event;
use crate::machine::Machine;
use crate::operation::{Operation, RequestFrame};
use crate::ops::{
    DeleteConversation, FetchMe, ListConversations, MarkConversation, RenameConversation, SubmitFeedback,
    UpdateConversation, UpsertConversation,
};
use crate::pending::{PendingConversation, PendingEvents};
use crate::recorder::RecorderState;

/// The longest comment of a feedback, in characters (wire: 1.14).
const COMMENT: usize = 5_000;
/// The longest name or other short text, in characters.
const SHORT_TEXT: usize = 255;

/// A client without its socket.
///
/// It records events, and it hands out a [`Machine`] for every call. A transport crate owns the loop that drives them:
/// poll, send or wait, hand back what came, until it is done. The client crates are such loops; build on this type only
/// to write another one.
#[derive(Clone)]
pub struct Core {
    recorder: Arc<RecorderState>,
    settings: Arc<CallSettings>,
    numbers: Arc<NumberCache>,
}

impl Core {
    /// A client over `config`.
    ///
    /// `transport` is the name that ends the user agent. `on_release` is called, outside of any lock, whenever a
    /// conversation that was being sent becomes free: whoever waits for it should try again.
    pub fn new(
        config: Config,
        context: Context,
        transport: &'static str,
        on_release: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(config);
        for warning in config.warnings() {
            log_event!(config, WARN, "{warning}");
        }
        let frame = RequestFrame::new(&config, transport);
        Self {
            recorder: Arc::new(RecorderState::new(Arc::clone(&config), context, Box::new(on_release))),
            settings: Arc::new(CallSettings { config, frame }),
            numbers: Arc::default(),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.settings.config
    }

    /// The clock, the randomness and the files, and whether waits take time.
    pub fn context(&self) -> &Context {
        &self.recorder.context
    }

    /// Reads the clock.
    pub fn now(&self) -> Now {
        self.recorder.context.now()
    }

    // Recording.

    /// A tracker with a current conversation of its own (R2).
    pub fn new_tracker(&self) -> CurrentConversation {
        CurrentConversation::new(Arc::clone(&self.recorder))
    }

    /// A handle on a conversation, whether or not it is registered.
    ///
    /// # Errors
    /// `InvalidInput` if the id is blank, longer than 255 characters, or holds NUL (R1).
    pub fn conversation(&self, id: impl Into<String>) -> Result<ConversationLane, Error> {
        Ok(self.recorder.lane(&lane::conversation_id(&id.into())?))
    }

    /// Registers a conversation without making it anybody's current one (R3).
    ///
    /// # Errors
    /// `InvalidInput` if the id or a field is refused (R1, R7), `QueueFull` if too much is pending.
    pub fn get_or_create_conversation(&self, conversation: NewConversation) -> Result<ConversationLane, Error> {
        self.recorder.register(conversation)
    }

    /// What waits to be sent, conversation by conversation.
    pub fn pending(&self) -> PendingEvents {
        let lanes = self.recorder.lanes_with_work();
        PendingEvents::new(lanes.iter().map(|lane| PendingConversation::of(&lane.lane)).collect())
    }

    /// What the service refused, oldest first (R15).
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.recorder.dead_letters().list()
    }

    /// Puts a dead letter back into its conversation, under its own time; the next send tries it again.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn requeue(&self, letter: &DeadLetter) -> Result<(), Error> {
        self.recorder.requeue(letter)
    }

    /// Forgets a dead letter. With a conversation's record, everything that is pending in it goes too. Answers how many
    /// items were discarded.
    ///
    /// # Errors
    /// `InvalidInput` if it has already been put back or discarded.
    pub fn discard(&self, letter: &DeadLetter) -> Result<usize, Error> {
        self.recorder.discard(letter)
    }

    // Sending.

    /// Logs, as a warning, how many events are left when a program ends without having sent them.
    pub fn warn_of_unsent(&self) {
        let pending = self.pending().total();
        if pending > 0 {
            log_event!(self.settings.config, WARN, pending, "the program ends with events that were not sent");
        }
    }

    /// Takes a conversation's lane to send what is pending; `None` while another delivery has it.
    pub fn begin_delivery(&self, conversation: &ConversationLane, stop: StopSignal) -> Option<Delivery> {
        Delivery::begin(conversation, &self.settings, stop)
    }

    /// Plans to send every conversation that has something pending.
    pub fn dispatcher(&self) -> Dispatcher {
        Dispatcher::new(self.recorder.lanes_with_work(), self.config().concurrency())
    }

    /// Creates a conversation at once, not yet used (R4). Does not change any current conversation.
    ///
    /// # Errors
    /// `InvalidInput` as for `get_or_create_conversation`.
    pub fn initialize_conversation(
        &self,
        conversation: NewConversation,
    ) -> Result<impl Machine<Output = ConversationLane> + Send + use<>, Error> {
        let id = lane::checked_conversation(&conversation)?;
        let now = self.now();
        let time = cut_to_micros(conversation.at.unwrap_or(now.utc));
        let record = record(&conversation, time, false, self.config().environment())?;
        let upsert = UpsertConversation { name: "initialize_conversation", record };
        let lane = self.recorder.lane(&id);
        Ok(Initialize::new(lane, conversation, self.exchange(upsert), self.config().is_enabled()))
    }

    // Reading.

    /// One page of conversations. Wire: `GET /api/conversations/`.
    ///
    /// # Errors
    /// `InvalidInput` for a filter that cannot be sent (R18).
    pub fn fetch_conversations(
        &self,
        filter: &ConversationFilter,
    ) -> Result<impl Machine<Output = Page<Conversation>> + Send + use<>, Error> {
        Ok(self.exchange(ListConversations::new("fetch_conversations", filter)?))
    }

    /// All pages, one after another, from the filter's page on (R19). A wrong filter is the error of the first page.
    pub fn pages(&self, filter: &ConversationFilter) -> Pager {
        Pager::new(filter.clone(), Arc::clone(&self.settings), self.recorder.context.clone())
    }

    /// One conversation with its transcript (R20).
    ///
    /// # Errors
    /// `InvalidInput` for a text that is no conversation id.
    pub fn fetch_conversation(
        &self,
        conversation: ConversationRef,
    ) -> Result<impl Machine<Output = Conversation> + Send + use<>, Error> {
        FetchByRef::new(conversation, &self.settings, self.seed())
    }

    /// What is attached to a conversation (R20).
    ///
    /// # Errors
    /// `InvalidInput` for a text that is no conversation id.
    pub fn fetch_conversation_attachments(
        &self,
        conversation: ConversationRef,
    ) -> Result<impl Machine<Output = ConversationAttachments> + Send + use<>, Error> {
        FetchFilesByRef::new(conversation, &self.settings, self.seed())
    }

    /// Whom the key belongs to. Wire: `GET /api/me/`.
    pub fn me(&self) -> impl Machine<Output = Me> + Send + use<> {
        self.exchange(FetchMe)
    }

    // Managing.

    /// Renames a conversation. Wire: `PATCH /api/conversations/{pk}/rename/`.
    ///
    /// # Errors
    /// `InvalidInput` if the name, trimmed, is blank or longer than 255 characters.
    pub fn rename_conversation(
        &self,
        conversation: ConversationRef,
        name: &str,
    ) -> Result<impl Machine<Output = Renamed> + Send + use<>, Error> {
        let name = trimmed_name(name)?;
        self.managed("rename_conversation", conversation, move |number| RenameConversation {
            number,
            record: RenameRecord::new(name.as_str()),
        })
    }

    /// Marks a conversation, or takes the mark away. Wire: `POST /api/conversations/{pk}/mark/`.
    ///
    /// # Errors
    /// `InvalidInput` for a text that is no conversation id.
    pub fn mark_conversation(
        &self,
        conversation: ConversationRef,
        is_marked: bool,
    ) -> Result<impl Machine<Output = Marked> + Send + use<>, Error> {
        self.managed("mark_conversation", conversation, move |number| MarkConversation {
            number,
            record: MarkRecord::new(is_marked),
        })
    }

    /// Changes the given fields of a conversation. Wire: `PATCH /api/conversations/{pk}/update/`.
    ///
    /// # Errors
    /// `InvalidInput` if no field is given or one is refused (R7, R21).
    pub fn update_conversation(
        &self,
        conversation: ConversationRef,
        update: ConversationUpdate,
    ) -> Result<impl Machine<Output = Updated> + Send + use<>, Error> {
        let record = update_record(update)?;
        self.managed("update_conversation", conversation, move |number| UpdateConversation {
            number,
            record: record.clone(),
        })
    }

    /// Deletes a conversation, softly. Wire: `DELETE /api/conversations/{pk}/delete/`.
    ///
    /// # Errors
    /// `InvalidInput` for a text that is no conversation id.
    pub fn delete_conversation(
        &self,
        conversation: ConversationRef,
    ) -> Result<impl Machine<Output = Deleted> + Send + use<>, Error> {
        let delete = self.managed("delete_conversation", conversation, |number| DeleteConversation { number })?;
        Ok(Deletion::new(delete, self.managing()))
    }

    /// Submits feedback on a conversation. Never repeated once the service may have seen it. Wire:
    /// `POST /api/conversation-feedbacks/`.
    ///
    /// # Errors
    /// `InvalidInput` if the sentiment is unknown, the comment is longer than 5,000 characters, or the metadata is
    /// refused (R7).
    pub fn submit_feedback(
        &self,
        conversation: ConversationRef,
        feedback: NewFeedback,
    ) -> Result<impl Machine<Output = Feedback> + Send + use<>, Error> {
        if let ConversationRef::Text(id) = &conversation {
            lane::conversation_id(id)?;
        }
        let record = feedback_record(conversation, feedback)?;
        Ok(self.exchange(SubmitFeedback { record }))
    }

    fn exchange<O: Operation>(&self, operation: O) -> Exchange<O> {
        Exchange::new(operation, Arc::clone(&self.settings), self.seed())
    }

    fn managed<O: Operation + Send + 'static>(
        &self,
        name: &'static str,
        conversation: ConversationRef,
        operation: impl Fn(u64) -> O + Send + 'static,
    ) -> Result<Managed<O>, Error> {
        Managed::new(name, conversation, |id| self.recorder.number(id), self.managing(), operation)
    }

    fn managing(&self) -> Managing {
        Managing { settings: Arc::clone(&self.settings), numbers: Arc::clone(&self.numbers), seed: self.seed() }
    }

    fn seed(&self) -> u64 {
        self.recorder.context.next_u64()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Core").field("config", &self.settings.config).finish_non_exhaustive()
    }
}

/// A name as it is sent: trimmed, 1 to 255 characters (R21).
fn trimmed_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name must not be blank"));
    }
    at_most("name", name, SHORT_TEXT)?;
    no_nul("name", name)?;
    Ok(name.to_owned())
}

fn update_record(update: ConversationUpdate) -> Result<UpdateRecord, Error> {
    if update.is_empty() {
        return Err(Error::invalid("an update needs at least one field"));
    }
    let mut record = UpdateRecord::new();
    record.name = update.name.as_deref().map(trimmed_name).transpose()?;
    for (field, text) in [
        ("customer_id", update.customer_id.as_deref()),
        ("device", update.device.as_ref().map(agentsight_model::Device::as_str)),
        ("language", update.language.as_deref()),
    ] {
        if let Some(text) = text {
            at_most(field, text, SHORT_TEXT)?;
            no_nul(field, text)?;
        }
    }
    record.is_marked = update.is_marked;
    record.customer_id = update.customer_id;
    record.device = update.device;
    record.language = update.language;
    record.metadata = update.metadata.into_map().map_err(|problem| Error::invalid(format!("metadata {problem}")))?;
    Ok(record)
}

fn feedback_record(conversation: ConversationRef, feedback: NewFeedback) -> Result<FeedbackRecord, Error> {
    checked_metadata(&feedback.metadata)?;
    if !matches!(feedback.sentiment, Sentiment::Positive | Sentiment::Neutral | Sentiment::Negative) {
        return Err(Error::invalid("sentiment must be positive, neutral or negative"));
    }
    let mut record = FeedbackRecord::new(feedback.sentiment, conversation);
    if let Some(comment) = feedback.comment.filter(|comment| !comment.trim().is_empty()) {
        at_most("comment", &comment, COMMENT)?;
        no_nul("comment", &comment)?;
        record.comment = Some(comment);
    }
    record.metadata = feedback.metadata.into_map().ok().flatten().filter(|metadata| !metadata.is_empty());
    Ok(record)
}
