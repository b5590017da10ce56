//! What an answer means for what was sent (R15, R16).

use bytes::Bytes;
use http::StatusCode;

use crate::answer::Answer;
use crate::answer::retry_after;
use crate::answer::{ANOTHER_CONVERSATION, AboutConversation as _};
use crate::context::Now;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::event::Event;
use crate::outbox::{Cargo, EventCargo, Part, Shipment};
use crate::transport::{FailureKind, TransportFailure};
use crate::wire::{Failure, Meaning, PartOutcome, Receipt};

/// Reads what came back for a shipment.
pub(super) fn read(
    shipment: &Shipment,
    now: Now,
    result: Result<http::Response<Bytes>, TransportFailure>,
) -> PartOutcome {
    let is_record = matches!(shipment.cargo, Cargo::Record(_));
    let response = match result {
        Ok(response) => response,
        Err(failure) => return PartOutcome::Failed(of_failure(failure, is_record)),
    };
    if !response.status().is_success() {
        let error = error_of(&response, now);
        let meaning = if is_record { of_record(&error) } else { of_event(&error) };
        return PartOutcome::Failed(Failure { error, meaning });
    }
    let answer = Answer { status: response.status(), body: response.body() };
    let receipt = match &shipment.cargo {
        Cargo::Record(_) => record_receipt(&answer, shipment.conversation_id.as_str()),
        Cargo::Event(event) => event_receipt(&answer, event),
    };
    match receipt {
        Ok(receipt) => PartOutcome::Acknowledged(receipt),
        // Somebody else answered in the service's place, or it left out what we cannot do without.
        Err(error) => {
            let is_same_again = is_record && error.kind() == ErrorKind::TooLarge;
            let meaning = if is_same_again { Meaning::Hopeless } else { Meaning::MaybeActedOn { is_busy: false } };
            PartOutcome::Failed(Failure { error: error.with_fate(RequestFate::MaybeSent), meaning })
        }
    }
}

/// The error of an answer that is no success.
pub(super) fn error_of(response: &http::Response<Bytes>, now: Now) -> Error {
    let wait = retry_after(response.headers(), now.utc);
    Error::from_answer(response.status(), response.body(), wait)
}

/// What it means that no complete answer came. With `is_repeatable` the same answer would be too large again.
pub(super) fn of_failure(failure: TransportFailure, is_repeatable: bool) -> Failure {
    let (kind, maybe_seen) = (failure.kind(), failure.maybe_seen());
    let error = Error::from_failure(failure);
    let meaning = match kind {
        FailureKind::File | FailureKind::Request if !is_repeatable && !maybe_seen => Meaning::Refused,
        FailureKind::Request => Meaning::Hopeless,
        FailureKind::TooLarge if is_repeatable => Meaning::Hopeless,
        _ if maybe_seen => Meaning::MaybeActedOn { is_busy: kind == FailureKind::Timeout },
        _ => Meaning::NotActedOn,
    };
    Failure { error, meaning }
}

/// What a status means that says the same of every request; `None` if it depends on what was sent.
pub(super) fn of_any(status: StatusCode) -> Option<Meaning> {
    Some(match status.as_u16() {
        // The service says that it did not take the request.
        425 | 429 | 503 => Meaning::NotActedOn,
        408 => Meaning::MaybeActedOn { is_busy: false },
        // A proxy ran out of patience; the service behind it may still be at work.
        504 => Meaning::MaybeActedOn { is_busy: true },
        401 => Meaning::KeyRefused,
        300..=399 | 403 | 405 | 407 | 426 | 431 => Meaning::ConversationRefused,
        400..=499 => return None,
        // 5xx, and what no server should answer: nobody knows what came before it.
        _ => Meaning::MaybeActedOn { is_busy: false },
    })
}

fn of_record(error: &Error) -> Meaning {
    match error.status() {
        // This is no AgentSight.
        Some(StatusCode::NOT_FOUND) => Meaning::ConversationRefused,
        Some(status) => of_any(status).unwrap_or(Meaning::Refused),
        None => Meaning::Refused,
    }
}

fn of_event(error: &Error) -> Meaning {
    match error.status() {
        Some(StatusCode::NOT_FOUND) => Meaning::UnknownConversation,
        Some(StatusCode::BAD_REQUEST) if error.field_errors().contains_key("conversation") => {
            Meaning::UnknownConversation
        }
        Some(status) => of_any(status).unwrap_or(Meaning::Refused),
        None => Meaning::Refused,
    }
}

/// A record's answer names the conversation that was asked for, by an id (R12).
fn record_receipt(answer: &Answer<'_>, conversation_id: &str) -> Result<Receipt, Error> {
    let (number, ids) = answer.with_id()?;
    if !ids.is_about(None, Some(conversation_id)) {
        return Err(answer.unexpected(ANOTHER_CONVERSATION));
    }
    let is_new = answer.status == StatusCode::CREATED;
    Ok(Receipt { number: Some(number), is_new, message: None, response: answer.kept() })
}

