//! What the service holds, as one JSON document: written, read back, and put in the place of what a service holds.

pub(crate) mod document;
mod fill;
mod invalid;
mod seed;
mod take;
mod values;

use std::borrow::Borrow;
use std::fmt;
use std::io;

use serde::{Deserialize, Deserializer, Serialize};

use self::document::{ActionDocument, ConversationDocument, FeedbackDocument};
pub use self::invalid::InvalidSnapshot;
pub(crate) use self::seed::parse_seed;
use crate::api::LastNumbers;

/// Everything that a [`FakeApi`](crate::FakeApi) stores at one moment: conversations with transcripts, files and
/// feedbacks, and the numbers that were given. Not the requests, the faults, the clock or the options.
///
/// As JSON it is one object, whose conversations are as the detail route answers them, with the content of each file as
/// base64 under `data`. `Debug` shows counts only.
///
/// ```
/// use agentsight_testkit::{FakeApi, Snapshot};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let api = FakeApi::new();
/// api.seed(r#"{"conversation_id": "support-123", "language": "en"}"#)?;
/// let mut file = Vec::new();
/// api.snapshot().write(&mut file)?;
///
/// let other = FakeApi::new();
/// other.restore(&Snapshot::read(file.as_slice())?)?;
/// assert_eq!(other.conversation("support-123"), api.conversation("support-123"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a snapshot, which is an object")]
pub struct Snapshot {
    format: Format,
    #[serde(default)]
    numbers: LastNumbers,
    #[serde(default)]
    actions: Vec<ActionDocument>,
    /// What was said of agents; the rest is in the conversations.
    #[serde(default)]
    feedbacks: Vec<FeedbackDocument>,
    #[serde(default)]
    conversations: Vec<ConversationDocument>,
}

/// What came of a conversation to seed; see [`FakeApi::seed`](crate::FakeApi::seed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seeded {
    /// It was stored under this number.
    Added(u64),
    /// There is a conversation of that text id already, under this number; nothing was changed.
    Present(u64),
}

impl Snapshot {
    /// Reads a snapshot from JSON text.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or not a snapshot: the error says where.
    pub fn from_json(text: &str) -> Result<Self, InvalidSnapshot> {
        Self::decode(&mut serde_json::Deserializer::from_str(text))
    }

    /// Reads a snapshot from JSON. Wrap a file in a [`BufReader`](io::BufReader): this reads byte by byte.
    ///
    /// # Errors
    ///
    /// When reading fails, or what is read is not a snapshot; then the error's source is an [`InvalidSnapshot`].
    pub fn read(reader: impl io::Read) -> io::Result<Self> {
        let mut failed = None;
        let reader = Remembering { reader, failed: &mut failed };
        let read = Self::decode(&mut serde_json::Deserializer::from_reader(reader));
        match failed {
            Some(error) => Err(error),
            None => Ok(read?),
        }
    }

    fn decode<'de, R: serde_json::de::Read<'de>>(
        deserializer: &mut serde_json::Deserializer<R>,
    ) -> Result<Self, InvalidSnapshot> {
        let snapshot = serde_path_to_error::deserialize(&mut *deserializer).map_err(|error| {
            let invalid = InvalidSnapshot::decoding(error);
            match invalid.is_missing("format") {
                true => InvalidSnapshot::new("format", WRONG_FORMAT),
                false => invalid,
            }
        })?;
        deserializer.end().map_err(|error| InvalidSnapshot::json(&error))?;
        Ok(snapshot)
    }

    /// Writes the snapshot as JSON, a conversation a line. Wrap a file in a [`BufWriter`](io::BufWriter).
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn write(&self, writer: impl io::Write) -> io::Result<()> {
        self.write_with(writer, self.conversations.iter())
    }

    /// Writes these conversations in the place of its own.
    fn write_with(
        &self,
        mut writer: impl io::Write,
        conversations: impl Iterator<Item = impl Borrow<ConversationDocument>>,
    ) -> io::Result<()> {
        let Self { format, numbers, actions, feedbacks, conversations: _ } = self;
        write!(writer, "{{\"format\":")?;
        serde_json::to_writer(&mut writer, format)?;
        write!(writer, ",\n\"numbers\":")?;
        serde_json::to_writer(&mut writer, numbers)?;
        write!(writer, ",\n\"actions\":")?;
        serde_json::to_writer(&mut writer, actions)?;
        write!(writer, ",\n\"feedbacks\":")?;
        serde_json::to_writer(&mut writer, feedbacks)?;
        write!(writer, ",\n\"conversations\":[")?;
        for (index, conversation) in conversations.enumerate() {
            writer.write_all(if index == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut writer, conversation.borrow())?;
        }
        writer.write_all(b"\n]}\n")
    }

    /// How many conversations it holds.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.conversations.len()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: usize = self.conversations.iter().map(|conversation| conversation.messages.len()).sum();
        f.debug_struct("Snapshot")
            .field("conversations", &self.conversations.len())
            .field("messages", &messages)
            .finish_non_exhaustive()
    }
}

/// The version of the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Format {
    #[serde(rename = "agentsight-fake/1")]
    First,
}

const WRONG_FORMAT: &str =
    "expected \"agentsight-fake/1\": this is no snapshot, or one of a version that is not known here";

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "agentsight-fake/1" => Ok(Self::First),
            _ => Err(serde::de::Error::custom(WRONG_FORMAT)),
        }
    }
}

/// Keeps the error of a reader, of which a decoder only gives the text on.
struct Remembering<'a, R> {
    reader: R,
    failed: &'a mut Option<io::Error>,
}

impl<R: io::Read> io::Read for Remembering<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                *self.failed = Some(error);
            }
            kind.into()
        })
    }
}
