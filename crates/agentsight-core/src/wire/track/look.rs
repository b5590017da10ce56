//! Reads a conversation back and looks for events in it (R17). `GET /api/conversations/{pk}/` (wire: 1.9)

use bytes::Bytes;
use http::StatusCode;

use super::answers::{error_of, of_any, of_failure};
use crate::answer::{ANOTHER_CONVERSATION, AboutConversation as _};
use crate::context::Now;
use crate::endpoint::RequestParts;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::event::Event;
use crate::outbox::{Cargo, EventCargo, Part};
use crate::transport::TransportFailure;
use crate::wire::identity::{self, SoughtKind, assign};
use crate::wire::transcript::TranscriptReader;
use crate::wire::{Failure, Finding, Look, Meaning, Receipt, Sought};

/// The request that shows the whole transcript.
pub(super) fn request(number: u64) -> RequestParts {
    RequestParts::get(format!("/api/conversations/{number}/"))
}

/// Looks for the events in the answer.
pub(super) fn read(
    sought: &Sought<'_>,
    now: Now,
    result: Result<http::Response<Bytes>, TransportFailure>,
) -> Result<Look, Failure> {
    let response = result.map_err(|failure| of_failure(failure, true))?;
    if !response.status().is_success() {
        let error = error_of(&response, now);
        let meaning = match response.status() {
            StatusCode::NOT_FOUND => Meaning::UnknownConversation,
            status => of_any(status).unwrap_or(Meaning::Refused),
        };
        return Err(Failure { error, meaning });
    }
    let events = sought.shipments.iter().filter_map(|shipment| match &shipment.cargo {
        Cargo::Event(event) => Some(self::sought(event)),
        Cargo::Record(_) => None,
    });
    let items: Vec<identity::Sought<'_>> = events.collect();
    let known: Vec<(u64, i64)> = sought.known.into_iter().collect();
    let transcript = TranscriptReader::new(&items, &known).read(response.body()).map_err(|error| {
        let is_transient = error.kind() == ErrorKind::UnexpectedResponse;
        let meaning = if is_transient { Meaning::MaybeActedOn { is_busy: false } } else { Meaning::Refused };
        Failure { error: error.with_status(response.status()), meaning }
    })?;
    let unexpected = |what| {
        let error = Error::new(ErrorKind::UnexpectedResponse, what)
            .with_status(response.status())
            .with_fate(RequestFate::MaybeSent);
        Err(Failure { error, meaning: Meaning::MaybeActedOn { is_busy: false } })
    };
    if !transcript.is_about(Some(sought.number), Some(sought.conversation_id)) {
        return unexpected(ANOTHER_CONVERSATION);
    }
    let look = assign(&transcript, &items, &known, &|_| false);
    if transcript.lacks_ids && look.findings.contains(&identity::Finding::Absent) {
        return unexpected("an answer without the ids of messages");
    }
    let findings = look.findings.into_iter().map(|finding| match finding {
        identity::Finding::Found { message } => {
            Finding::Found(Receipt { message: Some(message), ..Receipt::default() })
        }
        identity::Finding::Absent => Finding::Absent,
        identity::Finding::StampsNotKept => Finding::StampsNotKept,
    });
    let ids_restarted = look.highest_id.filter(|_| look.ids_restarted);
    Ok(Look { findings: findings.collect(), ids_restarted })
}

/// What identifies an event.
fn sought(event: &EventCargo) -> identity::Sought<'_> {
    let what = match (&*event.event, &event.part) {
        (Event::Message(message), Part::Upload(range)) => files(event, &message.sender, 0..range.end),
        (Event::Message(message), _) => SoughtKind::Message { sender: &message.sender, content: &message.content },
        (Event::Action(action), _) => SoughtKind::Action { name: &action.name, metadata: &action.metadata },
        (Event::Button(button), _) => {
            SoughtKind::Button { event: &button.event, label: &button.label, value: &button.value }
        }
        (Event::Attachments(all), Part::Upload(range)) => files(event, &all.sender, 0..range.end),
        (Event::Attachments(all), _) => files(event, &all.sender, 0..0),
    };
    identity::Sought { what, stamp: event.stamp, is_explicit: event.is_explicit, floor: event.floor }
}

/// All files that are under the message once this request has been acted on.
fn files<'a>(
    event: &'a EventCargo,
    sender: &'a agentsight_model::Sender,
    range: std::ops::Range<usize>,
) -> SoughtKind<'a> {
    let all = event.event.files().map_or(&[][..], |files| &files.files);
    let sizes = all.get(range).unwrap_or_default().iter().map(crate::event::PreparedAttachment::len).collect();
    SoughtKind::Files { sender, sizes, message: event.message }
}
