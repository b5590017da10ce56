//! What is kept of a message of the transcript to find our items again (R17, wire: 1.8).

use agentsight_model::{Metadata, Sender, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::token_counters::{TOKEN_USAGE, TokenCounters};

/// A message of the transcript, as far as it identifies an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The id of the message.
    pub id: u64,
    /// Its time in microseconds; `None` where it cannot be read.
    pub stamp: Option<i64>,
    /// Who wrote it; `None` where that cannot be read.
    pub sender: Option<Sender>,
    /// What kind of event it shows.
    pub shows: Shows,
    /// Its text; empty where that cannot be read.
    pub content: String,
    /// The sizes of the files under it in ascending order; `None` for a file that shows no size.
    pub sizes: Vec<Option<u64>>,
}

/// What kind of event a message shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shows {
    /// Neither an action nor a button: a message, or the message that holds files.
    Text,
    /// A run of an action.
    Action {
        /// The name of the action.
        name: String,
        /// The token counters, read for actions that carry them.
        counters: TokenCounters,
    },
    /// A click on a button.
    Button(ShownButton),
    /// Something that cannot be read, or that nobody looks for.
    Other,
}

/// A click as the transcript shows it; every part may be missing (wire: part 3, 13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ShownButton {
    /// What happened.
    pub event: Option<String>,
    /// The text on the button.
    pub label: Option<String>,
    /// What the button stands for.
    pub value: Option<String>,
}

/// A message of the transcript with its fields still unread, so that a row that is not kept costs no allocation.
#[derive(Deserialize)]
pub(crate) struct WrittenRow<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sender: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    action_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    button: Option<&'a RawValue>,
    #[serde(borrow, default)]
    attachments: Option<&'a RawValue>,
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    action_logs: Option<&'a RawValue>,
}

impl<'a> WrittenRow<'a> {
    /// The fields of a row; `None` if it is no object.
    pub(crate) fn outline(row: &'a RawValue) -> Option<Self> {
        // A derived reader takes an array for a struct too.
        row.get().starts_with('{').then(|| serde_json::from_str(row.get()).ok())?
    }

    /// The id of the message.
    pub(crate) fn id(&self) -> Option<u64> {
        self.id.and_then(read)
    }

    /// The time of the message in microseconds.
    pub(crate) fn stamp(&self) -> Option<i64> {
        let timestamp: Timestamp = self.timestamp.and_then(read)?;
        Some(timestamp.instant().timestamp_micros())
    }

    /// The whole row, under the id and the time that were read before.
    pub(crate) fn row(&self, id: u64, stamp: Option<i64>) -> Row {
        Row {
            id,
            stamp,
            sender: self.sender.and_then(read),
            shows: self.shows(),
            content: self.content.and_then(read).unwrap_or_default(),
            sizes: self.sizes(),
        }
    }

    fn shows(&self) -> Shows {
        if let Some(name) = self.action_name.filter(|name| !is_none(name)) {
            return match read::<String>(name) {
                Some(name) if name.trim() == TOKEN_USAGE => Shows::Action { counters: self.counters(), name },
                Some(name) => Shows::Action { name, counters: TokenCounters::default() },
                None => Shows::Other,
            };
        }
        match self.button {
            Some(button) if !is_none(button) => Shows::Button(shown_button(button)),
            _ => Shows::Text,
        }
    }

    /// The counters in the metadata of the message, else in that of the action's runs: the documents name both places.
    fn counters(&self) -> TokenCounters {
        let mut counters = counters_in(self.metadata);
        for log in self.list(self.action_logs) {
            if let Some(log) = read_object::<WrittenLog<'_>>(log) {
                counters = counters.or(counters_in(log.metadata));
            }
        }
        counters
    }

    fn sizes(&self) -> Vec<Option<u64>> {
        let files = self.list(self.attachments).into_iter();
        let mut sizes: Vec<_> = files
            .map(|file| read_object::<WrittenFile<'_>>(file).and_then(|file| file.size_bytes).and_then(read))
            .collect();
        sizes.sort_unstable();
        sizes
    }

    fn list(&self, list: Option<&'a RawValue>) -> Vec<&'a RawValue> {
        list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct WrittenLog<'a> {
    #[serde(borrow, default)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WrittenFile<'a> {
    #[serde(borrow, default)]
    size_bytes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WrittenButton<'a> {
    #[serde(borrow, default)]
    button_event: Option<&'a RawValue>,
    #[serde(borrow, default)]
    label: Option<&'a RawValue>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

fn shown_button(button: &RawValue) -> ShownButton {
    // The shape is not documented: a click that is shown as anything else is a click that says nothing of itself.
    read_object::<WrittenButton<'_>>(button).map_or_else(ShownButton::default, |button| ShownButton {
        event: button.button_event.and_then(shown_text),
        label: button.label.and_then(shown_text),
        value: button.value.and_then(shown_text),
    })
}

fn counters_in(metadata: Option<&RawValue>) -> TokenCounters {
    let metadata: Option<Metadata> = metadata.and_then(read);
    metadata.as_ref().and_then(Metadata::as_map).map_or_else(TokenCounters::default, TokenCounters::of)
}

/// The text of a field; `None` where it is blank or no text.
fn shown_text(field: &RawValue) -> Option<String> {
    read::<String>(field).filter(|text| !text.trim().is_empty())
}

/// Whether the field says that there is nothing: null, `""`, `{}`, `[]`, `false`, or an object of such fields.
fn is_none(field: &RawValue) -> bool {
    /// What an object of nothing but unset fields can look like; a longer field is a value.
    const LONGEST: usize = 1_024;
    match field.get().as_bytes().first() {
        Some(b'n' | b'f') => true,
        Some(b'"') => field.get().len() <= LONGEST && read(field).is_some_and(|text: String| text.trim().is_empty()),
        Some(b'{' | b'[') if field.get().len() <= LONGEST => {
            read(field).is_some_and(|value: serde_json::Value| match &value {
                serde_json::Value::Array(items) => items.is_empty(),
                serde_json::Value::Object(fields) => fields.values().all(|value| value.is_null() || *value == ""),
                _ => false,
            })
        }
        _ => false,
    }
}

fn read<T: DeserializeOwned>(field: &RawValue) -> Option<T> {
    serde_json::from_str(field.get()).ok()
}

fn read_object<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok())?
}
