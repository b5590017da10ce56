//! What a person recognises an event by (R9).

use super::Event;

/// The longest preview, in characters (R9).
const PREVIEW: usize = 100;

impl Event {
    /// At most 100 characters of a message, an action's name, a button's label or the names of files.
    pub(crate) fn preview(&self) -> String {
        match self {
            Self::Message(message) => first_characters(&message.content).to_owned(),
            Self::Action(action) => first_characters(&action.name).to_owned(),
            Self::Button(button) => first_characters(&button.label).to_owned(),
            Self::Attachments(files) => {
                // A name has at least one character, so that no more of them are shown.
                let names = files.files.iter().take(PREVIEW).map(|file| first_characters(&file.filename));
                first_characters(&names.collect::<Vec<_>>().join(", ")).to_owned()
            }
        }
    }
}

/// The first 100 characters of a text, or all of it.
pub(crate) fn first_characters(text: &str) -> &str {
    let end = match text.as_bytes().get(..PREVIEW) {
        None => return text,
        // Most text is ASCII, of which the end needs no search.
        Some(start) if start.is_ascii() => PREVIEW,
        Some(_) => text.char_indices().nth(PREVIEW).map_or(text.len(), |(end, _)| end),
    };
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use agentsight_model::{AttachmentMode, Sender};
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;
    use crate::event::tests::{action, button, message};
    use crate::event::{AttachmentContent, PreparedAttachment, PreparedAttachments};

    fn files(names: &[&str]) -> Event {
        let file = |name: &&str| PreparedAttachment {
            filename: (*name).to_owned(),
            mime_type: "text/plain".to_owned(),
            content: AttachmentContent::Bytes(Bytes::new()),
        };
        Event::Attachments(Box::new(PreparedAttachments {
            files: names.iter().map(file).collect(),
            mode: AttachmentMode::Base64,
            sender: Sender::EndUser,
            metadata: Map::new(),
            has_own_metadata: false,
        }))
    }

    #[test]
    fn r9_each_kind_of_event_is_previewed_by_its_own_text() {
        for (event, preview) in [
            (message("My screen is black."), "My screen is black."),
            (action("database_lookup"), "database_lookup"),
            (button("confirm", "OK", "1"), "OK"),
            (files(&["a.txt", "b.png"]), "a.txt, b.png"),
        ] {
            assert_eq!(event.preview(), preview);
        }
    }

    #[test]
    fn r9_a_preview_has_at_most_100_characters() {
        let long = "ü".repeat(5_000);
        let many = vec!["n"; 5_000];
        for event in [message(&long), action(&long), button("e", &long, "v"), files(&[&long, "b"]), files(&many)] {
            assert_eq!(event.preview().chars().count(), 100, "{event:?}");
        }
    }

    proptest! {
        #[test]
        fn r9_a_preview_is_cut_between_characters(text in "[a-zäß€𝄞]{0,130}", ascii in "[ -~]{95,105}") {
            for text in [text.clone(), ascii.clone(), format!("{ascii}{text}")] {
                prop_assert_eq!(first_characters(&text).to_owned(), text.chars().take(100).collect::<String>());
            }
        }
    }
}
