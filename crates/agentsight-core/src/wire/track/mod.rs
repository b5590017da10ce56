//! One request for each event, on the tracking routes (wire: 1.9, 1.11-1.13).

mod answers;
mod json_files;
mod look;
mod requests;

use std::time::Duration;

use bytes::Bytes;

use super::{Capacity, Failure, Look, OnDoubt, PartOutcome, Route, Sought, Wire, Written};
use crate::config::{Config, Timeouts};
use crate::context::{Context, Now};
use crate::error::Error;
use crate::event::{Event, batches};
use crate::outbox::{Cargo, Part, Progress, Shipment};
use crate::transport::TransportFailure;

/// The largest answer to a create that is read, in bytes: it is read for its ids alone (R23).
const CREATE_LIMIT: u64 = 1024 * 1024;
/// The largest transcript that is read to look for an event, in bytes. A limit of its own, since little of it is kept: a
/// long transcript must never jam its conversation (R17).
const LOOK_LIMIT: u64 = 256 * 1024 * 1024;

/// The tracking routes.
#[derive(Debug, Default)]
pub(crate) struct Track;

impl Wire for Track {
    fn capacity(&self) -> Capacity {
        Capacity { items: 1, conversations: 1 }
    }

    fn needs_number(&self) -> bool {
        true
    }

    fn next_part(&self, event: &Event, progress: &Progress) -> Option<Part> {
        let creates_itself = !matches!(event, Event::Attachments(_));
        if creates_itself && !progress.is_created {
            return Some(Part::Create);
        }
        let files = event.files()?;
        let batches = batches(&files.files, files.mode).into_iter();
        batches.map(Part::Upload).find(|part| matches!(part, Part::Upload(range) if range.start >= progress.uploaded))
    }

    fn route(&self, event: Option<&Event>, part: &Part) -> Route {
        match (part, event) {
            (Part::Record { .. }, _) | (_, None) => Route::Record,
            (Part::Upload(_), _) | (_, Some(Event::Attachments(_))) => Route::Upload,
            (_, Some(Event::Message(_))) => Route::Message,
            (_, Some(Event::Action(_))) => Route::Action,
            (_, Some(Event::Button(_))) => Route::Button,
        }
    }

    fn is_repeatable(&self, part: &Part) -> bool {
        matches!(part, Part::Record { .. })
    }

    fn on_doubt(&self) -> OnDoubt {
        OnDoubt::Look
    }

    fn allowance(&self, shipments: &[Shipment], timeouts: &Timeouts) -> Duration {
        match shipments.first().map(|shipment| &shipment.cargo) {
            Some(Cargo::Event(event)) => match (&event.part, event.event.files()) {
                (Part::Upload(range), Some(files)) => timeouts.for_upload(requests::upload_length(files, range)),
                _ => timeouts.attempt,
            },
            _ => timeouts.attempt,
        }
    }

    fn request(&self, shipments: &[Shipment], config: &Config, context: &Context) -> Result<Written, Error> {
        let shipment = shipments.first().ok_or_else(|| Error::invalid("there is nothing to send"))?;
        let parts = requests::request(shipment, config, context)?;
        let upload = match &shipment.cargo {
            Cargo::Event(event) if matches!(event.part, Part::Upload(_)) => parts.content.as_ref(),
            _ => None,
        };
        let timeouts = config.timeouts();
        let allowance = upload.map_or(timeouts.attempt, |(_, body)| timeouts.for_upload(body.len()));
        // The answer to a record may be the whole conversation.
        let is_record = matches!(shipment.cargo, Cargo::Record(_));
        let response_limit = config.response_limit().min(if is_record { u64::MAX } else { CREATE_LIMIT });
        Ok(Written { parts, response_limit, allowance })
    }

    fn read(
        &self,
        shipments: &[Shipment],
        now: Now,
        result: Result<http::Response<Bytes>, TransportFailure>,
    ) -> Vec<PartOutcome> {
        shipments.first().map(|shipment| answers::read(shipment, now, result)).into_iter().collect()
    }

    fn look(&self, number: u64, config: &Config) -> Written {
        let response_limit = config.response_limit().max(LOOK_LIMIT);
        Written { parts: look::request(number), response_limit, allowance: config.timeouts().attempt }
    }

    fn read_look(
        &self,
        sought: &Sought<'_>,
        now: Now,
        result: Result<http::Response<Bytes>, TransportFailure>,
    ) -> Result<Look, Failure> {
        look::read(sought, now, result)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;
    use crate::event::tests::message;
    use crate::event::{AttachmentContent, PreparedAttachment, PreparedAttachments};
    use crate::outbox::{EventCargo, LaneKey};

    fn shipment(event: Event, part: Part) -> Shipment {
        let (event, conversation_id) = (Arc::new(event), agentsight_model::ConversationId::new("c").expect("an id"));
        let cargo = EventCargo { event, sequence: 0, stamp: 0, is_explicit: false, floor: None, message: None, part };
        Shipment { lane: LaneKey(0), conversation_id, number: Some(1), cargo: Cargo::Event(cargo) }
    }

    /// One file of a megabyte.
    fn a_file() -> Event {
        let file = PreparedAttachment {
            filename: "a.bin".to_owned(),
            mime_type: "application/octet-stream".to_owned(),
            content: AttachmentContent::Bytes(vec![0; 1 << 20].into()),
        };
        let (sender, mode) = (agentsight_model::Sender::EndUser, agentsight_model::AttachmentMode::FormData);
        let (files, metadata) = (vec![file], serde_json::Map::new());
        Event::Attachments(Box::new(PreparedAttachments { files, mode, sender, metadata, has_own_metadata: false }))
    }

    #[test]
    fn r16_an_upload_has_more_time_than_other_requests() {
        let key = "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3";
        let config = Config::builder().api_key(key).build().expect("a configuration");
        let context = Context::new(|| Now::new(Duration::ZERO, chrono::DateTime::UNIX_EPOCH), || 0);
        let allowance = |event, part| {
            let shipments = [shipment(event, part)];
            let written = Track.request(&shipments, &config, &context).expect("a request");
            (written.allowance, Track.allowance(&shipments, config.timeouts()))
        };
        let attempt = config.timeouts().attempt;
        assert_eq!(allowance(message(&"long".repeat(1 << 20)), Part::Create), (attempt, attempt));
        let (written, planned) = allowance(a_file(), Part::Upload(0..1));
        assert!(written > config.timeouts().attachments && planned >= written, "{written:?} of {planned:?}");
    }
}
