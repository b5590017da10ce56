//! Reads `GET /api/conversations/{pk}/` for a look: only the messages that can matter are kept (R17, wire: 1.9).

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::identity::{Sought, SoughtKind};
use super::likeness::may_show;
use super::row::{Row, Shows, WrittenRow};
use crate::answer::AboutConversation;
use crate::error::{Error, ErrorKind};

/// What a look keeps of a conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Transcript {
    /// The conversation's id; `None` where it cannot be read.
    pub id: Option<u64>,
    /// The conversation's text id; `None` where it cannot be read.
    pub conversation_id: Option<String>,
    /// The lowest and the highest id among all messages, kept or not.
    pub ids: Option<RangeInclusive<u64>>,
    /// The messages that can matter, in the order of the answer.
    pub rows: Vec<Row>,
    /// Whether a message that has the time of an item shows no id, so that not finding the item says nothing.
    pub lacks_ids: bool,
}

impl Transcript {
    /// The messages that were kept, lowest id first.
    pub(crate) fn rows_by_id(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| row.id);
        rows
    }
}

impl AboutConversation for Transcript {
    fn named_number(&self) -> Option<u64> {
        self.id
    }

    fn named_id(&self) -> Option<&str> {
        self.conversation_id.as_deref()
    }
}

/// Reads transcripts for these items.
#[derive(Debug)]
pub(crate) struct TranscriptReader<'a> {
    by_stamp: HashMap<i64, Vec<&'a Sought<'a>>>,
    messages: HashSet<u64>,
    stamps: HashSet<i64>,
    known: HashMap<u64, i64>,
}

impl<'a> TranscriptReader<'a> {
    /// A reader for the arguments of [`assign`](super::identity::assign).
    pub(crate) fn new(sought: &'a [Sought<'a>], known: &[(u64, i64)]) -> Self {
        let mut by_stamp: HashMap<i64, Vec<&Sought<'_>>> = HashMap::new();
        let mut messages = HashSet::new();
        for item in sought {
            match item.what {
                SoughtKind::Files { message: Some(message), .. } => {
                    messages.insert(message);
                }
                _ => by_stamp.entry(item.stamp).or_default().push(item),
            }
        }
        let stamps = sought.iter().map(|item| item.stamp).collect();
        Self { by_stamp, messages, stamps, known: known.iter().copied().collect() }
    }

    /// Reads the body of an answer. Memory beyond the body is needed for the messages that are kept alone.
    ///
    /// A message that cannot be read is left out.
    ///
    /// # Errors
    /// `UnexpectedResponse` if the body is not JSON, `Decode` if it has no list of messages.
    pub(crate) fn read(&self, body: &[u8]) -> Result<Transcript, Error> {
        let mut decoder = serde_json::Deserializer::from_slice(body);
        let read = decoder.deserialize_map(ConversationVisitor { reader: self });
        read.and_then(|transcript| decoder.end().map(|()| transcript)).map_err(|error| {
            if error.is_data() {
                Error::new(ErrorKind::Decode, "cannot read `messages` of the answer")
            } else {
                Error::new(ErrorKind::UnexpectedResponse, "an answer that is not JSON")
            }
        })
    }

    /// Keeps the row if it can matter, and notes its id if it has one.
    fn take(&self, row: &RawValue, transcript: &mut Transcript) {
        let Some(written) = WrittenRow::outline(row) else { return };
        let Some(id) = written.id() else {
            transcript.lacks_ids |= written.stamp().is_some_and(|stamp| self.stamps.contains(&stamp));
            return;
        };
        let (lowest, highest) = transcript.ids.as_ref().map_or((id, id), |ids| (*ids.start(), *ids.end()));
        transcript.ids = Some(lowest.min(id)..=highest.max(id));
        let stamp = written.stamp();
        if self.messages.contains(&id) {
            return transcript.rows.push(written.row(id, stamp));
        }
        if let Some(sought) = stamp.and_then(|stamp| self.by_stamp.get(&stamp)) {
            let row = written.row(id, stamp);
            if sought.iter().any(|item| may_show(&row, item)) {
                return transcript.rows.push(row);
            }
        }
        // A message of ours matters without its content, and only where it shows another time than we gave.
        if self.known.get(&id).is_some_and(|given| stamp.is_some_and(|shown| shown != *given)) {
            let (sender, content, sizes) = (None, String::new(), Vec::new());
            transcript.rows.push(Row { id, stamp, sender, shows: Shows::Other, content, sizes });
        }
    }
}

struct ConversationVisitor<'a> {
    reader: &'a TranscriptReader<'a>,
}

impl<'de> Visitor<'de> for ConversationVisitor<'_> {
    type Value = Transcript;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a conversation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Transcript, A::Error> {
        let mut transcript = Transcript::default();
        let mut has_messages = false;
        // A key may be escaped, so that it is not always borrowed.
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "id" => transcript.id = serde_json::from_str(map.next_value::<&RawValue>()?.get()).ok(),
                "conversation_id" => {
                    transcript.conversation_id = serde_json::from_str(map.next_value::<&RawValue>()?.get()).ok();
                }
                "messages" => {
                    has_messages = true;
                    map.next_value_seed(Messages { reader: self.reader, transcript: &mut transcript })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if has_messages { Ok(transcript) } else { Err(A::Error::missing_field("messages")) }
    }
}

struct Messages<'a> {
    reader: &'a TranscriptReader<'a>,
    transcript: &'a mut Transcript,
}

impl<'de> DeserializeSeed<'de> for Messages<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<&RawValue>()? {
            self.reader.take(row, self.transcript);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
