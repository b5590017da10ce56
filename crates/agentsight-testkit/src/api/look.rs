//! What the inspector reads: the service's own answers without a key, and the tables themselves. Nothing is recorded.

use agentsight_model::Role;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::FakeApi;
use super::answer::Refusal;
use super::call::{Call, Query};
use super::conversations;
use super::revision::Revision;
use super::state::State;
use crate::key::Caller;

impl FakeApi {
    /// Where the service stands, to be compared with where it stood.
    pub(crate) fn revision(&self) -> Revision {
        self.let_late_requests_arrive();
        self.shared.revisions.now()
    }

    /// How many requests there were since the service began.
    pub(crate) fn request_count(&self) -> u64 {
        self.log().last()
    }

    /// Reads from the tables while nothing else happens.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state())
    }

    /// What an agent would be answered to a list of conversations with this query.
    pub(crate) fn look_at_list(&self, agent: u64, request: &Request<Bytes>) -> Response<Bytes> {
        let mut state = self.state();
        let caller = Caller { agent, role: Role::Read };
        let options = &self.shared.options;
        let now = self.clock().now();
        let mut call = Call { state: &mut state, options, caller, now, request, query: Query::of(request) };
        conversations::list(&mut call).unwrap_or_else(Refusal::into_answer).into_response()
    }

    /// A conversation of any agent as the detail route answers it; a deleted one too.
    pub(crate) fn look_at_conversation(&self, number: u64) -> Option<Value> {
        let state = self.state();
        let row = state.conversation_of_any_agent(number)?;
        Some(self.inspector(&state).detail(row))
    }
}
