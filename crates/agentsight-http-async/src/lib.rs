//! The asynchronous AgentSight client, over reqwest and tokio.
