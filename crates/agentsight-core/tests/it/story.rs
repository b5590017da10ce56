//! What is tracked in a test, kept apart from the core, to compare with what the service shows in the end.

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ButtonClick, ConversationRecorder, Error, HumanMessage, NewAction,
    NewAttachment, TokenUsage,
};
use agentsight_testkit::FakeApi;
use bytes::Bytes;

/// One event of a transcript, as a person would retell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The sender, or what kind of event it is.
    pub(crate) what: String,
    pub(crate) text: String,
    pub(crate) files: Vec<(String, Bytes)>,
}

impl Shown {
    fn new(what: &str, text: impl Into<String>) -> Self {
        Self { what: what.to_owned(), text: text.into(), files: Vec::new() }
    }
}

/// An event that a test tracks.
#[derive(Clone, Debug)]
pub(crate) enum Tracked {
    Question(String),
    Answer(String),
    /// A message with so many files.
    AnswerWithFiles(String, usize, AttachmentMode),
    Action(String),
    Button(String),
    /// So many files of their own.
    Files(String, usize, AttachmentMode),
}

impl Tracked {
    /// Tracks it in a conversation.
    pub(crate) fn track(&self, lane: &ConversationRecorder) -> Result<(), Error> {
        match self {
            Self::Question(text) => lane.track_human_message(HumanMessage::new(text)),
            Self::Answer(text) => lane.track_agent_message(AgentMessage::new(text)),
            Self::AnswerWithFiles(text, count, mode) => {
                lane.track_agent_message(AgentMessage::new(text).attachments(attachments(text, *count, *mode)))
            }
            Self::Action(name) => lane.track_action(NewAction::new(name)),
            Self::Button(label) => lane.track_button(ButtonClick::new("click", label, "1")),
            Self::Files(name, count, mode) => lane.track_attachments(attachments(name, *count, *mode)),
        }
    }

    /// What the service is to show of it.
    pub(crate) fn shown(&self) -> Shown {
        match self {
            Self::Question(text) => Shown::new("end_user", text),
            Self::Answer(text) => Shown::new("agent", text),
            Self::AnswerWithFiles(text, count, _) => Shown { files: files(text, *count), ..Shown::new("agent", text) },
            Self::Action(name) => Shown::new("action", name),
            Self::Button(label) => Shown::new("button", label),
            Self::Files(name, count, _) => {
                Shown { files: files(name, *count), ..Shown::new("end_user", "[Attachments]") }
            }
        }
    }

    /// How many requests it takes.
    pub(crate) fn requests(&self) -> usize {
        match self {
            Self::AnswerWithFiles(_, count, _) => 1 + count.div_ceil(10),
            Self::Files(_, count, _) => count.div_ceil(10),
            _ => 1,
        }
    }
}

/// One of everything; the message's files take several requests.
pub(crate) fn one_of_everything() -> Vec<Tracked> {
    vec![
        Tracked::Question("How do I reset my password?".to_owned()),
        Tracked::Action("database_lookup".to_owned()),
        Tracked::AnswerWithFiles("See the pictures.".to_owned(), 12, AttachmentMode::Base64),
        Tracked::Button("Reset".to_owned()),
        Tracked::Files("scan".to_owned(), 2, AttachmentMode::Base64),
        Tracked::Files("form".to_owned(), 1, AttachmentMode::FormData),
        Tracked::Answer("Done.".to_owned()),
    ]
}

/// Tracks one event after another.
pub(crate) fn track_all(lane: &ConversationRecorder, events: &[Tracked]) {
    for event in events {
        event.track(lane).unwrap();
    }
}

/// What the service is to show of these events.
pub(crate) fn shown(events: &[Tracked]) -> Vec<Shown> {
    events.iter().map(Tracked::shown).collect()
}

/// The action that token counters become.
pub(crate) fn token_action() -> Shown {
    Shown::new("action", "token_usage")
}

pub(crate) fn some_tokens() -> TokenUsage {
    TokenUsage::new(100, 25)
}

/// What the service shows of a conversation, which has to be in the order in which it was created there.
pub(crate) fn transcript(api: &FakeApi, conversation: &str) -> Vec<Shown> {
    let numbers: Vec<u64> = api.transcript(conversation).iter().map(|message| message.id).collect();
    assert!(numbers.is_sorted(), "created in the order of the events' times");
    transcript_as_created(api, conversation)
}

/// What the service shows of a conversation, in the order in which it was created there: an event that was refused and
/// put back comes late and has an early time.
pub(crate) fn transcript_as_created(api: &FakeApi, conversation: &str) -> Vec<Shown> {
    let mut messages = api.transcript(conversation);
    messages.sort_by_key(|message| message.id);
    let stored = api.files();
    messages
        .into_iter()
        .map(|message| {
            let (what, text) = match (&message.action_name, &message.button) {
                (Some(name), _) => ("action", name.clone()),
                (None, Some(button)) => ("button", button.label.clone().unwrap_or_default()),
                (None, None) => (message.sender.as_str(), message.content.clone()),
            };
            let files = stored.iter().filter(|file| file.message == message.id);
            let files = files.map(|file| (file.filename.clone(), file.content.clone())).collect();
            Shown { files, ..Shown::new(what, text) }
        })
        .collect()
}

/// The text of every message of a conversation.
pub(crate) fn texts(api: &FakeApi, conversation: &str) -> Vec<String> {
    transcript(api, conversation).into_iter().map(|shown| shown.text).collect()
}

fn files(name: &str, count: usize) -> Vec<(String, Bytes)> {
    (0..count).map(|index| (format!("{name} {index}.txt"), Bytes::from(format!("content {index} of {name}")))).collect()
}

fn attachments(name: &str, count: usize, mode: AttachmentMode) -> Attachments {
    let files = files(name, count).into_iter();
    Attachments::new(files.map(|(name, content)| NewAttachment::bytes(content).filename(name))).mode(mode)
}
