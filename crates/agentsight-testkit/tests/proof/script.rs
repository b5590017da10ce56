//! What is tracked, and which of its requests meets the fault.

use std::ops::Range;
use std::time::Duration;

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ButtonClick, ConversationRecorder, HumanMessage, ItemKind, NewAction,
    NewAttachment, Timestamp,
};
use agentsight_testkit::{ExpectedEvent, TestClock};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request};

/// The conversation that meets the fault.
pub(crate) const HIT: &str = "hit";

/// The request that meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The record of the conversation.
    Record,
    /// The request of this number, from 0, of an event of this kind.
    Event(Kind, usize),
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Question,
    Answer,
    Action,
    Button,
    /// So many files of their own.
    Files(usize, AttachmentMode),
    /// A message of the person with so many files.
    QuestionWithFiles(usize, AttachmentMode),
    /// A message of the agent with so many files.
    AnswerWithFiles(usize, AttachmentMode),
}

/// Which of the three events of the conversation meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Middle,
    Last,
}

/// An event that was tracked, in the test's own words.
#[derive(Clone, Debug)]
pub(crate) struct Tracked {
    pub(crate) kind: Kind,
    pub(crate) at: DateTime<Utc>,
}

impl Target {
    /// The record, and every request of every kind of event: a message and its files, one request of files and two, in
    /// both modes.
    pub(crate) const ALL: [Self; 21] = {
        use AttachmentMode::{Base64, FormData};
        [
            Self::Record,
            Self::Event(Kind::Question, 0),
            Self::Event(Kind::Answer, 0),
            Self::Event(Kind::Action, 0),
            Self::Event(Kind::Button, 0),
            Self::Event(Kind::Files(2, Base64), 0),
            Self::Event(Kind::Files(2, FormData), 0),
            Self::Event(Kind::Files(11, Base64), 0),
            Self::Event(Kind::Files(11, Base64), 1),
            Self::Event(Kind::Files(11, FormData), 0),
            Self::Event(Kind::Files(11, FormData), 1),
            Self::Event(Kind::QuestionWithFiles(2, FormData), 0),
            Self::Event(Kind::QuestionWithFiles(2, FormData), 1),
            Self::Event(Kind::AnswerWithFiles(2, Base64), 0),
            Self::Event(Kind::AnswerWithFiles(2, Base64), 1),
            Self::Event(Kind::AnswerWithFiles(11, Base64), 0),
            Self::Event(Kind::AnswerWithFiles(11, Base64), 1),
            Self::Event(Kind::AnswerWithFiles(11, Base64), 2),
            Self::Event(Kind::AnswerWithFiles(11, FormData), 0),
            Self::Event(Kind::AnswerWithFiles(11, FormData), 1),
            Self::Event(Kind::AnswerWithFiles(11, FormData), 2),
        ]
    };

    /// The places at which it makes a difference.
    pub(crate) fn places(self) -> &'static [Place] {
        match self {
            Self::Record => &[Place::First],
            Self::Event(..) => &[Place::First, Place::Middle, Place::Last],
        }
    }

    /// What the conversation's events are: all alike, so that only their stamps tell them apart (R17).
    pub(crate) fn events(self) -> [Kind; 3] {
        match self {
            Self::Record => [Kind::Question, Kind::Action, Kind::Answer],
            Self::Event(kind, _) => [kind; 3],
        }
    }

    /// Whether it carries files.
    pub(crate) fn is_upload(self) -> bool {
        self.path() == "/api/attachments/"
    }

    /// How long an attempt may take, small as the files are (R16).
    pub(crate) fn allowance(self) -> Duration {
        Duration::from_secs(if self.is_upload() { 45 } else { 15 })
    }

    /// Whether a later request of the same event has to name the number that this one is answered with (R13).
    pub(crate) fn needs_number(self) -> bool {
        match self {
            Self::Record => true,
            Self::Event(kind, 0) => kind.requests() > 1,
            Self::Event(..) => false,
        }
    }

    /// Whether this is the request, if the conversation has this id and the event was stamped so.
    pub(crate) fn is(self, request: &Request<Bytes>, id: &str, at: DateTime<Utc>) -> bool {
        let body = || std::str::from_utf8(request.body()).unwrap();
        if request.method() != Method::POST || request.uri().path() != self.path() {
            return false;
        }
        match self {
            Self::Record => body().contains(&format!("\"{id}\"")),
            Self::Event(kind, number) => {
                let mut files = kind.files_of(number);
                body().contains(&Timestamp::from(at).to_string())
                    && files.all(|index| body().contains(&file_name(index)))
            }
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Record => "/api/conversations/",
            Self::Event(Kind::Action, _) => "/api/action_logs/",
            Self::Event(Kind::Button, _) => "/api/buttons/",
            Self::Event(Kind::Files(..), _)
            | Self::Event(Kind::QuestionWithFiles(..) | Kind::AnswerWithFiles(..), 1..) => "/api/attachments/",
            Self::Event(..) => "/api/track/",
        }
    }
}

