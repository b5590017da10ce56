//! How much memory the content of an event takes (R23).

use agentsight_model::Sender;
use serde_json::{Map, Value};

use super::attachment::AttachmentContent;
use super::{Event, PreparedAttachments};

impl Event {
    /// Bytes of content on the heap: texts, metadata with its keys, and files in memory.
    ///
    /// Lengths count, and not what is reserved beyond them: equal events weigh the same, also after one of them has been
    /// stored and read back.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Message(message) => sum([
                sender(&message.sender),
                message.content.len(),
                object(&message.metadata),
                message.files.as_deref().map_or(0, files),
            ]),
            Self::Action(action) => sum([
                action.name.len(),
                action.response.as_ref().map_or(0, String::len),
                action.error_message.as_ref().map_or(0, String::len),
                action.tools_used.as_ref().map_or(0, object),
                object(&action.metadata),
            ]),
            Self::Button(button) => {
                sum([button.event.len(), button.label.len(), button.value.len(), object(&button.metadata)])
            }
            Self::Attachments(attachments) => files(attachments),
        }
    }
}

fn files(attachments: &PreparedAttachments) -> usize {
    let each = attachments.files.iter().map(|file| {
        let content = match &file.content {
            AttachmentContent::Bytes(bytes) => bytes.len(),
            AttachmentContent::File { path, .. } => path.as_os_str().len(),
        };
        sum([size_of_val(file), file.filename.len(), file.mime_type.len(), content])
    });
    sum(each.chain([sender(&attachments.sender), object(&attachments.metadata)]))
}

/// A word that this version does not know is a text of its own.
fn sender(sender: &Sender) -> usize {
    if sender.is_listed() { 0 } else { sender.as_str().len() }
}

/// What the entries of an object take. They are nested at most 64 levels deep (R7).
fn object(map: &Map<String, Value>) -> usize {
    sum(map.iter().map(|(key, value)| sum([size_of_val(key), key.len(), size_of_val(value), inside(value)])))
}

/// What a value takes besides itself.
fn inside(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => sum(items.iter().map(|item| size_of_val(item).saturating_add(inside(item)))),
        Value::Object(map) => object(map),
    }
}

fn sum(parts: impl IntoIterator<Item = usize>) -> usize {
    parts.into_iter().fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use agentsight_model::{Attachments, NewAttachment};
    use chrono::DateTime;
    use serde_json::json;
    use std::time::Duration;

    use super::*;
    use crate::context::{Context, Now};
    use crate::event::tests::{action, button, message};
    use crate::event::{MessageEvent, attachments};

    const ENTRY: usize = size_of::<String>() + size_of::<Value>();

    fn with_metadata(metadata: Value) -> usize {
        let Value::Object(metadata) = metadata else { unreachable!("an object") };
        let content = String::new();
        Event::Message(MessageEvent { sender: Sender::Agent, content, metadata, files: None }).weight()
    }

    #[test]
    fn r23_texts_weigh_their_length() {
        assert_eq!(message("My screen is black.").weight(), 19);
        assert_eq!(action("lookup").weight(), 6);
        assert_eq!(button("confirm", "OK", "1").weight(), 10);
    }

    #[test]
    fn r23_a_sender_that_is_not_listed_weighs_its_text() {
        let weight = |sender: Sender| {
            let (content, metadata) = (String::new(), Map::new());
            Event::Message(MessageEvent { sender, content, metadata, files: None }).weight()
        };
        assert_eq!((weight(Sender::Agent), weight(Sender::from("supervisor"))), (0, 10));
    }

    #[test]
    fn r23_metadata_weighs_its_keys_and_values_at_any_depth() {
        let value = size_of::<Value>();
        for (metadata, weight) in [
            (json!({}), 0),
            (json!({"a": 1}), ENTRY + 1),
            (json!({"ab": null, "c": true}), 2 * ENTRY + 3),
            (json!({"a": "text"}), ENTRY + 1 + 4),
            (json!({"a": ["xy", 1]}), ENTRY + 1 + 2 * value + 2),
            (json!({"a": {"b": {"c": "d"}}}), 3 * ENTRY + 3 + 1),
        ] {
            assert_eq!(with_metadata(metadata.clone()), weight, "{metadata}");
        }
    }

    #[test]
    fn r23_a_file_in_memory_weighs_its_bytes_and_one_on_disk_does_not() {
        let context = Context::new(|| Now::new(Duration::ZERO, DateTime::UNIX_EPOCH), || 0);
        let weight = |length| {
            let file = NewAttachment::bytes(vec![0; length]).filename("a.bin");
            attachments(Attachments::new([file]), &context).expect("a file").event.weight()
        };
        assert_eq!(weight(1_000_000) - weight(0), 1_000_000);
        let seen = context
            .with_files(|_: &std::path::Path, _| Ok(crate::context::FileFacts::new(20_000_000, bytes::Bytes::new())));
        let on_disk = attachments(Attachments::new([NewAttachment::path("a.bin")]), &seen).expect("a file");
        assert!(on_disk.event.weight() < 1_000);
    }
}
