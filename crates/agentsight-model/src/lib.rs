//! Wire types of the AgentSight conversation-analytics service.
