//! The whole client without its socket: every call as a machine for a transport to drive.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use agentsight_model::{
    Conversation, ConversationAttachments, ConversationRef, ConversationUpdate, Deleted, Feedback, MarkRecord, Marked,
    Me, NewConversation, NewFeedback, Page, Renamed, Updated,
};

use crate::answer::AboutConversation;
use crate::call::Machine;
use crate::call::{CallSettings, Exchange};
use crate::call::{
    Deletion, FetchByRef, FetchFilesByRef, Initialize, Managed, Managing, NumberCache, Pager, feedback_record,
    rename_record, update_record,
};
use crate::config::{ApiKey, Config};
use crate::context::{Context, Now};
use crate::delivery::{Deliveries, FlushTicket, Next, Scope, Ticket};
use crate::endpoint::{
    DeleteConversation, FetchMe, ListConversations, MarkConversation, RenameConversation, SubmitFeedback,
    UpdateConversation, UpsertConversation,
};
use crate::endpoint::{Operation, RequestFrame};
use crate::error::Error;
use crate::event;
use crate::filter::ConversationFilter;
use crate::get_or_create::record;
use crate::log::log_event;
use crate::outbox::{Outbox, cut_to_micros};
use crate::recorder::{ConversationRecorder, Recorder, Shared};
use crate::wire::{Track, Wire};

/// A client without its socket.
///
/// It records events, says what is to be sent next, and hands out a [`Machine`] for every call. A transport crate owns
/// the loop that drives them. The client crates are such loops; build on this type only to write another one.
#[derive(Clone)]
pub struct Core {
    recorder: Recorder,
    deliveries: Deliveries,
    settings: Arc<CallSettings>,
    numbers: Arc<NumberCache>,
}

impl Core {
    /// A client over `config`.
    ///
    /// `transport` is the name that ends the user agent. `wake` is called, outside of any lock, whenever somebody who
    /// waits may find something to do: whoever was told to [wait](Next::Wait) should ask again.
    pub fn new(
        config: Config,
        context: Context,
        transport: &'static str,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(config);
        for warning in config.warnings() {
            log_event!(config, WARN, "{warning}");
        }
        let wire: Arc<dyn Wire> = Arc::new(Track);
        let frame = RequestFrame::new(&config, transport);
        let settings = Arc::new(CallSettings::new(Arc::clone(&config), frame));
        let outbox = Outbox::new(Arc::clone(&config), Arc::clone(&wire), context.next_u64());
        let shared = Arc::new(Shared::new(outbox, context, config, Box::new(wake)));
        Self {
            recorder: Recorder::new(Arc::clone(&shared)),
            deliveries: Deliveries::new(shared, Arc::clone(&settings), wire),
            settings,
            numbers: Arc::default(),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.settings.config
    }

    /// Reads the clock.
    pub fn now(&self) -> Now {
        self.context().now()
    }

    /// The clock, the randomness and the files that the client was given, and whether waits take time.
    pub fn context(&self) -> &Context {
        &self.recorder.shared().context
    }

    /// The half that records.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    // Sending.

    /// Says what to do next: at most `concurrency` jobs are out, and at most one of a conversation (R10).
    pub fn next(&self, scope: Scope<'_>) -> Next {
        self.deliveries.next(scope)
    }

    /// What a caller of `send` waits for: everything that is pending in one conversation.
    pub fn ticket(&self, conversation: &ConversationRecorder) -> Ticket {
        self.deliveries.ticket(conversation)
    }

    /// What a caller of `send_all` waits for: everything that is pending in every conversation.
    pub fn ticket_for_all(&self) -> Ticket {
        self.deliveries.ticket_for_all()
    }

    /// What a caller of `flush` waits for: everything that was tracked before, for so long (R27).
    pub fn begin_flush(&self, timeout: Duration) -> FlushTicket {
        self.deliveries.flush(timeout)
    }

    /// Says that a worker runs all jobs from here on, or does not any more (R25).
    pub fn set_worker(&self, has_worker: bool) {
        self.recorder.shared().with(|outbox| outbox.set_worker(has_worker));
    }

    /// Whether a worker runs all jobs.
    pub fn has_worker(&self) -> bool {
        self.recorder.shared().with(|outbox| outbox.has_worker())
    }

    /// Replaces the key. What was refused because of the old one is tried again at once (R16).
    ///
    /// # Errors
    /// `Config` if the client is disabled: it has no key to replace.
    pub fn set_api_key(&self, key: ApiKey) -> Result<(), Error> {
        if !self.config().is_enabled() {
            return Err(Error::config("the client is disabled, so that it has no key"));
        }
        self.deliveries.set_api_key(key);
        Ok(())
    }

    /// Logs, as a warning, how many events are left when a program ends without having sent them.
    pub fn warn_of_unsent(&self) {
        let pending = self.recorder.stats().pending;
        if pending > 0 && self.config().is_enabled() {
            log_event!(self.settings.config, WARN, pending, "the program ends with events that were not sent");
        }
    }

    /// Creates a conversation at once, not yet used (R4). Does not change any current conversation.
    ///
    /// # Errors
    /// `InvalidInput` as for `get_or_create_conversation`.
    pub fn initialize_conversation(
        &self,
        conversation: NewConversation,
    ) -> Result<impl Machine<Output = ConversationRecorder> + Send + use<>, Error> {
        let id = event::conversation(&conversation, self.context())?;
        let now = self.now();
        let time = cut_to_micros(conversation.at.unwrap_or(now.utc));
        let record = record(&conversation, time, false, self.config().environment())?;
        let upsert = UpsertConversation { name: "initialize_conversation", record };
        let handle = self.recorder.lane(id);
        Ok(Initialize::new(handle, conversation, self.exchange(upsert), self.config().is_enabled()))
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
        Pager::new(filter.clone(), Arc::clone(&self.settings), self.context().clone())
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
        let record = rename_record(name)?;
        self.managed("rename_conversation", conversation, move |number| RenameConversation {
            number,
            record: record.clone(),
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
    #[doc(alias = "track_feedback")]
    pub fn submit_feedback(
        &self,
        conversation: ConversationRef,
        feedback: NewFeedback,
    ) -> Result<impl Machine<Output = Feedback> + Send + use<>, Error> {
        if let ConversationRef::Text(id) = &conversation {
            event::conversation_id(id)?;
        }
        let record = feedback_record(conversation, feedback)?;
        Ok(self.exchange(SubmitFeedback { record }))
    }

    fn exchange<O: Operation>(&self, operation: O) -> Exchange<O> {
        Exchange::new(operation, Arc::clone(&self.settings), self.seed())
    }

    fn managed<O: Operation<Output: AboutConversation> + Send + 'static>(
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
        self.context().next_u64()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Core").field("config", &self.settings.config).finish_non_exhaustive()
    }
}