impl Kind {
    /// Tracks an event of this kind, a second after whatever was before.
    pub(crate) fn track(self, lane: &ConversationRecorder, clock: &TestClock) -> Tracked {
        clock.advance(Duration::from_secs(1));
        self.track_at(lane, None);
        Tracked { kind: self, at: clock.utc() }
    }

    /// Tracks an event of this kind with an explicit time (R6).
    pub(crate) fn back_fill(self, lane: &ConversationRecorder, at: DateTime<Utc>) -> Tracked {
        self.track_at(lane, Some(at));
        Tracked { kind: self, at }
    }

    fn track_at(self, lane: &ConversationRecorder, at: Option<DateTime<Utc>>) {
        let (mut question, mut answer) = (HumanMessage::new(TEXT), AgentMessage::new(TEXT));
        let (mut action, mut click) = (NewAction::new(ACTION), ButtonClick::new("confirm", LABEL, "1"));
        (question.at, answer.at, action.at, click.at) = (at, at, at, at);
        let with_time = |mut files: Attachments| {
            files.at = at;
            files
        };
        match self {
            Self::Question => lane.track_human_message(question),
            Self::Answer => lane.track_agent_message(answer),
            Self::Action => lane.track_action(action),
            Self::Button => lane.track_button(click),
            Self::Files(count, mode) => lane.track_attachments(with_time(attachments(count, mode))),
            Self::QuestionWithFiles(count, mode) => {
                lane.track_human_message(question.attachments(attachments(count, mode)))
            }
            Self::AnswerWithFiles(count, mode) => {
                lane.track_agent_message(answer.attachments(attachments(count, mode)))
            }
        }
        .unwrap();
    }

    /// What a report calls it.
    pub(crate) fn item(self) -> ItemKind {
        match self {
            Self::Question | Self::QuestionWithFiles(..) => ItemKind::Question,
            Self::Answer | Self::AnswerWithFiles(..) => ItemKind::Answer,
            Self::Action => ItemKind::Action,
            Self::Button => ItemKind::Button,
            Self::Files(..) => ItemKind::Attachments,
        }
    }

    /// How many requests it takes.
    pub(crate) fn requests(self) -> usize {
        match self {
            Self::Files(count, _) => count.div_ceil(10),
            Self::QuestionWithFiles(count, _) | Self::AnswerWithFiles(count, _) => 1 + count.div_ceil(10),
            _ => 1,
        }
    }

    /// Its files, by number.
    pub(crate) fn files(self) -> Range<usize> {
        match self {
            Self::Files(count, _) | Self::QuestionWithFiles(count, _) | Self::AnswerWithFiles(count, _) => 0..count,
            _ => 0..0,
        }
    }

    /// The files that this request of it carries.
    pub(crate) fn files_of(self, request: usize) -> Range<usize> {
        self.files_before(request)..self.files_before(request + 1)
    }

    /// How many files the requests before this one carry: ten fit into one (R13).
    fn files_before(self, request: usize) -> usize {
        match self {
            Self::Files(count, _) => count.min(10 * request),
            Self::QuestionWithFiles(count, _) | Self::AnswerWithFiles(count, _) => {
                count.min(10 * request.saturating_sub(1))
            }
            _ => 0,
        }
    }
}

impl Tracked {
    /// What the service is to show of it.
    pub(crate) fn expected(&self) -> ExpectedEvent {
        self.expected_with_files(self.kind.files())
    }

    /// What the service is to show of it that has these files.
    pub(crate) fn expected_with_files(&self, files: impl Iterator<Item = usize>) -> ExpectedEvent {
        let event = ExpectedEvent::new(self.kind.item()).at(self.at).files(files.map(file_name));
        match self.kind {
            Kind::Question | Kind::Answer | Kind::QuestionWithFiles(..) | Kind::AnswerWithFiles(..) => event.text(TEXT),
            Kind::Action => event.text(ACTION),
            Kind::Button => event.text(LABEL),
            Kind::Files(..) => event,
        }
    }
}

/// Space around a text is sent as it is, and a service may store it without.
const TEXT: &str = " Yes, please. ";
const ACTION: &str = "database_lookup";
const LABEL: &str = "Confirm";

pub(crate) fn file_name(index: usize) -> String {
    format!("scan-{index:02}.txt")
}

/// What the file of this number holds. No two are alike, and the end looks like the end of a form's part.
pub(crate) fn page(index: usize) -> String {
    format!("page {index}\r\n--\r\n")
}

fn attachments(count: usize, mode: AttachmentMode) -> Attachments {
    let files = (0..count).map(|index| NewAttachment::bytes(page(index)).filename(file_name(index)));
    Attachments::new(files).mode(mode)
}
