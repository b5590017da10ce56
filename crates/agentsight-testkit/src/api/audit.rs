use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use agentsight_core::ItemKind;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};

use super::FakeApi;
use super::reference::Reference;
use super::rows::{ConversationRow, FileRow, MessageRow, Sender};
use super::state::State;
use crate::audit::{
    Audit, AuditedEvent, ConversationAudit, EventFile, InFlight, Scope, StoredEvent, TrafficMeter, addressee,
};
use crate::verify::{Verification, verify};

impl FakeApi {
    /// The truth about what reached the service so far, and how.
    ///
    /// It covers the whole life of the service: [`clear_requests`](Self::clear_requests) changes nothing about it.
    /// As many conversations as the service records requests have a traffic of their own; beyond that, requests
    /// count in the overall traffic only.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let state = self.state();
        let meter = self.meter();
        let mut seen = HashSet::new();
        let conversations = state.conversations().map(|row| {
            let id = row.record.conversation_id.clone();
            let traffic = if seen.insert(id.clone()) { meter.conversation(&id) } else { Default::default() };
            ConversationAudit::new(id, row.number(), events(&state, row), traffic)
        });
        Audit::new(conversations.collect(), &meter)
    }

    /// The events of one conversation; none where there is no such conversation.
    #[cfg(feature = "cli")]
    pub(crate) fn audited_events(&self, number: u64) -> Vec<AuditedEvent> {
        let state = self.state();
        state.conversation_of_any_agent(number).map(|row| events(&state, row)).unwrap_or_default()
    }

    /// Whether the requests so far are ones that AgentSight documents, as far as they are remembered.
    ///
    /// The cost is that of reading the recorded bodies again; a request itself costs nothing more.
    #[must_use]
    pub fn verify(&self) -> Verification {
        let (requests, forgotten) = {
            let log = self.log();
            (log.requests(), log.forgotten())
        };
        verify(&requests, forgotten)
    }

    /// Says that a request is under way, until what is returned is dropped.
    ///
    /// [`handle`](Self::handle) and [`react`](Self::react) take no time, so requests that overlap are seen only where
    /// the caller says when each begins and ends: the server does, and a transport in virtual time can.
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    /// use bytes::Bytes;
    /// use http::Request;
    ///
    /// # fn main() -> Result<(), http::Error> {
    /// let api = FakeApi::new();
    /// let request = Request::get("/api/conversations/?conversation_id=support-123").body(Bytes::new())?;
    /// let first = api.begin(&request);
    /// let second = api.begin(&request);
    /// drop((first, second));
    /// assert_eq!(api.audit().traffic.most_parallel, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn begin(&self, request: &Request<Bytes>) -> InFlight {
        InFlight::new(self.clone(), self.scope(request))
    }

    pub(crate) fn meter(&self) -> MutexGuard<'_, TrafficMeter> {
        self.shared.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that comes in: which it has to wait for, and when it came.
    pub(super) fn arrive(&self, scope: Scope, request: &Request<Bytes>) -> (Scope, DateTime<Utc>) {
        let at = self.clock().now();
        self.meter().arrive(&scope, request, at);
        (scope, at)
    }

    /// Counts the answer to a request, which goes out `delay` after it came.
    pub(super) fn leave(&self, (scope, at): &(Scope, DateTime<Utc>), answer: &Response<Bytes>, delay: Duration) {
        let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
        let at = at.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.meter().answer(scope, answer, at);
    }

    /// Which requests this one has to wait for. A number counts as the text id that it stands for.
    pub(super) fn scope(&self, request: &Request<Bytes>) -> Scope {
        let named = match addressee::of(request) {
            Some(Reference::Text(id)) => Some(id),
            Some(Reference::Number(number)) => {
                self.state().conversation_of_any_agent(number).map(|row| row.record.conversation_id.clone())
            }
            None => None,
        };
        named.map_or_else(|| Scope::Path(request.uri().path().to_owned()), Scope::Conversation)
    }
}

/// The events of a conversation in the order of their arrival, which is that of their numbers.
fn events(state: &State, row: &ConversationRow) -> Vec<AuditedEvent> {
    let mut messages: Vec<&MessageRow> = state.transcript(row).collect();
    messages.sort_unstable_by_key(|message| message.number);
    let events = messages.into_iter().zip(1..);
    events.map(|(message, position)| AuditedEvent::new(position, event(state, message))).collect()
}

fn event(state: &State, message: &MessageRow) -> StoredEvent {
    let (kind, text) = match (state.button_of(message), &message.action_name, message.sender) {
        (Some(button), _, _) => (ItemKind::Button, button.label.clone()),
        (None, Some(name), _) => (ItemKind::Action, name.clone()),
        (None, None, _) if message.holds_files => (ItemKind::Attachments, String::new()),
        (None, None, Sender::EndUser) => (ItemKind::Question, message.content.clone()),
        (None, None, Sender::Agent) => (ItemKind::Answer, message.content.clone()),
    };
    let file = |file: &FileRow| EventFile { name: file.filename.clone(), bytes: file.bytes.len() };
    let files = state.files_of(message).map(file).collect();
    StoredEvent { number: message.number, kind, timestamp: message.timestamp, text, files }
}
