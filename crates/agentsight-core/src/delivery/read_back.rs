//! Looking for an event in the transcript after its request may have been lost (R17).

use agentsight_model::{Attachment, Conversation, Message, Metadata, Sender};
use serde_json::{Map, Value};

use crate::event::{Event, PreparedAttachment, TOKEN_USAGE};
use crate::lane::{Micros, Part, Snapshot};

/// How far a stamp may be off if the service rounds times, in microseconds.
const ROUNDING: u64 = 1_000_000;
/// The resolutions to which a service may round, in microseconds.
const RESOLUTIONS: [Micros; 2] = [1_000, 1_000_000];

/// What a look at the transcript says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// The event is there: it is acknowledged.
    Found {
        /// The message that shows the event.
        message: u64,
        /// That message as the service shows it.
        row: Value,
    },
    /// The event is not there.
    Absent,
    /// The service shows other times than the ones we gave, so that not finding the event says nothing.
    StampsNotKept,
}

/// Looks for one part of an item: the same kind or sender and the same microsecond, above the last acknowledged
/// message; content, trimmed, only breaks ties.
pub(crate) fn find(
    transcript: &Conversation,
    item: &Snapshot,
    part: &Part,
    last_acknowledged: Option<(u64, Micros)>,
) -> Finding {
    let messages = transcript.messages();
    if let (Part::Upload(range), Some(number)) = (part, item.message) {
        let files = item.event.files().map_or(&[][..], |files| &files.files[..range.end]);
        let message = messages.iter().find(|message| message.id == number);
        return match message {
            Some(message) if holds_all(message, files) => found(message),
            _ => Finding::Absent,
        };
    }
    let newer = |message: &&Message| last_acknowledged.is_none_or(|(last, _)| message.id > last);
    let same_kind: Vec<&Message> =
        messages.iter().filter(newer).filter(|message| is_of_kind(message, item, part)).collect();
    let same_time: Vec<&&Message> = same_kind.iter().filter(|message| stamp(message) == item.stamp).collect();
    let best = same_time.iter().find(|message| has_content(message, &item.event)).or(same_time.first());
    match best {
        Some(message) => found(message),
        None if stamps_differ(messages, &same_kind, item, last_acknowledged) => Finding::StampsNotKept,
        None => Finding::Absent,
    }
}

fn found(message: &Message) -> Finding {
    Finding::Found { message: message.id, row: serde_json::to_value(message).unwrap_or_default() }
}

fn is_of_kind(message: &Message, item: &Snapshot, part: &Part) -> bool {
    match (&*item.event, part) {
        (Event::Message(said), _) => {
            message.sender == said.sender && message.action_name.is_none() && message.button.is_none()
        }
        (Event::Action(action), _) => {
            message.action_name.as_deref() == Some(action.name.as_str())
                && !(action.name == TOKEN_USAGE && shows_other_counters(message, &action.metadata))
        }
        (Event::Button(click), _) => {
            message.sender == Sender::EndUser
                && (message.button.is_some() || message.content.trim() == format!("Button clicked: {}", click.label))
        }
        (Event::Attachments(files), Part::Upload(range)) => {
            message.sender == files.sender && holds_all(message, &files.files[range.clone()])
        }
        (Event::Attachments(_), Part::Create) => false,
    }
}

/// Whether the message is about other token counters: such actions may share a stamp (R8).
fn shows_other_counters(message: &Message, counters: &Map<String, Value>) -> bool {
    let shown = message.metadata.as_ref().and_then(Metadata::as_map);
    shown.is_some_and(|shown| counters.iter().any(|(name, count)| shown.get(name).is_some_and(|other| other != count)))
}

fn has_content(message: &Message, event: &Event) -> bool {
    match event {
        Event::Message(said) => message.content.trim() == said.content.trim(),
        Event::Button(click) => message.button.as_ref().is_some_and(|button| {
            button.label.as_deref() == Some(click.label.as_str())
                && button.value.as_deref() == Some(click.value.as_str())
        }),
        Event::Action(_) | Event::Attachments(_) => true,
    }
}

/// Whether every one of `files` is under the message, by name and size, as often as it was sent.
fn holds_all(message: &Message, files: &[PreparedAttachment]) -> bool {
    let mut under: Vec<&Attachment> = message.attachments().iter().collect();
    files.iter().all(|file| {
        let place = under.iter().position(|attachment| {
            attachment.filename.as_deref() == Some(file.filename.as_str()) && attachment.size_bytes == Some(file.len())
        });
        place.map(|place| under.swap_remove(place)).is_some()
    })
}

