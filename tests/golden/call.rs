//! The recorded calls, in our types.

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ButtonClick, ConversationFilter, ConversationRef, ConversationUpdate,
    FeedbackSource, HumanMessage, NewAction, NewAttachment, NewConversation, NewFeedback, Sentiment, TokenUsage,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value};

use super::numbers::{Numbers, Row};
use super::scenario::RecordedCall;

/// The metadata among the arguments, if any, set on a draft.
macro_rules! with_metadata {
    ($draft:expr, $arguments:expr) => {
        match $arguments.object("metadata") {
            Some(metadata) => $draft.metadata_all(metadata),
            None => $draft,
        }
    };
}

/// One call on a client of this SDK.
#[derive(Debug)]
pub(crate) enum Call {
    GetOrCreateConversation(NewConversation),
    InitializeConversation(NewConversation),
    TrackHumanMessage(HumanMessage),
    TrackAgentMessage(AgentMessage),
    TrackAction(NewAction),
    TrackButton(ButtonClick),
    TrackAttachments(Attachments),
    TrackTokenUsage(TokenUsage),
    GetTokenUsage,
    GetTrackedDataSummary,
    SendTrackedData,
    FetchConversations(ConversationFilter),
    FetchConversation(ConversationRef),
    FetchConversationAttachments(ConversationRef),
    SubmitFeedback(ConversationRef, NewFeedback),
    RenameConversation(ConversationRef, String),
    MarkConversation(ConversationRef, bool),
    UpdateConversation(ConversationRef, ConversationUpdate),
    DeleteConversation(ConversationRef),
}

impl Call {
    /// The recorded call with our numbers; none if our types have no place for it.
    pub(crate) fn of(recorded: &RecordedCall, numbers: &Numbers) -> Option<Self> {
        let mut arguments = Arguments { left: recorded.args.clone(), numbers };
        let call = match (recorded.client.as_str(), recorded.method.as_str()) {
            ("tracker", "get_or_create_conversation") => Self::GetOrCreateConversation(arguments.conversation()),
            ("tracker", "initialize_conversation") => Self::InitializeConversation(arguments.conversation()),
            ("tracker", "track_human_message") => Self::TrackHumanMessage({
                let mut message = HumanMessage::new(arguments.text("message"));
                message.attachments = arguments.attachments("attachment_mode")?;
                with_metadata!(message, arguments)
            }),
            ("tracker", "track_agent_message") => Self::TrackAgentMessage({
                let mut message = AgentMessage::new(arguments.text("message"));
                message.attachments = arguments.attachments("attachment_mode")?;
                with_metadata!(message, arguments)
            }),
            ("tracker", "track_action") => Self::TrackAction(arguments.action()),
            ("tracker", "track_button") => Self::TrackButton(ButtonClick::new(
                arguments.text("button_event"),
                arguments.text("label"),
                arguments.text("value"),
            )),
            ("tracker", "track_attachments") => Self::TrackAttachments({
                let attachments = arguments.attachments("mode")?.expect("files to track");
                with_metadata!(attachments, arguments)
            }),
            ("tracker", "track_token_usage") => Self::TrackTokenUsage({
                let usage = TokenUsage::new(arguments.number("prompt_tokens"), arguments.number("completion_tokens"));
                let usage = usage.total_tokens(arguments.number("total_tokens"));
                usage.embedding_tokens(arguments.number("embedding_tokens"))
            }),
            ("tracker", "get_token_usage") => Self::GetTokenUsage,
            ("tracker", "get_tracked_data_summary") => Self::GetTrackedDataSummary,
            ("tracker", "send_tracked_data") => Self::SendTrackedData,
            ("api", "fetch_conversations") => Self::FetchConversations(arguments.filter()),
            ("api", "fetch_conversation") => Self::FetchConversation(arguments.reference()),
            ("api", "fetch_conversation_attachments") => Self::FetchConversationAttachments(arguments.reference()),
            ("manager", "submit_feedback") => Self::SubmitFeedback(arguments.reference(), {
                let mut feedback = NewFeedback::new(Sentiment::from(arguments.text("sentiment")));
                feedback.comment = arguments.optional_text("comment");
                with_metadata!(feedback, arguments)
            }),
            ("manager", "rename_conversation") => {
                Self::RenameConversation(arguments.reference(), arguments.text("name"))
            }
            ("manager", "mark_conversation") => {
                Self::MarkConversation(arguments.reference(), arguments.flag("is_marked").expect("a mark"))
            }
            ("manager", "update_conversation") => Self::UpdateConversation(arguments.reference(), arguments.update()),
            ("manager", "delete_conversation") => Self::DeleteConversation(arguments.reference()),
            (client, method) => panic!("the recording has a call that is not known: {client}.{method}"),
        };
        assert!(arguments.left.is_empty(), "{}: {:?} is not passed on", recorded.method, arguments.left);
        Some(call)
    }
}

/// Arguments by name. Each is taken out, so that none is forgotten.
struct Arguments<'a> {
    left: Map<String, Value>,
    numbers: &'a Numbers,
}

