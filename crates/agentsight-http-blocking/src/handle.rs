//! A handle on one conversation.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use agentsight_core::{ConversationLane, Error, SendReport, StopSignal};

use crate::client::Shared;
use crate::drive::send_lane;

/// One conversation, to track in and to send. What servers use.
///
/// Every `track_*` method comes from [`ConversationLane`], to which a handle dereferences. Cloning is cheap; clones share
/// the conversation.
#[derive(Clone)]
pub struct ConversationHandle {
    lane: ConversationLane,
    shared: Arc<Shared>,
}

impl ConversationHandle {
    pub(crate) fn new(lane: ConversationLane, shared: Arc<Shared>) -> Self {
        Self { lane, shared }
    }

    /// Sends what is pending in the conversation, one request after another, in exact chronological order.
    ///
    /// If the conversation is being sent already, this waits its turn. What is tracked meanwhile stays for the next
    /// send, unless its explicit time comes before something that is still to be sent. Nothing leaves memory before the service has acknowledged it (R11), and what it may have seen without our
    /// seeing its answer is looked for before it would be sent again (R17).
    ///
    /// # Errors
    /// The reason why the conversation had to stop; [`Error::report`] tells how far it came, and the rest stays
    /// pending. Items that the service refuses are no error: they are in the report and in the dead letters.
    pub fn send(&self) -> Result<SendReport, Error> {
        send_lane(&self.shared, &self.lane, &StopSignal::new())
    }
}

impl Deref for ConversationHandle {
    type Target = ConversationLane;

    fn deref(&self) -> &ConversationLane {
        &self.lane
    }
}

impl fmt::Debug for ConversationHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lane.fmt(formatter)
    }
}