/// Whether the service visibly shows other times than the ones it was given: on the last message that we know, on a
/// message with the same content and almost our time, or on another event of the same kind whose time is ours, rounded.
fn stamps_differ(
    messages: &[Message],
    same_kind: &[&Message],
    item: &Snapshot,
    last_acknowledged: Option<(u64, Micros)>,
) -> bool {
    let known = last_acknowledged
        .and_then(|(number, stamp)| messages.iter().find(|message| message.id == number).map(|row| (row, stamp)))
        .is_some_and(|(row, given)| stamp(row) != given);
    known
        || same_kind.iter().filter(|message| has_content(message, &item.event)).any(|message| match *item.event {
            Event::Message(_) => stamp(message).abs_diff(item.stamp) < ROUNDING,
            // Nothing else tells two of these apart, so that only a round time speaks for a rounded one.
            Event::Action(_) | Event::Button(_) | Event::Attachments(_) => RESOLUTIONS.iter().any(|resolution| {
                stamp(message) % resolution == 0 && stamp(message).abs_diff(item.stamp) < resolution.unsigned_abs()
            }),
        })
}

fn stamp(message: &Message) -> Micros {
    message.timestamp.timestamp_micros()
}

#[cfg(test)]
mod tests {
    use agentsight_model::Button;

    use super::*;
    use crate::event::tests as event;
    use crate::lane::time_of;

    fn question(content: &str, stamp: Micros) -> Snapshot {
        snapshot(event::message(content), stamp)
    }

    fn snapshot(event: Event, stamp: Micros) -> Snapshot {
        Snapshot { event: event.into(), stamp, message: None }
    }

    fn row(id: u64, stamp: Micros, sender: Sender, content: &str) -> Message {
        Message::new(id, time_of(stamp), sender, content)
    }

    fn transcript(messages: impl IntoIterator<Item = Message>) -> Conversation {
        Conversation::new(1, "c").with_messages(messages.into_iter().collect::<Vec<_>>())
    }

    fn number(finding: Finding) -> Option<u64> {
        match finding {
            Finding::Found { message, .. } => Some(message),
            _ => None,
        }
    }

    #[test]
    fn r17_an_event_is_found_by_sender_and_microsecond() {
        let item = question("hi", 1_000_000);
        for (what, message, expected) in [
            ("the event", row(7, 1_000_000, Sender::EndUser, "hi"), Some(7)),
            ("trimmed by the service", row(7, 1_000_000, Sender::EndUser, "other words"), Some(7)),
            ("another sender", row(7, 1_000_000, Sender::Agent, "hi"), None),
            ("another time", row(7, 9_000_000, Sender::EndUser, "hi"), None),
            ("an action", row(7, 1_000_000, Sender::EndUser, "hi").with_action_name("search"), None),
        ] {
            assert_eq!(number(find(&transcript([message]), &item, &Part::Create, None)), expected, "{what}");
        }
    }

    #[test]
    fn r17_content_breaks_ties_only() {
        let item = question(" hi ", 1_000_000);
        let two = transcript([row(7, 1_000_000, Sender::EndUser, "ho"), row(8, 1_000_000, Sender::EndUser, "hi")]);
        assert_eq!(number(find(&two, &item, &Part::Create, None)), Some(8));
    }

    #[test]
    fn r17_only_messages_above_the_last_acknowledged_one_count() {
        let item = question("hi", 1_000_000);
        let messages = transcript([row(7, 1_000_000, Sender::EndUser, "hi")]);
        assert_eq!(find(&messages, &item, &Part::Create, Some((7, 1_000_000))), Finding::Absent);
        assert_eq!(number(find(&messages, &item, &Part::Create, Some((6, 0)))), Some(7));
    }

    #[test]
    fn r17_stamps_that_are_visibly_not_kept_make_absence_meaningless() {
        let item = question("hi", 1_000_500);
        let rounded = transcript([row(7, 1_000_000, Sender::EndUser, "hi")]);
        assert_eq!(find(&rounded, &item, &Part::Create, None), Finding::StampsNotKept);
        let restamped = transcript([row(7, 77_000_000, Sender::Agent, "before")]);
        assert_eq!(find(&restamped, &item, &Part::Create, Some((7, 900_000))), Finding::StampsNotKept);
        assert_eq!(find(&transcript([]), &item, &Part::Create, Some((7, 900_000))), Finding::Absent);
    }

    #[test]
    fn r17_an_action_is_found_by_its_name_and_a_button_by_its_synthetic_message() {
        let item = snapshot(event::action("search"), 5);
        let row_of = |name: &str| row(7, 5, Sender::Agent, "Action performed").with_action_name(name);
        assert_eq!(number(find(&transcript([row_of("search")]), &item, &Part::Create, None)), Some(7));
        assert_eq!(number(find(&transcript([row_of("other")]), &item, &Part::Create, None)), None);

        let item = snapshot(event::button("confirm", "OK", "1"), 5);
        let by_text = row(7, 5, Sender::EndUser, "Button clicked: OK");
        let by_object = row(8, 5, Sender::EndUser, "clicked").with_button(Button::new());
        assert_eq!(number(find(&transcript([by_text]), &item, &Part::Create, None)), Some(7));
        assert_eq!(number(find(&transcript([by_object]), &item, &Part::Create, None)), Some(8));
        let message = row(9, 5, Sender::EndUser, "OK");
        assert_eq!(number(find(&transcript([message]), &item, &Part::Create, None)), None);
    }
}
