//! What the types promise.

use agentsight_http_blocking::{
    AgentSight, AgentSightApi, AgentSightBuilder, BackgroundDelivery, ConversationHandle, ConversationManager,
    ConversationTracker, Conversations, Error, Pages, UreqTransport,
};

fn is_shared<T: Send + Sync + 'static>() {}
fn is_cloned<T: Clone>() {}

#[test]
fn clients_roles_and_handles_are_cheap_clones_for_every_thread() {
    is_shared::<AgentSight>();
    is_shared::<ConversationTracker>();
    is_shared::<ConversationHandle>();
    is_shared::<AgentSightApi>();
    is_shared::<ConversationManager>();
    is_shared::<BackgroundDelivery>();
    is_shared::<AgentSightBuilder>();
    is_shared::<Pages>();
    is_shared::<Conversations>();
    is_shared::<UreqTransport>();
    is_shared::<Error>();
    is_cloned::<AgentSight>();
    is_cloned::<ConversationTracker>();
    is_cloned::<ConversationHandle>();
    is_cloned::<AgentSightApi>();
    is_cloned::<ConversationManager>();
    assert_eq!(size_of::<AgentSight>(), size_of::<usize>(), "one pointer");
}