impl Arguments<'_> {
    fn optional_text(&mut self, name: &str) -> Option<String> {
        self.left.remove(name).map(|value| value.as_str().expect("a text").to_owned())
    }

    fn text(&mut self, name: &str) -> String {
        self.optional_text(name).unwrap_or_else(|| panic!("{name} is always given"))
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.left.remove(name).map(|value| value.as_bool().expect("true or false"))
    }

    /// A count, zero if it is not given.
    fn number(&mut self, name: &str) -> u64 {
        self.left.remove(name).map_or(0, |value| value.as_u64().expect("a count"))
    }

    fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        self.left.remove(name).map(|value| value.as_object().expect("an object").clone())
    }

    /// A time, given as text or as a datetime of Python's.
    fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let value = self.left.remove(name)?;
        Some(time(value.get("datetime").unwrap_or(&value).as_str().expect("a time is text")))
    }

    fn reference(&mut self) -> ConversationRef {
        match self.left.remove("conversation_id") {
            Some(Value::String(text)) => text.into(),
            Some(Value::Number(number)) => {
                self.numbers.ours(Row::Conversation, number.as_u64().expect("a row's number")).into()
            }
            other => panic!("{other:?} names no conversation"),
        }
    }

    fn conversation(&mut self) -> NewConversation {
        let mut conversation = NewConversation::new(self.text("conversation_id"));
        conversation.customer_id = self.optional_text("customer_id");
        conversation.customer_ip_address = self.optional_text("customer_ip_address");
        conversation.device = self.optional_text("device").map(Into::into);
        conversation.source = self.optional_text("source");
        conversation.language = self.optional_text("language");
        conversation.name = self.optional_text("name");
        conversation.environment = self.optional_text("environment").map(Into::into);
        with_metadata!(conversation, self)
    }

    fn action(&mut self) -> NewAction {
        let mut action = NewAction::new(self.text("action_name"));
        action.started_at = self.time("started_at");
        action.ended_at = self.time("ended_at");
        action.duration_ms = self.left.remove("duration_ms").map(|value| value.as_u64().expect("whole").into());
        action.tools_used = self.left.remove("tools_used");
        action.response = self.optional_text("response");
        action.error_message = self.optional_text("error_msg");
        with_metadata!(action, self)
    }

    /// The files, if any are given; the outer `None` is a mode that there is not.
    fn attachments(&mut self, mode: &str) -> Option<Option<Attachments>> {
        let mode = match self.optional_text(mode).as_deref() {
            None => None,
            Some("base64") => Some(AttachmentMode::Base64),
            Some("form_data") => Some(AttachmentMode::FormData),
            Some(_) => return None,
        };
        let Some(files) = self.left.remove("attachments") else { return Some(None) };
        let files = files.as_array().expect("a list of files").iter().map(file);
        let mut attachments = Attachments::new(files);
        attachments.mode = mode;
        Some(Some(attachments))
    }

    fn filter(&mut self) -> ConversationFilter {
        let mut filter = ConversationFilter::new();
        for (name, value) in std::mem::take(&mut self.left) {
            self.left.insert(name.clone(), value);
            filter = self.condition(filter, &name);
        }
        filter
    }

    fn condition(&mut self, filter: ConversationFilter, name: &str) -> ConversationFilter {
        let mut count = || u32::try_from(self.number(name)).expect("a small count");
        match name {
            "page" => filter.page(count()),
            "page_size" => filter.page_size(count()),
            "conversation_id" => filter.conversation_id(self.text(name)),
            "customer_id" => filter.customer_id(self.text(name)),
            "customer_id__icontains" => filter.customer_id_contains(self.text(name)),
            "customer_ip_address" => filter.customer_ip_address(self.text(name)),
            "name" => filter.name(self.text(name)),
            "device" => filter.device(self.text(name)),
            "language" => filter.language(self.text(name)),
            "is_marked" => filter.is_marked(self.condition_flag(name)),
            "include_deleted" => filter.include_deleted(self.condition_flag(name)),
            "has_messages" => filter.has_messages(self.condition_flag(name)),
            "has_feedback" => filter.has_feedback(self.condition_flag(name)),
            "action_name" => filter.action_name(self.text(name)),
            "message_contains" => filter.message_contains(self.text(name)),
            "feedback_sentiment" => filter.feedback_sentiment(Sentiment::from(self.text(name))),
            "feedback_source" => filter.feedback_source(FeedbackSource::from(self.text(name))),
            "metadata" => self.text(name).split(',').fold(filter, |filter, pair| {
                let (key, value) = pair.split_once(':').expect("key:value");
                filter.metadata(key, value)
            }),
            "started_at_after" => filter.started_at_after(self.time(name).expect("looked up by its name")),
            "started_at_before" => filter.started_at_before(self.time(name).expect("looked up by its name")),
            _ => filter,
        }
    }

    fn condition_flag(&mut self, name: &str) -> bool {
        self.flag(name).expect("looked up by its name")
    }

    fn update(&mut self) -> ConversationUpdate {
        let mut update = ConversationUpdate::new();
        update.name = self.optional_text("name");
        update.is_marked = self.flag("is_marked");
        update.customer_id = self.optional_text("customer_id");
        update.device = self.optional_text("device").map(Into::into);
        update.language = self.optional_text("language");
        with_metadata!(update, self)
    }
}

/// A file: text is base64, as the vendor's clients take it; bytes are bytes.
fn file(recorded: &Value) -> NewAttachment {
    let text = |name: &str| recorded.get(name).map(|value| value.as_str().expect("a text").to_owned());
    let mut file = match &recorded["data"] {
        Value::String(base64) => NewAttachment::base64(base64.as_str()),
        bytes => NewAttachment::bytes(
            STANDARD.decode(bytes["bytes_b64"].as_str().expect("bytes in base64")).expect("standard base64"),
        ),
    };
    file.filename = text("filename");
    file.mime_type = text("mime_type");
    file
}

/// A time as the vendor's callers spell it: with an offset, with `Z`, or with neither, which we read as UTC.
pub(crate) fn time(text: &str) -> DateTime<Utc> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.to_utc(),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").expect("a time").and_utc(),
    }
}
