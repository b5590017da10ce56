//! The calls that the vendor's client was recorded to make, made through this client.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

#[path = "../../../../tests/golden/mod.rs"]
mod golden;

use std::sync::Arc;

use agentsight_core::{Config, Error};
use agentsight_http_blocking::{AgentSight, ConversationTracker, UreqTransport, generate_conversation_id};
use serde_json::Value;

use crate::golden::call::Call;
use crate::golden::clock::Clock;
use crate::golden::outcome::{as_json, unread};
use crate::golden::{Client, tests_of, with_every_behaviour};

/// A client and one of its trackers.
struct Blocking {
    sight: AgentSight,
    tracker: ConversationTracker,
}

impl Client for Blocking {
    fn open(config: Config, clock: Arc<Clock>) -> Self {
        let transport = UreqTransport::new(&config).expect("a transport");
        let sight = AgentSight::builder(config)
            .context(clock.context())
            .transport(transport)
            .build()
            .expect("a client with a transport of its own");
        Self { tracker: sight.tracker(), sight }
    }

    fn with_own_tracker(&self) -> Self {
        Self { sight: self.sight.clone(), tracker: self.sight.new_tracker() }
    }

    fn make(&self, call: Call) -> Result<Value, Error> {
        let (tracker, api, manager) = (&self.tracker, self.sight.api(), self.sight.manager());
        match call {
            Call::GetOrCreateConversation(conversation) => unread(tracker.get_or_create_conversation(conversation)),
            Call::InitializeConversation(conversation) => unread(tracker.initialize_conversation(conversation)),
            Call::TrackHumanMessage(message) => unread(tracker.track_human_message(message)),
            Call::TrackAgentMessage(message) => unread(tracker.track_agent_message(message)),
            Call::TrackAction(action) => unread(tracker.track_action(action)),
            Call::TrackButton(click) => unread(tracker.track_button(click)),
            Call::TrackAttachments(attachments) => unread(tracker.track_attachments(attachments)),
            Call::TrackTokenUsage(usage) => {
                tracker.track_token_usage(usage);
                as_json(())
            }
            Call::GetTokenUsage => as_json(tracker.get_token_usage()),
            Call::GetTrackedDataSummary => as_json(tracker.get_tracked_data_summary()),
            Call::SendTrackedData => as_json(tracker.send_tracked_data()?),
            Call::FetchConversations(filter) => unread(api.fetch_conversations(&filter)),
            Call::FetchConversation(conversation) => unread(api.fetch_conversation(conversation)),
            Call::FetchConversationAttachments(conversation) => {
                unread(api.fetch_conversation_attachments(conversation))
            }
            Call::SubmitFeedback(conversation, feedback) => unread(manager.submit_feedback(conversation, feedback)),
            Call::RenameConversation(conversation, name) => unread(manager.rename_conversation(conversation, name)),
            Call::MarkConversation(conversation, mark) => unread(manager.mark_conversation(conversation, mark)),
            Call::UpdateConversation(conversation, update) => unread(manager.update_conversation(conversation, update)),
            Call::DeleteConversation(conversation) => unread(manager.delete_conversation(conversation)),
        }
    }

    fn generated_id() -> String {
        generate_conversation_id().to_string()
    }
}

with_every_behaviour!(tests_of, Blocking);
