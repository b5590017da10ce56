//! What the types promise.

use std::time::Duration;

use agentsight_http_async::{
    AgentSight, AgentSightApi, AgentSightBuilder, BackgroundDelivery, ConversationFilter, ConversationHandle,
    ConversationManager, ConversationTracker, ConversationUpdate, Conversations, Error, NewConversation, NewFeedback,
    Pages, ReqwestTransport, Sentiment,
};
use futures_core::Stream;

fn is_shared<T: Send + Sync + 'static>() {}
fn is_cloned<T: Clone>() {}
fn is_stream<T: Stream + Send + Unpin + 'static>() {}
fn can_be_spawned<F: Future + Send>(_: F) {}

#[test]
fn clients_roles_and_handles_are_cheap_clones_for_every_task() {
    is_shared::<AgentSight>();
    is_shared::<ConversationTracker>();
    is_shared::<ConversationHandle>();
    is_shared::<AgentSightApi>();
    is_shared::<ConversationManager>();
    is_shared::<BackgroundDelivery>();
    is_shared::<AgentSightBuilder>();
    is_shared::<ReqwestTransport>();
    is_shared::<Error>();
    is_stream::<Pages>();
    is_stream::<Conversations>();
    is_cloned::<AgentSight>();
    is_cloned::<ConversationTracker>();
    is_cloned::<ConversationHandle>();
    is_cloned::<AgentSightApi>();
    is_cloned::<ConversationManager>();
    assert_eq!(size_of::<AgentSight>(), size_of::<usize>(), "one pointer");
}

#[test]
fn every_future_is_send() -> Result<(), Error> {
    let sight = AgentSight::disabled();
    let (tracker, api, manager) = (sight.tracker(), sight.api(), sight.manager());
    can_be_spawned(sight.send_all());
    can_be_spawned(sight.me());
    can_be_spawned(sight.flush(Duration::ZERO));
    can_be_spawned(sight.start_background_delivery()?.shutdown(Duration::ZERO));
    can_be_spawned(sight.conversation("c")?.send());
    can_be_spawned(tracker.send_tracked_data());
    can_be_spawned(tracker.initialize_conversation(NewConversation::new("c")));
    can_be_spawned(api.fetch_conversations(&ConversationFilter::new()));
    can_be_spawned(api.fetch_conversation("c"));
    can_be_spawned(api.fetch_conversation_attachments(1));
    can_be_spawned(api.pages(&ConversationFilter::new()).next());
    can_be_spawned(api.conversations(&ConversationFilter::new()).next());
    can_be_spawned(manager.rename_conversation("c", "name"));
    can_be_spawned(manager.mark_conversation("c", true));
    can_be_spawned(manager.update_conversation("c", ConversationUpdate::new()));
    can_be_spawned(manager.delete_conversation("c"));
    can_be_spawned(manager.submit_feedback("c", NewFeedback::new(Sentiment::Neutral)));
    Ok(())
}