/// Any JSON, or nothing, unless an id is needed for what follows (R13, R15).
fn event_receipt(answer: &Answer<'_>, event: &EventCargo) -> Result<Receipt, Error> {
    let is_message = matches!(*event.event, Event::Message(_)) && event.part == Part::Create;
    let files = event.event.files().map_or(0, |files| files.files.len());
    let ids = answer.created()?;
    let message = if is_message { ids.id } else { ids.message };
    let needs_message = match &event.part {
        Part::Create => is_message && files > 0,
        Part::Upload(range) => event.message.is_none() && range.end < files,
        Part::Record { .. } => false,
    };
    if needs_message && message.is_none() {
        return Err(answer.unexpected("an answer without the id of the message that files belong to"));
    }
    Ok(Receipt { message, response: answer.kept(), ..Receipt::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        Error::from_answer(StatusCode::from_u16(status).expect("a status"), body.as_bytes(), None)
    }

    #[test]
    fn r15_the_meaning_follows_the_status() {
        use Meaning::{ConversationRefused, KeyRefused, NotActedOn, Refused, UnknownConversation};
        let maybe = |is_busy| Meaning::MaybeActedOn { is_busy };
        for (status, body, event, record) in [
            (302, "", ConversationRefused, ConversationRefused),
            (400, r#"{"content": ["bad"]}"#, Refused, Refused),
            (400, r#"{"conversation": ["unknown"]}"#, UnknownConversation, Refused),
            (401, "", KeyRefused, KeyRefused),
            (402, "", Refused, Refused),
            (403, "", ConversationRefused, ConversationRefused),
            (404, "", UnknownConversation, ConversationRefused),
            (405, "", ConversationRefused, ConversationRefused),
            (407, "", ConversationRefused, ConversationRefused),
            (408, "", maybe(false), maybe(false)),
            (409, "", Refused, Refused),
            (410, "", Refused, Refused),
            (413, "", Refused, Refused),
            (422, "", Refused, Refused),
            (425, "", NotActedOn, NotActedOn),
            (426, "", ConversationRefused, ConversationRefused),
            (429, "", NotActedOn, NotActedOn),
            (431, "", ConversationRefused, ConversationRefused),
            (500, "", maybe(false), maybe(false)),
            (502, "", maybe(false), maybe(false)),
            (503, "", NotActedOn, NotActedOn),
            (504, "", maybe(true), maybe(true)),
            (101, "", maybe(false), maybe(false)),
            (600, "", maybe(false), maybe(false)),
            (999, "", maybe(false), maybe(false)),
        ] {
            let error = error(status, body);
            assert_eq!((of_event(&error), of_record(&error)), (event, record), "{status} {body}");
        }
    }

    fn cargo(event: Event, part: Part, message: Option<u64>) -> EventCargo {
        let event = std::sync::Arc::new(event);
        EventCargo { event, sequence: 0, stamp: 0, is_explicit: false, floor: None, message, part }
    }

    fn with_files(event: Event, count: usize) -> Event {
        let file = crate::event::PreparedAttachment {
            filename: "a.txt".to_owned(),
            mime_type: "text/plain".to_owned(),
            content: crate::event::AttachmentContent::Bytes(Bytes::from_static(b"a")),
        };
        let (sender, mode) = (agentsight_model::Sender::EndUser, agentsight_model::AttachmentMode::Base64);
        let (files, metadata) = (vec![file; count], serde_json::Map::new());
        let files = crate::event::PreparedAttachments { sender, mode, metadata, files, has_own_metadata: false };
        match event {
            Event::Message(mut message) => {
                message.files = Some(Box::new(files));
                Event::Message(message)
            }
            _ => Event::Attachments(Box::new(files)),
        }
    }

    #[test]
    fn r13_an_answer_names_the_message_where_files_are_to_follow() {
        use crate::event::tests::{action, button, message};
        let upload = |range| Part::Upload(range);
        let table = [
            (cargo(message("m"), Part::Create, None), false),
            (cargo(with_files(message("m"), 1), Part::Create, None), true),
            (cargo(action("a"), Part::Create, None), false),
            (cargo(button("e", "l", "v"), Part::Create, None), false),
            (cargo(with_files(action("files"), 12), upload(0..10), None), true),
            (cargo(with_files(action("files"), 12), upload(0..10), Some(7)), false),
            (cargo(with_files(action("files"), 12), upload(10..12), None), false),
            (cargo(with_files(action("files"), 10), upload(0..10), None), false),
        ];
        for (event, is_needed) in table {
            let body = Bytes::from_static(b"{}");
            let answer = Answer { status: StatusCode::CREATED, body: &body };
            assert_eq!(event_receipt(&answer, &event).is_err(), is_needed, "{event:?}");
        }
    }

    #[test]
    fn r16_the_meaning_of_a_failure_follows_what_the_service_may_have_seen() {
        let maybe = |is_busy| Meaning::MaybeActedOn { is_busy };
        type Make = fn() -> TransportFailure;
        let table: [(Make, Meaning, Meaning); 10] = [
            (TransportFailure::connect, Meaning::NotActedOn, Meaning::NotActedOn),
            (TransportFailure::connect_timeout, Meaning::NotActedOn, Meaning::NotActedOn),
            (TransportFailure::timeout, maybe(true), maybe(true)),
            (TransportFailure::reset, maybe(false), maybe(false)),
            (TransportFailure::body, maybe(false), maybe(false)),
            (TransportFailure::too_large, maybe(false), Meaning::Hopeless),
            (|| TransportFailure::file("gone"), Meaning::Refused, Meaning::NotActedOn),
            (|| TransportFailure::file("shrunk").with_maybe_seen(true), maybe(false), maybe(false)),
            (|| TransportFailure::request("bad"), Meaning::Refused, Meaning::Hopeless),
            (|| TransportFailure::other("odd"), maybe(false), maybe(false)),
        ];
        for (failure, event, record) in table {
            assert_eq!(of_failure(failure(), false).meaning, event, "{}", failure());
            assert_eq!(of_failure(failure(), true).meaning, record, "{}", failure());
        }
    }
}
