//! Watches that no conversation has two requests in flight at once (R10).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use agentsight_core::transport::Attempt;
use serde_json::Value;

/// The conversations whose requests are in flight.
#[derive(Clone, Default)]
pub(crate) struct InFlight {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    conversations: BTreeSet<String>,
    requests: usize,
    collisions: Vec<String>,
}

/// A request in flight, until it is dropped.
pub(crate) struct Flight {
    watch: InFlight,
    conversation: String,
}

impl InFlight {
    /// A request leaves. Every request that tracks names its conversation.
    pub(crate) fn depart(&self, attempt: &Attempt) -> Flight {
        let body = attempt.request.body().to_bytes().expect("no request of these tests holds a file");
        let body: Value = serde_json::from_slice(&body).expect("every request of these tests is JSON");
        let conversation = body["conversation_id"].as_str().expect("a request names its conversation").to_owned();
        let mut state = self.state();
        state.requests += 1;
        if !state.conversations.insert(conversation.clone()) {
            state.collisions.push(conversation.clone());
        }
        Flight { watch: self.clone(), conversation }
    }

    /// How many requests there were; never two of a conversation at once.
    pub(crate) fn requests_one_at_a_time(&self) -> usize {
        let state = self.state();
        assert_eq!(state.collisions, Vec::<String>::new());
        state.requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics under the lock")
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.watch.state().conversations.remove(&self.conversation);
    }
}
